"""AutoETS of statsforecast, a series at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from stmp.baselines.past import Array, Past, require_history
from stmp.baselines.residuals import Residuals
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.scenario import Scenario

HISTORY = 182  # days
SEASON = 7
SHORTEST = 3 * SEASON
LEVEL = 80  # of the interval whose width gives the spread


class AutoETS(Forecaster):
    """Exponential smoothing with a weekly season, chosen by AICc, on log1p volumes.

    It has no place for a calendar, so festivals, holidays and missing days of its history are replaced by the same weekday before,
    lest they shake its level. Samples are normal with the model's own spread, and depend on each other as its past errors do.
    """

    name = "auto_ets"

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] samples. Raises CutoffError when the view is too short."""
        from statsforecast.models import AutoETS as Model

        require_history(view, SHORTEST + horizon, self.name)
        history = np.log1p(_clean(Past(scenario.apply(view))))
        centre, spread = (np.empty((*history.shape[:2], horizon)) for _ in range(2))
        errors = np.empty_like(history)
        for series in np.ndindex(history.shape[:2]):
            found = Model(season_length=SEASON).forecast(history[series], h=horizon, level=[LEVEL], fitted=True)
            centre[series] = found["mean"]
            spread[series] = (found[f"hi-{LEVEL}"] - found["mean"]) / norm.ppf(0.5 + LEVEL / 200)
            errors[series] = history[series] - found["fitted"]
        stretches = np.lib.stride_tricks.sliding_window_view(errors, horizon, axis=-1).transpose(2, 0, 1, 3)
        ordinary = np.zeros((len(stretches), horizon), dtype=bool)
        uniforms = Residuals(stretches, ordinary, np.random.default_rng(seed)).uniforms(ordinary[0], samples)
        drawn = centre[..., None] + np.nan_to_num(spread)[..., None] * norm.ppf(uniforms)
        return np.expm1(np.clip(drawn, 0, 25)).astype(np.float32)


def _clean(past: Past) -> Array:
    """[R, C, HISTORY] ordinary days as they were; others, and missing ones, the same weekday before, else the level now."""
    values = np.where(past.ordinary[: past.days], past.orders, np.nan)[..., -HISTORY:]
    for day in range(SEASON, values.shape[-1]):
        values[..., day] = np.where(np.isnan(values[..., day]), values[..., day - SEASON], values[..., day])
    return np.where(np.isnan(values), past.level[..., -1:], values)
