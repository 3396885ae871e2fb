"""Levels, and the days that stand in for a day to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stmp.baselines.past import Past, first_known, levels, mean, trailing_mean
from stmp.market import DateType
from tests.baselines.made import made_market, position

NAN = np.nan


def test_trailing_mean_is_that_of_pandas() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 3, 40))
    values[rng.random(values.shape) < 0.4] = NAN
    values[0, 0, :10] = NAN
    expected = pd.DataFrame(values.reshape(6, 40).T).rolling(5, min_periods=1).mean().to_numpy().T.reshape(values.shape)
    np.testing.assert_allclose(trailing_mean(values, 5), expected, atol=1e-12)


def test_means_and_first_known() -> None:
    np.testing.assert_array_equal(mean(np.array([[1, NAN, 3], [NAN, NAN, NAN]])), [2, NAN])
    np.testing.assert_array_equal(first_known(np.array([NAN, 1, NAN]), np.array([2, 2, NAN]), np.array([3.0, 3, 3])), [2, 1, 3])


def test_the_level_is_the_mean_of_the_last_28_ordinary_days() -> None:
    orders = np.arange(40, dtype=float)[None, None]
    ordinary = np.ones(40, dtype=bool)
    ordinary[35:38] = False
    found = levels(orders, ordinary)[0, 0]
    assert found[4] == np.mean([0, 1, 2, 3, 4])
    assert found[34] == np.mean(np.arange(7, 35))
    assert found[39] == np.mean([*range(12, 35), 38, 39])


def test_a_level_is_never_missing() -> None:
    orders = np.full((1, 1, 60), NAN)
    orders[..., 2] = 5
    orders[..., 3] = 9
    ordinary = np.ones(60, dtype=bool)
    ordinary[2] = False
    found = levels(orders, ordinary)[0, 0]
    assert list(found[:4]) == [0, 0, 5, 9]  # nothing yet; no ordinary day: that of all days; the ordinary day alone
    assert set(found[4:]) == {9}  # and the last known one where 28 days are missing


@pytest.fixture(scope="module")
def past() -> Past:
    return Past(made_market("2019-01-01", "2021-06-10", 100))


MARKET_START = pd.Timestamp("2019-01-01")


def support(past: Past, date_type: DateType, offset: int, origin: str, lead: int, named: bool = True) -> list[str]:
    days = past.support(date_type, offset, (pd.Timestamp(origin) - MARKET_START).days, lead, named=named)
    return [f"{MARKET_START + pd.Timedelta(days=int(day)):%Y-%m-%d}" for day in days]


def test_a_festival_is_supported_by_its_own_past(past: Past) -> None:
    peak = DateType("festival", "Mid", "peak")
    assert support(past, peak, 0, "2021-06-10", 8) == ["2019-06-18", "2020-06-18"]
    assert support(past, peak, 0, "2020-06-18", 8) == ["2019-06-18", "2020-06-18"]
    assert support(past, peak, 0, "2020-06-17", 8) == ["2019-06-18"]


def test_else_by_the_same_phase_of_another_festival(past: Past) -> None:
    peak = DateType("festival", "Mid", "peak")
    assert support(past, peak, 0, "2021-06-10", 8, named=False) == ["2019-11-11", "2020-11-11"]
    assert support(past, DateType("festival", "New", "peak"), 0, "2020-11-20", 8) == [
        "2019-06-18",
        "2019-11-11",
        "2020-06-18",
        "2020-11-11",
    ]


def test_of_these_by_the_nearest_in_offset(past: Past) -> None:
    run_up = DateType("festival", "Late", "run-up")
    assert support(past, run_up, -2, "2021-06-10", 3) == ["2019-11-09", "2020-11-09"]
    assert support(past, run_up, -9, "2021-06-10", 3) == ["2019-11-08", "2020-11-08"]
    opening = DateType("festival", "Mid", "opening")  # none was ever held: any phase of any festival, the nearest in offset
    assert support(past, opening, -3, "2019-11-30", 3) == ["2019-06-15", "2019-11-08"]


def test_by_nothing_of_another_kind_or_without_a_level_before_it(past: Past) -> None:
    peak = DateType("festival", "Mid", "peak")
    assert support(past, peak, 0, "2019-06-14", 1) == []  # the run-up begins on the 15th
    assert support(past, peak, 0, "2019-06-17", 1) == ["2019-06-17"]
    assert support(past, DateType("holiday", "New Year's Day"), 0, "2019-12-01", 1) == []  # 1 January 2019 is the first day
    assert support(past, peak, 0, "2019-06-30", 168) == ["2019-06-18"]  # day 168 of the panel
    assert support(past, peak, 0, "2019-06-30", 169) == ["2019-06-19"]
    assert support(past, peak, 0, "2019-06-30", 172) == []  # 21 June is the last of its days


def test_ordinary_days_are_the_mean_of_the_last_four_same_weekdays() -> None:
    mondays = {"2021-03-01": [1.0], "2021-03-08": [2.0], "2021-03-15": [NAN], "2021-03-22": [4.0], "2021-03-29": [9.0]}
    market = made_market("2021-01-04", "2021-03-31", 100, mondays)
    past, origin = Past(market), len(market.dates) - 1
    assert past.same_weekday(origin, position(market, "2021-04-05"), "workday") == pytest.approx((2 + 4 + 9) / 3)
    assert past.same_weekday(origin, position(market, "2021-04-06"), "workday") == 100
    # A Monday off, as no Monday of the last eight weeks was: the mean of the days off.
    assert past.same_weekday(origin, position(market, "2021-04-05"), "day off") == 100
