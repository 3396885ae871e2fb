"""What every forecaster keeps, ours and the baselines alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.baselines import BASELINES
from stmp.baselines.lightgbm import LightGBM
from stmp.baselines.past import Past
from stmp.baselines.seasonal_naive import SeasonalNaive
from stmp.config import TrainingConfig
from stmp.errors import CutoffError, ScenarioError
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.scenario import Scenario
from stmp.training import train
from tests.markets import small_market

CUTOFF = pd.Timestamp("2021-11-05")
HORIZON, SAMPLES = 10, 20

# Every forecaster of the project; LightGBM with fewer trees than it has by default, to be quick.
FORECASTERS: dict[str, Callable[[], Forecaster]] = {**BASELINES, "lightgbm": lambda: LightGBM(rounds=15)}
NAMES = [*FORECASTERS, "stmp"]


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3, start="2020-06-01")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, market: Market) -> Path:
    """A tiny STMP: what it keeps must not depend on how well it was trained."""
    folder = tmp_path_factory.mktemp("checkpoint")
    train(market, folder, until=pd.Timestamp("2021-10-31"), device="cpu", seed=0, config=TrainingConfig(steps=4, evaluate_every=2))
    return folder


@pytest.fixture(params=NAMES)
def forecaster(request: pytest.FixtureRequest) -> Forecaster:
    if request.param == "stmp":
        return Forecaster.load(request.getfixturevalue("checkpoint"), device="cpu")
    return FORECASTERS[request.param]()


def drawn(forecaster: Forecaster, market: Market, horizon: int = HORIZON, scenario: Scenario | None = None, seed: int = 0) -> np.ndarray:
    return forecaster.forecast(market, CUTOFF, horizon, scenario or Scenario(), samples=SAMPLES, seed=seed).samples


def assert_sound(samples: np.ndarray, market: Market, horizon: int = HORIZON) -> None:
    assert samples.shape == (len(market.regions), len(market.categories), horizon, SAMPLES)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert (samples >= 0).all()
    assert (samples.std(axis=-1) > 0).mean() > 0.9


def test_the_registry_and_this_test_know_the_same_names() -> None:
    for name, make in FORECASTERS.items():
        assert make().name == name


def test_samples_are_sound_and_a_seed_makes_them_again(forecaster: Forecaster, market: Market) -> None:
    first = drawn(forecaster, market)
    assert_sound(first, market)
    np.testing.assert_array_equal(drawn(forecaster, market), first)
    assert not np.array_equal(drawn(forecaster, market, seed=1), first)


def test_volumes_are_of_the_right_size(forecaster: Forecaster, market: Market) -> None:
    samples = drawn(forecaster, market)
    start = int(market.dates.get_loc(CUTOFF)) + 1
    actual = market.orders[..., start : start + HORIZON]
    level = market.orders[..., start - 28 : start].mean(axis=-1)
    assert np.all(np.abs(np.log(np.median(samples[..., 0, :], axis=-1) / level)) < np.log(1.6))
    assert 0.5 < samples.mean(axis=-1)[..., :2].sum() / actual[..., :2].sum() < 1.6


def test_nothing_after_the_cutoff_moves_a_sample(forecaster: Forecaster, market: Market) -> None:
    rng = np.random.default_rng(3)
    after = market.dates > CUTOFF

    def other(values: np.ndarray) -> np.ndarray:
        changed = values.copy()
        changed[..., after] = rng.uniform(0, 1e6, changed[..., after].shape)
        return changed

    # Another digest, so that nothing remembered of the first market can be given out for the second.
    past = {name: other(values) for name, values in market.past.items()}
    elsewhere = replace(market, orders=other(market.orders), past=past, digest="another")
    np.testing.assert_array_equal(drawn(forecaster, elsewhere), drawn(forecaster, market))


def test_a_cut_market_is_forecast_as_the_whole_one(forecaster: Forecaster, market: Market) -> None:
    cut = replace(market.until(CUTOFF), digest="cut")
    np.testing.assert_array_equal(drawn(forecaster, cut), drawn(forecaster, market))


@pytest.mark.parametrize("horizon", [1, 9])
def test_the_horizon_is_honoured(forecaster: Forecaster, market: Market, horizon: int) -> None:
    forecast = forecaster.forecast(market, CUTOFF, horizon, samples=SAMPLES)
    assert_sound(forecast.samples, market, horizon)
    assert list(forecast.dates) == list(pd.date_range(CUTOFF + pd.Timedelta(days=1), periods=horizon))


def test_regions_keep_their_own_order(forecaster: Forecaster, market: Market) -> None:
    order = [2, 0, 1]
    regions = tuple(market.regions[i] for i in order)
    past = {name: values[order] for name, values in market.past.items()}
    table, facts = market.region_table.loc[list(regions)], market.facts.loc[list(regions)]
    turned = replace(market, regions=regions, orders=market.orders[order], past=past, region_table=table, facts=facts, digest="turned")
    forecast = forecaster.forecast(turned, CUTOFF, HORIZON, samples=SAMPLES)
    assert forecast.regions == regions
    before, after = (np.median(samples, axis=-1) for samples in (drawn(forecaster, market), forecast.samples))
    assert np.median(np.abs(np.log(after / before[order]))) < 0.1


def test_a_festival_moved_moves_its_peak(forecaster: Forecaster, market: Market) -> None:
    moved = Scenario.model_validate({"festivals": [{"action": "move", "festival": "Late", "peak": "2021-11-11", "to": "2021-11-14"}]})
    change = drawn(forecaster, market, scenario=moved).mean(axis=-1) / drawn(forecaster, market).mean(axis=-1)
    if forecaster.name == "auto_ets":  # it knows no calendar
        np.testing.assert_array_equal(change, 1)
    elif isinstance(forecaster, SeasonalNaive):  # nor does its path; only the errors around it are those of such days
        view = market.until(CUTOFF)
        paths = [forecaster.path(Past(m), len(view.dates) - 1, HORIZON) for m in (view, moved.apply(view))]
        np.testing.assert_array_equal(*paths)
    else:
        assert np.median(change[..., 5]) < np.median(change[..., 8])  # 11 November and 14 November


def test_less_sold_of_late_means_less_to_come(forecaster: Forecaster, market: Market) -> None:
    halved = Scenario.model_validate({"recent": [{"stream": "orders", "factor": 0.5, "days": 28}]})
    assert drawn(forecaster, market, scenario=halved).sum() < 0.8 * drawn(forecaster, market).sum()


def test_an_impossible_scenario_is_refused(forecaster: Forecaster, market: Market) -> None:
    unknown = Scenario.model_validate({"festivals": [{"action": "add", "festival": "Nobody's Day", "peak": "2021-11-20"}]})
    with pytest.raises(ScenarioError, match="Nobody's Day"):
        drawn(forecaster, market, scenario=unknown)


def test_gaps_are_borne(forecaster: Forecaster, market: Market) -> None:
    orders = market.orders.copy()
    orders[np.random.default_rng(0).random(orders.shape) < 0.1] = np.nan
    end = int(market.dates.get_loc(CUTOFF)) + 1
    orders[0, :, end - 5 : end] = np.nan
    orders[1, :, : end - 90] = np.nan
    gappy = replace(market, orders=orders, digest="gappy")
    assert_sound(drawn(forecaster, gappy), gappy)


def test_a_region_that_never_sold_gets_next_to_nothing(forecaster: Forecaster, market: Market) -> None:
    orders = market.orders.copy()
    orders[0] = 0
    past = {name: values.copy() for name, values in market.past.items()}
    past["cart_adds"][0] = 0
    samples = drawn(forecaster, replace(market, orders=orders, past=past, digest="silent"))
    assert np.isfinite(samples).all()
    assert np.median(samples[0]) <= 1


@pytest.mark.parametrize("kept", [{"carts": False}, {"regions": 1}, {"categories": 1}], ids=["no carts", "one region", "one category"])
def test_markets_of_other_shapes_are_forecast(forecaster: Forecaster, kept: dict[str, int]) -> None:
    other = small_market(**{"regions": 2, "start": "2021-01-01", **kept})
    assert_sound(drawn(forecaster, other), other)


def test_a_first_festival_is_forecast(forecaster: Forecaster) -> None:
    young = small_market(regions=3, start="2021-07-01")
    assert not any(t.kind == "festival" for t in young.calendar.types[: int(young.dates.get_loc(CUTOFF)) + 1])
    assert_sound(drawn(forecaster, young), young)


def test_a_history_too_short_is_refused_with_a_remedy(forecaster: Forecaster) -> None:
    newborn = small_market(regions=1, start="2021-10-30")
    with pytest.raises(CutoffError, match=r"days until 2021-11-05.*Remedy: choose a later cutoff"):
        drawn(forecaster, newborn)
