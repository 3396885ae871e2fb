"""LightGBM: one global, direct quantile model over all regions, categories and lead times, refitted at every cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stmp.baselines.features import CATEGORICAL, Features
from stmp.baselines.past import Array, require_history
from stmp.baselines.residuals import Residuals
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.market.calendar import KINDS
from stmp.scenario import Scenario

LEVELS = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.975)
SETTINGS = {
    "objective": "quantile",
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
ROWS = 80_000  # most training rows
CELLS = 1_200_000  # most cells looked at to choose them from
HIDE = 0.5  # share of training origins at which festivals and holidays have no name and no past of their own
WEIGHT = 4  # of a festival or holiday: a quantile loss bounds each row's pull, and few rows are left to the many
HELD_OUT = 0.25  # share of the origins, the latest, on which the dependence between cells is measured
SHORTEST = 28  # days before the first training origin


@dataclass(frozen=True)
class _Rows:
    """Training rows: columns [N, F], target [N], the position of its origin [N]."""

    names: list[str]
    columns: NDArray[np.float32]
    target: NDArray[np.float32]
    origin: NDArray[np.int64]


class LightGBM(Forecaster):
    """Quantiles of the log volume relative to the recent level, on ordinary days to that of the weekday; samples are read off between them.

    The samples of a day's cells take the order that the errors of the median had together on held-out days, so that totals are not
    too sure of themselves.
    """

    name = "lightgbm"

    def __init__(self, rounds: int = 250) -> None:
        self.rounds = rounds

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] samples. Raises CutoffError when the view is too short to learn from."""
        require_history(view, SHORTEST + 2 * horizon, self.name)
        random = np.random.default_rng(seed)
        features = Features(view, horizon)
        rows = _training_rows(features, random)
        changed = Features(scenario.apply(view), horizon)
        origin = changed.past.days - 1
        query = changed.rows(origin)[1]
        models = [self._fit(rows, rows.origin >= 0, level, seed) for level in LEVELS]
        quantiles = np.sort(np.stack([_predicted(model, query) for model in models], axis=-1), axis=-1)
        special = ~changed.past.ordinary[origin + 1 : origin + 1 + horizon]
        uniforms = self._residuals(features, rows, seed, random).uniforms(special, samples)
        drawn = _between(quantiles, uniforms) + changed.base(origin)[..., None]
        return np.maximum(np.expm1(np.clip(drawn, 0, 25)), 0).astype(np.float32)

    def _fit(self, rows: _Rows, chosen: NDArray[np.bool_], level: float, seed: int):  # type: ignore[no-untyped-def]  # LightGBM has no types
        import lightgbm

        categorical = [rows.names.index(name) for name in CATEGORICAL]
        columns = rows.columns[chosen]
        weight = np.where(columns[:, rows.names.index("kind")] >= KINDS.index("holiday"), WEIGHT, 1)
        data = lightgbm.Dataset(columns, rows.target[chosen], weight=weight, categorical_feature=categorical)
        return lightgbm.train(SETTINGS | {"seed": seed, "alpha": level}, data, self.rounds)

    def _residuals(self, features: Features, rows: _Rows, seed: int, random: np.random.Generator) -> Residuals:
        """Errors of a median fitted before the held-out origins, on those."""
        origins = np.unique(rows.origin)
        held_out = origins[-max(1, round(HELD_OUT * len(origins))) :]
        earlier = rows.origin + features.horizon <= held_out[0]
        model = self._fit(rows, earlier if earlier.any() else rows.origin >= 0, 0.5, seed)
        chosen = held_out[:: max(1, len(held_out) // 40)]
        errors = [features.targets(origin) - _predicted(model, features.rows(origin)[1]) for origin in chosen]
        special = [~features.past.ordinary[origin + 1 : origin + 1 + features.horizon] for origin in chosen]
        return Residuals(np.stack(errors), np.stack(special), random)


def _training_rows(features: Features, random: np.random.Generator) -> _Rows:
    """Rows at past origins, thinned out evenly to ``ROWS``."""
    past, cells = features.past, int(np.prod(features.shape))
    last, first = past.days - 1 - features.horizon, SHORTEST - 1
    step = max(1, -(-(last - first + 1) * cells // CELLS))
    step += step % 7 == 0  # so that every weekday meets every lead time
    origins = np.arange(last, first - 1, -step)[::-1]
    share = min(1.0, ROWS / (len(origins) * cells))
    parts = []
    for origin in origins:
        names, columns = features.rows(int(origin), named=bool(random.random() >= HIDE))
        target = features.targets(int(origin))
        chosen = (random.random(target.shape) < share) & ~np.isnan(target)
        parts.append((columns[chosen], target[chosen], np.full(chosen.sum(), origin)))
    columns, targets, of = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Rows(names, columns, targets.astype(np.float32), of)


def _predicted(model, columns: NDArray[np.float32]) -> Array:  # type: ignore[no-untyped-def]
    return np.asarray(model.predict(columns.reshape(-1, columns.shape[-1]))).reshape(columns.shape[:-1])


def _between(quantiles: Array, uniforms: Array) -> Array:
    """[.., S] inverse of the distribution function by linear interpolation of ``LEVELS``; the outermost slopes go on beyond them."""
    levels = np.array(LEVELS)
    right = np.clip(np.searchsorted(levels, uniforms), 1, len(levels) - 1)
    low, high = (np.take_along_axis(quantiles, right - step, axis=-1) for step in (1, 0))
    return np.asarray(low + (high - low) * (uniforms - levels[right - 1]) / (levels[right] - levels[right - 1]))
