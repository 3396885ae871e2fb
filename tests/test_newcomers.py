"""Districts too young for a level of their own, and festivals that only some districts held: what a forecaster is handed, and the doubt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.baselines.seasonal_naive import SeasonalNaive
from stmp.errors import CutoffError
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.newcomers import LEAST_DAYS, _ridge, doubted, founded, guesses, observed
from stmp.scenario import Scenario
from tests.markets import small_market

CUTOFF = pd.Timestamp("2021-10-31")
BASE = Path(__file__).resolve().parents[1] / "pretrained" / "stmp-base"
NEW = 5


@pytest.fixture(scope="module")
def market() -> Market:
    """Twelve districts whose level is twice their one fact to the power of 0.8, give or take 10 %; a second fact tells nothing."""
    made = small_market(regions=12, start="2021-01-01")
    rng = np.random.default_rng(3)
    size = np.geomspace(50, 5000, 12)
    level = 2 * size**0.8 * np.exp(rng.normal(0, 0.1, 12))
    week = 1 + 0.2 * np.sin(2 * np.pi * made.dates.dayofweek.to_numpy() / 7)
    orders = rng.poisson(level[:, None, None] * np.array([[1.0], [0.3]]) * week).astype(np.float32)
    facts = pd.DataFrame({"size": size, "noise": rng.uniform(1, 9, 12)}, index=list(made.regions))
    return replace(made, orders=orders, facts=facts)


def young(market: Market, days: int, region: int = NEW) -> Market:
    """The market at the cutoff, with a new district that has its last days alone."""
    view = market.until(CUTOFF)
    orders = view.orders.copy()
    orders[region, :, : len(view.dates) - days] = np.nan
    return replace(view, orders=orders, past={}, digest=f"{days} of {region}", new=(view.regions[region],))


def true_level(market: Market) -> np.ndarray:
    return np.log1p(market.until(CUTOFF).orders[NEW, :, -28:]).mean(axis=-1)


def test_facts_tell_the_level_of_a_district_without_days(market: Market) -> None:
    (guess,) = guesses(young(market, 0))
    assert (guess.region, guess.days, guess.facts) == (NEW, 0, ("size", "noise"))
    np.testing.assert_allclose(guess.level, true_level(market), atol=0.25)
    assert (guess.spread > 0.08).all()
    assert (guess.spread < 0.3).all()


def test_without_facts_the_others_mean_and_their_whole_spread_are_left(market: Market) -> None:
    blind = replace(market, facts=market.facts[[]])
    (guess,) = guesses(young(blind, 0))
    others = np.log1p(np.delete(market.until(CUTOFF).orders, NEW, axis=0)[..., -28:]).mean(axis=-1)  # [11, C]
    np.testing.assert_allclose(guess.level, others.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(guess.spread, others.std(axis=0) * 11 / 10, rtol=0.1)
    assert guess.facts == ()


def test_leave_one_out_errors_are_those_of_leaving_each_out() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 2)), rng.normal(size=(9, 1))
    _, errors, _ = _ridge(x, np.zeros(2), y, 0.1)
    for left in range(9):
        rest = np.delete(np.arange(9), left)
        centre = x[rest].mean(0)
        # The penalty is per region of the whole, so that leaving one out does not change it.
        gram = (x[rest] - centre).T @ (x[rest] - centre) + 9 * 0.1 * np.eye(2)
        slope = np.linalg.solve(gram, (x[rest] - centre).T @ (y[rest, 0] - y[rest, 0].mean()))
        expected = y[left, 0] - (y[rest, 0].mean() + (x[left] - centre) @ slope)
        assert errors[left, 0] == pytest.approx(expected)


def test_a_district_unlike_the_others_is_doubted_more(market: Market) -> None:
    far = market.facts.copy()
    far.loc["r5", "size"] = 5e7
    (usual,), (extreme,) = guesses(young(market, 0)), guesses(young(replace(market, facts=far), 0))
    assert (extreme.spread > 1.3 * usual.spread).all()


def test_own_days_narrow_the_doubt_and_take_over(market: Market) -> None:
    """The district sells four times what its facts say."""
    richer = market.orders.copy()
    richer[NEW] *= 4
    market = replace(market, orders=richer)
    found = [guesses(young(market, days))[0] for days in (0, 1, 3, 6)]
    spread = [guess.spread.mean() for guess in found]
    assert spread == sorted(spread, reverse=True)
    assert spread[-1] < spread[0] / 3
    off = [np.abs(guess.level - true_level(market)).max() for guess in found]
    assert off[0] > 1
    assert off[3] < 0.15
    assert [guess.days for guess in found] == [0, 1, 3, 6]


def test_own_days_are_held_against_what_the_others_did_on_them(market: Market) -> None:
    """The whole market sold double in the last three days: so did the district, whose level is half of what it shows."""
    view = young(market, 3)
    orders = view.orders.copy()
    orders[..., -3:] *= 2
    (guess,) = guesses(replace(view, orders=orders, facts=view.facts[[]]))
    plain = true_level(market)
    assert np.abs(guess.level - plain).max() < 0.35  # and not log 2 = 0.69, less a tenth for the days in the others' own levels


def test_whom_a_guess_is_made_of(market: Market) -> None:
    assert guesses(young(market, LEAST_DAYS)) == ()
    assert guesses(market.until(CUTOFF)) == ()
    undeclared = replace(young(market, 0), new=())
    assert guesses(undeclared) == ()  # of a district that is not open yet at a past cutoff nothing is to be said
    assert [guess.region for guess in guesses(replace(young(market, 2), new=()))] == [NEW]


def test_two_other_districts_tell_nothing(market: Market) -> None:
    view = young(market, 0)
    few = replace(view, orders=np.where(np.isin(np.arange(12), (0, 1))[:, None, None], view.orders, np.nan).astype(np.float32))
    with pytest.raises(CutoffError, match="nothing tells how much r5 will sell") as refused:
        guesses(few)
    assert "Remedy: " in str(refused.value)
    with_days = replace(few, orders=np.where(np.arange(12)[:, None, None] == NEW, young(market, 2).orders, few.orders))
    assert guesses(with_days) == ()  # its own days alone speak, as they are


def test_the_view_handed_over_has_a_week_at_the_guessed_level(market: Market) -> None:
    view = young(market, 3)
    guessed = guesses(view)
    handed = founded(view, guessed)
    there = ~np.isnan(handed.orders[NEW])
    assert there.sum(axis=-1).tolist() == [LEAST_DAYS] * 2
    assert there[:, -LEAST_DAYS:].all()
    np.testing.assert_allclose(np.log1p(handed.orders[NEW, :, -LEAST_DAYS:]), guessed[0].week, rtol=1e-5)
    np.testing.assert_array_equal(np.delete(handed.orders, NEW, axis=0), np.delete(view.orders, NEW, axis=0))
    assert handed.digest != view.digest
    assert founded(view, ()) is view


def test_what_is_drawn_off_a_level_is_the_same_on_all_days_of_a_sample(market: Market) -> None:
    view = young(market, 0)
    guessed = guesses(view)
    samples = np.full((12, 2, 5, 2000), 1e4, dtype=np.float32)
    spread = doubted(samples, guessed, seed=1)
    logs = np.log1p(spread[NEW].astype(float))
    np.testing.assert_allclose(logs.std(axis=-1), guessed[0].spread[:, None].repeat(5, axis=1), rtol=0.08)
    np.testing.assert_allclose(logs, logs[:, :1].repeat(5, axis=1))
    np.testing.assert_array_equal(np.delete(spread, NEW, axis=0), np.delete(samples, NEW, axis=0))
    np.testing.assert_array_equal(doubted(samples, guessed, seed=1), spread)
    assert not np.array_equal(doubted(samples, guessed, seed=2), spread)
    expected = guessed[0].root @ guessed[0].root.T
    np.testing.assert_allclose(np.cov(logs[:, 0]), expected, rtol=0.15, atol=1e-4)


def test_the_interval_of_a_new_district_is_wider_and_narrows_with_its_days(market: Market) -> None:
    """By the weights that come with the project, and by a baseline: the doubt does not hang on who forecasts."""
    for forecaster in (Forecaster.load(BASE, "cpu"), SeasonalNaive()):
        width, off = [], []
        for days in (0, 2, LEAST_DAYS, 60):
            forecast = forecaster.forecast(young(market, days), CUTOFF, 7, samples=200)
            low, middle, high = np.quantile(np.log1p(forecast.samples[NEW].sum(axis=1)), [0.1, 0.5, 0.9], axis=-1)  # [C] of a week
            width.append(float((high - low).mean()))
            actual = market.orders[NEW, :, 304:311].sum(axis=-1)
            off.append(float(np.abs(middle - np.log1p(actual)).mean()))
        assert width[0] > 1.15 * width[1], forecaster.name
        assert width[0] > 1.3 * width[3], forecaster.name
        assert max(off) < 0.6, forecaster.name


class Shown(Forecaster):
    """Remembers what it was handed."""

    name = "shown"

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> np.ndarray:
        self.view = view
        return np.ones((len(view.regions), len(view.categories), horizon, samples), dtype=np.float32)


def test_a_festival_held_elsewhere_is_not_seen_in_the_others(market: Market) -> None:
    held = [replace(o, regions=("r1", "r2")) if o.festival == "Mid" else o for o in market.calendar.occurrences]
    view = replace(market, calendar=market.calendar.with_occurrences(held))
    forecaster = Shown()
    forecaster.forecast(view, CUTOFF, 3, samples=2)
    hidden = np.isnan(forecaster.view.orders).all(axis=1)  # [R, D]
    days = forecaster.view.dates
    assert list(days[hidden[0]]) == list(pd.date_range("2021-06-15", "2021-06-21"))
    assert not hidden[[1, 2]].any()
    assert hidden.any(axis=-1).sum() == 10
    everywhere = market.until(CUTOFF)
    assert observed(everywhere) is everywhere


def test_one_festival_of_one_district_tells_the_others_what_comes(market: Market) -> None:
    """A festival that tripled the sales of one district, once; the same weights say what it brings to the others."""
    orders = market.orders.copy()
    day = int(market.dates.get_loc("2021-06-18"))
    orders[0, :, day] *= 3
    plain = [o for o in market.calendar.occurrences if o.festival != "Late"]
    coming = replace(plain[0], peak=pd.Timestamp("2021-11-05"))
    uplift = {}
    for where in ((), ("r0",)):
        held = [replace(o, regions=where) if o.peak == plain[0].peak else o for o in plain]
        calendar = market.calendar.with_occurrences([*held, coming])
        told = replace(market, orders=orders, calendar=calendar, past={}, digest=f"held {where}")
        forecast = Forecaster.load(BASE, "cpu").forecast(told, CUTOFF, 5, samples=100)
        middle = np.median(forecast.samples, axis=-1)  # [R, C, H]
        uplift[where] = float(np.median(middle[1:, :, 4] / middle[1:, :, 0]))
    assert uplift["r0",] > 1.5  # told that it was held in one district, the network reads its uplift there
    assert uplift[()] < 0.75 * uplift["r0",]  # else eleven districts say that it brings nothing
