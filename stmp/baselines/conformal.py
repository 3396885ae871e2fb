"""How far intervals have to be spread to hold what they promise, from days that their model had not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stmp.baselines.past import Array

CENTRAL = 0.8  # share of the errors that the interval should hold
LEAST_DAYS = 8  # held-out days of a sort, below which it shares the factor of all
BOUNDS = (0.5, 5.0)  # of a factor
NARROWEST = 1e-6  # half-width, in logs


def spread(errors: Array, half_width: Array, days: NDArray[np.int64], special: NDArray[np.bool_]) -> Array:
    """[2] factors by which to multiply the distance from the median, on ordinary days and on special ones (festivals, holidays).

    errors: [N, R, C, H] from the median, NaN where unknown.  half_width: [N, R, C, H] of the ``CENTRAL`` interval.
    days: [N, H] positions of the target days.  special: [N, H].
    """
    ratios = np.abs(errors) / np.maximum(half_width, NARROWEST)
    known = ~np.isnan(ratios)
    day = np.broadcast_to(days[:, None, None], ratios.shape)[known]
    sort = np.broadcast_to(special[:, None, None], ratios.shape)[known]
    common = _factor(ratios[known], day)
    apart = [sort == kind for kind in (False, True)]
    return np.array([_factor(ratios[known][of], day[of]) if len(np.unique(day[of])) >= LEAST_DAYS else common for of in apart])


def _factor(ratios: Array, day: NDArray[np.int64]) -> float:
    """The split-conformal quantile of |error| / half-width with a day as the unit; 1 where nothing was held out.

    The cells of a day err together, so it is days that are counted: each weighs alike, however many cells and origins it has, and
    the quantile is raised by 1 / days (Dunn, Wasserman and Ramdas, 2022, pooling of groups).
    """
    if not len(ratios):
        return 1.0
    _, of, count = np.unique(day, return_inverse=True, return_counts=True)
    level = min(1.0, CENTRAL * (1 + 1 / len(count)))
    return float(np.clip(np.quantile(ratios, level, weights=1 / count[of], method="inverted_cdf"), *BOUNDS))
