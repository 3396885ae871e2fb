"""The what-if page, driven as a planner would, its numbers held against the library's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.formats import signed_percent, volume
from app.inputs.address import scenario_text
from app.inputs.scenario import DATE_TYPE
from app.loading import SAMPLES, SEED
from app.parts.what_if.cards import DROP, HOLD, LENGTHEN
from app.parts.what_if.desk import Desk
from app.pictures.deltas import daily_totals, delta_cells
from app.pictures.palette import diverging
from app.pictures.waterfall import waterfall
from stmp import comparison
from stmp.forecast import Forecast, Forecaster
from stmp.market.load import load_market
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Recent, Scenario

PEAK = date(2021, 11, 11)
MOVED = Scenario(name="Late moved to Sun 14 Nov", festivals=(Move(festival="Late", peak=PEAK, to=date(2021, 11, 14)),))

Start = Callable[..., AppTest]


@pytest.fixture
def what_if(dashboard: Start) -> Start:
    """``what_if(folder, ...)``: the what-if page as it comes first; ``link``: of the address it is opened with."""

    def start(*markets: Path, link: dict[str, object] | None = None) -> AppTest:
        page = dashboard(*markets)
        (number,) = [n for n, info in page._registered_pages.items() if info.get("url_pathname") == "what-if"]
        opened = AppTest.from_file(page._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = page._registered_pages, number
        opened.query_params.update(link or {})
        return opened.run()

    return start


def forecast(here: Path, scenario: Scenario | None = None, market: str = "squares", cutoff: str = "2021-11-04") -> Forecast:
    forecaster = Forecaster.load(here / "runs" / "tiny", "cpu")
    return forecaster.forecast(load_market(here / market), cutoff, 14, scenario or Scenario(), samples=SAMPLES, seed=SEED)


def texts(page: AppTest) -> str:
    parts = (page.title, page.subheader, page.caption, page.info, page.error, page.warning, page.markdown)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "")


def metrics(page: AppTest, label: str) -> list[str]:
    return [str(m.value) for m in page.metric if m.label == label]


def desk(page: AppTest, market: str = "squares") -> Desk:
    return page.session_state[f"desk-{market}"]


def scenario(page: AppTest) -> Scenario:
    return desk(page).draft.scenario


def assert_shows(page: AppTest, here: Path, *scenarios: Scenario) -> None:
    """Totals and changes on the cards are those of the library."""
    assert not page.exception
    assert not page.error
    plan = forecast(here)
    found = [forecast(here, one) for one in scenarios]
    assert metrics(page, "Total") == [f"{volume(float(np.median(f.total('RCH'))))} orders" for f in (plan, *found)]
    changes = [float(np.median(f.total("RCH").astype(float) / plan.total("RCH") - 1)) for f in found]
    assert metrics(page, "Against the baseline") == [signed_percent(change) for change in changes]


def test_without_a_scenario_it_offers_three_ideas(what_if: Start, here: Path) -> None:
    page = what_if()
    assert not page.exception
    assert not page.metric
    assert [page.button(key=f"idea-{i}").label for i in range(3)] == [
        "Late moved to Sun 14 Nov",
        "Late also on Thu 18 Nov",
        "Twice the recent carts of c0",
    ]
    page.button(key="idea-0").click().run()
    assert_shows(page, here, MOVED)
    assert "no causal effect" in texts(page)
    assert "Simulated data" in texts(page)
    assert "Late moves from Thu 11 Nov to Sun 14 Nov" in texts(page)


def test_every_idea_can_be_forecast(what_if: Start, here: Path) -> None:
    for market in ("Four points", "Four sites"):
        page = what_if()
        page.selectbox(key="market").select(market).run()
        for number in range(3):
            page.button(key=f"idea-{number}").click().run()
            assert not page.exception
            assert not page.error
            assert len(page.metric) == 3
            page.button(key="remove").click().run()


def test_a_festival_is_moved_held_again_lengthened_or_dropped(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="idea-0").click().run()
    page.date_input(key="change-to-squares-1").set_value(date(2021, 11, 8)).run()
    assert scenario(page).festivals == (Move(festival="Late", peak=PEAK, to=date(2021, 11, 8)),)
    assert_shows(page, here, scenario(page))
    page.segmented_control(key="change-action-squares-1").set_value(LENGTHEN).run()
    page.number_input(key="change-days-squares-1").set_value(3).run()
    assert scenario(page).festivals == (Lengthen(festival="Late", peak=PEAK, days=3),)
    assert_shows(page, here, scenario(page))
    page.segmented_control(key="change-action-squares-1").set_value(DROP).run()
    assert scenario(page).festivals == (Drop(festival="Late", peak=PEAK),)
    page.segmented_control(key="change-action-squares-1").set_value(HOLD).run()
    page.selectbox(key="change-festival-squares-1").select("Mid").run()
    page.date_input(key="change-peak-squares-1").set_value(date(2021, 11, 16)).run()
    page.number_input(key="change-peak-days-squares-1").set_value(2).run()
    assert scenario(page).festivals == (Add(festival="Mid", peak=date(2021, 11, 16), days=2),)
    assert_shows(page, here, scenario(page))


def test_what_was_moved_can_be_lengthened_and_follows_when_it_is_moved_again(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="idea-0").click().run()
    page.button(key="add-festival").click().run()
    page.segmented_control(key="change-action-squares-3").set_value(LENGTHEN).run()
    assert scenario(page).festivals[1] == Lengthen(festival="Late", peak=date(2021, 11, 14), days=2)
    page.date_input(key="change-to-squares-1").set_value(date(2021, 11, 9)).run()
    assert scenario(page).festivals[1] == Lengthen(festival="Late", peak=date(2021, 11, 9), days=2)
    assert_shows(page, here, scenario(page))


def test_days_become_another_type_or_a_blend(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="new").click().run()
    assert "changes nothing yet" in texts(page)
    page.button(key="add-days").click().run()
    page.date_input(key="change-last-squares-2").set_value(date(2021, 11, 13)).run()
    assert scenario(page).days == (Days(first=date(2021, 11, 12), last=date(2021, 11, 13), types={"Late · peak": 1.0}),)
    page.multiselect(key="change-types-squares-2").set_value(["Late · peak", "Mid · peak", "workday"]).run()
    page.slider(key="change-share-squares-2-workday").set_value(10).run()
    page.slider(key="change-share-squares-2-Late · peak").set_value(20).run()
    page.slider(key="change-share-squares-2-Mid · peak").set_value(10).run()
    (days,) = scenario(page).days
    assert days.types == {"Late · peak": 0.5, "Mid · peak": 0.25, "workday": 0.25}
    assert "50 % Late · peak + 25 % Mid · peak + 25 % workday" in texts(page)
    assert "their representations and not their volumes" in texts(page)
    assert_shows(page, here, scenario(page))
    page.multiselect(key="change-types-squares-2").set_value([]).run()
    assert scenario(page).days == (days,)  # a day has some type


def test_the_recent_past_changes_by_district_and_category(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="new").click().run()
    page.button(key="add-recent").click().run()
    assert page.selectbox(key="change-stream-squares-2").options == ["Cart additions", "Purchases"]
    page.selectbox(key="change-stream-squares-2").select("orders").run()
    page.number_input(key="change-factor-squares-2").set_value(1.5).run()
    page.number_input(key="change-past-squares-2").set_value(5).run()
    page.multiselect(key="change-categories-squares-2").set_value([]).run()
    page.multiselect(key="change-regions-squares-2").set_value(["r1", "r3"]).run()
    assert scenario(page).recent == (Recent(stream="orders", factor=1.5, days=5, regions=("r1", "r3")),)
    assert "Purchases of the last 5 days +50 %: all categories, Northeast, South <east>" in texts(page)
    assert_shows(page, here, scenario(page))


def test_a_district_s_facts_change(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="new").click().run()
    page.button(key="add-fact").click().run()
    assert scenario(page).facts == (Fact(region="r0", name="population", value=110_000),)
    page.selectbox(key="change-region-squares-2").select("r2").run()
    assert scenario(page).facts == (Fact(region="r2", name="population", value=300_000),)  # as it is
    page.number_input(key="change-value-squares-2-r2-population").set_value(9e6).run()
    assert_shows(page, here, Scenario(facts=(Fact(region="r2", name="population", value=9e6),)))
    assert "Outside what it learned" in texts(page)
    assert "further from it than 100 % of the 4 districts" in texts(page)


def test_four_stand_side_by_side_and_no_more(what_if: Start, here: Path) -> None:
    page = what_if()
    for number in range(2):
        page.button(key=("idea-0", "new")[number]).click().run()
    page.button(key="add-recent").click().run()
    page.button(key="copy").click().run()
    page.button(key="copy").click().run()
    assert [draft.name for draft in desk(page).drafts.values()] == [
        "Late moved to Sun 14 Nov",
        "Scenario 2",
        "Scenario 2 (2)",
        "Scenario 2 (3)",
    ]
    assert page.button(key="new").disabled
    assert page.button(key="copy").disabled
    assert_shows(page, here, *(draft.scenario for draft in desk(page).drafts.values()))
    maps = page.get("deck_gl_json_chart")
    assert len(maps) == 4
    plan = forecast(here)
    table = comparison.along(forecast(here, MOVED), plan, "R")
    (layer,) = [layer for layer in json.loads(maps[0].proto.json)["layers"] if layer["id"] == "regions"]
    shown = [feature["properties"]["value"] for feature in layer["data"]["features"]]
    assert shown == [f"Change: {signed_percent(value)}" for value in table["relative"]]


def test_another_scenario_is_edited_renamed_and_removed(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="idea-2").click().run()
    page.button(key="new").click().run()
    first, second = desk(page).drafts
    page.text_input(key=f"draft-name-{second}").set_value("Twice the recent carts of c0").run()
    assert desk(page).draft.name == "Twice the recent carts of c0 (2)"
    page.segmented_control(key="edited-squares").set_value(first).run()
    page.text_input(key=f"draft-name-{first}").set_value("Carts").run()
    assert [draft.name for draft in desk(page).drafts.values()] == ["Carts", "Twice the recent carts of c0 (2)"]
    page.button(key="remove-squares-1").click().run()
    assert scenario(page) == Scenario(name="Carts")
    page.button(key="remove").click().run()
    page.button(key="remove").click().run()
    assert page.button(key="idea-0").label == "Late moved to Sun 14 Nov"


def test_an_idea_is_called_after_its_change_until_the_planner_names_it(what_if: Start) -> None:
    page = what_if()
    page.button(key="idea-0").click().run()
    (day,) = [widget for widget in page.date_input if widget.key and widget.key.startswith("change-to")]
    day.set_value(date(2021, 11, 9)).run()
    assert desk(page).draft.name == "Late moved to Tue 9 Nov"
    assert page.segmented_control(key="edited-squares").options == ["Late moved to Tue 9 Nov"]
    (chosen,) = desk(page).drafts
    page.text_input(key=f"draft-name-{chosen}").set_value("Early").run()
    page.date_input(key=day.key).set_value(date(2021, 11, 10)).run()
    assert desk(page).draft.name == "Early"


def test_a_link_shows_the_same_scenarios(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="idea-0").click().run()
    page.button(key="new").click().run()
    page.button(key="add-recent").click().run()
    page.segmented_control(key="edited-squares").set_value(next(iter(desk(page).drafts))).run()
    opened = what_if(link=dict(page.query_params))
    assert [d.scenario for d in desk(opened).drafts.values()] == [d.scenario for d in desk(page).drafts.values()]
    assert desk(opened).draft.name == "Late moved to Sun 14 Nov"
    assert metrics(opened, "Total") == metrics(page, "Total")


def test_a_damaged_link_is_told_and_the_rest_is_shown(what_if: Start, here: Path) -> None:
    page = what_if(link={"what": ["damaged", scenario_text(MOVED)], "edited": "7"})
    assert "the address holds no scenario" in texts(page)
    assert metrics(page, "Total")[1] == f"{volume(float(np.median(forecast(here, MOVED).total('RCH'))))} orders"


def test_a_file_is_opened_and_a_bad_one_is_told(what_if: Start, here: Path) -> None:
    page = what_if()
    file = page.get("file_uploader")[0]
    page = file.set_value(("bad.toml", b"multiplier = 2", "application/toml")).run()
    assert "bad.toml: multiplier: Extra inputs are not permitted" in texts(page)
    written = Scenario(
        name="From a file",
        festivals=MOVED.festivals,
        days=(Days(first=date(2021, 11, 6), last=date(2021, 11, 6), types={"workday": 1 / 3, "Mid · peak": 2 / 3}),),
        recent=(Recent(stream="cart_adds", factor=0.1234),),
        facts=(Fact(region="r1", name="population", value=123_456.7),),
    )
    page = page.get("file_uploader")[0].set_value(("good.toml", written.to_toml().encode(), "application/toml")).run()
    assert scenario(page) == written  # and no widget rounds it
    assert_shows(page, here, written)


def test_a_scenario_that_this_cutoff_cannot_have_is_told_and_the_others_stay(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="idea-0").click().run()
    page.button(key="new").click().run()
    page.button(key="add-recent").click().run()
    page.date_input(key="cutoff").set_value(date(2021, 12, 1)).run()
    assert not page.exception
    assert [e.proto.title for e in page.error] == ["Late moved to Sun 14 Nov cannot be forecast"]
    assert len(metrics(page, "Total")) == 2
    page.segmented_control(key="edited-squares").set_value(next(iter(desk(page).drafts))).run()
    assert "Late is not still to come" in texts(page)
    page.button(key="remove-squares-1").click().run()
    assert not page.error


def test_the_sidebar_s_what_if_is_offered(what_if: Start, here: Path) -> None:
    page = what_if()
    page.radio(key="scenario").set_value(DATE_TYPE).run()
    page.selectbox(key="scenario-as").select("Late · peak").run()
    page.button(key="take").click().run()
    assert scenario(page).days == (Days(first=date(2021, 11, 12), last=date(2021, 11, 12), types={"Late · peak": 1.0}),)
    assert_shows(page, here, scenario(page))
    assert "take" not in [button.key for button in page.button]


def test_districts_and_category_are_followed(what_if: Start, here: Path) -> None:
    page = what_if()
    page.button(key="idea-2").click().run()
    page.multiselect(key="districts").set_value(["r2"]).run()
    page.selectbox(key="category").select("c0").run()
    plan, after = forecast(here), forecast(here, scenario(page))
    assert metrics(page, "Total") == [f"{volume(float(np.median(f.samples[2, 0].sum(axis=0))))} orders" for f in (plan, after)]
    assert "Southwest" in texts(page)


def test_a_market_without_carts_facts_or_places_offers_what_it_has(what_if: Start, here: Path, tmp_path: Path) -> None:
    page = what_if()
    page.selectbox(key="market").select("Four sites").run()
    page.button(key="idea-0").click().run()
    assert not page.exception
    assert "add-fact" not in [button.key for button in page.button]
    assert not page.get("deck_gl_json_chart")
    assert len(page.get("plotly_chart")) == 4  # days, bars, cells, steps


def test_the_waterfall_ends_at_the_sum_of_its_bars() -> None:
    steps = pd.DataFrame({"total": [100.0, 130.0, 90.0], "change": [100.0, 30.0, -40.0], "low": [90.0, 20, -50], "high": [110.0, 40, -30]})
    (bars,) = waterfall(steps, ["Ordinary days", "Festivals as planned", "Days changed"], "orders").data
    assert list(bars.measure) == ["absolute", "relative", "relative", "total"]
    assert sum(bars.y[:-1]) == bars.y[-1] == 90
    assert list(bars.text) == ["100", "+30.0", "−40.0", "90.0"]
    assert bars.customdata[2] == "80 %: −50.0 to −30.0"


def test_days_of_all_scenarios_are_drawn_over_the_baseline_s_band() -> None:
    dates = pd.date_range("2021-11-05", periods=2)
    samples = np.arange(101.0) + np.array([[0], [100]])
    figure = daily_totals(dates, samples, {"one": samples + 5, "<b>two</b>": samples - 5}, [], "orders")
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces) == ["Baseline, 80 % band", "Baseline, median", "one", "&lt;b&gt;two&lt;/b&gt;"]
    assert list(traces["Baseline, 80 % band"].y) == [90, 190, 110, 10]
    assert list(traces["one"].y) == [55, 155]


def test_cells_are_written_and_coloured_around_zero() -> None:
    changes = pd.DataFrame([[0.1, -0.05], [np.nan, 0.0]], index=["a", "b"], columns=["c", "d"])
    (heat,) = delta_cells(changes, diverging([0.1])).data
    assert heat.text.tolist() == [["+10 %", "−5.0 %"], ["–", "0 %"]]
    assert heat.zmin == -heat.zmax
