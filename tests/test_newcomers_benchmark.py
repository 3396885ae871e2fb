"""What the benchmark of newcomers takes away before anybody sees it, and what it leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks import newcomers
from benchmarks.newcomers import ELSEWHERE, WHOLE, Case, FittedOnce, past_of, score, section
from tests.markets import small_market

CUTOFF = "2021-11-05"
DISTRICTS = Case("small", CUTOFF, 10, "test")
FESTIVAL = Case("small", CUTOFF, 10, "test", "Late", 1)


@pytest.fixture(autouse=True)
def market(monkeypatch: pytest.MonkeyPatch) -> None:
    made = small_market(regions=4, start="2019-01-01")
    monkeypatch.setattr(newcomers, "market_of", lambda _: made)
    monkeypatch.setattr(newcomers, "CASES", (DISTRICTS, FESTIVAL))


@pytest.mark.parametrize("days", [0, 3, 28])
def test_every_third_district_keeps_its_last_days_alone(days: int) -> None:
    past = past_of(DISTRICTS, days)
    known = (~np.isnan(past.until(pd.Timestamp(CUTOFF)).orders)).sum(axis=-1)
    whole = known.max()
    assert known.tolist() == [[days] * 2, [whole] * 2, [whole] * 2, [days] * 2]
    assert past.new == ("r0", "r3")
    assert past.past["cart_adds"].shape == past.orders.shape
    assert np.isnan(past.past["cart_adds"][0, 0, 0])


def test_a_festival_s_own_past_is_taken_out_but_for_the_last_times() -> None:
    for amount, held in ((0, []), (1, ["2020-11-11"]), (2, ["2019-11-11", "2020-11-11"]), (WHOLE, ["2019-11-11", "2020-11-11"])):
        past = past_of(FESTIVAL, amount)
        late = [f"{o.peak:%Y-%m-%d}" for o in past.calendar.occurrences if o.festival == "Late" and o.peak < pd.Timestamp(CUTOFF)]
        assert late == held
        gone = past.dates[np.isnan(past.orders).all(axis=(0, 1))]
        assert len(gone) == 7 * (2 - len(held))
    (held,) = (o for o in past_of(FESTIVAL, ELSEWHERE).calendar.occurrences if o.festival == "Late" and o.peak.year == 2020)
    assert len(held.regions) == 1


def test_what_is_scored_is_the_newcomers_alone() -> None:
    market = newcomers.market_of("small")
    start = int(market.dates.get_loc(CUTOFF)) + 1
    right = np.repeat(market.orders[..., start : start + 10, None], 5, axis=-1)
    wrong = right.copy()
    wrong[1] *= 3
    assert score(DISTRICTS, "any", 0, wrong, 1.0).wape == 0
    assert score(FESTIVAL, "any", 0, wrong, 1.0).wape > 0
    found = score(FESTIVAL, "any", 0, right, 1.0)
    assert (found.wape, found.width, found.cells) == (0, 0, 4 * 2 * 7)
    every = [score(c, m, a, 1.1 * right, 1.0) for c in (DISTRICTS, FESTIVAL) for m in newcomers.MODELS for a in c.amounts]
    told = section(every, "test")
    assert "| small 2021-11-05 Late | 1 elsewhere | **0.100** |" in told
    assert "Together, 1 windows" in told
    assert "| 28 | 0.100 | 0.100 | 0.100 |" in told


def test_trees_are_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    short = small_market(regions=4, categories=1, start="2021-07-01")
    monkeypatch.setattr(newcomers, "market_of", lambda _: short)
    trees = FittedOnce()
    trees.rounds = 5
    first, other = (past_of(DISTRICTS, days).until(pd.Timestamp(CUTOFF)) for days in (7, 14))
    trees.forecast(first, first.cutoff, 10, samples=5)
    fitted = len(trees.trees)
    asked = trees.forecast(other, other.cutoff, 10, samples=5).samples
    assert len(trees.trees) == fitted
    assert not np.array_equal(asked[0], trees.forecast(first, first.cutoff, 10, samples=5).samples[0])
