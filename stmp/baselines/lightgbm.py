"""LightGBM: one global, direct quantile model over all regions, categories and lead times, refitted at every cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stmp.baselines.conformal import spread
from stmp.baselines.features import CATEGORICAL, Features
from stmp.baselines.past import Array, require_history
from stmp.baselines.quantiles import LEVELS, between
from stmp.baselines.residuals import Residuals
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.market.calendar import KINDS
from stmp.scenario import Scenario

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
HELD_OUT = 0.5  # share of the origins, the latest, on whose errors intervals are calibrated and the dependence of cells is measured
FOLDS = 2  # of them, each forecast by models fitted before it
FOLD_ORIGINS = 40  # about as many are looked at in a fold, the latest among them
INNER = (0.1, 0.5, 0.9)  # the interval that is calibrated, and its middle
SHORTEST = 28  # days before the first training origin


@dataclass(frozen=True)
class _Rows:
    """Training rows: columns [N, F], target [N], the position of its origin [N]."""

    names: list[str]
    columns: NDArray[np.float32]
    target: NDArray[np.float32]
    origin: NDArray[np.int64]


@dataclass(frozen=True)
class _HeldOut:
    """Errors of the median and half-widths of the ``INNER`` interval [N, R, C, H]; target days, and whether special [N, H]."""

    errors: Array
    half_width: Array
    days: NDArray[np.int64]
    special: NDArray[np.bool_]


class LightGBM(Forecaster):
    """Quantiles of the log volume relative to the recent level, on ordinary days to that of the weekday; samples are read off between them.

    Trees are too sure of days of which they saw few: the quantiles are spread about the median as far as errors on held-out days ask for
    (``conformal``). The samples of a day's cells take the order that these errors had together, so that totals are not too sure either.
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
        held_out = self._held_out(features, rows, seed)
        special = ~changed.past.ordinary[origin + 1 : origin + 1 + horizon]
        middle = quantiles[..., LEVELS.index(0.5), None]
        factor = spread(held_out.errors, held_out.half_width, held_out.days, held_out.special)[special.astype(int)]
        uniforms = Residuals(held_out.errors, held_out.special, random).uniforms(special, samples)
        drawn = between(middle + factor[:, None] * (quantiles - middle), uniforms) + changed.base(origin)[..., None]
        return np.maximum(np.expm1(np.clip(drawn, 0, 25)), 0).astype(np.float32)

    def _fit(self, rows: _Rows, chosen: NDArray[np.bool_], level: float, seed: int):  # type: ignore[no-untyped-def]  # LightGBM has no types
        import lightgbm

        categorical = [rows.names.index(name) for name in CATEGORICAL]
        columns = rows.columns[chosen]
        weight = np.where(columns[:, rows.names.index("kind")] >= KINDS.index("holiday"), WEIGHT, 1)
        data = lightgbm.Dataset(columns, rows.target[chosen], weight=weight, categorical_feature=categorical)
        return lightgbm.train(SETTINGS | {"seed": seed, "alpha": level}, data, self.rounds)

    def _held_out(self, features: Features, rows: _Rows, seed: int) -> _HeldOut:
        """How models fitted before the held-out origins did on these; on all rows where there is nothing before them."""
        origins = np.unique(rows.origin)
        later = origins[origins >= origins[0] + features.horizon]
        held_out = later[-round(HELD_OUT * len(origins)) :] if len(later) else origins[-1:]
        chosen, quantiles = [], []
        for fold in np.array_split(held_out, min(FOLDS, len(held_out))):
            earlier = rows.origin + features.horizon <= fold[0]
            models = [self._fit(rows, earlier if earlier.any() else ~earlier, level, seed) for level in INNER]
            for origin in fold[:: -max(1, len(fold) // FOLD_ORIGINS)]:
                columns = features.rows(origin)[1]
                chosen.append(origin)
                quantiles.append(np.sort(np.stack([_predicted(model, columns) for model in models]), axis=0))
        low, middle, high = np.stack(quantiles, axis=1)
        days = np.array(chosen)[:, None] + np.arange(1, features.horizon + 1)
        targets = np.stack([features.targets(origin) for origin in chosen])
        return _HeldOut(targets - middle, (high - low) / 2, days, ~features.past.ordinary[days])


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
