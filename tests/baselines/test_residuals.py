"""Samples from past errors keep each cell's distribution and the dependence between cells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from stmp.baselines.residuals import Residuals

N, R, C, H = 60, 3, 2, 4


def residuals(errors: np.ndarray, special: np.ndarray | None = None, seed: int = 0) -> Residuals:
    nothing = np.zeros((errors.shape[0], errors.shape[-1]), dtype=bool)
    return Residuals(errors, nothing if special is None else special, np.random.default_rng(seed))


def common_errors() -> np.ndarray:
    """Region 1 errs as region 0 does, region 2 the other way; each day by itself."""
    shock = np.random.default_rng(1).normal(size=(N, 1, C, H))
    return shock * np.array([1.0, 1.0, -1.0])[:, None, None]


def test_a_draw_is_a_whole_origin_around_the_median() -> None:
    errors = np.arange(N, dtype=float)[:, None, None, None] + np.zeros((N, R, C, H))
    drawn = residuals(errors).draw(np.zeros(H, dtype=bool), 500)
    assert drawn.shape == (R, C, H, 500)
    assert (drawn == drawn[:1, :1, :1]).all()
    assert set(drawn[0, 0, 0]) <= set(np.arange(N) - (N - 1) / 2)
    assert len(set(drawn[0, 0, 0])) > 0.9 * N


def test_special_days_take_the_errors_of_special_days() -> None:
    special = np.zeros((N, H), dtype=bool)
    special[:5, 1] = True
    errors = np.full((N, R, C, H), 7.0)
    errors[..., 3] = 9.0
    errors[:5, ..., 1] = np.array([100, 110, 120, 130, 140])[:, None, None]
    made = residuals(errors, special)
    target = np.array([False, False, True, False])
    drawn = made.draw(target, 400)
    assert set(np.unique(drawn[:, :, 2])) == {-20, -10, 0, 10, 20}  # around the median of their own, 120
    # The others around that of the ordinary ones, 7. Where the origin's own day is special, any ordinary day stands in.
    assert set(np.unique(drawn[:, :, 0])) == {0}
    assert set(np.unique(drawn[:, :, 1])) == {0, 2}
    assert set(np.unique(drawn[:, :, 3])) == {2}
    assert (drawn[:, :, 2] == drawn[:1, :1, 2]).all()  # one day for all regions


def test_without_special_days_the_others_stand_in() -> None:
    drawn = residuals(common_errors()).draw(np.ones(H, dtype=bool), 100)
    assert np.isfinite(drawn).all()
    assert drawn.std() > 0


def test_an_unknown_error_is_that_of_another_region_on_the_day() -> None:
    errors = np.arange(N * H, dtype=float).reshape(N, 1, 1, H) + np.zeros((N, R, C, H))
    errors[:, 2, 1] = np.nan
    errors[0, :, :, 0] = np.nan
    filled = residuals(errors).by_day
    np.testing.assert_array_equal(filled[1:, :, 2, 1], filled[1:, :, 0, 1])
    assert (filled[0, 0] == 0).all()


def test_uniforms_are_evenly_spread_in_every_cell() -> None:
    samples = 50
    drawn = residuals(common_errors()).uniforms(np.zeros(H, dtype=bool), samples)
    assert drawn.shape == (R, C, H, samples)
    ranks = np.sort(np.floor(drawn * samples), axis=-1)
    assert (ranks == np.arange(samples)).all()


def test_uniforms_are_as_dependent_as_the_errors() -> None:
    drawn = residuals(common_errors()).uniforms(np.zeros(H, dtype=bool), 2000)
    assert spearmanr(drawn[0, 0, 0], drawn[1, 0, 0]).statistic > 0.99
    assert spearmanr(drawn[0, 0, 0], drawn[2, 0, 0]).statistic < -0.99
    assert abs(spearmanr(drawn[0, 0, 0], drawn[0, 1, 0]).statistic) < 0.3  # each category by itself
    assert abs(spearmanr(drawn[0, 0, 0], drawn[0, 0, 1]).statistic) < 0.3  # each day by itself


def test_a_dependence_over_days_is_kept() -> None:
    shock = np.random.default_rng(2).normal(size=(N, 1, 1, 1)) + np.zeros((N, R, C, H))
    drawn = residuals(shock).uniforms(np.zeros(H, dtype=bool), 2000)
    assert spearmanr(drawn[0, 0, 0], drawn[2, 1, 3]).statistic > 0.99


def test_totals_are_as_wide_as_their_dependence_makes_them() -> None:
    """Errors that go together make a total as wide as the sum of its parts; errors of their own do not."""
    alone = np.random.default_rng(3).normal(size=(400, 20, 1, 1))
    together = np.random.default_rng(3).normal(size=(400, 1, 1, 1)) + np.zeros((400, 20, 1, 1))
    spread = [residuals(errors).draw(np.zeros(1, dtype=bool), 4000).sum(axis=0).std() for errors in (alone, together)]
    assert spread[0] == pytest.approx(np.sqrt(20), rel=0.15)
    assert spread[1] == pytest.approx(20, rel=0.15)
