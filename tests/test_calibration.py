"""Factors on the noise, found on the validation span."""

from __future__ import annotations

import numpy as np
import pytest

from stmp.calibration import _factor, _ratio, calibrate
from stmp.config import Calibration
from stmp.sampling import EpisodeSampler
from tests.markets import small_market
from tests.small import TINY_TRAINING, gatherer_of, network_of


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
    found = calibrate(network, gatherer, episodes, seed=3)
    assert found.days == len(market.dates) - 600
    festival = [market.calendar.types[day].kind == "festival" for day in range(600, len(market.dates))]
    assert found.festival_days == sum(festival) == 7
    assert 0.7 <= found.cell <= 2
    assert 0.7 <= found.shared <= 2
    assert 0 <= found.persistence <= 0.95
    assert calibrate(network, gatherer, episodes, seed=3) == found
    assert found != Calibration(days=found.days, festival_days=found.festival_days)


def test_a_lasting_surprise_is_found_to_persist() -> None:
    """Volumes that drift from week to week leave residuals alike from day to day; those that jump each day do not."""
    rng = np.random.default_rng(1)
    persistence = []
    for correlation in (0.0, 0.95):
        market = small_market(regions=3, uplift=1.0)
        shocks = rng.normal(0, 0.4, len(market.dates))
        for day in range(1, len(shocks)):
            shocks[day] = correlation * shocks[day - 1] + np.sqrt(1 - correlation**2) * shocks[day]
        orders = (market.orders * np.exp(shocks)).astype(np.float32)
        object.__setattr__(market, "orders", orders)
        gatherer = gatherer_of(market)
        episodes = EpisodeSampler(gatherer.panel, TINY_TRAINING, 500, 0).validation(len(market.dates), 7)
        persistence.append(calibrate(network_of(market), gatherer, episodes, seed=0).persistence)
    assert persistence[0] < 0.3 < 0.6 < persistence[1]
