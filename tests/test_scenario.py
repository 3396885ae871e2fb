"""Scenarios: TOML out and in, what each part changes, and what is refused."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stmp.errors import MisfitError, ScenarioError
from stmp.market import Market
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Part, Recent, Scenario
from tests.markets import small_market

CUTOFF = pd.Timestamp("2021-11-01")
LATE = date(2021, 11, 11)

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)  # quotes, newlines, control characters, any script
DATES = st.dates(date(1, 1, 1), date(9000, 1, 1))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
FESTIVALS = st.one_of(
    st.builds(Move, festival=NAMES, peak=DATES, to=DATES),
    st.builds(Lengthen, festival=NAMES, peak=DATES, days=st.integers(1, 31)),
    st.builds(Add, festival=NAMES, peak=DATES, days=st.integers(1, 31)),
    st.builds(Drop, festival=NAMES, peak=DATES),
)
TYPES = st.one_of(
    st.just({"workday": 1.0}),
    NAMES.map(lambda name: {f"{name} · peak": 0.25, f"holiday · {name}": 0.75}),
)
DAYS = st.builds(
    lambda first, length, types: Days(first=first, last=first + timedelta(length), types=types), DATES, st.integers(0, 9), TYPES
)
RECENT = st.builds(
    Recent,
    stream=NAMES,
    factor=st.floats(0, 100),
    days=st.integers(1, 366),
    regions=st.lists(NAMES, max_size=2).map(tuple),
    categories=st.lists(NAMES, max_size=2).map(tuple),
)
SCENARIOS = st.builds(
    Scenario,
    name=NAMES,
    festivals=st.lists(FESTIVALS, max_size=2).map(tuple),
    days=st.lists(DAYS, max_size=2).map(tuple),
    recent=st.lists(RECENT, max_size=2).map(tuple),
    facts=st.lists(st.builds(Fact, region=NAMES, name=NAMES, value=NUMBERS), max_size=2).map(tuple),
)


@pytest.fixture(scope="module")
def view() -> Market:
    return small_market().until(CUTOFF)


def types_of(market: Market, first: str, last: str) -> list[str]:
    days = pd.date_range(first, last)
    return [market.calendar.types[market.calendar.dates.get_loc(day)].label for day in days]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=SCENARIOS)
def test_any_scenario_comes_back_from_its_toml(scenario: Scenario) -> None:
    assert Scenario.model_validate(tomllib.loads(scenario.to_toml())) == scenario


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    scenario = Scenario(
        name='七天 "early"\n\\',
        festivals=(Move(festival="Late", peak=LATE, to=date(2021, 11, 8)),),
        days=(Days(first=LATE, last=LATE, types={"workday": 0.5, "Late · peak": 0.5}),),
        recent=(Recent(stream="cart_adds", factor=1.2, regions=("r0",)),),
        facts=(Fact(region="r0", name="population", value=5e5),),
    )
    scenario.write(tmp_path / "what-if.toml")
    assert Scenario.read(tmp_path / "what-if.toml") == scenario
    assert [path.name for path in tmp_path.iterdir()] == ["what-if.toml"]


def test_the_empty_scenario_changes_nothing(view: Market) -> None:
    changed = Scenario().apply(view)
    assert changed.calendar.types == view.calendar.types
    assert changed.orders is view.orders
    assert changed.facts is view.facts


@pytest.mark.parametrize(
    ("change", "first", "expected"),
    [
        (
            Move(festival="Late", peak=LATE, to=date(2021, 11, 8)),
            "2021-11-07",
            ["Late · run-up", "Late · peak", "Late · after", "Late · after", "Late · after", "workday"],
        ),
        (Lengthen(festival="Late", peak=LATE, days=3), "2021-11-10", ["Late · run-up", *["Late · peak"] * 3, "Late · after"]),
        (Add(festival="Mid", peak=date(2021, 12, 1), days=2), "2021-11-30", ["Mid · run-up", "Mid · peak", "Mid · peak", "Mid · after"]),
        (Drop(festival="Late", peak=LATE), "2021-11-10", ["workday", "workday", "workday", "day off"]),
    ],
)
def test_a_festival_is_changed_in_the_calendar(view: Market, change: Move | Lengthen | Add | Drop, first: str, expected: list[str]) -> None:
    changed = Scenario(festivals=(change,)).apply(view)
    last = pd.Timestamp(first) + pd.Timedelta(days=len(expected) - 1)
    assert types_of(changed, first, f"{last:%Y-%m-%d}") == expected
    assert types_of(view, "2021-11-11", "2021-11-11") == ["Late · peak"]
    assert types_of(changed, "2020-11-11", "2020-11-11") == ["Late · peak"]


def test_the_opening_moves_with_its_peak(view: Market) -> None:
    occurrences = [replace(o, opening=o.peak - pd.Timedelta(days=6)) if o.festival == "Late" else o for o in view.calendar.occurrences]
    opened = replace(view, calendar=view.calendar.with_occurrences(occurrences))
    assert types_of(opened, "2021-11-05", "2021-11-05") == ["Late · opening"]
    changed = Scenario(festivals=(Move(festival="Late", peak=LATE, to=date(2021, 11, 15)),)).apply(opened)
    assert types_of(changed, "2021-11-09", "2021-11-09") == ["Late · opening"]
    assert types_of(changed, "2021-11-05", "2021-11-05") == ["workday"]


def test_days_take_a_type_or_a_blend(view: Market) -> None:
    blend = {"Late · peak": 0.6, "workday": 0.4}
    changed = Scenario(days=(Days(first=date(2021, 11, 3), last=date(2021, 11, 4), types=blend),)).apply(view)
    day = changed.calendar.dates.get_loc("2021-11-04")
    assert changed.calendar.blend(day) == blend
    assert types_of(changed, "2021-11-02", "2021-11-05") == ["workday", "Late · peak", "Late · peak", "workday"]


@pytest.mark.parametrize("stream", ["orders", "cart_adds"])
def test_recent_values_are_scaled_where_named_and_nowhere_else(view: Market, stream: str) -> None:
    changed = Scenario(recent=(Recent(stream=stream, factor=1.5, days=3, regions=("r1",), categories=("c0",)),)).apply(view)
    streams = {"orders": view.orders, **view.past}
    for name, after in {"orders": changed.orders, **changed.past}.items():
        expected = streams[name].copy()
        if name == stream:
            expected[1, 0, -3:] *= 1.5
        np.testing.assert_array_equal(after, expected)
    assert changed.past.keys() == view.past.keys()


def test_no_names_mean_all_regions_and_categories(view: Market) -> None:
    changed = Scenario(recent=(Recent(stream="orders", factor=0, days=2),)).apply(view)
    assert (changed.orders[..., -2:] == 0).all()
    np.testing.assert_array_equal(changed.orders[..., :-2], view.orders[..., :-2])


def test_a_fact_is_changed_for_one_district(view: Market) -> None:
    changed = Scenario(facts=(Fact(region="r2", name="population", value=7.5),)).apply(view)
    assert changed.facts.loc["r2", "population"] == 7.5
    pd.testing.assert_frame_equal(changed.facts.drop(index="r2"), view.facts.drop(index="r2"))
    assert view.facts.loc["r2", "population"] != 7.5


REFUSED = [  # change, place in a file, fault, remedy
    (Drop(festival="Never", peak=LATE), "festivals.0.festival", "unknown festival 'Never'", "use one of: Late, Mid"),
    (
        Drop(festival="Late", peak=date(2021, 11, 12)),
        "festivals.0.peak",
        "no peak of Late begins on 2021-11-12",
        "use one of 2020-11-11, 2021-11-11",
    ),
    (Drop(festival="Late", peak=date(2020, 11, 11)), "festivals.0.peak", "the day 2020-11-11 is not after the cutoff", "still to come"),
    (
        Move(festival="Late", peak=LATE, to=date(2021, 11, 1)),
        "festivals.0.to",
        "the day 2021-11-01 is not after the cutoff",
        "still to come",
    ),
    (Add(festival="Late", peak=date(2021, 6, 1)), "festivals.0.peak", "the day 2021-06-01 is not after the cutoff", "still to come"),
    (
        Days(first=date(2021, 11, 1), last=date(2021, 11, 3), types={"workday": 1}),
        "days.0.first",
        "the day 2021-11-01 is not after the cutoff",
        "still to come",
    ),
    (Days(first=LATE, last=LATE, types={"Never · peak": 1}), "days.0.types", "unknown date type 'Never · peak'", "Late · peak"),
    (Recent(stream="clicks", factor=2), "recent.0.stream", "unknown stream 'clicks'", "use one of: cart_adds, orders"),
    (Recent(stream="orders", factor=2, regions=("r0", "r9")), "recent.0.regions", "unknown district 'r9'", "r0, r1, r2, r3"),
    (Recent(stream="orders", factor=2, categories=("c9",)), "recent.0.categories", "unknown category 'c9'", "c0, c1"),
    (Fact(region="r9", name="population", value=1), "facts.0.region", "unknown district 'r9'", "r0, r1, r2, r3"),
    (Fact(region="r0", name="income", value=1), "facts.0.name", "unknown district fact 'income'", "population"),
]
KINDS = {Days: "days", Recent: "recent", Fact: "facts"}


@pytest.mark.parametrize(("change", "place", "fault", "remedy"), REFUSED, ids=[fault for _, _, fault, _ in REFUSED])
def test_what_the_market_cannot_have_is_refused(view: Market, change: Part, place: str, fault: str, remedy: str) -> None:
    scenario = Scenario.model_validate({"name": "my plan", KINDS.get(type(change), "festivals"): [change]})
    with pytest.raises(MisfitError) as refused:
        scenario.apply(view)
    assert refused.value.place == place
    message = str(refused.value)
    assert message.startswith(f"scenario 'my plan': {fault}")
    assert remedy in message.split("Remedy:")[1]


def test_a_misfit_is_found_in_the_part_that_it_is_of(view: Market) -> None:
    fine = Drop(festival="Late", peak=LATE)
    with pytest.raises(MisfitError) as refused:
        Scenario(festivals=(fine, Drop(festival="Never", peak=LATE))).apply(view)
    assert refused.value.place == "festivals.1.festival"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name = ", "not valid TOML"),
        ('name = ""', "name: "),
        ("multiplier = 2", "multiplier: Extra inputs are not permitted"),
        ('[[festivals]]\naction = "cancel"\nfestival = "Late"\npeak = 2021-11-11', "festivals.0: "),
        ('[[festivals]]\naction = "drop"\nfestival = "Late"', "festivals.0.drop.peak: Field required"),
        ('[[festivals]]\naction = "lengthen"\nfestival = "Late"\npeak = 2021-11-11\ndays = 0', "festivals.0.lengthen.days: "),
        ("[[days]]\nfirst = 2021-11-12\nlast = 2021-11-11\ntypes = { workday = 1 }", "before they begin on 2021-11-12"),
        ("[[days]]\nfirst = 2021-11-11\nlast = 2021-11-11\ntypes = { workday = 0.5 }", "sum to 0.500, not to 1"),
        ("[[days]]\nfirst = 2021-11-11\nlast = 2021-11-11\ntypes = { sunny = 1 }", "'sunny' is no date type"),
        ('[[recent]]\nstream = "orders"\nfactor = -1', "recent.0.factor: "),
        ('[[recent]]\nstream = "orders"\nfactor = nan', "recent.0.factor: "),
        ('[[facts]]\nregion = "r0"\nname = "population"\nvalue = inf', "facts.0.value: "),
    ],
)
def test_a_bad_file_is_named_with_its_key_and_remedy(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        Scenario.read(file)
    message = str(refused.value)
    assert message.startswith(f"{file}: ")
    assert fault in message
    assert "Remedy:" in message


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"there is no such file\. Remedy: check the path"):
        Scenario.read(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match=r"not valid TOML"):
        Scenario.read(tmp_path / "binary.toml")


def test_a_scenario_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Scenario().name = "other"  # type: ignore[misc]
