"""STMP at work: representations once, paired scenarios, joint samples, markets the weights have not seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.config import Calibration
from stmp.forecaster import REMEMBERED, STMP
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market
from tests.small import TINY, forecaster_of, position, scrambled, with_opening, with_panel

CUTOFF = "2021-11-05"
HORIZON = 10
PEAK = 5  # 11 November, the sixth day
LATE = {"festival": "Late", "peak": "2021-11-11"}


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


@pytest.fixture(scope="module")
def forecaster(market: Market) -> STMP:
    return forecaster_of(market)


def drawn(forecaster: STMP, market: Market, samples: int = 40, seed: int = 0, **scenario: object) -> np.ndarray:
    return forecaster.forecast(market, CUTOFF, HORIZON, Scenario.model_validate(scenario), samples=samples, seed=seed).samples


def festival(action: str, **changes: object) -> dict[str, object]:
    return {"festivals": [{"action": action, **LATE, **changes}]}


def days(types: dict[str, float], first: str = "2021-11-11", last: str | None = None) -> dict[str, object]:
    return {"days": [{"first": first, "last": last or first, "types": types}]}


@contextmanager
def counted(forecaster: STMP) -> Iterator[list[int]]:
    """Numbers of date types of each pass of the amortization network meanwhile."""
    passes: list[int] = []
    hook = forecaster.network.amortization.register_forward_hook(lambda _, inputs, __: passes.append(inputs[0].members.shape[1]))
    yield passes
    hook.remove()


def test_representations_are_inferred_once_per_market_and_cutoff(market: Market) -> None:
    forecaster = forecaster_of(market)
    with counted(forecaster) as passes:
        drawn(forecaster, market)
        assert passes == [5]  # day off, workday, run-up, peak, after
        drawn(forecaster, market, seed=1, samples=8)
        drawn(forecaster, market, **festival("move", to="2021-11-13"))
        drawn(forecaster, market, **festival("drop"))
        drawn(forecaster, market, **days({"workday": 0.5, "Late · peak": 0.5}))
        drawn(forecaster, market, recent=[{"stream": "orders", "factor": 0.5}])
        drawn(forecaster, market, facts=[{"region": "r0", "name": "population", "value": 5e6}])
        assert passes == [5]
        drawn(forecaster, market, **days({"Mid · peak": 1.0}))
        assert passes == [5, 1]  # only the date type that is new
        forecaster.forecast(market, "2021-11-04", HORIZON, samples=4)
        assert passes == [5, 1, 5]
        forecaster.forget()
        drawn(forecaster, market)
        assert passes == [5, 1, 5, 5]


def test_only_the_last_few_cutoffs_are_remembered(market: Market) -> None:
    forecaster = forecaster_of(market)
    for day in range(REMEMBERED + 2):
        forecaster.forecast(market, pd.Timestamp("2021-10-01") + pd.Timedelta(days=day), 2, samples=4)
    assert len(forecaster._inferred) == REMEMBERED


def test_representations_do_not_depend_on_what_was_asked_before(market: Market) -> None:
    view = market.until(pd.Timestamp(CUTOFF))
    at_once = forecaster_of(market).representations(view)
    bit_by_bit = forecaster_of(market)
    drawn(bit_by_bit, market)
    drawn(bit_by_bit, market, **days({"Mid · peak": 1.0}))
    later = bit_by_bit.representations(view)
    assert later.date_types.labels == at_once.date_types.labels == tuple(dict.fromkeys(t.label for t in market.calendar.types))
    assert later.regions.labels == market.regions
    assert later.regions.mean.shape == (3, 2, 4)
    for one, other in ((later.regions, at_once.regions), (later.date_types, at_once.date_types)):
        np.testing.assert_allclose(one.mean, other.mean, atol=1e-5)
        np.testing.assert_allclose(one.std, other.std, atol=1e-5)
    assert np.abs(np.diff(at_once.regions.mean, axis=0)).max() > 1e-3


def test_a_forecast_carries_the_representations_of_its_own_days(forecaster: STMP, market: Market) -> None:
    forecast = forecaster.forecast(market, CUTOFF, 3, samples=4)
    assert forecast.representations is not None
    assert forecast.representations.date_types.labels == ("day off", "Late · run-up")


def test_the_interval_of_a_total_is_not_the_sum_of_intervals(market: Market) -> None:
    joint = forecaster_of(market, Calibration(shared=2.0)).forecast(market, CUTOFF, 4, samples=2000)

    def width(samples: np.ndarray) -> np.ndarray:
        low, high = np.quantile(samples, [0.1, 0.9], axis=-1)
        return high - low

    total = width(joint.total())
    apart = width(joint.samples).sum((0, 1))
    rng = np.random.default_rng(0)
    independent = width(rng.permuted(joint.samples, axis=-1).sum((0, 1)))
    assert (total < 0.9 * apart).all()
    assert (total > 1.1 * independent).all()
    # Over days, too: the day's common surprise lasts.
    lasting = forecaster_of(market, Calibration(shared=2.0, persistence=0.9)).forecast(market, CUTOFF, 4, samples=2000)
    assert width(lasting.total("RCH")) > 1.1 * width(joint.total("RCH"))


def test_a_seed_gives_its_own_samples_and_gives_them_again(market: Market) -> None:
    forecaster = forecaster_of(market)  # one that was asked before inferred its date types in other passes, which rounds otherwise
    first = drawn(forecaster, market, samples=7)
    assert first.shape[-1] == 7
    assert not np.array_equal(first, drawn(forecaster, market, samples=7, seed=1))
    np.testing.assert_array_equal(first, drawn(forecaster, market, samples=7))
    np.testing.assert_array_equal(first, drawn(forecaster_of(market), market, samples=7))


def test_scenarios_of_one_seed_are_made_from_the_same_noise(market: Market) -> None:
    """The draws of the first are handed to the second, and no sample is written into them."""
    forecaster = forecaster_of(market)
    plain = drawn(forecaster, market)
    (inferred,) = forecaster._inferred.values()
    (kept,) = inferred._draws.values()
    copies = [part.clone() for part in kept]
    drawn(forecaster, market, **festival("drop"))
    drawn(forecaster, market, **days({"workday": 0.5, "Mid · peak": 0.5}))
    assert list(inferred._draws) == [(40, HORIZON, 0)]
    assert inferred._draws[40, HORIZON, 0] is kept
    assert all(torch.equal(part, copy) for part, copy in zip(kept, copies, strict=True))
    np.testing.assert_array_equal(drawn(forecaster, market), plain)
    for seed in range(1, REMEMBERED + 2):
        drawn(forecaster, market, seed=seed)
    assert len(inferred._draws) == REMEMBERED
    np.testing.assert_array_equal(drawn(forecaster, market), plain)  # drawn anew


def test_nothing_after_the_cutoff_moves_a_sample(market: Market) -> None:
    last = position(market, CUTOFF)
    before = drawn(forecaster_of(market), market)
    np.testing.assert_array_equal(drawn(forecaster_of(market), scrambled(market, after=last)), before)
    assert not np.array_equal(drawn(forecaster_of(market), scrambled(market, after=last - 1)), before)


@pytest.mark.parametrize(
    "scenario",
    [
        {"name": "another name"},
        {"recent": [{"stream": "orders", "factor": 1.0, "days": 28}]},
        {"festivals": [{"action": "move", "festival": "Mid", "peak": "2022-06-18", "to": "2022-06-20"}]},  # beyond the calendar
        days({"Late · peak": 1.0}),  # what the day is already
        days({"workday": 1.0}, first="2021-11-15"),
    ],
    ids=["a name", "a factor of 1", "a festival out of sight", "the same peak", "the same working day"],
)
def test_a_scenario_that_changes_nothing_gives_the_same_samples(forecaster: STMP, market: Market, scenario: dict[str, object]) -> None:
    np.testing.assert_allclose(drawn(forecaster, market, **scenario), drawn(forecaster, market), rtol=1e-5, atol=1e-3)


def test_a_moved_festival_changes_only_what_it_must(forecaster: STMP, market: Market) -> None:
    """Samples are paired: on a day that keeps its type, a sample moves far less than another seed would move it."""
    before, after = drawn(forecaster, market), drawn(forecaster, market, **festival("move", to="2021-11-14"))
    other = drawn(forecaster, market, seed=1)
    change, seeds = (np.abs(np.log((x + 1) / (before + 1))).mean((0, 1, 3)) for x in (after, other))
    moved = [PEAK, 8]
    assert change[0] < 0.2 * seeds[0]  # 6 November, a day off either way
    assert change[0] < change[moved].min() / 10
    assert (change[moved] > 1.5 * seeds[moved]).all()
    assert (np.median(after[..., 8, :] / before[..., 8, :], axis=-1) > 1.5).all()
    assert (np.median(after[..., PEAK, :] / before[..., PEAK, :], axis=-1) < 0.7).all()


def test_a_date_type_keeps_its_draws_of_psi_in_every_scenario(market: Market) -> None:
    """Without the festival, working days are the second date type of the query and no longer the fifth."""
    forecaster = forecaster_of(market)
    with torch.no_grad():  # draws of a date type's psi that are heard
        forecaster.network.amortization.type_heads.bias[TINY.latent :] += 6
    before, after = drawn(forecaster, market), drawn(forecaster, market, **festival("drop"))
    other = drawn(forecaster, market, seed=1)
    monday = 9  # 15 November, a working day either way
    change, seeds = (np.abs(np.log((x + 1) / (before + 1)))[..., monday, :].mean() for x in (after, other))
    assert change < 0.3 * seeds


def test_a_dropped_festival_is_an_ordinary_day(forecaster: STMP, market: Market) -> None:
    dropped = np.median(drawn(forecaster, market, **festival("drop")), axis=-1)
    workday = np.median(drawn(forecaster, market, **days({"workday": 1.0})), axis=-1)
    np.testing.assert_allclose(dropped[..., PEAK], workday[..., PEAK], rtol=0.1)
    assert (dropped[..., PEAK] < 0.7 * np.median(drawn(forecaster, market), axis=-1)[..., PEAK]).all()


def test_a_longer_festival_has_a_second_peak(forecaster: STMP, market: Market) -> None:
    ratio = np.median(drawn(forecaster, market, **festival("lengthen", days=2)) / drawn(forecaster, market), axis=-1)
    assert (ratio[..., PEAK + 1] > 1.5).all()
    np.testing.assert_allclose(ratio[..., PEAK], 1, atol=0.15)


def test_a_blend_lies_between_its_types(forecaster: STMP, market: Market) -> None:
    levels = [
        np.median(drawn(forecaster, market, samples=400, **days(types)), axis=-1)[..., PEAK]
        for types in ({"workday": 1.0}, {"workday": 0.6, "Late · peak": 0.4}, {"Late · peak": 1.0})
    ]
    assert (levels[0] < 0.95 * levels[1]).all()
    assert (levels[1] < 0.95 * levels[2]).all()


def test_a_festival_that_covered_a_holiday_can_be_dropped(market: Market) -> None:
    """Each 11 November is a holiday that no calendar day shows as long as the festival is held."""
    dates = market.calendar.dates
    singles = (dates.month == 11) & (dates.day == 11)
    calendar = replace(
        market.calendar, holiday=np.where(singles, "Singles", market.calendar.holiday), workday=market.calendar.workday & ~singles
    )
    hidden = replace(market, calendar=calendar, digest="hidden holiday")
    forecaster = forecaster_of(hidden)
    before, after = drawn(forecaster, hidden), drawn(forecaster, hidden, **festival("drop"))
    assert (np.median(after[..., PEAK, :] / before[..., PEAK, :], axis=-1) < 0.8).all()
    assert np.abs(np.log((after[..., 0, :] + 1) / (before[..., 0, :] + 1))).mean() < 0.02  # still paired
    labels = forecaster.representations(hidden.until(pd.Timestamp(CUTOFF))).date_types.labels  # type: ignore[union-attr]
    assert "holiday · Singles" not in labels


def test_less_of_late_in_one_region_lowers_that_region(forecaster: STMP, market: Market) -> None:
    halved = drawn(forecaster, market, recent=[{"stream": "orders", "factor": 0.5, "days": 14, "regions": ["r1"]}])
    ratio = np.median(halved / drawn(forecaster, market), axis=-1)
    np.testing.assert_allclose(ratio[[0, 2]], 1, atol=0.12)  # it is one of the regions they are compared with
    assert (ratio[1] < 0.7).all()


def test_a_region_two_weeks_old_is_forecast(forecaster: STMP, market: Market) -> None:
    end = position(market, CUTOFF)
    orders, carts = market.orders.copy(), market.past["cart_adds"].copy()
    orders[0, :, : end - 13] = carts[0, :, : end - 13] = np.nan
    young = with_panel(market, orders, "young", {"cart_adds": carts})
    samples = drawn(forecaster, young)
    assert np.isfinite(samples).all()
    level = market.orders[0, :, end - 13 : end + 1].mean(-1)
    ordinary = np.median(samples[0, :, 0], axis=-1)  # the first day, 6 November
    assert (np.abs(np.log(ordinary / level)) < np.log(1.6)).all()
    # Its festival is the other regions': its peak rises although it never had one.
    assert (np.median(samples[0, :, PEAK], axis=-1) / level > 1.5).all()


def test_a_region_that_opened_just_before_a_past_peak_lends_nothing_of_it(forecaster: STMP, market: Market) -> None:
    one, other = (drawn(forecaster, with_opening(market, 0, "2020-11-08", seed)) for seed in (0, 1))
    apart = [np.abs(np.log((one + 1) / (theirs + 1))).max() for theirs in (other, drawn(forecaster, market))]
    assert apart[0] < 0.02  # what its first week moved the market as a whole by
    assert apart[1] > 5 * apart[0]  # had it been open, it would have


def test_a_market_without_carts_and_facts_is_forecast_by_weights_that_know_them(forecaster: STMP, market: Market) -> None:
    bare = replace(small_market(regions=2, categories=3, carts=False, seed=6), facts=pd.DataFrame(index=["r0", "r1"]), digest="bare")
    samples = drawn(forecaster, bare)
    end = position(bare, CUTOFF)
    level = bare.orders[..., end - 27 : end + 1].mean(-1)
    assert samples.shape == (2, 3, HORIZON, 40)
    assert (np.abs(np.log(np.median(samples[..., 0, :], axis=-1) / level)) < np.log(1.6)).all()
    assert (np.median(samples[..., PEAK, :], axis=-1) / level > 1.5).all()


def test_two_markets_do_not_mix(forecaster: STMP, market: Market) -> None:
    other = small_market(regions=3, seed=11)
    first, second = drawn(forecaster, market), drawn(forecaster, other)
    np.testing.assert_array_equal(drawn(forecaster_of(market), other), second)
    np.testing.assert_array_equal(drawn(forecaster, market), first)
    assert np.abs(np.log(np.median(first, -1) / np.median(second, -1))).max() > 0.2


def test_a_long_horizon_is_borne(forecaster: STMP, market: Market) -> None:
    forecast = forecaster.forecast(market, CUTOFF, 60, samples=8)
    assert np.isfinite(forecast.samples).all()
    level = market.orders[..., :674].mean(-1)
    assert (np.abs(np.log(np.median(forecast.samples[..., -1, :], axis=-1) / level)) < np.log(2)).all()
