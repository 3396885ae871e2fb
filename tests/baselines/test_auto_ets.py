"""AutoETS against statsforecast called directly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsforecast.models import AutoETS as Model

from stmp.baselines.auto_ets import AutoETS
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market

HORIZON, SAMPLES = 10, 400


@pytest.fixture(scope="module")
def plain() -> Market:
    """150 days without a festival or a holiday."""
    return small_market(regions=2, categories=1, start="2021-01-10", end="2021-06-10", carts=False)


def test_samples_are_those_of_its_mean_and_spread(plain: Market) -> None:
    samples = AutoETS().forecast(plain, plain.cutoff, HORIZON, samples=SAMPLES).samples
    logs = np.log1p(samples[:, 0].astype(float))
    for region in range(2):
        found = Model(season_length=7).forecast(np.log1p(plain.orders[region, 0].astype(float)), h=HORIZON, level=[80])
        spread = (found["hi-80"] - found["mean"]) / 1.2816
        np.testing.assert_allclose(logs[region].mean(axis=-1), found["mean"], atol=0.03 * spread.max())
        np.testing.assert_allclose(np.quantile(logs[region], 0.9, axis=-1), found["hi-80"], atol=0.1 * spread.max())
        np.testing.assert_allclose(np.quantile(logs[region], 0.1, axis=-1), found["lo-80"], atol=0.1 * spread.max())


def test_only_the_last_half_year_counts(plain: Market) -> None:
    longer = small_market(regions=1, categories=1, start="2020-11-20", end="2021-06-10", carts=False)
    changed = longer.orders.copy()
    changed[..., : len(longer.dates) - 182] = 1
    first, second = (AutoETS().predict(replace(longer, orders=o), 3, Scenario(), 20, 0) for o in (longer.orders, changed))
    np.testing.assert_array_equal(first, second)


def test_festivals_and_gaps_of_its_history_are_the_same_weekday_before() -> None:
    market = small_market(regions=1, categories=1, start="2021-02-01", end="2021-07-10", carts=False)
    orders = market.orders.copy()
    peak, gap = (int(market.dates.get_loc(pd.Timestamp(day))) for day in ("2021-06-18", "2021-05-05"))
    expected = AutoETS().predict(replace(market, orders=orders.copy()), 5, Scenario(), 20, 0)
    orders[..., peak] = 1e6
    np.testing.assert_array_equal(AutoETS().predict(replace(market, orders=orders), 5, Scenario(), 20, 0), expected)
    gappy, filled = orders.copy(), orders.copy()
    gappy[..., gap] = np.nan
    filled[..., gap] = orders[..., gap - 7]
    first, second = (AutoETS().predict(replace(market, orders=o), 5, Scenario(), 20, 0) for o in (gappy, filled))
    np.testing.assert_array_equal(first, second)
