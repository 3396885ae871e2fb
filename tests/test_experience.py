"""Distances from what was learned, each worked out a second way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from stmp.experience import Finding, experience
from stmp.forecast import Psi
from stmp.market import Market, Occurrence
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Recent, Scenario
from tests.markets import small_market

CUTOFF = pd.Timestamp("2021-11-01")
LATE = date(2021, 11, 11)
LINE = Psi(
    ("workday", "day off", "Late · peak", "Mid · peak"), np.array([0, 1, 5, 10], dtype=np.float32)[:, None, None], np.ones((4, 1, 1))
)


@pytest.fixture(scope="module")
def view() -> Market:
    return small_market().until(CUTOFF)


def found(view: Market, **parts: tuple) -> list[Finding]:
    return list(experience(view, view, Scenario(name="what if", **parts), LINE))


def test_a_festival_is_held_against_the_days_of_the_year_it_was_held_on(view: Market) -> None:
    """Both festivals keep their day, but "Mid" was once five days late: one shift of two is 0 days, the other 5."""
    past = [o for o in view.calendar.occurrences if o.peak <= CUTOFF]
    late = [replace(o, peak=o.peak + pd.Timedelta(days=5)) if o.peak == pd.Timestamp("2021-06-18") else o for o in past]
    twice = [Occurrence("Late", pd.Timestamp("2019-11-11")), *late, Occurrence("Late", pd.Timestamp(LATE))]
    moved = replace(view, calendar=view.calendar.with_occurrences(twice))
    (near,) = found(moved, festivals=(Move(festival="Late", peak=LATE, to=date(2021, 11, 14)),))
    assert (near.kind, near.value, near.known, near.examples, near.percentile) == ("season", 3, 2, 2, 50)
    assert near.grade == "inside"
    (far,) = found(moved, festivals=(Move(festival="Late", peak=LATE, to=date(2021, 11, 17)),))
    assert (far.value, far.percentile, far.grade) == (6, 100, "outside")


def test_the_year_is_round(view: Market) -> None:
    held = [Occurrence("Eve", pd.Timestamp("2020-12-31")), Occurrence("Eve", pd.Timestamp("2022-01-02"))]
    eve = replace(view, calendar=view.calendar.with_occurrences(held))
    (season, _) = found(eve, festivals=(Add(festival="Eve", peak=date(2022, 1, 2)),))
    assert season.value == 2


def test_a_festival_never_held_is_outside(view: Market) -> None:
    unheard = view.calendar.with_occurrences([Occurrence("New", pd.Timestamp("2021-11-20"))])
    (season,) = found(replace(view, calendar=unheard), festivals=(Move(festival="New", peak=date(2021, 11, 20), to=LATE),))
    assert (season.examples, season.grade) == (0, "outside")
    assert np.isnan(season.value)


def test_a_longer_peak_than_any_is_outside_and_a_drop_is_nothing_new(view: Market) -> None:
    (length,) = found(view, festivals=(Lengthen(festival="Late", peak=LATE, days=3),))
    assert (length.kind, length.value, length.grade) == ("length", 2, "outside")
    assert found(view, festivals=(Drop(festival="Late", peak=LATE),)) == []
    season, length = sorted(found(view, festivals=(Add(festival="Late", peak=LATE, days=1),)), key=lambda f: f.kind, reverse=True)
    assert (season.value, season.percentile, length.value, length.percentile) == (0, 0, 0, 0)


def test_a_blend_is_measured_from_the_nearest_known_type(view: Market) -> None:
    """Known types lie at 0, 1, 5 and 10: their nearest are 1, 1, 4 and 5 away, 2.5 in the middle."""
    days = Days(first=LATE, last=LATE, types={"day off": 0.5, "Late · peak": 0.5})
    blend = next(f for f in found(view, days=(days,)) if f.kind == "blend")
    assert blend.name == "day off"
    assert blend.value == pytest.approx(2 / 2.5)
    assert (blend.percentile, blend.known, blend.grade) == (50, 4, "inside")


def test_days_of_a_festival_are_held_against_its_season(view: Market) -> None:
    (season,) = found(view, days=(Days(first=date(2021, 11, 20), last=date(2021, 11, 21), types={"Mid · run-up": 1.0}),))
    assert (season.kind, season.name) == ("season", "Mid")
    assert season.value == (pd.Timestamp("2021-11-20") - pd.Timestamp("2021-06-18")).days
    assert found(view, days=(Days(first=LATE, last=LATE, types={"workday": 1.0}),)) == []


@pytest.mark.parametrize(("factor", "region"), [(1.0, ()), (1.1, ("r2",)), (3.0, ()), (0.4, ("r0", "r1"))])
def test_the_recent_past_is_held_against_each_series_own_past(view: Market, factor: float, region: tuple[str, ...]) -> None:
    recent = Recent(stream="cart_adds", factor=factor, days=5, regions=region, categories=("c1",))
    (measured,) = found(view, recent=(recent,))
    percentiles, logs = [], []
    for i, name in enumerate(view.regions):
        if region and name not in region:
            continue
        series = view.past["cart_adds"][i, 1].astype(float)
        past = [np.log1p(series[d - 5 : d].mean()) - np.log1p(series[d - 33 : d - 5].mean()) for d in range(33, len(series) + 1)]
        series[-5:] *= factor
        now = np.log1p(series[-5:].mean()) - np.log1p(series[-33:-5].mean())
        percentiles.append(100 * np.mean(np.abs(past) < abs(now)))
        logs.append(now)
    assert measured.percentile == pytest.approx(np.median(percentiles))
    assert measured.value == pytest.approx(np.exp(np.median(logs)), rel=1e-6)
    assert measured.known == len(view.dates) - 32
    assert (measured.grade == "inside") == (factor in (1.0, 1.1))


def test_what_is_missing_is_passed_over(view: Market) -> None:
    gaps = replace(view, orders=view.orders.copy())
    gaps.orders[0, 0, 100:300] = np.nan
    gaps.orders[1] = np.nan
    (measured,) = found(gaps, recent=(Recent(stream="orders", factor=1.0, categories=("c0",)),))
    assert np.isfinite(measured.value)
    assert measured.known < len(view.dates) - 34
    (nothing,) = found(gaps, recent=(Recent(stream="orders", factor=1.0, regions=("r1",)),))
    assert (nothing.known, nothing.percentile) == (0, 100)


def test_only_what_was_learned_counts(view: Market) -> None:
    """The same week is a record to a model that learned from the quiet years before it, and common to one that saw it often."""
    quiet = replace(view, orders=view.orders.copy())
    quiet.orders[:] = 100.0
    wild = replace(view, orders=quiet.orders.copy())
    wild.orders[..., 400 : len(view.dates) - 7] *= 1 + 5 * (np.arange(len(view.dates) - 407) % 40 < 7)
    scenario = Scenario(name="more", recent=(Recent(stream="orders", factor=2.0),))
    assert experience(wild, wild, scenario, LINE)[0].grade == "inside"
    assert experience(wild, quiet.until(view.dates[399]), scenario, LINE)[0].grade == "outside"


def test_a_fact_is_held_against_the_districts(view: Market) -> None:
    """Districts have 100, 400, 700 and 1000 thousand residents."""
    (inside,) = found(view, facts=(Fact(region="r0", name="population", value=5e5),))
    assert inside.grade == "inside"
    assert inside.value == pytest.approx(5e5 / np.sqrt(4e5 * 7e5), rel=1e-4)
    (outside,) = found(view, facts=(Fact(region="r0", name="population", value=1e7),))
    assert (outside.percentile, outside.known, outside.grade) == (100, 4, "outside")


def test_the_furthest_comes_first(view: Market) -> None:
    everything = found(
        view,
        facts=(Fact(region="r0", name="population", value=1e7), Fact(region="r1", name="population", value=5e5)),
        recent=(Recent(stream="orders", factor=1.0),),
    )
    assert [f.percentile for f in everything] == sorted((f.percentile for f in everything), reverse=True)
    assert everything[0].part == Fact(region="r0", name="population", value=1e7)
