"""Scores as pure functions. A cell whose actual, or whose scale, is NaN is left out; a score with nothing left to score is NaN.

The point forecast of WAPE and MASE is the median, whose loss they are; that of the squared error and the bias is the mean.
All forecasters are scored alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
SEASON = 7


def wape(actual: Array, forecast: Array) -> float:
    """sum |y - f| / sum |y|; NaN where nothing was sold."""
    return _ratio(np.abs(actual - forecast), actual)


def mse_rel(actual: Array, forecast: Array, scale: Array) -> float:
    """Mean of ((y - f) / scale)^2, ``scale`` being each series' mean over the view (``mean_scale``), so that districts weigh alike."""
    return _mean(((actual - forecast) / scale) ** 2)


def mase(actual: Array, forecast: Array, scale: Array) -> float:
    """Mean of |y - f| / scale, ``scale`` from ``seasonal_scale`` (Hyndman and Koehler, 2006)."""
    return _mean(np.abs(actual - forecast) / scale)


def bias(actual: Array, forecast: Array) -> float:
    """sum (f - y) / sum |y|: positive when too much is forecast."""
    return _ratio(forecast - actual, actual)


def crps(actual: Array, samples: Array) -> float:
    """Summed CRPS over summed actuals, in the units of WAPE: the two agree for a forecast whose samples are all alike."""
    return crps_of(actual, crps_cells(actual, samples))


def crps_of(actual: Array, scores: Array) -> float:
    """The same from the score of each cell, as ``crps_cells`` gives it."""
    return _ratio(scores, actual)


def crps_cells(actual: Array, samples: Array) -> Array:
    """[..] continuous ranked probability score of the empirical distribution of samples [.., S]: E|X - y| - E|X - X'| / 2.

    Gneiting and Raftery, 2007. The second expectation is taken over all pairs, from the sorted samples in S log S.
    """
    ordered = np.sort(samples.astype(np.float64), axis=-1)
    count = ordered.shape[-1]
    weights = 2 * np.arange(1, count + 1) - count - 1
    return np.asarray(np.abs(ordered - actual[..., None]).mean(-1) - (ordered * weights).sum(-1) / count**2)


def coverage(actual: Array, samples: Array, level: float) -> float:
    """Share of the actuals inside the central interval of ``level``, ends included."""
    low, high = central(samples, level)
    return _mean(np.where(np.isnan(actual), np.nan, (actual >= low) & (actual <= high)))


def width(actual: Array, samples: Array, level: float) -> float:
    """Mean width of the central interval of ``level``, relative to the mean actual."""
    low, high = central(samples, level)
    return _ratio(high - low, actual)


def central(samples: Array, level: float) -> tuple[Array, Array]:
    """[..] bounds of the interval that leaves (1 - level) / 2 of the samples [.., S] on either side."""
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=-1)
    return low, high


def mean_scale(history: Array) -> Array:
    """[.., 1] mean of a history [.., D]; NaN for a series that sold nothing, which has no scale."""
    return _scale(history)


def seasonal_scale(history: Array, season: int = SEASON) -> Array:
    """[.., 1] mean |y_t - y_(t - season)| over a history [.., D], the in-sample error of the seasonal naive; NaN where there is none."""
    return _scale(np.abs(history[..., season:] - history[..., :-season]))


def _scale(values: Array) -> Array:
    there = ~np.isnan(values)
    total = np.where(there, values, 0).sum(-1, keepdims=True, dtype=np.float64)
    return np.where(total > 0, total / np.maximum(there.sum(-1, keepdims=True), 1), np.nan)


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean(dtype=np.float64)) if known.size else float("nan")


def _ratio(top: Array, actual: Array) -> float:
    """Sum of ``top`` over sum of |actual|, on the cells that have an actual."""
    there = ~np.isnan(actual)
    sold = np.abs(actual[there]).sum(dtype=np.float64)
    return float(top[there].sum(dtype=np.float64) / sold) if sold > 0 else float("nan")
