"""Logs in every encoding and packing; what cannot be read is refused in the user's terms, within the limits."""

from __future__ import annotations

import gzip
import re
import shutil
import tracemalloc
import zlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stmp.errors import MarketError, StmpError
from stmp.ingest import Limits, build
from stmp.ingest.samples import head_of
from stmp.ingest.sources import find
from tests.ingest.made import HEADER, assert_accounted, built, cells, plan_of, reasons, rejected_rows, write_boundaries, write_log

LINES = [("2020-01-01", "a", "食品", "2"), ("2020-01-02", "b", "玩具,大", "3"), ("2020-01-02", "a", 'a "quoted"\nname', "4")]
EXPECTED = {("a", "食品", "2020-01-01"): 2, ("b", "玩具,大", "2020-01-02"): 3, ("a", 'a "quoted"\nname', "2020-01-02"): 4}


def accepted(folder: Path, file: Path, lines: int = 3, **changes: object) -> None:
    """The three lines, whatever they were written like."""
    plan = plan_of(folder, file, **changes)
    report = built(plan)
    assert cells(plan) == EXPECTED
    assert_accounted(report, plan, lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    accepted(tmp_path, write_log(tmp_path / "orders.csv", LINES, encoding=encoding))


def test_an_encoding_that_looks_like_another_is_named(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", [("2020-01-01", "a", "café", "1")], encoding="cp1252")
    plan = plan_of(tmp_path, file, encoding="cp1252")
    built(plan)
    assert list(cells(plan)) == [("a", "café", "2020-01-01")]
    with pytest.raises(MarketError, match="there is no encoding 'klingon'"):
        build(plan_of(tmp_path, file, encoding="klingon", out=tmp_path / "other"))


@pytest.mark.parametrize("ends", [("\r\n",), ("\r",), ("\n", "\r\n"), ("\r\n", "\n", "\r")])
def test_line_ends_may_be_mixed(tmp_path: Path, ends: tuple[str, ...]) -> None:
    text = write_log(tmp_path / "made.csv", LINES[:2]).read_text(encoding="utf-8")
    mixed = "".join(line + ends[number % len(ends)] for number, line in enumerate(text.splitlines()))
    (tmp_path / "orders.csv").write_bytes(mixed.encode())
    plan = plan_of(tmp_path, tmp_path / "orders.csv")
    report = built(plan)
    assert cells(plan) == {key: EXPECTED[key] for key in list(EXPECTED)[:2]}
    assert_accounted(report, plan, 2)


def test_line_ends_that_change_past_the_head_are_found(tmp_path: Path) -> None:
    head = "order_time,district,category,quantity\n" + "2020-01-01,a,food,1\n" * 60_000  # more than a megabyte
    (tmp_path / "orders.csv").write_bytes((head + "2020-01-02,a,food,5\r\n" * 3 + "2020-01-03,a,food,7\n" * 2).encode())
    plan = plan_of(tmp_path, tmp_path / "orders.csv")
    report = built(plan)
    assert cells(plan) == {("a", "food", "2020-01-01"): 60_000, ("a", "food", "2020-01-02"): 15, ("a", "food", "2020-01-03"): 14}
    assert_accounted(report, plan, 60_005)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_fields_are_parted_by_what_the_header_shows(tmp_path: Path, delimiter: str) -> None:
    rows = [HEADER, ("2020-01-01", "a", "食品", "2"), ("2020-01-02", "b", '"玩具,大"', "3")]
    (tmp_path / "orders.csv").write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8")
    plan = plan_of(tmp_path, tmp_path / "orders.csv")
    built(plan)
    assert cells(plan) == {key: EXPECTED[key] for key in list(EXPECTED)[:2]}


def test_decimal_commas_are_told_from_the_lines_and_thousands_are_asked_for(tmp_path: Path) -> None:
    rows = ["order_time;district;category;quantity", "2020-01-01;a;food;1,5", "2020-01-01;a;food;2", "2020-01-01;a;food;1.000,5"]
    (tmp_path / "orders.csv").write_text("\n".join(rows))
    plan = plan_of(tmp_path, tmp_path / "orders.csv")
    report = built(plan)
    assert cells(plan) == {("a", "food", "2020-01-01"): 3.5}
    assert reasons(report) == {"bad_quantity": 1}  # a point among decimal commas is no digit
    (tmp_path / "orders.csv").write_text("\n".join([rows[0], "2020-01-01;a;food;1,234"]))
    with pytest.raises(MarketError, match=r"a comma may part decimals or thousands.*--decimal comma"):
        build(plan_of(tmp_path, tmp_path / "orders.csv", out=tmp_path / "other"))


def test_packed_files_parquet_and_folders_give_the_same_market(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", LINES)
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    accepted(tmp_path, tmp_path / "orders.csv.gz", out=tmp_path / "packed")
    pd.DataFrame(LINES, columns=HEADER).astype({"quantity": float}).to_parquet(tmp_path / "orders.parquet")
    accepted(tmp_path, tmp_path / "orders.parquet", out=tmp_path / "typed")
    parts = tmp_path / "parts" / "2020"
    parts.mkdir(parents=True)
    write_log(parts / "1.csv", LINES[:1], encoding="gbk")
    write_log(parts / "2 [x]*?.csv", [(q, c, d, t) for t, d, c, q in LINES[1:2]], header=HEADER[::-1])
    pd.DataFrame(LINES[2:], columns=HEADER).astype({"quantity": int}).assign(order_time=pd.Timestamp("2020-01-02 20:00")).to_parquet(
        parts / "3.parquet"
    )
    accepted(tmp_path, tmp_path / "parts", out=tmp_path / "folder")


def test_bytes_of_another_encoding_break_their_line_and_no_other(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", LINES)
    file.write_bytes(file.read_bytes() + b"2020-01-02,a,caf\xe9,9\n")
    plan = plan_of(tmp_path, file)
    report = built(plan)
    assert cells(plan) == EXPECTED
    assert reasons(report) == {"broken": 1}
    assert_accounted(report, plan, 4)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "orders.csv", "the file is empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "orders.csv", "the file is empty"),
        (b"PK\x03\x04....", "orders.csv", "a ZIP or Excel file under another name"),
        (b"2020-01-01,a,food,1\n2020-01-02,a,food,1\n", "orders.csv", "add a header line, for the first line looks like data"),
        (b"a" * 2_000_000, "orders.csv", "the first line is longer than 1,000,000 bytes"),
        (b"order_time,district\n", "orders.csv", "it holds no line"),
        (b"not packed", "orders.csv.gz", "the packed file is damaged"),
        (gzip.compress(b"order_time,district\n2020-01-01,a\n" * 50_000, mtime=0)[:-400], "orders.csv.gz", "the packed file is damaged"),
        (b"PAR1 nothing", "orders.parquet", "cannot be read as Parquet"),
        (b"x", "orders.xlsx", "a file of this kind is not read"),
        (b'"order_time,district\n2020-01-01,a\n', "orders.csv", "no column seems to hold the time"),
        (b"\xff\xfe", "orders.csv", "no header can be read"),
        (b"order_time,district\nsoon,a\nlater,b\n", "orders.csv", "no time can be read in the first lines"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MarketError, match=re.escape(message)) as caught:
        build(plan_of(tmp_path, tmp_path / name))
    assert all(problem.remedy for problem in caught.value.problems)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["districts.geojson", name]


def test_a_line_longer_than_any_breaks_and_no_other(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", [LINES[0], ("2020-01-02", "a", "x" * 3_000_000, "1"), *LINES[1:]])
    plan = plan_of(tmp_path, file)
    report = built(plan)
    assert cells(plan) == EXPECTED
    assert reasons(report) == {"broken": 1}
    assert max(len(row["value"]) for row in rejected_rows(plan)) <= 200


def test_a_zip_bomb_is_refused_before_it_fills_the_disk_or_the_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with (tmp_path / "orders.csv.gz").open("wb") as out:
        out.write(packer.compress(b"order_time,district\n2020-01-01,a\n"))
        for _ in range(300):
            out.write(packer.compress(b"2020-01-01,a\n" * 80_000))
        out.write(packer.flush())
    plan = plan_of(tmp_path, tmp_path / "orders.csv.gz")
    tracemalloc.start()
    with pytest.raises(MarketError, match=r"more than 200 times its size, as no log does.*raise the limit unpacked_ratio"):
        build(plan)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["districts.geojson", "orders.csv.gz"]
    with pytest.raises(MarketError, match="more than 5 MB, unpacked"):
        build(plan_of(tmp_path, tmp_path / "orders.csv.gz", limits=Limits(file_megabytes=5, unpacked_ratio=10**6)))


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    write_log(tmp_path / "secret.csv", LINES)
    (tmp_path / "log" / "orders.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(MarketError, match="this link leads out of the folder"):
        build(plan_of(tmp_path, tmp_path / "log"))


def test_a_file_that_lies_there_twice_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    shutil.copy(write_log(tmp_path / "log" / "a.csv", LINES), tmp_path / "log" / "b.csv")
    with pytest.raises(MarketError, match=r"b\.csv: it is the same as a\.csv, byte for byte"):
        build(plan_of(tmp_path, tmp_path / "log"))


def test_folders_without_logs_and_with_too_many_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(MarketError, match="the folder holds no log"):
        find(tmp_path / "log", Limits())
    for number in range(3):
        (tmp_path / "log" / f"{number}.csv").write_text("x")
    with pytest.raises(MarketError, match="the folder holds 3 files"):
        find(tmp_path / "log", Limits(files=2))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=400), name=st.sampled_from(["x.csv", "x.csv.gz", "x.parquet"]))
def test_any_bytes_give_a_head_or_a_refusal(tmp_path: Path, raw: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(raw)
    try:
        head = head_of(tmp_path / name, Limits())
    except MarketError as error:
        remedies = [problem.remedy for problem in error.problems]
        assert all(remedies)
    else:
        assert head.columns
        assert len(set(head.columns)) == len(head.columns)


FIELD = st.text(st.sampled_from('a,b;"\n\r\t é北0=@\x00'), max_size=6) | st.sampled_from(
    ["2020-01-01", "a", "1", "9999-01-01", "0000-00-00"]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=st.lists(st.lists(FIELD, min_size=1, max_size=5).map(",".join), max_size=6),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_any_lines_give_a_market_or_a_refusal_and_nothing_between(tmp_path: Path, lines: list[str], encoding: str) -> None:
    folder = tmp_path / "fuzz"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    text = "order_time,district,category,quantity\n2020-01-01,a,food,1\n" + "\n".join(lines)
    (folder / "orders.csv").write_bytes(text.encode(encoding))
    write_boundaries(folder)
    plan = plan_of(folder, folder / "orders.csv")
    try:
        report = built(plan)
    except StmpError as error:
        told = str(error)
        assert "Remedy: " in told
        assert sorted(path.name for path in folder.iterdir()) == ["districts.geojson", "orders.csv"]
    else:
        log = report.logs[0]
        assert log.counted >= 1
        assert_accounted(report, plan, log.lines)
