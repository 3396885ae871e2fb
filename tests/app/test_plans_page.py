"""The page of plans, driven as two planners would, its numbers held against the library's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app import offers
from app.formats import signed_volume, volume
from app.inputs.scenario import DATE_TYPE
from app.loading import SAMPLES, SEED
from app.parts.plans.desk import Desk
from stmp.checkpoint import CARD, read_checkpoint, write_checkpoint
from stmp.forecast import Forecast, Forecaster
from stmp.market.load import load_market
from stmp.plans import PERCENT, VALUE, Content, Override, Store, overridden, summed, value_added
from stmp.scenario import Scenario
from stmp.summary import actuals
from tests.app.test_what_if_page import texts
from tests.plans.made import ANA, LI

Start = Callable[..., AppTest]
FIRST, LAST = date(2021, 11, 5), date(2021, 11, 18)
UP = Override(FIRST, LAST, PERCENT, 25.0, "a rival closes", "Li", region="r2", category="c0")


@pytest.fixture
def plans(dashboard: Start, database: str) -> Start:
    """``plans()``: the page as it comes first; ``person``: who has given a name; ``link``: of the address it is opened with."""

    def start(*markets: Path, person: str = "Li", link: dict[str, str] | None = None) -> AppTest:
        page = dashboard(*markets)
        (number,) = [n for n, info in page._registered_pages.items() if info.get("url_pathname") == "plans"]
        opened = AppTest.from_file(page._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = page._registered_pages, number
        opened.query_params.update(link or {})
        opened.run()
        return opened.text_input(key="person").set_value(person).run() if person else opened

    return start


def forecast(here: Path, scenario: Scenario | None = None, cutoff: str = "2021-11-04") -> Forecast:
    forecaster = Forecaster.load(here / "runs" / "tiny", "cpu")
    return forecaster.forecast(load_market(here / "squares"), cutoff, 14, scenario or Scenario(), samples=SAMPLES, seed=SEED)


def content(
    here: Path, *overrides: Override, digest: str = "", checkpoint: str = "", note: str = "", cutoff: str = "2021-11-04"
) -> Content:
    card = json.loads((here / "runs" / "tiny" / CARD).read_text())
    return Content.of(
        forecast(here, cutoff=cutoff),
        overrides,
        market="squares",
        data_digest=digest or load_market(here / "squares").digest,
        checkpoint=checkpoint or card["weights_sha256"],
        checkpoint_name="runs/tiny",
        note=note,
    )


def metric(page: AppTest, label: str) -> str:
    (found,) = [str(m.value) for m in page.metric if m.label == label]
    return found


def total(found: Forecast) -> str:
    return f"{volume(float(np.median(found.total('RCH'))))} orders"


def write(page: AppTest, *rows: dict[str, object]) -> AppTest:
    """Add rows to the table of overrides."""
    desk: Desk = page.session_state["plans-squares"]
    key = f"overrides-squares-{desk.edition}"
    page.session_state[key] = {"edited_rows": {}, "added_rows": list(rows), "deleted_rows": []}
    return page.run()


def row(**given: object) -> dict[str, object]:
    told = {
        "region": "r2",
        "category": "c0",
        "first": "2021-11-05",
        "last": "2021-11-18",
        "kind": PERCENT,
        "amount": 25,
        "reason": "a rival closes",
    }
    return told | given


def assert_sound(page: AppTest) -> None:
    assert not page.exception
    assert not page.error


def test_a_forecast_becomes_a_plan_with_overrides(plans: Start, here: Path, database: str) -> None:
    page = plans()
    assert_sound(page)
    assert "Simulated data" in texts(page)
    assert metric(page, "Statistical forecast") == metric(page, "Plan") == total(forecast(here))
    write(page, row())
    assert_sound(page)
    planned = overridden(forecast(here), [UP])
    assert metric(page, "Statistical forecast") == total(forecast(here))
    assert metric(page, "Plan") == total(planned)
    change = np.median(planned.total("RCH").astype(float)) - np.median(forecast(here).total("RCH").astype(float))
    assert metric(page, "Overrides") == f"{signed_volume(float(change))} orders"
    page.text_input(key="plan-name-squares-0").set_value("双11 计划").run()
    page.text_area[0].set_value("as agreed").run()
    page.button(key="plan-save").click().run()
    assert_sound(page)
    assert [box.value for box in page.success] == ["Saved as a new plan, 双11 计划\\."]
    (saved,) = Store(database).plans("squares")
    assert (saved.name, saved.latest.author) == ("双11 计划", "Li")
    assert saved.latest.content == content(here, UP, note="as agreed")
    assert page.query_params["plan"] in (str(saved.id), [str(saved.id)])
    assert metric(page, "Plan") == total(planned)  # it is open now


def test_the_effects_stand_side_by_side_and_their_sum_shows_both(plans: Start, here: Path) -> None:
    page = write(plans(), row(), row(region="*", category="*", kind=VALUE, amount=5000, first="2021-11-11", last="2021-11-11"))
    assert_sound(page)
    (table,) = [frame.value for frame in page.dataframe if "Override" in frame.value and "Sum" in list(frame.value["Override"])]
    assert list(table["District"]) == ["Southwest", "All districts", "All districts"]
    assert list(table["Override"]) == ["+25 %", "5.00 k orders", "Sum"]
    assert table["Plan, orders"].iloc[1].startswith("5.00 k (")
    assert table["Statistical, orders"].iloc[2].startswith(total(forecast(here)).removesuffix(" orders"))
    assert table["Plan, orders"].iloc[2].startswith(metric(page, "Plan").removesuffix(" orders"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"reason": None}, "Row 1 is not filled in yet"),
        ({"amount": None}, "Row 1 is not filled in yet"),
        ({"amount": -300}, "a number from -100 up"),
        ({"first": "2021-11-09", "last": "2021-11-08"}, "turn the days round"),
    ],
)
def test_a_row_at_fault_is_told_and_nothing_can_be_saved(plans: Start, given: dict, told: str) -> None:
    page = write(plans(), row(**given))
    assert not page.exception
    assert told in texts(page)
    assert page.button(key="plan-save").disabled


def test_nothing_is_saved_without_a_name_of_plan_and_planner(plans: Start, database: str) -> None:
    page = plans(person="")
    page.button(key="plan-save").click().run()
    assert "Your name is missing" in texts(page)
    page.text_input(key="person").set_value("Li").run()
    page.button(key="plan-save").click().run()
    assert "the name of a plan is empty" in texts(page)
    assert Store(database).plans("squares") == []


def test_a_plan_is_opened_with_its_question_and_saved_anew(plans: Start, here: Path, database: str) -> None:
    saved = Store(database).create("a", content(here, UP, cutoff="2021-11-01"), ANA)
    page = plans()
    page.selectbox(key="plan-squares").select(saved.id).run()
    assert not page.exception
    assert page.date_input(key="cutoff").value == date(2021, 11, 1)
    write(page, row(region="r0", reason="a fair"))
    page.button(key="plan-save").click().run()
    assert_sound(page)
    first, second = Store(database).plan(saved.id).versions
    assert first == saved.latest
    assert [(o.region, o.author, o.reason) for o in second.content.overrides] == [("r2", "Li", "a rival closes"), ("r0", "Li", "a fair")]
    assert second.content.cutoff == date(2021, 11, 1)


def test_an_override_that_was_not_touched_keeps_its_author(plans: Start, here: Path, database: str) -> None:
    saved = Store(database).create("a", content(here, UP), LI)
    page = plans(person="Ana", link={"plan": str(saved.id)})
    page.button(key="plan-save").click().run()
    assert_sound(page)
    latest = Store(database).plan(saved.id).latest
    assert (latest.author, latest.content.overrides) == ("Ana", (UP,))


def test_the_second_of_two_planners_is_told_and_goes_on(plans: Start, here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("a", content(here), LI)
    page = write(plans(link={"plan": str(saved.id)}), row())
    store.save(saved.id, content(here, note="hers"), ANA, based_on=1)
    page.button(key="plan-save").click().run()
    assert not page.exception
    assert "Ana saved version 2 on" in texts(page)
    assert "after version 1, from which you work" in texts(page)
    assert store.plan(saved.id).latest.author == "Ana"
    page.button(key="plan-go-on").click().run()
    page.button(key="plan-save").click().run()
    assert_sound(page)
    assert [(v.author, len(v.content.overrides)) for v in store.plan(saved.id).versions] == [("Li", 0), ("Ana", 0), ("Li", 1)]


def test_versions_are_listed_compared_restored_and_promoted(plans: Start, here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("a", content(here, UP, note="first *note*"), LI)
    store.save(saved.id, content(here), ANA, based_on=1)
    page = plans(link={"plan": str(saved.id)})
    assert_sound(page)
    (table,) = [frame.value for frame in page.dataframe if "The plan" in frame.value]
    assert list(table["Version"]) == [2, 1]
    assert list(table["Author"]) == ["Ana", "Li"]
    (compared,) = [found.value for found in page.table]
    assert list(compared.index) == ["Overrides", "Plan", "Note"]
    assert "Southwest, c0" in compared.loc["Overrides", "Version 1"].replace("\\", "")
    assert compared.loc["Overrides", "Version 2"] == "none"
    page.selectbox(key=f"plan-version-{saved.id}-2").select(1).run()
    page.button(key="plan-restore").click().run()
    assert_sound(page)
    assert store.plan(saved.id).latest.content == saved.latest.content
    assert store.plan(saved.id).latest.restores == 1
    assert metric(page, "The plan for these days") == "–"
    page.button(key="plan-promote").click().run()
    assert_sound(page)
    assert metric(page, "The plan for these days") == total(overridden(forecast(here), [UP]))
    assert "a, version 3" in texts(page)
    (promotion,) = store.promoted("squares").values()
    assert (promotion.version.number, promotion.author) == (3, "Li")


def test_an_older_version_is_opened(plans: Start, here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("a", content(here, UP), LI)
    store.save(saved.id, content(here), ANA, based_on=1)
    page = plans(link={"plan": str(saved.id)})
    assert metric(page, "Plan") == total(forecast(here))
    page.selectbox(key=f"plan-version-{saved.id}-2").select(1).run()
    page.button(key="plan-open").click().run()
    assert_sound(page)
    assert metric(page, "Plan") == total(overridden(forecast(here), [UP]))
    page.button(key="plan-save").click().run()
    assert_sound(page)
    assert store.plan(saved.id).latest.content.overrides == (UP,)


def test_a_plan_is_archived_and_taken_back(plans: Start, here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("a", content(here), LI)
    page = plans(link={"plan": str(saved.id)})
    page.button(key="plan-archive").click().run()
    assert_sound(page)
    assert store.plans("squares") == []
    assert page.selectbox(key="plan-squares").options == ["A new plan"]
    page.toggle(key="plans-archived").set_value(True).run()
    page.selectbox(key="plan-squares").select(saved.id).run()
    assert "This plan is archived" in texts(page)
    page.button(key="plan-unarchive").click().run()
    assert_sound(page)
    assert [plan.name for plan in store.plans("squares")] == ["a"]


def test_an_alert_says_what_changed_since_and_by_how_much(plans: Start, here: Path, database: str) -> None:
    store = Store(database)
    saved = store.create("a", content(here), LI)
    page = plans(link={"plan": str(saved.id)})
    assert "neither the data nor the checkpoint has changed" in texts(page)
    before = content(here, digest="0" * 64, checkpoint="1" * 64)
    half = before.statistical.total.middle / 2
    statistical = type(before.statistical)(before.statistical.total._replace(middle=half), before.statistical.districts)
    moved = Content(**{**before.__dict__, "statistical": statistical})
    other = store.create("b", moved, LI)
    page = plans(link={"plan": str(other.id)})
    assert not page.exception
    told = texts(page)
    assert "The market's data have changed." in told
    assert f"moved from {volume(half)} to {volume(2 * half)} orders, +100 %" in told


def test_a_plan_whose_checkpoint_is_gone_is_read_and_held_against_another(
    plans: Start, here: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Store(database).create("a", content(here, UP, note="kept"), LI)
    network, card = read_checkpoint(here / "runs" / "tiny", torch.device("cpu"))
    with torch.no_grad():
        next(iter(network.generator.head.parameters())).mul_(1.1)
    write_checkpoint(tmp_path / "runs" / "other", network, card)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(offers, "PROJECT", tmp_path)
    page = plans(here / "squares", link={"plan": str(saved.id)})
    assert_sound(page)
    assert "Its checkpoint, runs/tiny, is not here any more; runs/other answers instead." in texts(page)
    assert "kept" in texts(page)
    page.button(key="plan-save").click().run()
    assert_sound(page)
    assert Store(database).plan(saved.id).latest.content.checkpoint_name == "runs/other"


def test_value_added_is_told_by_planner_district_and_reason(plans: Start, here: Path, database: str) -> None:
    saved = Store(database).create("a", content(here, UP), LI)
    page = plans(link={"plan": str(saved.id)})
    market = load_market(here / "squares")
    found = value_added(forecast(here), [UP], actuals(market, forecast(here).dates))
    expected = summed(found, "author")
    (table,) = [frame.value for frame in page.dataframe if "Planner" in frame.value]
    assert list(table["Planner"]) == ["Li"]
    assert table["Value added, orders"].iloc[0] == pytest.approx(expected["added"].iloc[0], rel=0.005)
    page.segmented_control(key="added-by").set_value("region").run()
    (table,) = [frame.value for frame in page.dataframe if "Value added, orders" in frame.value]
    assert list(table["District"]) == ["Southwest"]


def test_the_scenario_of_the_sidebar_is_planned_with(plans: Start, here: Path, database: str) -> None:
    page = plans()
    page.radio(key="scenario").set_value(DATE_TYPE).run()
    page.text_input(key="plan-name-squares-0").set_value("a").run()
    page.button(key="plan-save").click().run()
    assert_sound(page)
    scenario = Store(database).plans("squares")[0].latest.content.scenario
    assert len(scenario.days) == 1
    page.radio(key="scenario").set_value("planned").run()  # the sidebar moves on, the plan stays what it is
    assert_sound(page)
    assert metric(page, "Statistical forecast") == total(forecast(here, scenario))


def test_a_database_that_is_gone_is_told_and_one_that_is_back_goes_on(plans: Start, here: Path, database: str, tmp_path: Path) -> None:
    Store(database).create("a", content(here), LI)
    page = plans()
    (tmp_path / "plans.sqlite").rename(tmp_path / "moved")
    page.run()
    assert not page.exception
    assert "cannot be used" in texts(page)
    (tmp_path / "moved").rename(tmp_path / "plans.sqlite")
    page.run()
    assert_sound(page)
    assert page.selectbox(key="plan-squares").options == ["A new plan", "a"]


def test_a_link_to_a_plan_that_is_not_here_is_told(plans: Start) -> None:
    page = plans(link={"plan": "77"}, person="")
    assert not page.exception
    assert "The plan of the link is not in this database" in texts(page)
    assert page.selectbox(key="plan-squares").value == 0
