"""New days: appended once, held against what is there, and written whole or not at all."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from stmp.errors import MarketError
from stmp.market.arrivals import Arrival, append, read_rows
from stmp.market.load import load_market
from stmp.market.panel_file import PanelFile
from tests.killed import assert_killed, die
from tests.market.folders import Folder

ORDERS = {"east": [5, 6, 7, 8, 9, 10], "west": [1, 2, 3, 4, 5, 6]}


@pytest.fixture
def market(folder: Folder) -> Folder:
    """The first four of six days."""
    folder.manifest('file = "panel.csv"\nabsent = "missing"')
    folder.write("panel.csv", Folder.panel({name: values[:4] for name, values in ORDERS.items()}))
    return folder


def arrived(market: Folder, orders: dict[str, list[object]] | str, replace_others: bool = False) -> Arrival:
    """Values by day from the market's first on, None for no row; or the text of the file."""
    market.write("new.csv", orders if isinstance(orders, str) else Folder.panel(orders))
    return append(market.path, read_rows(market.path, market.path / "new.csv"), replace_others=replace_others)


def refused(market: Folder, orders: dict[str, list[object]] | str) -> list[str]:
    """The faults of new days that change nothing."""
    before = {file: file.read_bytes() for file in market.path.iterdir() if file.name != "new.csv"}
    with pytest.raises(MarketError) as error:
        arrived(market, orders)
    assert {file: file.read_bytes() for file in market.path.iterdir() if file.name != "new.csv"} == before
    return [str(problem).replace(f"{market.path}/", "") for problem in error.value.problems]


def test_appended_days_make_the_market_of_all_days(market: Folder, tmp_path: Path) -> None:
    before = load_market(market.path)
    arrival = arrived(market, ORDERS)
    assert (arrival.appended, arrival.same, arrival.filled, arrival.replaced) == (4, 8, 0, 0)
    assert list(arrival.steps.strftime("%m-%d")) == ["01-05", "01-06"]
    now = load_market(market.path)
    assert now.digest == arrival.market.digest != before.digest
    np.testing.assert_array_equal(now.orders[:, 0], [ORDERS["east"], ORDERS["west"]])
    market.write("panel.csv", Folder.panel(ORDERS))
    assert load_market(market.path).digest == now.digest


def test_what_is_there_already_is_not_written_again(market: Folder) -> None:
    arrived(market, ORDERS)
    panel = market.path / "panel.csv"
    written, changed = panel.read_bytes(), panel.stat().st_mtime_ns
    again = arrived(market, ORDERS)
    assert not again.changed
    assert again.same == 12
    assert (panel.read_bytes(), panel.stat().st_mtime_ns) == (written, changed)


def test_another_value_is_refused_with_its_place_and_taken_only_on_request(market: Folder) -> None:
    other = {"east": [5, 6, 70, 8, 9, 10], "west": ORDERS["west"]}
    assert refused(market, other) == [
        "new.csv, row 4, column 'orders': the market has 7 for east, all on 2021-01-03 (found '70'). "
        "Remedy: correct the value, or replace the market's by it (--replace)."
    ]
    arrival = arrived(market, other, replace_others=True)
    assert (arrival.replaced, arrival.appended, arrival.same) == (1, 4, 7)
    np.testing.assert_array_equal(load_market(market.path).orders[:, 0], [other["east"], other["west"]])


def test_faults_of_every_kind_are_told_at_once(market: Folder) -> None:
    problems = refused(market, "region,date,orders,cart_adds\neast,2021-01-01,9,1\neats,2021-01-05,1,1\n")
    told = ("the market has no such region", "the market has no such column", "the market has 5 for east")
    assert len(problems) == len(told)
    assert all(part in problem for part, problem in zip(told, problems, strict=True))


def test_of_many_other_values_the_first_are_listed_and_the_rest_counted(market: Folder) -> None:
    problems = refused(market, {"east": [1, 1, 1, 1], "west": [9, 9, 9, 9]})
    assert len(problems) == 6
    assert "the market has another value, in 3 more rows" in problems[-1]


