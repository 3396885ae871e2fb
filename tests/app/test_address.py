"""A link opens the same view again, and says where it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.inputs.address import LONGEST, scenario_of, scenario_text
from app.inputs.scenario import FESTIVAL, MOVE
from stmp.checkpoint import CARD
from stmp.errors import ScenarioError
from stmp.scenario import Days, Fact, Lengthen, Move, Recent, Scenario
from tests.app.conftest import MAIN

Start = Callable[..., AppTest]
RICH = Scenario(
    name='a "name", 双11',
    festivals=(
        Move(festival="Late", peak=date(2021, 11, 11), to=date(2021, 11, 13)),
        Lengthen(festival="Early", peak=date(2021, 6, 18), days=3),
    ),
    days=(Days(first=date(2021, 11, 1), last=date(2021, 11, 2), types={"workday": 0.25, "Late · peak": 0.75}),),
    recent=(Recent(stream="orders", factor=1.5, regions=("r0",)),),
    facts=(Fact(region="r1", name="population", value=1e6),),
)


@pytest.fixture
def opened(dashboard: Start) -> Callable[..., AppTest]:
    """``opened(params)``: the page as a fresh browser shows it that follows a link."""
    dashboard()  # the markets it offers

    def follow(params: dict[str, str | list[str]]) -> AppTest:
        page = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in params.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        return page

    return follow


def shown(page: AppTest) -> list[tuple[str, str]]:
    return [(metric.label, metric.value) for metric in page.metric]


def warning(page: AppTest) -> str:
    return "\n".join(element.value for element in page.main.warning).replace("\\", "")


def test_a_link_shows_the_same_numbers_in_a_fresh_browser(dashboard: Start, opened: Callable[..., AppTest]) -> None:
    page = dashboard()
    page.selectbox(key="market").select("Four points").run()
    page.date_input(key="cutoff").set_value(date(2021, 11, 1)).run()
    page.slider(key="horizon").set_value(12).run()
    page.selectbox(key="category").select("c1").run()
    page.number_input(key="seed").set_value(7).run()
    page.radio(key="scenario").set_value(FESTIVAL).run()
    page.segmented_control(key="scenario-action").set_value(MOVE).run()
    page.date_input(key="scenario-to").set_value(date(2021, 11, 8)).run()
    page.multiselect(key="districts").set_value(["r2", "r0"]).run()
    page.segmented_control(key="language").set_value("zh").run()
    assert not page.exception
    link = dict(page.query_params)
    assert {name: link[name] for name in ("market", "cutoff", "horizon", "category", "seed", "language", "districts", "scenario-to")} == {
        "market": "points",
        "cutoff": "2021-11-01",
        "horizon": "12",
        "category": "c1",
        "seed": "7",
        "language": "zh",
        "districts": ["r2", "r0"],
        "scenario-to": "2021-11-08",
    }
    again = opened(link)
    assert shown(again) == shown(page)
    assert not again.main.warning
    assert again.query_params == link


def test_another_seed_gives_other_numbers(dashboard: Start) -> None:
    page = dashboard()
    before = shown(page)
    page.number_input(key="seed").set_value(1).run()
    assert shown(page) != before


def test_the_link_names_the_checkpoint_by_its_hash_and_the_data_by_their_digest(dashboard: Start, here: Path) -> None:
    page = dashboard()
    card = json.loads((here / "runs" / "tiny" / CARD).read_text())
    assert page.query_params["checkpoint"] == card["weights_sha256"][:12]
    assert page.query_params["data"] == card["data_digest"][:12]


def test_a_link_to_another_checkpoint_or_to_other_data_says_so(opened: Callable[..., AppTest]) -> None:
    page = opened({"market": "squares", "checkpoint": "0123456789ab", "data": "fedcba987654"})
    assert "The checkpoint of the link, 0123456789ab, is not here" in warning(page)
    assert "data have changed since the link was made" in warning(page)
    assert shown(page)
    page.date_input(key="cutoff").set_value(date(2021, 11, 1)).run()
    assert "0123456789ab" in warning(page)  # still another checkpoint
    page.selectbox(key="market").select("Four points").run()
    assert "data have changed" not in warning(page)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("market", "atlantis"),
        ("cutoff", "2031-01-01"),
        ("cutoff", "yesterday"),
        ("horizon", "400"),
        ("category", "c9"),
        ("seed", "-1"),
        ("scenario", "miracle"),
        ("districts", "r9"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_told_and_the_usual_is_shown(
    dashboard: Start, opened: Callable[..., AppTest], name: str, text: str
) -> None:
    usual = dashboard()
    page = opened({name: text})
    assert text in warning(page)
    assert shown(page) == shown(usual)
    assert page.query_params == usual.query_params


def test_the_warning_goes_when_something_else_is_chosen(opened: Callable[..., AppTest]) -> None:
    page = opened({"cutoff": "2031-01-01"})
    assert "2031-01-01" in warning(page)
    page.date_input(key="cutoff").set_value(date(2021, 11, 1)).run()
    assert not warning(page)


def test_what_does_not_fit_another_market_or_cutoff_falls_back_without_a_word(dashboard: Start) -> None:
    page = dashboard()
    page.radio(key="scenario").set_value(FESTIVAL).run()
    page.date_input(key="scenario-peak").set_value(date(2021, 11, 14)).run()
    page.date_input(key="cutoff").set_value(date(2021, 3, 1)).run()
    assert not page.exception
    assert not page.main.warning
    assert date(2021, 3, 2) <= page.date_input(key="scenario-peak").value <= date(2021, 3, 15)


def test_a_scenario_survives_an_address() -> None:
    assert scenario_of(scenario_text(RICH)) == RICH
    assert set(scenario_text(RICH)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@pytest.mark.parametrize("text", ["", "x", "双11", scenario_text(RICH)[:-9], scenario_text(Scenario(name="a" * LONGEST))])
def test_an_address_without_a_scenario_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="no scenario that can be read"):
        scenario_of(text)
