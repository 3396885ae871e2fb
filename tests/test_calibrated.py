"""Intervals spread by what replays of the past missed, against a market whose noise is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from stmp.conformal import BOUNDS, LEAST_DAYS, REPLAY_DAYS, REPLAYS, Calibrated, Spread, distance, factor, spread_out
from stmp.errors import CutoffError
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market

LEVEL, SHARED, OWN = 2000.0, 0.3, 0.4  # median, and spreads in logs of a day's common noise and of a cell's own
SHORTEST = 30


def noise(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> np.ndarray:
    """[R, C, H, ..] volumes."""
    common = rng.normal(0, SHARED, (1, 1, *shape[2:]))
    return LEVEL * np.exp(size * (common + rng.normal(0, OWN, shape)))


class Narrow(Forecaster):
    """Knows the market's noise but for its size; remembers what it was asked."""

    name = "narrow"

    def __init__(self, size: float) -> None:
        self.size = size
        self.asked: list[tuple[pd.Timestamp, int]] = []

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        self.asked.append((view.cutoff, horizon))
        if len(view.dates) < SHORTEST:
            raise CutoffError("too short. Remedy: wait.")
        shape = (*view.orders.shape[:2], horizon, samples)
        return noise(np.random.default_rng(seed), shape, self.size).astype(np.float32)


@pytest.fixture(scope="module")
def market() -> Market:
    """Lognormal noise around one level, with a missing cell and a missing day."""
    made = small_market(regions=4, categories=3)
    orders = noise(np.random.default_rng(7), made.orders.shape, 1.0).astype(np.float32)
    orders[0, 0, 500], orders[..., 510] = np.nan, np.nan
    return replace(made, orders=orders)


CUTOFF = pd.Timestamp("2021-11-20")  # the festival of November, with its days around it, is over


@pytest.mark.parametrize("size", [0.5, 1.0, 1.6])
def test_intervals_come_to_hold_what_they_promise(market: Market, size: float) -> None:
    calibrated = Calibrated(Narrow(size))
    found = calibrated.spreads(market.until(CUTOFF))["ordinary"]
    assert (found.own, found.cell) == (False, pytest.approx(1 / size, rel=0.12))
    assert found.total == pytest.approx(1 / size, rel=0.25)
    drawn = calibrated.forecast(market, CUTOFF, 14, samples=400, seed=1).samples.astype(float)
    truth = noise(np.random.default_rng(9), (4, 3, 14, 3000), 1.0)
    for samples, came in ((drawn, truth), (drawn.sum((0, 1)), truth.sum((0, 1)))):
        low, high = np.quantile(samples, [0.1, 0.9], axis=-1)[..., None]
        assert ((came >= low) & (came <= high)).mean() == pytest.approx(0.8, abs=0.07)


def test_days_too_few_leave_the_own_intervals_and_say_so(market: Market) -> None:
    plain, calibrated = Narrow(0.5), Calibrated(Narrow(0.5))
    cutoff = pd.Timestamp("2021-11-05")  # run-up from 8 November on
    found = calibrated.spreads(market.until(cutoff))
    assert found["special"] == Spread(days=15, own=True, cell=1.0, total=1.0)  # two festivals of seven days, one New Year's Day
    assert found["ordinary"].days == REPLAYS * REPLAY_DAYS - 15 - 1  # one day is missing
    before, after = (f.forecast(market, cutoff, 14, samples=50).samples for f in (plain, calibrated))
    special = np.array([3 <= lead <= 9 for lead in range(1, 15)])
    np.testing.assert_array_equal(after[:, :, special], before[:, :, special])
    assert (after[:, :, ~special].std(-1) > 1.5 * before[:, :, ~special].std(-1)).all()


def test_a_short_past_is_replayed_as_far_as_it_goes(market: Market) -> None:
    view = market.until(market.dates[SHORTEST + 2 * REPLAY_DAYS])  # there were two whole horizons since it could be asked
    found = Calibrated(Narrow(0.5)).spreads(view)["ordinary"]
    assert found.days == 2 * REPLAY_DAYS < LEAST_DAYS
    assert found.own


def test_replays_end_before_the_cutoff_and_are_made_once(market: Market) -> None:
    inner = Narrow(0.5)
    calibrated = Calibrated(inner, first=pd.Timestamp("2021-08-01"))
    for seed in (0, 1):
        calibrated.forecast(market, CUTOFF, 7, Scenario(name=f"number {seed}"), samples=10, seed=seed)
    *replays, first, second = inner.asked
    assert [first, second] == [(CUTOFF, 7)] * 2
    assert len(replays) == 7  # every two weeks from 14 August on
    assert all(pd.Timestamp("2021-08-01") <= cutoff <= CUTOFF - pd.Timedelta(days=horizon) for cutoff, horizon in replays)
    calibrated.forecast(market, CUTOFF - pd.Timedelta(days=1), 7, samples=10)
    assert len(inner.asked) > len(replays) + 3


def test_one_factor_for_all_moves_every_draw_by_it() -> None:
    samples = noise(np.random.default_rng(0), (3, 2, 4, 200), 1.0).astype(np.float32)
    factors = np.array([0.5, 1.0, 1.5, 3.0])
    before, after = np.log1p(samples), np.log1p(spread_out(samples, factors, factors))
    middle = np.median(before, axis=-1, keepdims=True)
    np.testing.assert_allclose(after, middle + factors[:, None] * (before - middle), rtol=1e-4)


def test_cells_and_totals_can_ask_for_different_factors() -> None:
    samples = noise(np.random.default_rng(0), (6, 5, 3, 4000), 0.3).astype(np.float32)
    cell, total = np.array([1.0, 1.3, 0.9]), np.array([1.5, 0.8, 1.0])
    after = spread_out(samples, cell, total)

    def spread(values: np.ndarray) -> np.ndarray:
        return np.log1p(values).std(-1)

    np.testing.assert_allclose(spread(after.sum((0, 1))) / spread(samples.sum((0, 1))), total, rtol=0.05)
    np.testing.assert_allclose((spread(after) ** 2).mean((0, 1)) / (spread(samples) ** 2).mean((0, 1)), cell**2, rtol=0.02)
    np.testing.assert_allclose(np.median(after, -1), np.median(samples, -1), rtol=0.06)


def test_a_market_of_one_series_that_sells_nothing_stays_so() -> None:
    np.testing.assert_array_equal(spread_out(np.zeros((1, 1, 2, 9), np.float32), np.array([2.0, 0.5]), np.ones(2)), 0)


def test_a_distance_of_one_is_the_end_of_the_interval_on_either_side() -> None:
    logs = np.concatenate([np.linspace(-1, 0, 501), np.linspace(0, 3, 501)[1:]])  # 80 % end at -0.8 and 2.4
    actual = np.expm1(5 + np.array([0.0, 2.4, -0.8, -0.4, 4.8]))
    np.testing.assert_allclose(distance(actual, np.expm1(5 + logs)[None].repeat(5, 0)), [0, 1, 1, 0.5, 2], atol=1e-6)


def test_a_factor_holds_nine_days_of_ten() -> None:
    """The quantile of ten days at 0.8 x 1.1, each day weighing alike however many cells it has."""
    days = [np.full(cells, ratio / 4) for cells, ratio in zip([1, 50, 2, 3, 1, 1, 9, 4, 1, 200], range(1, 11), strict=True)]
    assert factor(days) == 9 / 4
    assert factor([np.full(3, 1e9)] * 20) == BOUNDS[1]
    assert factor([np.zeros(3)] * 20) == BOUNDS[0]