@pytest.mark.parametrize("absent", ["missing", "zero"])
def test_gaps_are_named(market: Folder, absent: str) -> None:
    market.manifest(f'file = "panel.csv"\nabsent = "{absent}"')
    arrival = arrived(market, {"east": [None] * 5 + [9, 9], "west": [None] * 5 + [6, None]})
    assert list(arrival.dark.strftime("%m-%d")) == ["01-05"]
    assert arrival.lacking == ({"west": 1} if absent == "missing" else {})
    assert list(arrival.steps.strftime("%m-%d")) == ["01-05", "01-06", "01-07"]
    expected = 0.0 if absent == "zero" else np.nan
    np.testing.assert_array_equal(load_market(market.path).orders[1, 0, 4:], [expected, 6, expected])


def test_days_that_were_missing_are_filled_in_their_place(market: Folder) -> None:
    market.write("panel.csv", Folder.panel({"east": [5, None, 7, 8], "west": [1, 2, 3, 4]}))
    arrival = arrived(market, ORDERS)
    assert (arrival.filled, arrival.appended) == (1, 4)
    np.testing.assert_array_equal(load_market(market.path).orders[:, 0], [ORDERS["east"], ORDERS["west"]])


def test_carts_that_come_later_join_the_row_of_their_day(market: Folder) -> None:
    market.write("panel.csv", "region,date,orders,cart_adds\neast,2021-01-01,5,50\neast,2021-01-02,6,\n")
    arrival = arrived(market, "region,date,orders,cart_adds\neast,2021-01-02,6,60\neast,2021-01-03,7,\n")
    assert (arrival.filled, arrival.appended) == (1, 1)
    now = load_market(market.path)
    np.testing.assert_array_equal(now.past["cart_adds"][0, 0], [50, 60, np.nan])
    assert arrived(market, "region,date,orders\neast,2021-01-04,8\n").without == ("cart_adds",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "region,date,orders\nest,2021-01-05,1\n",
            "new.csv, row 2, column 'region': the market has no such region, in 1 rows (found 'est')",
        ),
        ("region,date,orders,category\neast,2021-01-05,1,food\n", "column 'category': the market has no such category"),
        ("region,date,orders,cart_adds\neast,2021-01-05,1,2\n", "new.csv, column 'cart_adds': the market has no such column"),
        ("region,date,orders\neast,2020-12-31,1\n", "row 2, column 'date': the day lies before the market's first, 2021-01-01"),
        ("region,date,orders\neast,2021-01-05,-1\n", "row 2, column 'orders': the value is negative (found '-1')"),
        ("region,date,orders\neast,2021-01-05,1\neast,2021-01-05,1\n", "row 3, column 'date': the row repeats an earlier one"),
        ("region,date\neast,2021-01-05\n", "column 'orders': the column is missing"),
    ],
)
def test_what_the_market_cannot_take_is_refused(market: Folder, text: str, told: str) -> None:
    (problem,) = refused(market, text)
    assert told in problem
    assert "Remedy: " in problem


def test_days_that_the_manifest_or_the_calendar_cuts_off_are_refused(market: Folder) -> None:
    market.manifest('file = "panel.csv"\nabsent = "missing"\nlast = 2021-01-05')
    assert "market.toml ends the panel on 2021-01-05 (found '2021-01-06')" in refused(market, ORDERS)[0]
    market.manifest('file = "panel.csv"\nabsent = "missing"', 'file = "calendar.csv"')
    market.write("calendar.csv", Folder.calendar(5))
    assert "calendar.csv, column 'date': the calendar, 2021-01-01 to 2021-01-05, does not cover the panel" in refused(market, ORDERS)[0]


def test_a_first_row_that_would_make_zeros_of_days_without_data_is_refused(market: Folder) -> None:
    market.manifest('file = "panel.csv"\nabsent = "zero"')
    market.write("panel.csv", Folder.panel({"east": [5, 6, 7, 8], "west": [None, None, None, 4]}))
    (problem,) = refused(market, {"west": [1]})
    assert "a row before the first one of west would make 2 cells 0 that are missing" in problem
    assert arrived(market, {"west": [1, 2, 3]}).filled == 3


def test_regions_that_the_market_does_not_include_are_left_out_and_counted(market: Folder) -> None:
    market.manifest('file = "panel.csv"\nabsent = "missing"', rest='[regions]\ninclude = ["west"]')
    arrival = arrived(market, ORDERS)
    assert (arrival.left_out, arrival.appended) == (6, 2)


