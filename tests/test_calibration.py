"""Factors on the noise, found on the validation span."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stmp.batches import Gatherer
from stmp.calibration import _factor, _ratio, calibrate
from stmp.config import Calibration
from stmp.sampling import EpisodeSampler, make_episode
from tests.markets import small_market
from tests.small import TINY_TRAINING, gatherer_of, network_of, with_panel


@pytest.mark.parametrize(("spread", "factor"), [(1.0, 1.0), (0.8, 0.8), (1.5, 1.5), (0.2, 0.7), (9.0, 2.0)])
def test_draws_too_narrow_or_too_wide_are_found_out(spread: float, factor: float) -> None:
    rng = np.random.default_rng(0)
    middle = rng.normal(0, 5, 4000)
    ratio = _ratio(middle + rng.normal(0, 1, (400, 4000)), middle + rng.normal(0, spread, 4000))
    assert _factor(ratio) == pytest.approx(factor, rel=0.05)


def test_a_ratio_of_one_is_the_edge_of_the_central_interval() -> None:
    drawn = np.linspace(-1, 1, 1001)[:, None].repeat(4, axis=1)  # its central 80 % end at 0.8
    np.testing.assert_allclose(_ratio(drawn, np.array([0.0, 0.8, -0.4, 1.6])), [0, 1, 0.5, 2], atol=1e-9)


def test_without_residuals_the_noise_stays_as_it_is() -> None:
    assert _factor(np.empty(0)) == 1.0


def test_a_small_market_is_calibrated() -> None:
    market = small_market(regions=3)
    gatherer, network = gatherer_of(market), network_of(market)
    episodes = EpisodeSampler(gatherer.panel, TINY_TRAINING, 600, 0).validation(len(market.dates), 7)
    found = calibrate(network, [(gatherer, episodes)], seed=3)
    assert found.days == len(market.dates) - 600
    festival = [market.calendar.types[day].kind == "festival" for day in range(600, len(market.dates))]
    assert found.festival_days == sum(festival) == 7
    assert 0.7 <= found.cell <= 2
    assert 0.7 <= found.shared <= 2
    assert 0 <= found.persistence <= 0.95
    assert calibrate(network, [(gatherer, [episode]) for episode in episodes], seed=3) == found
    assert found != Calibration(days=found.days, festival_days=found.festival_days)


def test_days_of_two_markets_are_counted_apart() -> None:
    batches = []
    for seed in (0, 1):
        gatherer = gatherer_of(small_market(regions=2, seed=seed))
        batches.append((gatherer, EpisodeSampler(gatherer.panel, TINY_TRAINING, 600, 0).validation(670, 7)))
    network = network_of(small_market())
    first, second, both = (calibrate(network, chosen, seed=0) for chosen in (batches[:1], batches[1:], batches))
    assert first.days == second.days == 70
    assert (both.days, both.festival_days) == (140, first.festival_days + second.festival_days)
    assert min(first.cell, second.cell) <= both.cell <= max(first.cell, second.cell)


def surprised(correlation: float) -> Gatherer:
    """Of a market whose days share a surprise that lasts from day to day."""
    rng = np.random.default_rng(1)
    market = small_market(regions=3, uplift=1.0)
    shocks = rng.normal(0, 0.4, len(market.dates))
    for day in range(1, len(shocks)):
        shocks[day] = correlation * shocks[day - 1] + np.sqrt(1 - correlation**2) * shocks[day]
    return gatherer_of(with_panel(market, (market.orders * np.exp(shocks)).astype(np.float32), f"surprised {correlation}"))


def test_a_lasting_surprise_is_found_to_persist() -> None:
    """Volumes that drift from week to week leave residuals alike from day to day; those that jump each day do not."""
    persistence = []
    for correlation in (0.0, 0.95):
        gatherer = surprised(correlation)
        episodes = EpisodeSampler(gatherer.panel, TINY_TRAINING, 500, 0).validation(gatherer.panel.days, 7)
        persistence.append(calibrate(network_of(gatherer.panel.view), [(gatherer, episodes)], seed=0).persistence)
    assert persistence[0] < 0.3 < 0.6 < persistence[1]


def test_persistence_is_that_of_days_next_to_each_other_in_whatever_order() -> None:
    gatherer, rng = surprised(0.95), np.random.default_rng(0)

    def persistence(chosen: Callable[[np.ndarray], np.ndarray]) -> float:
        episodes = []
        for origin in range(500, 700, 7):
            targets = chosen(np.arange(origin + 1, origin + 8))
            episodes.append(make_episode(gatherer.panel, np.arange(3), np.arange(2), origin, targets, 9))  # two days for padding
        return calibrate(network_of(gatherer.panel.view), [(gatherer, episodes)], seed=0).persistence

    in_order = persistence(lambda days: days)
    assert in_order > 0.6
    assert persistence(rng.permutation) == pytest.approx(in_order, abs=0.05)
    assert persistence(lambda days: days[::2]) == 0  # no day next to another
