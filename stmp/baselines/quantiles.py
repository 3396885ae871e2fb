"""Samples from a few quantiles."""

from __future__ import annotations

import numpy as np

from stmp.baselines.past import Array

LEVELS = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.975)


def between(quantiles: Array, uniforms: Array) -> Array:
    """[.., S] inverse of the distribution function by linear interpolation of ``LEVELS``; the outermost slopes go on beyond them."""
    levels = np.array(LEVELS)
    right = np.clip(np.searchsorted(levels, uniforms), 1, len(levels) - 1)
    low, high = (np.take_along_axis(quantiles, right - step, axis=-1) for step in (1, 0))
    return np.asarray(low + (high - low) * (uniforms - levels[right - 1]) / (levels[right] - levels[right - 1]))
