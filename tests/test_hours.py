"""Hourly markets: 24 values a day, from the arrays to forecasts, training and scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.baselines import make_baselines
from stmp.checkpoint import read_card
from stmp.evaluation import Window, cells_of, evaluate
from stmp.forecaster import STMP
from stmp.hours import HOURS, by_day, hours_of, profile_of
from stmp.market import Market
from stmp.market.load import load_market
from stmp.scenario import Scenario
from stmp.training import train
from tests.ingest.made import built, plan_of, write_log
from tests.markets import hourly_market
from tests.small import TINY_TRAINING, forecaster_of

CUTOFF = pd.Timestamp("2021-11-05")


@pytest.fixture(scope="module")
def market() -> Market:
    return hourly_market()


@pytest.fixture(scope="module")
def forecaster(market: Market) -> STMP:
    return forecaster_of(by_day(market))


def test_days_are_sums_of_their_hours(market: Market) -> None:
    gap = market.orders.copy()
    start = int(market.dates.get_loc(pd.Timestamp("2021-11-03")))
    gap[0, 0, start : start + HOURS] = np.nan
    gap[1, 0, start + 5] = np.nan
    days = by_day(replace(market, orders=gap))
    assert list(days.dates[[0, -1]]) == [
        market.dates[0].normalize() + pd.Timedelta(days=1),
        market.dates[-1].normalize() - pd.Timedelta(days=1),
    ]
    at = days.dates.get_loc(pd.Timestamp("2021-11-03"))
    assert np.isnan(days.orders[0, 0, at])
    assert days.orders[1, 0, at] == np.nansum(gap[1, 0, start : start + HOURS]) > 0
    assert days.orders[2, 1, at] == market.orders[2, 1, start : start + HOURS].sum()
    assert days.hourly is not None
    assert days.until(CUTOFF).hourly.dates[-1] == CUTOFF + pd.Timedelta(hours=23)
    assert by_day(days) is days


def test_a_cutoff_is_the_end_of_its_day(market: Market) -> None:
    assert market.until(CUTOFF).cutoff == market.until(CUTOFF + pd.Timedelta(hours=23)).cutoff == CUTOFF + pd.Timedelta(hours=23)
    assert market.until(market.dates[-1]).cutoff == market.dates[-1]


def test_a_forecast_has_24_values_a_day_that_sum_up_to_it(market: Market, forecaster: STMP) -> None:
    found = forecaster.forecast(market, CUTOFF, 3, samples=200)
    assert found.samples.shape == (3, 2, 3 * HOURS, 200)
    assert found.hourly
    assert (found.categories, found.cutoff) == (market.categories, CUTOFF)
    assert list(found.dates) == list(pd.date_range("2021-11-06", periods=72, freq="h"))
    days = forecaster.forecast(by_day(market), CUTOFF, 3, samples=200)
    assert not days.hourly
    assert np.abs(found.samples.reshape(3, 2, 3, HOURS, 200).sum(3) - days.samples).max() < 1
    assert abs((found.samples.sum((0, 1, 2)) - days.samples.sum((0, 1, 2))).mean()) < 0.5  # rounded without a bias
    np.testing.assert_array_equal(found.samples, np.round(found.samples))
    assert days.hours is not None
    np.testing.assert_array_equal(days.hours.samples, found.samples)
    frame = found.to_frame()
    assert len(frame) == 3 * 2 * 72
    assert list(frame["lead"][:72]) == list(range(1, 73))


def test_hours_have_the_shares_of_the_past(market: Market, forecaster: STMP) -> None:
    found = forecaster.forecast(market, CUTOFF, 7, samples=300)
    past = market.until(CUTOFF)
    hours = past.orders[..., past.dates >= CUTOFF - pd.Timedelta(weeks=8)].sum((0, 1))
    shares = [hours[past.dates[-len(hours) :].hour == hour].sum() / hours.sum() for hour in range(HOURS)]
    expected = found.mean.sum((0, 1)).reshape(7, HOURS)
    np.testing.assert_allclose(expected.sum(0) / expected.sum(), shares, atol=0.01)
    assert expected[:, :7].sum() < 0.002 * expected.sum()  # nights


def test_a_district_keeps_its_own_hours_as_far_as_its_orders_bear_them(market: Market) -> None:
    """One sells at noon alone, and another so little that it takes the hours of all."""
    orders = market.orders.copy()
    noon = market.dates.hour == 12
    orders[0, 0, ~noon] = 0
    orders[1, 1] = 0
    orders[1, 1, noon & (market.dates.day == 1)] = 1
    view = by_day(replace(market, orders=orders)).until(CUTOFF)
    profile = profile_of(view, view.calendar, view.horizon_dates(1))
    assert profile is not None
    np.testing.assert_allclose(profile.shares.sum(-1), 1)
    assert profile.shares[0, 0, 0, 12] > 0.85 > 3 * profile.common[0, 12]
    assert view.hourly is not None
    saturdays = view.hourly.orders[:, 1, view.hourly.dates.dayofweek == 5][:, -8 * HOURS :].sum(0).reshape(8, HOURS).sum(0)
    np.testing.assert_allclose(profile.shares[1, 1, 0], saturdays / saturdays.sum(), atol=0.02)


def test_a_festival_has_the_hours_of_its_own_past_days() -> None:
    market = hourly_market(days=500)  # two of 11 November
    night = (market.dates.normalize() == pd.Timestamp("2020-11-11")) & (market.dates.hour == 0)
    orders = market.orders.copy()
    orders[..., night] = 1e4
    view = by_day(replace(market, orders=orders)).until(pd.Timestamp("2021-11-09"))
    profile = profile_of(view, view.calendar, view.horizon_dates(3))
    assert profile is not None
    assert (profile.common[1, 0], profile.common[2, 0]) == (pytest.approx(0.9, abs=0.1), pytest.approx(0, abs=0.05))
    moved = Scenario.model_validate({"festivals": [{"action": "move", "festival": "Late", "peak": "2021-11-11", "to": "2021-11-12"}]})
    later = profile_of(view, moved.calendar(view), view.horizon_dates(3))
    assert later is not None
    np.testing.assert_allclose(later.common[2, 0], profile.common[1, 0])


def test_the_shape_of_a_day_is_as_uncertain_as_it_was() -> None:
    """Days whose shape changes from one to the next give their hours wider intervals; the correlation is that they were drawn with."""
    random = np.random.default_rng(0)
    market = hourly_market(days=150)
    view = by_day(market)
    share = np.full(HOURS, 1 / HOURS)
    for correlation in (0.001, 0.02):
        drawn = np.stack([random.multinomial(5000, random.dirichlet((1 / correlation - 1) * share)) for _ in view.dates])
        hours = np.zeros_like(market.orders)
        hours[0, 0, 14 : 14 + drawn.size] = drawn.reshape(-1)
        made = by_day(replace(market, orders=hours))
        profile = profile_of(made, made.calendar, made.horizon_dates(1))
        assert profile is not None
        assert profile.correlation == pytest.approx(correlation, rel=0.25)
        found = profile.split(np.full((3, 2, 1, 4000), 5000, dtype=np.float32), 0)[0, 0]
        expected = np.sqrt(5000 / HOURS * (1 - 1 / HOURS) * (1 + 4999 * profile.correlation))
        np.testing.assert_allclose(found.std(-1).mean(), expected, rtol=0.05)


def test_nothing_after_the_cutoff_is_read(market: Market, forecaster: STMP) -> None:
    later = market.orders.copy()
    later[..., market.dates > CUTOFF + pd.Timedelta(hours=23)] = 1e4
    one = forecaster.forecast(market, CUTOFF, 2, samples=8).samples
    forecaster.forget()
    np.testing.assert_array_equal(forecaster.forecast(replace(market, orders=later), CUTOFF, 2, samples=8).samples, one)


def test_it_can_be_trained_on(market: Market, tmp_path: Path) -> None:
    train(market, tmp_path, until=pd.Timestamp("2021-12-20"), device="cpu", config=TINY_TRAINING)
    card = read_card(tmp_path)
    assert (card.categories, card.trained_until) == (market.categories, "2021-12-20")
    found = STMP.load(tmp_path, "cpu").forecast(market, "2021-12-20", 2, samples=8)
    assert np.isfinite(found.samples).all()


def test_order_lines_become_an_hourly_market_that_is_forecast(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = [
        (f"{day:%Y-%m-%d} {hour:02d}:{minute:02d}:00", region, "food", 1)
        for day in pd.date_range("2020-09-01", "2020-12-30")
        for region in ("a", "b", "c")
        for hour, minute in zip(random.integers(8, 22, 30), random.integers(0, 60, 30), strict=True)
    ]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines), hourly=True)
    assert built(plan) is not None
    market = load_market(plan.out)
    assert (market.about.frequency, market.per_day) == ("h", HOURS)
    forecaster = forecaster_of(by_day(market))
    mean = forecaster.forecast(market, "2020-12-20", 7, samples=100).mean.sum((0, 1)).reshape(7, HOURS)
    np.testing.assert_allclose(mean.sum(1), 90, rtol=0.6)  # the weights are drawn, not trained
    assert mean[:, 8:22].sum() > 0.97 * mean.sum()


def test_the_last_day_is_scored_as_far_as_it_is_known(market: Market) -> None:
    window = Window(market, market.dates[-1].normalize() - pd.Timedelta(days=2), 2)
    known = ~np.isnan(window.actual).any((0, 1))
    assert known[: HOURS + 13].all()
    assert not known[HOURS + 13 :].any()


def test_scores_are_of_hours_and_cells_of_days(market: Market) -> None:
    (naive,) = make_baselines(["seasonal_naive"])
    window = Window(market, CUTOFF, 7)
    assert list(window.dates) == list(hours_of(pd.date_range("2021-11-06", periods=7)))
    assert window.segment[5 * HOURS] == "festival"
    found = evaluate([naive], market, [CUTOFF], 7, samples=20)
    score = next(s for s in found.scores if (s.segment, s.cutoff) == ("all", "2021-11-05"))
    assert (score.n, score.days) == (3 * 2 * 7 * HOURS, 7)
    forecast = naive.forecast(window.view, CUTOFF, 7, samples=20)
    assert score.wape < 0.5
    cells = cells_of(window, forecast)
    assert len(cells) == 7 * (3 * 2 + 3 + 1)
    one = cells[(cells["region"] == "r0") & (cells["category"] == "c0")]
    np.testing.assert_allclose(one["actual"], window.actual[0, 0].reshape(7, HOURS).sum(1))
    assert list(one["lead"]) == list(range(1, 8))
