"""Times in every form that logs have, and from one clock to another."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from stmp.errors import MarketError
from stmp.ingest import build
from stmp.ingest.times import TimeForm, guess_form, shifts
from tests.ingest.made import assert_accounted, built, cells, plan_of, reasons, write_log


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2020-01-02 03:04:05", "2020-01-02"], TimeForm("iso")),
        (["2020-01-02T03:04:05.123"], TimeForm("iso")),
        (["2020/1/2 3:04"], TimeForm("ymd")),
        (["2020年1月2日"], TimeForm("ymd")),
        (["2020-01-02T03:04:05+08:00", "2020-01-02T03:04:05Z"], TimeForm("ymd", instants=True)),
        (["20200102", "20200102030405"], TimeForm("compact")),
        (["13.01.2020 10:00"], TimeForm("dmy")),
        (["01/13/2020", "01/02/2020"], TimeForm("mdy")),
        (["01/02/2020"], TimeForm("dmy or mdy")),
        (["1577934245"], TimeForm("seconds", instants=True)),
        (["1577934245000"], TimeForm("milliseconds", instants=True)),
        (["yesterday"], None),
        ([], None),
    ],
)
def test_the_form_is_told_from_the_lines(values: list[str], form: TimeForm | None) -> None:
    assert guess_form(values) == form


@pytest.mark.parametrize(
    "texts",
    [
        ("2020-03-05 23:30:00", "2020-03-06 00:15:00"),
        ("2020-03-05T23:30:00.250", "2020-03-06T00:15"),
        ("2020/3/5 23:30", "2020/3/6 0:15:59"),
        ("2020年3月5日 23:30", "2020年3月6日 0:15"),
        ("20200305233000", "20200306001500"),
        ("05.03.2020 23:30", "26.03.2020"),
        ("03/05/2020 23:30", "03/26/2020"),
        ("2020-03-05T15:30:00Z", "2020-03-06T01:15:00+09:00"),
        ("1583422200", "1583424900"),
        ("1583422200000", "1583424900000"),
    ],
)
def test_every_form_falls_on_its_day(tmp_path: Path, texts: tuple[str, str]) -> None:
    lines = [(text, "a", "food", str(number)) for number, text in enumerate(texts, start=1)]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines))
    assert_accounted(built(plan), plan, 2)
    second = "2020-03-26" if "26" in texts[1][:6] else "2020-03-06"
    assert cells(plan) == {("a", "food", "2020-03-05"): 1, ("a", "food", second): 2}


def test_days_and_months_that_cannot_be_told_apart_are_asked_for(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", [("03/04/2020", "a", "food", "1")])
    with pytest.raises(MarketError, match=r"do not tell days from months.*--dates dmy or --dates mdy"):
        build(plan_of(tmp_path, file))
    for order, day in (("dmy", "2020-04-03"), ("mdy", "2020-03-04")):
        plan = plan_of(tmp_path, file, dates=order, out=tmp_path / order)
        built(plan)
        assert list(cells(plan)) == [("a", "food", day)]


def test_stamps_of_one_zone_fall_on_the_days_of_another(tmp_path: Path) -> None:
    lines = [("2020-03-05 15:59:59", "a", "food", "1"), ("2020-03-05 16:00:00", "a", "food", "2")]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines), time_zone="UTC", days_in="Asia/Shanghai")
    built(plan)
    assert cells(plan) == {("a", "food", "2020-03-05"): 1, ("a", "food", "2020-03-06"): 2}


def test_a_stamp_without_its_offset_is_no_instant(tmp_path: Path) -> None:
    lines = [
        ("2020-03-05T15:00:00Z", "a", "food", "1"),
        ("2020-03-05T15:00:00Z", "a", "food", "1"),
        ("2020-03-05T15:00:00", "a", "food", "1"),
    ]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines))
    report = built(plan)
    assert reasons(report) == {"bad_time": 1}


@pytest.mark.parametrize("pair", [("UTC", "Asia/Shanghai"), ("Europe/London", "America/New_York"), ("America/Guayaquil", "Asia/Kathmandu")])
def test_shifts_agree_with_the_zones_themselves(pair: tuple[str, str]) -> None:
    here, there = map(ZoneInfo, pair)
    changes = shifts(*pair)
    for stamp in pd.date_range("2005-01-01 00:30", "2035-01-01", freq="1000h"):
        by = next(seconds for start, seconds in reversed(changes) if start <= stamp)
        moved = stamp.to_pydatetime().replace(tzinfo=here).astimezone(there).replace(tzinfo=None)
        assert stamp + pd.Timedelta(seconds=by) == moved


def test_typed_times_of_parquet_are_taken_as_they_are(tmp_path: Path) -> None:
    frame = pd.DataFrame({"ts": pd.to_datetime(["2020-03-05 15:59:59", "2020-03-05 16:00:00"]), "city": "a", "qty": [1, 2]})
    frame.to_parquet(tmp_path / "plain.parquet")
    frame.assign(ts=frame["ts"].dt.tz_localize("UTC")).to_parquet(tmp_path / "zoned.parquet")
    plain = plan_of(tmp_path, tmp_path / "plain.parquet", out=tmp_path / "plain")
    zoned = plan_of(tmp_path, tmp_path / "zoned.parquet", out=tmp_path / "zoned")
    built(plain)
    built(zoned)
    assert cells(plain) == {("a", "all", "2020-03-05"): 3}
    assert cells(zoned) == {("a", "all", "2020-03-05"): 1, ("a", "all", "2020-03-06"): 2}
    assert datetime(2020, 3, 5, 16, tzinfo=timezone.utc).astimezone(ZoneInfo("Asia/Shanghai")).day == 6  # noqa: UP017
