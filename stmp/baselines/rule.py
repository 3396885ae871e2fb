"""Forecasters that follow a rule without learning: a path, and samples from the errors the rule made before."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from stmp.baselines.past import Array, Past, require_history
from stmp.baselines.residuals import Residuals
from stmp.forecast import Forecaster
from stmp.market import DateType, Market
from stmp.scenario import Scenario

ORIGINS = 40  # past origins whose errors make the samples
SPACING = 11  # days between them: not a multiple of 7, so that every weekday meets every lead time
SHORTEST = 8  # days before the first of them


class RuleForecaster(Forecaster):
    """Samples are the rule's path plus its errors at past origins, in units of the path or of the level, whichever is larger:
    an error at a peak scales with the peak, and a path near 0 does not blow one up.

    The path stays the median of each cell: a cell has few past errors, and their own median says more of chance than of the rule."""

    @abstractmethod
    def day(self, past: Past, origin: int, target: int, date_type: DateType) -> Array:
        """[R, C] the day at position ``target`` as a day of ``date_type``, from nothing later than ``origin``."""

    def path(self, past: Past, origin: int, horizon: int) -> Array:
        """[R, C, H] the days after ``origin``; a blend of date types is the blend of their forecasts."""
        days = []
        for target in range(origin + 1, origin + 1 + horizon):
            parts = [weight * self.day(past, origin, target, date_type) for date_type, weight in past.blend(target).items()]
            days.append(np.sum(parts, axis=0))
        return np.stack(days, axis=-1)

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] samples. Raises CutoffError when the view is too short to have made an error."""
        require_history(view, SHORTEST + horizon, self.name)
        residuals = self._residuals(Past(view), horizon, np.random.default_rng(seed))
        changed = Past(scenario.apply(view))
        path = self.path(changed, changed.days - 1, horizon)[..., None]
        size = np.maximum(path, changed.level[..., -1:, None])
        errors = residuals.draw(~changed.ordinary[changed.days : changed.days + horizon], samples)
        centred = errors - np.median(errors, axis=-1, keepdims=True)
        return np.maximum(path + size * centred, 0).astype(np.float32)

    def _residuals(self, past: Past, horizon: int, random: np.random.Generator) -> Residuals:
        last = past.days - 1 - horizon
        errors, special = [], []
        for origin in range(last, max(SHORTEST - 2, last - ORIGINS * SPACING), -SPACING):
            path = self.path(past, origin, horizon)
            size = np.maximum(path, past.level[..., origin, None])
            ahead = slice(origin + 1, origin + 1 + horizon)
            errors.append((past.orders[..., ahead] - path) / np.where(size > 0, size, np.nan))
            special.append(~past.ordinary[ahead])
        return Residuals(np.stack(errors), np.stack(special), random)
