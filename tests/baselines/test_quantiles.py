"""Samples between quantiles, against numpy's interpolation."""

from __future__ import annotations

import numpy as np

from stmp.baselines.quantiles import LEVELS, between


def test_samples_are_read_off_between_the_quantiles() -> None:
    quantiles = np.sort(np.random.default_rng(0).normal(size=(2, 3, len(LEVELS))), axis=-1)
    inside = np.linspace(LEVELS[0], LEVELS[-1], 50)
    drawn = between(quantiles, np.broadcast_to(inside, (2, 3, 50)))
    for cell in np.ndindex(2, 3):
        np.testing.assert_allclose(drawn[cell], np.interp(inside, LEVELS, quantiles[cell]))
    everywhere = np.linspace(0, 1, 101)
    assert (np.diff(between(quantiles, np.broadcast_to(everywhere, (2, 3, 101))), axis=-1) >= 0).all()
    beyond = between(quantiles, np.ones((2, 3, 1)))[..., 0]
    slope = (quantiles[..., -1] - quantiles[..., -2]) / (LEVELS[-1] - LEVELS[-2])
    np.testing.assert_allclose(beyond, quantiles[..., -1] + slope * (1 - LEVELS[-1]))
