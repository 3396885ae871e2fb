"""From lines to a market: what is counted, what is rejected and told, and what is left when it fails."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.errors import MarketError, StmpError
from stmp.ingest import Limits, build
from stmp.market.load import load_market
from tests.ingest.made import assert_accounted, built, cells, panel_of, plan_of, reasons, rejected_rows, write_log

GOOD = [
    ("2020-01-01 10:00:00", "a", "food", "2"),
    ("2020-01-01 23:59:59", "a", "food", "3"),
    ("2020-01-02 00:00:00", "b", "toys", "1.25"),
    ("2020-01-04", " a ", "toys", "4"),
]


def test_lines_are_summed_by_region_category_and_day(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD))
    report = built(plan)
    assert cells(plan) == {("a", "food", "2020-01-01"): 5, ("b", "toys", "2020-01-02"): 1.25, ("a", "toys", "2020-01-04"): 4}
    assert_accounted(report, plan, 4)
    assert report.silent == ("c",)


def test_the_market_is_read_and_has_its_map_and_its_calendar(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD), title="Mine", title_zh="我的", unit="pieces", simulated=True)
    built(plan)
    market = load_market(plan.out)
    assert (market.about.title, market.about.title_zh, market.about.unit, market.about.simulated) == ("Mine", "我的", "pieces", True)
    assert market.regions == ("a", "b")
    assert market.polygons is not None
    assert [f["properties"]["region_id"] for f in market.polygons["features"]] == ["a", "b"]
    assert market.calendar.holiday[0] == "New Year's Day"
    assert (market.region_table.loc["a", "lon"], market.region_table.loc["a", "lat"]) == (116.5, 39.5)
    assert market.facts.loc["a", "area_km2"] == pytest.approx(111.2**2 * np.cos(np.radians(39.5)), rel=0.01)


def test_a_day_without_any_line_is_missing_and_another_day_is_zero(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD))
    report = built(plan)
    assert report.dark == ("2020-01-03",)
    orders = load_market(plan.out).orders[0]  # region a: food, toys
    np.testing.assert_array_equal(orders, [[5, 0, np.nan, 0], [0, 0, np.nan, 4]])
    assert (report.cells, report.zero_cells) == (10, 7)


def test_a_shop_that_was_shut_sold_nothing_where_the_user_says_so(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD), dark_is_zero=True)
    report = built(plan)
    np.testing.assert_array_equal(load_market(plan.out).orders[0], [[5, 0, 0, 0], [0, 0, 0, 4]])
    assert report.dark == ("2020-01-03",)


def test_a_region_is_not_open_before_its_first_line(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD))
    built(plan)
    assert panel_of(plan).query("region == 'b'")["date"].min() == pd.Timestamp("2020-01-02")


@pytest.mark.parametrize(
    ("line", "reason", "column", "value"),
    [
        (("", "a", "food", "1"), "no_time", "order_time", ""),
        (("yesterday", "a", "food", "1"), "bad_time", "order_time", "yesterday"),
        (("2020-02-30", "a", "food", "1"), "bad_time", "order_time", "2020-02-30"),
        (("2020-01-01T10:00:00+08:00", "a", "food", "1"), "bad_time", "order_time", "2020-01-01T10:00:00+08:00"),
        (("0000-01-01", "a", "food", "1"), "too_early", "order_time", "0000-01-01"),
        (("9999-12-31 23:59:59", "a", "food", "1"), "too_late", "order_time", "9999-12-31 23:59:59"),
        (("2020-01-02", "", "food", "1"), "no_place", "district", ""),
        (("2020-01-02", "z", "food", "1"), "unknown_region", "district", "z"),
        (("2020-01-02", "a", " ", "1"), "no_category", "category", " "),
        (("2020-01-02", "a", "food", ""), "no_quantity", "quantity", ""),
        (("2020-01-02", "a", "food", "many"), "bad_quantity", "quantity", "many"),
        (("2020-01-02", "a", "food", "-2"), "negative", "quantity", "-2"),
        (("2020-01-02", "a", "food", "1000001"), "absurd", "quantity", "1000001"),
        (("2020-01-02", "a", "food"), "broken", "", "2020-01-02,a,food"),
        (("2020-01-02", "a", "food", "1", "more"), "broken", "", "2020-01-02,a,food,1,more"),
    ],
)
def test_a_line_that_is_not_counted_is_told_with_its_place(
    tmp_path: Path, line: tuple[str, ...], reason: str, column: str, value: str
) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", [*GOOD[:2], line, *GOOD[2:]]))
    report = built(plan)
    assert reasons(report) == {reason: 1}
    assert_accounted(report, plan, 5)
    (row,) = rejected_rows(plan)
    assert (row["file"], row["row"], row["reason"]) == (str(tmp_path / "orders.csv"), "4", reason)
    assert (row["column"], row["value"]) == (column, value)


def test_rows_below_a_broken_line_keep_their_numbers(tmp_path: Path) -> None:
    lines = [GOOD[0], ("2020-01-02", "a"), ("2020-01-02", "z", "food", "1"), ("2020-01-02", "b"), ("2020-01-02", "y", "food", "1")]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines))
    built(plan)
    assert {row["value"]: row["row"] for row in rejected_rows(plan) if row["reason"] == "unknown_region"} == {"z": "4", "y": "6"}


def test_lines_that_an_open_quote_swallows_are_all_accounted_for(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", GOOD)
    file.write_text(file.read_text() + '2020-01-03,a,"food,1\n2020-01-03,a,food,1\n2020-01-03,a,food,1\n')
    plan = plan_of(tmp_path, file)
    report = built(plan)
    assert reasons(report) == {"broken": 3}
    assert_accounted(report, plan, 7)


def test_many_lines_agree_with_a_count_made_another_way(tmp_path: Path) -> None:
    rng = random.Random(3)
    times = ["2020-03-01 08:00:00", "2020-03-01 23:59:59.5", "2020-03-02T00:00", "2020-03-02", "03/02/2020", "", "2020-04-31"]
    choices = (times, ["a", "b ", "c", "x", ""], ["food", "toys", ""], ["1", "2.5", "0", "-1", "", "1e2", "1,5", "nan"])
    lines = [tuple(rng.choice(options) for options in choices) for _ in range(4000)]
    expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    counted = 0
    for time, region, category, quantity in lines:
        try:
            day, number = datetime.fromisoformat(time).date(), Decimal(quantity)
        except (ValueError, InvalidOperation):
            continue
        if region.strip() in {"a", "b", "c"} and category and number.is_finite() and number >= 0:
            expected[region.strip(), category, str(day)] += number
            counted += 1
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines), decimal="point")
    report = built(plan)
    assert report.logs[0].counted == counted
    assert cells(plan) == {key: float(value) for key, value in expected.items() if value}
    assert_accounted(report, plan, len(lines))


def test_a_log_without_quantities_and_categories_counts_its_lines(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", [line[:2] for line in GOOD], header=("time", "city")))
    built(plan)
    assert cells(plan)["a", "all", "2020-01-01"] == 2


def test_a_line_with_an_id_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    lines = [(*GOOD[0], "1"), (*GOOD[0], "1"), (*GOOD[0], "2"), (*GOOD[0], "1"), ("", *GOOD[0][1:], "3"), ("", *GOOD[0][1:], "3")]
    plan = plan_of(
        tmp_path, write_log(tmp_path / "orders.csv", lines, header=(*("order_time", "district", "category", "quantity"), "line_id"))
    )
    report = built(plan)
    assert cells(plan) == {("a", "food", "2020-01-01"): 4}
    assert reasons(report) == {"repeated": 2, "no_time": 2}
    assert_accounted(report, plan, 6)


def test_cart_additions_become_a_stream_of_the_same_days(tmp_path: Path) -> None:
    carts = [
        ("2020-01-01", "a", "food", "7"),
        ("2020-01-02", "a", "food", "8"),
        ("2020-01-03", "a", "food", "9"),
        ("2019-12-01", "a", "food", "9"),
    ]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD), carts=str(write_log(tmp_path / "carts.csv", carts)))
    report = built(plan)
    assert cells(plan, "cart_adds") == {("a", "food", "2020-01-01"): 7, ("a", "food", "2020-01-02"): 8}
    assert reasons(report, 1) == {"no_orders": 2}
    assert_accounted(report, plan, 4, log=1)
    carts_of_a = load_market(plan.out).past["cart_adds"][0, 0]
    np.testing.assert_array_equal(carts_of_a, [7, 8, np.nan, np.nan])  # the log of carts has nothing of 2020-01-04


def test_hours_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD), hourly=True)
    report = built(plan)
    assert cells(plan)["a", "food", "2020-01-01 23:00"] == 3
    assert report.cells == 2 * (3 * 24 - 10) + 2 * 2 * 24  # a opens at 10 o'clock, b a day later
    assert load_market(plan.out).about.frequency == "h"


def test_make_up_days_and_provisional_years_are_named(tmp_path: Path) -> None:
    lines = [(f"2020-01-{day}", "a", "food", "1") for day in range(17, 21)]
    report = built(plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines)))
    assert report.makeup_days == ("2020-01-19",)  # a Sunday worked for the Spring Festival
    lines = [("2027-01-05", "a", "food", "1")]
    again = plan_of(tmp_path, write_log(tmp_path / "later.csv", lines), last=date(2027, 12, 31), out=tmp_path / "later")
    assert built(again).provisional == (2027,)


def test_formulas_stay_text_in_the_file_that_a_spreadsheet_opens(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://x","y")'
    plan = plan_of(
        tmp_path, write_log(tmp_path / "orders.csv", [*GOOD, ("2020-01-02", formula, "food", "1"), ("2020-01-02", "@a", "+x", "-1")])
    )
    built(plan)
    rows = rejected_rows(plan)
    assert {row["region"] for row in rows} == {f"'{formula}", "'@a"}
    assert {row["category"] for row in rows} == {"food", "'+x"}
    assert {row["quantity"] for row in rows} == {"1", "-1"}


def test_every_fault_of_every_input_is_told_at_once(tmp_path: Path) -> None:
    write_log(tmp_path / "orders.csv", GOOD, header=("when?", "where?", "category", "quantity"))
    (tmp_path / "carts.csv").write_text("")
    plan = plan_of(
        tmp_path,
        tmp_path / "orders.csv",
        carts=str(tmp_path / "carts.csv"),
        regions=tmp_path / "none.geojson",
        calendar=tmp_path / "none.csv",
    )
    with pytest.raises(MarketError) as caught:
        build(plan)
    told = [problem.message for problem in caught.value.problems]
    have = "the columns are when?, where?, category, quantity"
    assert told == [
        f"no column seems to hold the time; {have}",
        f"no column seems to hold the place; {have}",
        "the file is empty",
        "there is no such file",
        "there is no such file",
    ]


def test_a_log_of_which_nothing_is_left_is_refused_with_every_reason(tmp_path: Path) -> None:
    lines = [("2020-01-01", "x", "food", "1"), ("2020-01-01", "y", "food", "1"), ("2020-01-01", "a", "food", "-1")]
    with pytest.raises(MarketError) as caught:
        build(plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines)))
    assert [(p.message, p.row, p.value) for p in caught.value.problems] == [
        ("no boundary or table row has this region, in 2 lines", 2, "x"),
        ("the quantity is negative: a return or a correction, in 1 lines", 4, "-1"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["districts.geojson", "orders.csv"]


def test_a_faulty_calendar_is_told_by_its_own_name_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("date,workday\n2020-01-01,2\n")
    with pytest.raises(MarketError, match=r"days\.csv, row 2, column 'workday': the value is neither 0 nor 1"):
        build(plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD), calendar=tmp_path / "days.csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["days.csv", "districts.geojson", "orders.csv"]


def test_an_interrupted_build_leaves_no_half_market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD))

    def interrupted(folder: Path) -> None:
        assert (folder / "panel.parquet").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr("stmp.ingest.write.load_market", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(plan)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["districts.geojson", "orders.csv"]


def test_a_market_is_put_in_the_place_of_another_only_when_told(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD))
    built(plan)
    write_log(tmp_path / "orders.csv", GOOD[:2])
    with pytest.raises(StmpError, match="this market is there already"):
        build(plan)
    assert len(cells(plan)) == 3
    built(replace(plan, replace=True))
    assert len(cells(plan)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["districts.geojson", "market", "orders.csv"]


def test_a_folder_that_is_no_market_is_never_replaced(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD), replace=True)
    plan.out.mkdir()
    (plan.out / "letters.txt").write_text("dear")
    with pytest.raises(StmpError, match="is no market"):
        build(plan)
    assert (plan.out / "letters.txt").read_text() == "dear"


@pytest.mark.parametrize("asked", ["confirm", "accept"])
def test_nothing_is_written_when_the_user_says_no(tmp_path: Path, asked: str) -> None:
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", GOOD))
    assert build(plan, **{asked: lambda shown: False}) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["districts.geojson", "orders.csv"]


def test_too_many_categories_are_refused(tmp_path: Path) -> None:
    lines = [("2020-01-01", "a", f"sku {number}", "1") for number in range(20)]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines), limits=Limits(categories=10))
    with pytest.raises(StmpError, match=r"more than 10 values\. Remedy: map a coarser column"):
        build(plan)


def test_the_plan_refuses_what_no_file_is_needed_for(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "orders.csv")
    for change, message in [
        ({"time_zone": "Beijing"}, "'Beijing' is no time zone"),
        ({"country": None}, "nothing says which days are worked"),
        ({"first": date(2021, 1, 1)}, "no day lies between"),
        ({"out": tmp_path / "市场"}, "gives the market no name"),
    ]:
        with pytest.raises(StmpError, match=message):
            replace(plan, **change)
