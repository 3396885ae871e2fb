"""Joint samples from the errors that a forecaster made at past origins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stmp.baselines.past import Array


class Residuals:
    """Errors of N past origins. Ordinary days and special ones (festivals, holidays) are kept apart, each around its own median.

    A draw takes a whole origin, so regions, categories and days keep their dependence; where a target day is special and the origin's
    is not, or the other way round, it takes a whole day of the right sort instead, if there is any.
    """

    def __init__(self, errors: Array, special: NDArray[np.bool_], random: np.random.Generator) -> None:
        """errors: [N, R, C, H], NaN where unknown.  special: [N, H]."""
        self.random, self.special = random, special
        by_day = errors.transpose(0, 3, 1, 2).copy()  # [N, H, R, C]
        for sort in (False, True):
            known = by_day[special == sort]
            if not np.isnan(known).all():
                by_day[special == sort] = known - np.nanmedian(known)
        self.by_day = self._filled(by_day)

    def _filled(self, by_day: Array) -> Array:
        """An unknown error is that of another region on the same day, drawn at random; 0 where no region has one."""
        for origin, day, category in np.argwhere(np.isnan(by_day).any(axis=2)):
            column = by_day[origin, day, :, category]
            missing = np.isnan(column)
            column[missing] = 0 if missing.all() else self.random.choice(column[~missing], missing.sum())
        return by_day

    def draw(self, special: NDArray[np.bool_], samples: int) -> Array:
        """[R, C, H, S] errors for target days that are special or not [H]."""
        horizon = len(special)
        origin = np.broadcast_to(self.random.integers(len(self.by_day), size=samples), (horizon, samples)).copy()
        day = np.broadcast_to(np.arange(horizon)[:, None], origin.shape).copy()
        for target, sort in enumerate(special):
            pool = np.argwhere(self.special == sort)
            other = np.flatnonzero(self.special[origin[target], target] != sort)
            if len(pool) and len(other):
                origin[target, other], day[target, other] = pool[self.random.integers(len(pool), size=len(other))].T
        return self.by_day[origin, day].transpose(2, 3, 0, 1)

    def uniforms(self, special: NDArray[np.bool_], samples: int) -> Array:
        """[R, C, H, S] uniform draws, evenly spread in every cell and as dependent over the cells as the errors.

        The Schaake shuffle: each cell's draws take the order of the errors drawn (Clark et al., 2004); ties fall at random.
        """
        drawn = self.draw(special, samples)
        tie = self.random.random(drawn.shape)
        rank = np.lexsort((tie, drawn), axis=-1).argsort(axis=-1)
        return (rank + self.random.random(drawn.shape)) / samples
