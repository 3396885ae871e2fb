"""A large market in pieces: the same joint samples as in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stmp import forecaster as module
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market
from tests.small import forecaster_of

CUTOFF = "2021-11-05"
SCENARIOS = (
    Scenario(),
    Scenario.model_validate({"recent": [{"stream": "orders", "factor": 1.5, "categories": ["c3"]}]}),
    Scenario.model_validate({"recent": [{"stream": "cart_adds", "factor": 2.0, "regions": ["r1"]}]}),
    Scenario.model_validate({"festivals": [{"action": "move", "festival": "Late", "peak": "2021-11-11", "to": "2021-11-13"}]}),
    Scenario.model_validate({"facts": [{"region": "r0", "name": "population", "value": 5e6}]}),
)


@pytest.fixture(scope="module")
def market() -> Market:
    """Five categories, one region not open yet for half of the time."""
    made = small_market(regions=3, categories=5)
    orders = made.orders.copy()
    orders[2, :, :400] = np.nan
    return replace(made, orders=orders, digest="one opens late")


@pytest.mark.parametrize("cells", [3, 6], ids=["a category at a time", "two, and one is left over"])
def test_a_market_in_pieces_has_the_joint_samples_of_one_in_one(market: Market, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = forecaster_of(market)
    expected = [whole.forecast(market, CUTOFF, 10, scenario, samples=30, seed=3) for scenario in SCENARIOS]
    assert len(whole._infer(market.until(expected[0].cutoff)).pieces) == 1
    monkeypatch.setattr(module, "CELLS", cells)
    parted = forecaster_of(market)
    for scenario, one in zip(SCENARIOS, expected, strict=True):
        found = parted.forecast(market, CUTOFF, 10, scenario, samples=30, seed=3)
        np.testing.assert_allclose(found.samples, one.samples, rtol=2e-4, atol=1e-3)
        np.testing.assert_allclose(found.total(), one.total(), rtol=1e-4)
        for which in ("regions", "date_types"):
            psi, other = getattr(found.representations, which), getattr(one.representations, which)
            assert psi.labels == other.labels
            np.testing.assert_allclose(psi.mean, other.mean, atol=1e-5)
            np.testing.assert_allclose(psi.std, other.std, atol=1e-5)
    assert [piece.categories for piece in parted._infer(market.until(expected[0].cutoff)).pieces][-1].stop == 5
    assert np.abs(expected[1].samples - expected[0].samples)[:, :3].max() < np.abs(expected[1].samples - expected[0].samples)[:, 3].max()


def test_a_piece_gives_back_what_only_it_needed(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELLS", 3)
    forecaster = forecaster_of(market)
    for seed in range(3):
        forecaster.forecast(market, CUTOFF, 5, samples=8, seed=seed)
    (inferred,) = forecaster._inferred.values()
    assert not any("gatherer" in vars(piece) or piece._queries for piece in inferred.pieces)
    assert len(inferred._draws) == 1
