"""Overrides shift joint samples: held against a slow computation, sample by sample."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from stmp.errors import PlanError
from stmp.forecast import Forecast
from stmp.plans import PERCENT, VALUE, Override, effects, overridden
from tests.plans.made import DATES, forecast, override


def total(found: Forecast, rows: slice = slice(None), columns: slice = slice(None), days: slice = slice(None)) -> np.ndarray:
    """[S]"""
    return found.samples[rows, columns, days].astype(float).sum(axis=(0, 1, 2))


@pytest.mark.parametrize(
    ("given", "block"),
    [
        ({}, (slice(None), slice(None), slice(None))),
        ({"region": "r1"}, (slice(1, 2), slice(None), slice(None))),
        ({"category": "c1"}, (slice(None), slice(1, 2), slice(None))),
        (
            {"region": "r2", "category": "c0", "first": date(2021, 11, 6), "last": date(2021, 11, 8)},
            (slice(2, 3), slice(0, 1), slice(1, 4)),
        ),
    ],
)
def test_the_median_of_the_block_becomes_what_was_asked_and_its_spread_stays(given: dict, block: tuple[slice, ...]) -> None:
    statistical = forecast()
    before, median = total(statistical, *block), np.median(total(statistical, *block))
    for asked, one in ((1.5 * median, override(1.5 * median, VALUE, **given)), (0.9 * median, override(-10, PERCENT, **given))):
        after = total(overridden(statistical, [one]), *block)
        assert np.median(after) == pytest.approx(asked, rel=1e-6)
        assert after - before == pytest.approx(np.full(41, asked - median), rel=1e-4)  # every sample by the same: shifted, not shrunk


def test_cells_share_a_shift_by_their_means_and_nothing_else_moves() -> None:
    statistical = forecast()
    plan = overridden(statistical, [override(20, PERCENT, region="r0", last=date(2021, 11, 7))])
    moved = plan.samples.astype(float) - statistical.samples
    assert not moved[1:].any()
    assert not moved[0, :, 3:].any()
    shift = 0.2 * np.median(total(statistical, slice(0, 1), days=slice(0, 3)))
    means = statistical.samples[0, :, :3].astype(float).mean(axis=-1)
    expected = np.broadcast_to(shift * (means / means.sum())[..., None], (2, 3, 41))
    assert moved[0, :, :3] == pytest.approx(expected, rel=1e-3)
    assert statistical.samples is not plan.samples
    assert (plan.scenario, plan.seed, plan.dates.equals(DATES)) == (statistical.scenario, statistical.seed, True)


def slowly(samples: np.ndarray, asked: float) -> np.ndarray:
    """[N, S] cells of a block -> the same, shifted: one sample after the other, in plain numbers."""
    shift = asked - np.median(samples.sum(axis=0))
    means = samples.mean(axis=1)
    after = np.zeros_like(samples)
    for s in range(samples.shape[1]):
        wanted = max(0.0, sum(samples[:, s]) + shift)
        cut = [max(0.0, value + shift * mean / sum(means)) for value, mean in zip(samples[:, s], means, strict=True)]
        for n, value in enumerate(cut):
            after[n, s] = value * wanted / sum(cut) if sum(cut) else 0.0
    return after


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4, 1.0, 3.0])
def test_it_agrees_with_a_slow_computation_and_no_volume_falls_below_nothing(share: float) -> None:
    statistical = forecast(spread=0.8)
    asked = share * float(np.median(total(statistical, slice(1, 2))))
    plan = overridden(statistical, [override(asked, VALUE, region="r1")])
    expected = slowly(statistical.samples[1].astype(float).reshape(10, 41), asked)
    assert plan.samples[1].reshape(10, 41) == pytest.approx(expected, rel=1e-4, abs=1e-3)
    assert plan.samples.min() >= 0


def test_where_a_cell_is_held_at_nothing_the_total_is_still_shifted_by_one_number() -> None:
    statistical = forecast(spread=0.8)
    median = np.median(total(statistical, slice(1, 2)))
    plan = overridden(statistical, [override(0.4 * median, VALUE, region="r1")])
    assert (plan.samples[1] == 0).any()
    moved = total(plan, slice(1, 2)) - total(statistical, slice(1, 2))
    unheld = total(plan, slice(1, 2)) > 0
    assert moved[unheld] == pytest.approx(np.full(unheld.sum(), -0.6 * median), rel=1e-4)


def test_at_nothing_the_lower_half_is_cut_and_the_upper_half_stays() -> None:
    """A value of 0 is a median of 0: not that it is certain that nothing is bought."""
    statistical = forecast()
    before = np.sort(total(statistical, slice(0, 1)))
    after = np.sort(total(overridden(statistical, [override(0, VALUE, region="r0")]), slice(0, 1)))
    assert np.median(after) == pytest.approx(0, abs=1e-3)
    assert after[:21] == pytest.approx(np.zeros(21), abs=1e-3)
    assert after[21:] == pytest.approx(before[21:] - before[20], rel=1e-3)
    assert after.mean() > 0


def test_a_block_in_which_nothing_was_expected_is_filled_evenly() -> None:
    statistical = replace(forecast(), samples=np.zeros((3, 2, 5, 41), dtype=np.float32))
    plan = overridden(statistical, [override(50, VALUE, region="r0")])
    assert plan.samples[0] == pytest.approx(np.full((2, 5, 41), 5.0))
    assert not overridden(statistical, [override(50, PERCENT)]).samples.any()


def test_overlapping_overrides_act_in_order() -> None:
    statistical = forecast()
    median = np.median(total(statistical, slice(0, 1)))
    twice = overridden(statistical, [override(10, region="r0"), override(10, region="r0")])
    assert np.median(total(twice, slice(0, 1))) == pytest.approx(1.21 * median, rel=1e-6)  # percentages compound
    later = overridden(statistical, [override(10, region="r0"), override(500, VALUE, region="r0")])
    assert np.median(total(later, slice(0, 1))) == pytest.approx(500, rel=1e-6)  # the later value has the last word
    shrunk = overridden(statistical, [override(900, VALUE), override(-20, region="r0")])
    alone = np.median(total(overridden(statistical, [override(900, VALUE)]), slice(0, 1)))
    assert np.median(total(shrunk, slice(0, 1))) == pytest.approx(0.8 * alone, rel=1e-6)


def test_the_effect_of_each_is_told_beside_the_statistical_forecast() -> None:
    statistical = forecast()
    both = [override(10, region="r0"), override(700, VALUE, category="c1")]
    found, plan = effects(statistical, both), overridden(statistical, both)
    assert found["statistical"].to_numpy() == pytest.approx(
        [np.median(total(statistical, slice(0, 1))), np.median(total(statistical, columns=slice(1, 2)))]
    )
    assert found["planned"].iloc[0] == pytest.approx(np.median(total(plan, slice(0, 1))))
    assert found["planned"].iloc[1] == pytest.approx(700)
    assert found["planned_high"].iloc[1] == pytest.approx(np.quantile(total(plan, columns=slice(1, 2)), 0.9))
    assert list(effects(statistical, []).columns) == list(found.columns)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"amount": -1, "kind": VALUE}, "a number from 0 up"),
        ({"amount": -101}, "a number from -100 up"),
        ({"amount": float("nan")}, "a number from -100 up"),
        ({"amount": float("inf")}, "a number from -100 up"),
        ({"kind": "factor"}, "use 'value' or 'percent'"),
        ({"first": date(2021, 11, 8), "last": date(2021, 11, 7)}, "turn the days round"),
        ({"reason": "  "}, "reason of an override is empty"),
        ({"author": ""}, "author of an override is empty"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(given: dict, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        override(**given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"region": "r9"}, "the district 'r9'"),
        ({"category": "c9"}, "the category 'c9'"),
        ({"first": date(2021, 12, 1), "last": date(2021, 12, 2)}, "none of the days forecast, 2021-11-05 to 2021-11-09"),
    ],
)
def test_an_override_that_does_not_fit_the_forecast_is_refused(given: dict, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        overridden(forecast(), [override(**given)])


def test_an_override_reaches_as_far_as_the_forecast_does() -> None:
    wide = Override(date(2021, 1, 1), date(2022, 1, 1), PERCENT, 10, "all year", "Li")
    assert np.median(total(overridden(forecast(), [wide]))) == pytest.approx(1.1 * np.median(total(forecast())), rel=1e-6)
