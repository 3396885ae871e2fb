"""What a report says, held against numbers worked out another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stmp import stock
from stmp.plans import overridden
from stmp.report import Report, Source, build
from stmp.report.model import Chart, Fans, Lines, Map, Slide, Table
from stmp.report.source import stored_backtest
from stmp.stock import Rule
from tests.markets import small_market
from tests.report.sources import LATER, OVERRIDE, PLAN, saved_plan, source

STORY = ["summary", "map", "series", "bands", "districts", "categories", "drivers", "stock", "stock-curve", "accuracy", "assumptions"]


@pytest.fixture(scope="module")
def plain() -> Source:
    return source(rules=[Rule(0.8, pack=12), Rule(0.95)])


@pytest.fixture(scope="module")
def report(plain: Source) -> Report:
    return build(plain)


def slide(report: Report, key: str) -> Slide:
    (found,) = (slide for slide in report.slides if slide.key == key)
    return found


def table(found: Slide, title: str) -> pd.DataFrame:
    (block,) = (block for block in found.blocks if isinstance(block, Table) and block.title == title)
    return pd.DataFrame({column.title: column.values for column in block.columns})


def totals(found: Slide, title: str) -> list:
    (block,) = (block for block in found.blocks if isinstance(block, Table) and block.title == title)
    return [column.total for column in block.columns]


def chart(found: Slide) -> Chart:
    (block,) = (block for block in found.blocks if isinstance(block, Chart))
    return block


def test_the_story_goes_from_what_to_expect_to_where_the_numbers_come_from(report: Report) -> None:
    assert [slide.key for slide in report.slides] == [*STORY, "provenance"]
    changed = [slide.key for slide in build(source(LATER)).slides]
    assert changed == [*STORY[:6], "scenario", "scenario-districts", *STORY[6:], "provenance"]


def test_the_three_numbers_are_those_of_the_joint_samples(plain: Source, report: Report) -> None:
    total, peak, uplift = slide(report, "summary").figures
    daily = plain.forecast.samples.astype(float).sum(axis=(0, 1))  # [H, S]
    assert total.value == pytest.approx(np.median(daily.sum(axis=0)))
    assert total.bounds == pytest.approx(np.quantile(daily.sum(axis=0), [0.1, 0.5, 0.9]).tolist())
    assert (peak.text, peak.value) == ("Thu 11 Nov", pytest.approx(np.median(daily[5])))
    assert uplift.value == pytest.approx(np.median(daily.mean(axis=0)) / plain.level.sum())
    assert f"{total.value / 1000:.1f} k orders in 14 days" in slide(report, "summary").lead


def test_districts_are_told_by_size_and_their_total_is_not_a_sum_of_medians(plain: Source, report: Report) -> None:
    rows = table(slide(report, "districts"), "All districts")
    medians = np.median(plain.forecast.samples.sum(axis=(1, 2), dtype=float), axis=-1)
    assert rows["Median, orders"].tolist() == pytest.approx(sorted(medians, reverse=True))
    assert rows["District"].tolist() == [f"r{i}" for i in np.argsort(-medians)]
    assert totals(slide(report, "districts"), "All districts")[1] == pytest.approx(slide(report, "summary").figures[0].value)
    assert rows["Share"].sum() == pytest.approx(1)


def test_the_map_has_outlines_or_points_or_bars_in_its_place(report: Report) -> None:
    def first(market: object) -> object:
        return slide(build(source(market=market)), "map").blocks[0]

    outlines = slide(report, "map").blocks[0]
    assert isinstance(outlines, Map)
    assert {shape.geom_type for shape in outlines.shapes.values()} == {"Polygon"}
    market = small_market()
    points = first(market)
    assert isinstance(points, Map)
    assert {shape.geom_type for shape in points.shapes.values()} == {"Point"}
    nowhere = market.region_table.assign(lat=np.nan, lon=np.nan)
    bars = first(replace(market, region_table=nowhere))
    assert isinstance(bars, Chart)
    assert bars.kind == "bar"


def test_a_scenario_is_held_against_the_plan_draw_by_draw() -> None:
    made = source(LATER)
    report = build(made)
    planned, asked, change = slide(report, "scenario").figures
    after, before = (one.samples.astype(float).sum(axis=(0, 1, 2)) for one in (made.forecast, made.plan))
    assert (planned.value, asked.value) == pytest.approx((np.median(before), np.median(after)))
    assert change.value == pytest.approx(np.median(after / before - 1))
    baseline, scenario = chart(slide(report, "scenario")).series
    assert int(np.argmax(baseline.values)) == 5
    assert int(np.argmax(scenario.values)) == 8
    assert "Late moves from Thu 11 Nov to Sun 14 Nov" in slide(report, "assumptions").blocks[0].lines
    bands = slide(report, "summary").blocks[0]
    assert isinstance(bands, Fans)
    assert bands.panels[0].actual.isna().all()  # what came followed another calendar
    assert bands.panels[0].plan is not None


def test_drivers_add_up_to_the_mean_total(plain: Source, report: Report) -> None:
    found = slide(report, "drivers")
    first, *changes, last = chart(found).series[0].values
    assert first + sum(changes) == pytest.approx(last)
    assert last == pytest.approx(plain.forecast.samples.sum(axis=(0, 1, 2), dtype=float).mean())
    assert chart(found).labels == ("Ordinary days", "Festivals as planned", "This forecast")
    assert totals(found, "Steps")[1] == pytest.approx(last)


def test_stock_is_in_whole_cases_and_its_columns_add_up(plain: Source, report: Report) -> None:
    found = slide(report, "stock")
    categories, districts = table(found, "By category"), table(found, "By district")
    assert categories["Stock"].sum() == districts["Stock"].sum() == found.figures[0].value
    assert categories["Stock"][0] % 12 == 0
    assert categories["Service level"].tolist() == [0.8, 0.95]
    demand = plain.forecast.samples.astype(float).sum(axis=2)  # [R, C, S]
    assert categories["Stock"][1] == np.ceil(np.quantile(demand[:, 1], 0.95, axis=-1, method="inverted_cdf")).sum()
    expected = plain.forecast.samples.astype(float).sum(axis=(0, 1, 2)).mean()
    sold = found.figures[0].value - found.figures[2].value
    assert sold + found.figures[1].value == pytest.approx(expected)
    lost, left = chart(slide(report, "stock-curve")).series
    assert lost.values[0] == pytest.approx(expected)
    assert left.values[0] == 0


def test_rules_of_the_stock_are_told(report: Report) -> None:
    usual = table(slide(build(source()), "stock"), "By category")
    assert {"Minimum per district", "Units of a case"}.isdisjoint(usual.columns)
    asked = table(slide(build(source(rules=[Rule.of_costs(4, 1, minimum=30, pack=12), Rule()])), "stock"), "By category")
    assert asked["Service level"].tolist() == [0.8, 0.9]
    assert asked["Minimum per district"].tolist() == [30, 0]
    assert asked["Units of a case"].tolist() == [12, 1]
    assert "Service levels follow from costs" in slide(build(source(rules=[Rule.of_costs(4, 1), Rule()])), "stock").note
    assert "costs" not in slide(report, "stock").note


def test_a_fixed_supply_is_allocated_where_it_sells(plain: Source) -> None:
    rules = [Rule(pack=12), Rule()]
    found = slide(build(source(rules=rules, supply=5000)), "supply")
    samples = plain.forecast.samples.astype(float)
    given = stock.allocate(samples, rules, 5000)
    assert found.figures[0].value == given.quantities.sum()
    assert found.figures[1].value == pytest.approx(stock.outcome(samples, given.quantities).lost.sum())
    assert table(found, "By category")["Stock"].tolist() == given.quantities.sum(axis=0).tolist()
    assert sorted(table(found, "By district")["Stock"]) == sorted(given.quantities.sum(axis=1).tolist())
    assert f"{given.kept} stay behind" in found.lead


def test_accuracy_comes_from_the_backtest_or_is_said_to_be_unknown(report: Report) -> None:
    assert "not known" in slide(report, "accuracy").lead
    assert isinstance(slide(report, "accuracy").blocks[0], Lines)
    made = source(tested=True)
    cells = made.backtest.cells
    ours = cells[(cells["model"] == "stmp") & (cells["kind"] == "festival") & (cells["region"] != "") & (cells["category"] != "")]
    found = slide(build(made), "accuracy")
    wape, baseline, inside = (figure.value for figure in found.figures)
    assert wape == pytest.approx((ours["actual"] - ours["q50"]).abs().sum() / ours["actual"].sum(), rel=1e-5)
    assert baseline > wape
    assert inside == pytest.approx(ours["in80"].mean())
    held = table(found, "Past festivals")
    assert held["Festival"].tolist() == ["Late 2021", "Mid 2021"]
    actual = made.market.orders[..., made.market.dates.get_loc("2021-11-11")].sum()
    assert held["Peak day, orders"][0] == pytest.approx(actual)


def test_overrides_are_in_the_numbers_and_told_with_their_reasons() -> None:
    made = source(overrides=(OVERRIDE,))
    report = build(made)
    by_hand = overridden(made.statistical, [OVERRIDE]).samples.astype(float).sum(axis=(0, 1, 2))
    assert slide(report, "summary").figures[0].value == pytest.approx(np.median(by_hand))
    changed = slide(report, "overrides")
    assert [one.key for one in report.slides][:2] == ["summary", "overrides"]
    statistical, change, planned = changed.figures
    without = np.median(made.statistical.samples.astype(float).sum(axis=(0, 1, 2)))
    assert (statistical.value, planned.value) == pytest.approx((without, np.median(by_hand)))
    assert change.value == pytest.approx(np.median(by_hand) - without)
    assert planned.bounds == pytest.approx(np.quantile(by_hand, [0.1, 0.5, 0.9]).tolist())
    assert totals(changed, "Overrides")[2:4] == pytest.approx([without, np.median(by_hand)])
    found = table(changed, "Overrides")
    assert found[["What", "Override", "Reason", "By"]].iloc[0].tolist() == [
        "r1, all categories, Wed 10 Nov to Fri 12 Nov",
        "+20 %",
        "A competitor closes",
        "Ana",
    ]
    assert found["With overrides"][0] == pytest.approx(1.2 * found["Statistical"][0])
    assert "Overrides by hand are not in these numbers." in slide(report, "drivers").note
    districts = table(slide(report, "districts"), "All districts").set_index("District")
    assert districts.loc["r1", "Median, orders"] > districts.loc["r1", "Statistical, orders"]
    assert districts.loc["r0", "Median, orders"] == pytest.approx(districts.loc["r0", "Statistical, orders"])
    assert totals(slide(report, "districts"), "All districts")[1:3] == pytest.approx([without, np.median(by_hand)])
    assert report.origin["Plan"] == "not saved"


def test_a_saved_plan_tells_its_version_on_every_slide_and_who_saved_it(plain: Source) -> None:
    saved = saved_plan(plain)
    report = build(source(overrides=(OVERRIDE,), saved=saved))
    assert report.origin["Plan"] == "双11 计划, version 3"
    told = table(slide(report, "provenance"), "").set_index("What")["Which"]
    assert told["Plan"] == "双11 计划, version 3"
    assert told["Saved"] == "2021-11-05 08:30 UTC by Ana"
    assert told["Note"] == "as agreed"
    assert "Total when it was saved" not in told
    content = saved.version.content
    total = content.planned.total
    moved = replace(content, planned=replace(content.planned, total=total._replace(middle=2 * total.middle)))
    report = build(source(overrides=(OVERRIDE,), saved=saved._replace(version=replace(saved.version, content=moved))))
    told = table(slide(report, "provenance"), "").set_index("What")["Which"]
    assert told["Total when it was saved"] == f"{2 * total.middle / 1000:.1f} k orders"


def test_every_slide_can_tell_where_its_numbers_come_from(report: Report) -> None:
    assert report.origin == {
        "Market": "small",
        "Data": "simulated",
        "Data until": "2021-12-31",
        "As of": "2021-11-05",
        "Checkpoint": "tiny 0123456789ab",
        "Seed": "0",
        "Scenario": "as the calendar has it",
    }
    assert report.warning == "Simulated data"
    market = small_market()
    real = build(source(market=replace(market, about=replace(market.about, simulated=False))))
    assert (real.warning, real.origin["Data"]) == ("", "real")


def test_a_backtest_of_other_weights_or_other_data_is_not_taken(tmp_path) -> None:
    made = source(tested=True)
    assert stored_backtest(tmp_path, made.card, made.market) is None
    made.backtest.write(tmp_path / "backtest.parquet")
    assert len(stored_backtest(tmp_path, made.card, made.market).cells) == len(made.backtest.cells)
    assert stored_backtest(tmp_path, made.card.model_copy(update={"weights_sha256": "f" * 64}), made.market) is None
    assert stored_backtest(tmp_path, made.card, replace(made.market, digest="other")) is None
    (tmp_path / "backtest.parquet").write_bytes(b"cut short")
    assert stored_backtest(tmp_path, made.card, made.market) is None


def test_chinese_has_the_same_numbers(plain: Source, report: Report) -> None:
    chinese = build(plain, "zh")
    assert chinese.title == "小市场"
    assert [one.value for one in slide(chinese, "summary").figures] == [one.value for one in slide(report, "summary").figures]
    assert slide(chinese, "summary").title == "预期如何"


def test_the_plan_is_not_asked_for_twice() -> None:
    assert source(PLAN).plan is None
