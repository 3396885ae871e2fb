"""What the neural peers of the benchmarks read, and that they are forecasters like the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.neural import INPUT, SETTINGS, Neural, Panel
from stmp.errors import CutoffError
from stmp.market import Market
from tests.markets import small_market

HORIZON = 10


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3, start="2021-01-01", end="2021-06-14")


def test_a_table_has_a_row_per_series_and_day(market: Market) -> None:
    panel = Panel(market, HORIZON)
    table = panel.table([0], panel.days)
    assert len(table) == 3 * 2 * len(market.dates)
    series = table[table.unique_id == 3].set_index("ds")  # the second category of the second region
    np.testing.assert_allclose(series.y, np.log1p(market.orders[1, 1]), rtol=1e-6)
    assert (series.index == market.dates).all()
    assert (table.available_mask == 1).all()


def test_a_missing_day_is_masked_and_no_day_from_after_it_fills_it(market: Market) -> None:
    orders = market.orders.copy()
    orders[0, 0, 100] = np.nan
    later = orders.copy()
    later[..., 101:] *= 9
    rows = [Panel(replace(market, orders=values)).table([0], 101).query("unique_id == 0").iloc[-1] for values in (orders, later)]
    assert rows[0].available_mask == 0
    assert np.isfinite(rows[0].y)
    assert rows[0].equals(rows[1])


def test_every_start_has_series_of_its_own(market: Market) -> None:
    panel = Panel(market, HORIZON)
    table = panel.table([20, 50], 30)
    assert table.unique_id.nunique() == 2 * 6
    second = table[table.unique_id == 6 + 5].set_index("ds")
    np.testing.assert_allclose(second.y, np.log1p(market.orders[2, 1, 50:80]), rtol=1e-6)
    assert second.index[0] == market.dates[50]


def test_the_calendar_is_known_ahead_and_tells_a_festival(market: Market) -> None:
    panel = Panel(market, HORIZON)
    ahead = panel.table([panel.days], HORIZON, ahead=True).query("unique_id == 0").set_index("ds")
    assert "y" not in ahead
    assert list(ahead.index) == list(pd.date_range("2021-06-15", periods=HORIZON))
    assert list(ahead["run-up"]) == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert list(ahead["peak"]) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert list(ahead["after"]) == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0]
    np.testing.assert_allclose(ahead["to peak"][:4] * 60, [3, 2, 1, 0])
    np.testing.assert_allclose(ahead["since peak"][3:] * 60, range(7))
    assert list(ahead["weekday 1"]) == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]  # 15 June 2021 is a Tuesday
    assert ((ahead >= 0) & (ahead <= 1)).drop(columns="unique_id").all().all()


def test_a_history_shorter_than_a_window_and_two_horizons_is_refused(market: Market) -> None:
    with pytest.raises(CutoffError, match="tide needs 76"):
        Neural("tide").forecast(market, market.dates[INPUT + 2 * HORIZON - 2], HORIZON)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_network_is_a_forecaster(name: str, market: Market) -> None:
    pytest.importorskip("neuralforecast", reason="it comes with 'make bench'")
    forecaster = Neural(name, max_steps=2)
    first, again = (forecaster.forecast(market, market.cutoff, HORIZON, samples=20).samples for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (3, 2, HORIZON, 20)
    assert np.isfinite(first).all()
    assert (first >= 0).all()
    level = market.orders[..., -28:].mean(axis=-1)
    assert np.abs(np.log(np.median(first[..., 0, :], axis=-1) / level)).max() < np.log(4)  # hardly trained: of the right size
