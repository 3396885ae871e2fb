"""Factors that spread intervals, against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stmp.baselines.conformal import BOUNDS, LEAST_DAYS, spread

R, C = 3, 2


def found(ratio_of_day: np.ndarray, special: np.ndarray) -> np.ndarray:
    """Factors where every cell of day i errs ``ratio_of_day[i]`` half-widths; one origin a day."""
    half = np.full((len(ratio_of_day), R, C, 1), 0.5)
    return spread(0.5 * ratio_of_day[:, None, None, None] * np.ones((R, C, 1)), half, np.arange(len(special))[:, None], special[:, None])


def test_a_factor_is_the_conformal_quantile_over_days() -> None:
    """Of 10 days the quantile at 0.8 x 1.1: nine of ten must be held."""
    ratios = np.random.default_rng(0).permutation(np.arange(1, 11)) / 4
    ordinary, festival = found(ratios, np.zeros(10, dtype=bool))
    assert ordinary == pytest.approx(9 / 4)
    assert festival == ordinary  # none was held out


def test_each_sort_of_day_has_its_own_where_it_has_enough_days() -> None:
    days = 10 + LEAST_DAYS
    special = np.arange(days) >= 10
    ratios = np.where(special, 3.0, 1.2)
    np.testing.assert_allclose(found(ratios, special), [1.2, 3.0])
    special[-1] = False
    few = found(ratios, special)
    assert few[1] == 3.0 == np.quantile(ratios, 0.8 * (1 + 1 / days), method="inverted_cdf")  # that of all days
    assert few[0] == 1.2


def test_days_count_alike_however_often_they_were_forecast() -> None:
    """Nine days forecast once, a tenth from 90 origins: still nine of ten are to be held."""
    days = np.array([*range(9), *[9] * 90])
    ratios = np.where(days < 9, 1.0, 4.0)
    half = np.ones((len(days), R, C, 1))
    factor = spread(ratios[:, None, None, None] * half, half, days[:, None], np.zeros((len(days), 1), dtype=bool))
    assert factor[0] == 1.0


def test_what_is_missing_counts_for_nothing() -> None:
    errors = np.full((20, R, C, 1), 1.5)
    errors[:, 0] = np.nan
    errors[:5] = np.nan
    half, days, ordinary = np.ones(errors.shape), np.arange(20)[:, None], np.zeros((20, 1), dtype=bool)
    assert spread(errors, half, days, ordinary)[0] == 1.5
    np.testing.assert_array_equal(spread(np.full(errors.shape, np.nan), half, days, ordinary), [1, 1])


def test_a_factor_has_bounds() -> None:
    for ratio, bound in zip((1e-3, 1e3), BOUNDS, strict=True):
        np.testing.assert_array_equal(found(np.full(12, ratio), np.zeros(12, dtype=bool)), [bound, bound])


def test_intervals_spread_so_hold_what_they_promise() -> None:
    """Normal errors of which half is common to a day, against an interval that is half as wide as it should be."""
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(200):
        shared, own = rng.normal(size=(41, 1, 1, 1)), rng.normal(size=(41, 20, 1, 1))
        errors = (shared + own) / np.sqrt(2)
        factor = spread(errors[:40], np.full((40, 20, 1, 1), 0.64), np.arange(40)[:, None], np.zeros((40, 1), dtype=bool))[0]
        covered.append((np.abs(errors[40]) <= 0.64 * factor).mean())
    assert np.mean(covered) == pytest.approx(0.8, abs=0.05)
