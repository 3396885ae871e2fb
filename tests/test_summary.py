"""Totals, uplifts and intervals, held against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stmp.forecast import Forecast
from stmp.market import Market
from stmp.scenario import Scenario
from stmp.summary import actuals, by_region, change, interval, ordinary_level, outlook
from tests.markets import small_market

DATES = pd.date_range("2021-07-01", periods=2)


def forecast_of(samples: list) -> Forecast:
    """[R, C, H, S] nested lists, for regions a, b, ... and two days."""
    drawn = np.array(samples, dtype=np.float32)
    regions, categories = (tuple("abcd"[: drawn.shape[axis]]) for axis in (0, 1))
    return Forecast("by hand", regions, categories, DATES, DATES[0] - pd.Timedelta(days=1), drawn, 0, Scenario())


@pytest.fixture
def two() -> Forecast:
    """Two regions that move against each other: their totals vary, the market's does not."""
    return forecast_of([[[[10, 20, 30], [40, 40, 40]]], [[[30, 20, 10], [0, 0, 0]]]])


def test_an_interval_holds_the_middle_share_of_the_samples() -> None:
    assert interval(np.arange(101.0)) == pytest.approx((10, 50, 90))
    assert interval(np.arange(101.0), 0.5) == pytest.approx((25, 50, 75))


def test_the_total_is_summed_sample_by_sample(two: Forecast) -> None:
    level, unknown = np.full((2, 1), 10.0), np.full((2, 1, 2), np.nan)
    seen = outlook(two, level, unknown)
    assert seen.total == pytest.approx((80, 80, 80))  # the quantiles of the regions would add up to 64 and 96
    assert seen.uplift == pytest.approx((2, 2, 2))  # 40 a day over a level of 20
    assert (seen.peak_day, seen.peak.middle, seen.actual.days) == (DATES[0], 40, 0)
    assert np.isnan([seen.actual.total, seen.actual.error, seen.actual.uplift, seen.actual.peak]).all()
    assert seen.peak_chance == 1  # argmax takes the first of equal days
    one = outlook(two, level, unknown, regions=[0])
    assert one.total == pytest.approx((52, 60, 68))
    assert (one.peak_day, one.peak_uplift.middle, one.peak_chance) == (DATES[1], 4, 1)


def test_the_error_is_taken_over_the_cells_already_known(two: Forecast) -> None:
    came = np.array([[[16.0, np.nan]], [[np.nan, np.nan]]])
    seen = outlook(two, np.ones((2, 1)), came)
    assert (seen.actual.total, seen.actual.days) == (16, 1)
    assert seen.actual.error == pytest.approx(20 / 16 - 1)
    assert by_region(two, np.ones((2, 1)), came)["error"].tolist() == pytest.approx([0.25, np.nan], nan_ok=True)


def test_what_came_is_measured_against_the_level_of_the_same_cells(two: Forecast) -> None:
    level = np.array([[10.0], [5.0]])
    came = np.array([[[20.0, 30.0]], [[np.nan, 15.0]]])
    seen = outlook(two, level, came).actual
    assert seen.uplift == pytest.approx((20 + 30 + 15) / (10 + 10 + 5))
    assert (seen.peak_day, seen.peak, seen.peak_uplift) == (DATES[1], 45, 3)
    partly = outlook(two, level, np.array([[[20.0, np.nan]], [[5.0, np.nan]]])).actual
    assert (partly.days, partly.uplift) == (1, pytest.approx(25 / 15))
    assert partly.peak_day is None  # the highest day may be still to come
    assert np.isnan([partly.peak, partly.peak_uplift]).all()


def test_the_chance_of_the_peak_day_counts_samples() -> None:
    forecast = forecast_of([[[[1, 1, 9, 9], [5, 5, 5, 8]]]])
    assert outlook(forecast, np.ones((1, 1)), np.full((1, 1, 2), np.nan)).peak_chance == 0.5


def test_a_row_per_region(two: Forecast) -> None:
    population = pd.Series({"b": 500, "a": 2000})
    table = by_region(two, np.array([[10.0], [np.nan]]), np.full((2, 1, 2), np.nan), population=population)
    assert list(table.index) == ["a", "b"]
    assert table.loc["a", ["total", "low", "high"]].tolist() == pytest.approx([60, 52, 68])
    assert table.loc["a", "width"] == pytest.approx(16 / 60)
    assert table.loc["a", "uplift"] == pytest.approx(3)
    assert np.isnan(table.loc["b", "uplift"])  # no ordinary day is known
    assert table["share"].tolist() == pytest.approx([0.75, 0.25])
    assert table["per_head"].tolist() == pytest.approx([30, 40])
    second = by_region(two, np.full((2, 1), 10.0), np.full((2, 1, 2), np.nan), days=[1])
    assert second["total"].tolist() == [40, 0]
    assert second["uplift"].tolist() == [4, 0]
    assert second["per_head"].isna().all()
    assert np.isnan(second.loc["b", "width"])  # a share of nothing


def test_categories_can_be_looked_at_apart() -> None:
    both = forecast_of([[[[1, 1], [2, 2]], [[10, 10], [20, 20]]]])
    level, came = np.array([[1.0, 5.0]]), np.array([[[1.0, 1.0], [10.0, 10.0]]])
    assert outlook(both, level, came, categories=[1]).total.middle == 30
    assert outlook(both, level, came, categories=[1]).uplift.middle == 3
    assert outlook(both, level, came).actual.total == 22
    assert by_region(both, level, came, categories=[0])["error"].tolist() == [0.5]


def test_the_change_by_a_what_if_is_paired(two: Forecast) -> None:
    more = replace(two, samples=two.samples * np.float32(1.1))
    assert change(more, two, regions=[0]) == pytest.approx((0.1, 0.1, 0.1))


@pytest.fixture
def market() -> Market:
    return small_market(regions=2, categories=1)


def test_the_ordinary_level_leaves_festivals_and_holidays_out(market: Market) -> None:
    view = market.until(pd.Timestamp("2021-06-21"))
    types = [view.calendar.types[int(i)].kind for i in view.calendar.dates.get_indexer(view.dates)]
    ordinary = [i for i, kind in enumerate(types) if kind in ("workday", "day off")][-28:]
    assert view.dates[ordinary[-1]] == pd.Timestamp("2021-06-14")  # the festival lasts from the 15th to the 21st
    assert ordinary_level(view) == pytest.approx(view.orders[..., ordinary].mean(axis=-1))


def test_the_ordinary_level_passes_over_what_is_missing(market: Market) -> None:
    view = market.until(pd.Timestamp("2021-05-31"))
    view.orders[0, 0, -28:] = np.nan
    view.orders[0, 0, -1] = 7
    view.orders[1] = np.nan
    level = ordinary_level(view)
    assert level[0, 0] == 7
    assert np.isnan(level[1, 0])


def test_actuals_end_with_the_data(market: Market) -> None:
    came = actuals(market, pd.date_range("2021-12-30", periods=4))
    assert np.array_equal(came[..., :2], market.orders[..., -2:])
    assert np.isnan(came[..., 2:]).all()
