"""LightGBM: its columns end at the origin, its names can be hidden, and its samples follow its quantiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stmp.baselines import lightgbm
from stmp.baselines.features import Features
from stmp.baselines.lightgbm import LightGBM, _training_rows
from stmp.market import Market
from tests.baselines.made import made_market, position
from tests.markets import small_market

HORIZON = 10


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3, start="2020-01-01", end="2021-06-30")


def columns(features: Features, origin: int, *, named: bool = True) -> dict[str, np.ndarray]:
    names, values = features.rows(origin, named=named)
    return {name: values[..., i] for i, name in enumerate(names)}


def test_columns_hold_nothing_from_after_the_origin(market: Market) -> None:
    origin = position(market, "2021-06-10")
    rng = np.random.default_rng(0)

    def other(values: np.ndarray) -> np.ndarray:
        changed = values.copy()
        changed[..., origin + 1 :] = rng.uniform(0, 1e6, changed[..., origin + 1 :].shape)
        return changed

    elsewhere = replace(market, orders=other(market.orders), past={name: other(values) for name, values in market.past.items()})
    first, second = Features(market, HORIZON), Features(elsewhere, HORIZON)
    for named in (True, False):
        np.testing.assert_array_equal(first.rows(origin, named=named)[1], second.rows(origin, named=named)[1])
    assert not np.array_equal(first.targets(origin), second.targets(origin))
    assert not np.array_equal(first.rows(origin + 1)[1], second.rows(origin + 1)[1])


def test_columns_do_not_depend_on_where_the_view_ends(market: Market) -> None:
    origin = position(market, "2021-06-10")
    whole, cut = Features(market, HORIZON), Features(market.until(pd.Timestamp("2021-06-10")), HORIZON)
    np.testing.assert_array_equal(whole.rows(origin)[1], cut.rows(origin)[1])


def test_columns_by_arithmetic() -> None:
    days = {"2020-06-18": [300, 400], "2021-06-10": [120, 240], "2021-06-09": [60, 120], "2020-06-13": [80, 160]}
    made = made_market("2020-01-01", "2021-06-10", {"2020-01-01": 100, "2021-01-05": 110}, days, regions=2)
    features = Features(made, HORIZON)
    origin = position(made, "2021-06-10")
    found = {name: values[:, 0] for name, values in columns(features, origin).items()}
    level = np.array([26 * 110 + 60 + 120, 26 * 220 + 120 + 240]) / 28
    now = np.log1p(level)[:, None]
    np.testing.assert_allclose(found["level"], np.repeat(now, HORIZON, axis=1), rtol=1e-6)
    np.testing.assert_allclose(found["last 0"][:, :1], np.log1p([[120], [240]]) - now, atol=1e-6)
    np.testing.assert_allclose(found["last 1"][:, :1], np.log1p([[60], [120]]) - now, atol=1e-6)
    assert list(found["lead"][0]) == list(range(1, 11))
    assert list(found["weekday"][0][:3]) == [4, 5, 6]  # 11 June 2021 is a Friday
    peak = 7  # 18 June
    np.testing.assert_allclose(found["own uplift"][:, peak], [np.log(3), np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(found["network uplift"][:, peak], np.log([3, 2]).mean(), rtol=1e-6)
    assert list(found["shots"][:, peak]) == [1, 1]
    assert list(found["relation"][:, peak]) == [3, 3]
    assert list(found["uplift age"][:, peak]) == [365, 365]
    np.testing.assert_allclose(found["week 0"][:, 6], np.log1p([120, 240]) - now[:, 0], atol=1e-6)  # 17 June: the 10th
    assert np.isnan(found["own uplift"][:, 0]).all()  # an ordinary day
    np.testing.assert_allclose(found["year"][:, 1], np.log1p([80, 160]) - np.log1p([100, 200]), atol=1e-6)
    assert list(found["offset"][0, 4:]) == [-3, -2, -1, 0, 1, 2]


def test_a_hidden_festival_has_no_name_and_no_past_of_its_own(market: Market) -> None:
    origin, peak = position(market, "2021-06-10"), 7
    features = Features(market, HORIZON)
    shown, hidden = (columns(features, origin, named=named) for named in (True, False))
    assert shown["relation"][0, 0, peak] == 3
    assert shown["uplift age"][0, 0, peak] == 365
    assert hidden["relation"][0, 0, peak] == 2
    assert hidden["uplift age"][0, 0, peak] == position(market, "2021-06-18") - position(market, "2020-11-11")
    assert not np.isnan(shown["name"][..., peak]).any()
    assert np.isnan(hidden["name"]).all()
    for name in ("year", "year network"):
        assert np.isnan(shown[name][..., 4:]).all()  # 364 days before 17 June 2021 was the peak of 2020
        np.testing.assert_array_equal(shown[name], hidden[name])


def test_targets_are_relative_to_the_weekday_and_at_festivals_to_the_level() -> None:
    days = {"2021-06-04": [200], "2021-05-28": [150], "2021-06-11": [400], "2021-06-18": [700]}
    made = made_market("2020-01-01", "2021-06-30", 100, days)
    found = Features(made, HORIZON).targets(position(made, "2021-06-10"))[0, 0]
    level = (26 * 100 + 200 + 150) / 28
    assert found[0] == pytest.approx(np.log1p(400) - np.log1p((200 + 150 + 100 + 100) / 4))
    assert found[7] == pytest.approx(np.log1p(700) - np.log1p(level))


def test_training_rows_end_at_the_view_s_end(market: Market) -> None:
    features = Features(market, HORIZON)
    rows = _training_rows(features, np.random.default_rng(0))
    assert rows.origin.max() == len(market.dates) - 1 - HORIZON
    assert rows.columns.shape == (len(rows.target), len(rows.names))
    assert np.isfinite(rows.target).all()


def test_quantiles_rise_and_a_festival_is_foreseen() -> None:
    market = small_market(regions=6, categories=1, start="2019-05-01", end="2021-06-10", carts=False)
    forecast = LightGBM(rounds=30).forecast(market, pd.Timestamp("2021-06-10"), HORIZON, samples=100)
    assert (np.diff(forecast.quantiles(), axis=0) >= 0).all()
    peak, day_before = forecast.mean[..., 7], forecast.mean[..., 6]
    assert (peak > 1.5 * day_before).all()


def test_held_out_days_are_forecast_by_models_that_had_not_seen_them(market: Market) -> None:
    """What the last day sold moves its own error and nothing else."""
    orders = market.orders.copy()
    orders[..., -1] *= 3
    outcomes = []
    for changed in (market, replace(market, orders=orders)):
        features = Features(changed, HORIZON)
        outcomes.append(LightGBM(rounds=5)._held_out(features, _training_rows(features, np.random.default_rng(0)), 0))
    before, after = outcomes
    np.testing.assert_array_equal(before.half_width, after.half_width)
    last = np.broadcast_to((before.days == len(market.dates) - 1)[:, None, None], before.errors.shape)
    np.testing.assert_array_equal(before.errors[~last], after.errors[~last])
    np.testing.assert_allclose(after.errors[last] - before.errors[last], np.log(3), rtol=0.05)
    assert last.any()
    assert before.days.max() < len(market.dates)
    peak = position(market, "2021-06-18")
    assert before.special[before.days == peak].all()
    assert (before.special == ~features.past.ordinary[before.days]).all()


def test_quantiles_are_spread_about_the_median(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    view, peak = market.until(pd.Timestamp("2021-06-10")), 7
    drawn = []
    for factors in ([1.0, 1.0], [1.0, 2.0]):
        monkeypatch.setattr(lightgbm, "spread", lambda *_, factors=factors: np.array(factors))
        drawn.append(np.log1p(LightGBM(rounds=15).forecast(view, view.cutoff, HORIZON, samples=201).samples.astype(float)))
    plain, spread = drawn
    np.testing.assert_array_equal(plain[:, :, 0], spread[:, :, 0])  # an ordinary day
    low, middle, high = np.quantile(plain[:, :, peak], [0.1, 0.5, 0.9], axis=-1)
    wide_low, wide_middle, wide_high = np.quantile(spread[:, :, peak], [0.1, 0.5, 0.9], axis=-1)
    np.testing.assert_allclose(wide_middle, middle, atol=0.02)
    np.testing.assert_allclose(wide_high - wide_low, 2 * (high - low), rtol=0.02)
