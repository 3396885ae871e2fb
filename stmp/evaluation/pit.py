"""Probability integral transforms: where actuals fall within their forecasts, and the histogram of it, which is flat if all is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
# The ends of the central 50, 80 and 95 % intervals and the median: a bin is what lies between two of them.
EDGES = (0.0, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 1.0)


def ranks(actual: Array, samples: Array) -> tuple[Array, Array]:
    """[..] and [..] ends of the span in which the PIT of each actual lies, NaN where there is none; samples [.., S].

    The actual takes one of S + 1 places among its samples, any of the places of those it equals, as counts often do; the randomised
    PIT is drawn evenly from the span (Czado, Gneiting and Held, 2009). Where an actual is one more sample, it is uniform on [0, 1].
    """
    below, equal = ((samples < actual[..., None]).sum(-1), (samples == actual[..., None]).sum(-1))
    places = samples.shape[-1] + 1
    missing = np.isnan(actual)
    return np.where(missing, np.nan, below / places), np.where(missing, np.nan, (below + equal + 1) / places)


def histogram(low: Array, high: Array) -> Array:
    """[B] share of the actuals in each bin of ``EDGES``, from the ends of ``ranks``; NaN without an actual.

    The mean of the histograms of all that the randomised PIT can be, so nothing is left to chance.
    """
    known = ~np.isnan(low)
    start, end = low[known][:, None], high[known][:, None]
    edges = np.array(EDGES)
    inside = np.clip(np.minimum(end, edges[1:]) - np.maximum(start, edges[:-1]), 0, None) / (end - start)
    return np.asarray(inside.mean(0)) if known.any() else np.full(len(EDGES) - 1, np.nan)