@pytest.mark.parametrize("name", ["panel.csv", "panel.csv.gz", "panel.parquet"])
def test_the_file_keeps_its_names_types_and_other_columns(folder: Folder, name: str) -> None:
    mapped = f'file = "{name}"\nabsent = "missing"\n[panel.columns]\nregion = "adcode"\ndate = "day"\norders = "n"'
    folder.manifest(mapped)
    days = pd.to_datetime(["2021-01-01", "2021-01-02"])
    frame = pd.DataFrame({"note": ["a, b", ""], "adcode": [7, 7], "day": days.date, "n": [3, 4]})
    schema = pa.schema([("note", pa.string()), ("adcode", pa.int64()), ("day", pa.date32()), ("n", pa.int32())])
    file = folder.path / name
    if name.endswith("parquet"):
        parquet.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), file)
    else:
        frame.to_csv(file, index=False)
    folder.write("new.csv", "day,adcode,n\n2021-01-03,7,5\n")
    append(folder.path, read_rows(folder.path, folder.path / "new.csv"))
    if name.endswith("parquet"):
        table = parquet.read_table(file)
        assert table.schema.remove_metadata() == schema
        assert table.to_pylist()[-1] == {"note": None, "adcode": 7, "day": pd.Timestamp("2021-01-03").date(), "n": 5}
        folder.write("new.csv", "day,adcode,n\n2021-01-04,7,5.5\n")
        with pytest.raises(MarketError, match="column 'n': the column holds int32, which the new values are not"):
            append(folder.path, read_rows(folder.path, folder.path / "new.csv"))
    else:
        assert pd.read_csv(file, dtype=str, keep_default_na=False).to_numpy().tolist() == [
            ["a, b", "7", "2021-01-01", "3"],
            ["", "7", "2021-01-02", "4"],
            ["", "7", "2021-01-03", "5"],
        ]


def test_hours_are_appended_as_hours(folder: Folder) -> None:
    folder.manifest('file = "panel.csv"\nabsent = "zero"', frequency="h")
    hours = pd.date_range("2021-01-01", periods=26, freq="h").strftime("%Y-%m-%d %H:%M")
    folder.write("panel.csv", "region,date,orders\n" + "".join(f"east,{hour},1\n" for hour in hours[:24]))
    arrival = arrived(folder, "region,date,orders\n" + "".join(f"east,{hour},2\n" for hour in hours[24:]))
    assert (arrival.appended, len(arrival.steps)) == (2, 2)
    np.testing.assert_array_equal(load_market(folder.path).orders[0, 0], [1] * 24 + [2] * 2)


@pytest.mark.parametrize("moment", ["write", "half"])
def test_killed_half_way_the_old_panel_stays(market: Folder, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def half(panel: PanelFile, path: Path) -> None:
        path.write_text("region,da")
        die()

    before, panel = load_market(market.path).digest, (market.path / "panel.csv").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(PanelFile, "write", half if moment == "half" else die)
        assert_killed(lambda: arrived(market, ORDERS))
    assert (market.path / "panel.csv").read_bytes() == panel
    assert load_market(market.path).digest == before
    assert arrived(market, ORDERS).appended == 4  # what was killed holds no lock


def test_two_who_append_at_a_time_lose_nothing(market: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    write = PanelFile.write
    days = "region,date,orders\neast,2021-01-05,9\n", "region,date,orders\nwest,2021-01-05,5\n"
    for name, text in zip(("first.csv", "second.csv"), days, strict=True):
        market.write(name, text)
    second = Thread(target=lambda: append(market.path, read_rows(market.path, market.path / "second.csv")))

    def slow(panel: PanelFile, path: Path) -> None:
        monkeypatch.setattr(PanelFile, "write", write)
        second.start()
        time.sleep(0.3)
        write(panel, path)

    monkeypatch.setattr(PanelFile, "write", slow)
    append(market.path, read_rows(market.path, market.path / "first.csv"))
    second.join()
    np.testing.assert_array_equal(load_market(market.path).orders[:, 0, 4], [9, 5])
