"""General neural forecasters of neuralforecast on the same panel and calendar, to be compared with STMP and the baselines.

python -m benchmarks.neural benchmarks/markets/parcels --cutoffs 2021-12-01 --horizon 21 --out runs/results/neural.json
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.results import table
from stmp.baselines.past import Array, Past, first_known, levels, require_history
from stmp.baselines.quantiles import LEVELS, between
from stmp.baselines.residuals import Residuals
from stmp.evaluation import evaluate
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.market.calendar import KINDS, PHASES
from stmp.market.load import load_market
from stmp.scenario import Scenario
from stmp.tasks import distances

INPUT = 56  # days of a window
SETTINGS: dict[str, dict[str, Any]] = {
    "nhits": {"mlp_units": 3 * [[256, 256]], "dropout_prob_theta": 0.1},
    "tft": {"hidden_size": 32},
    "tide": {"hidden_size": 128, "temporal_decoder_dim": 64},
}
BUDGET = {"max_steps": 500, "learning_rate": 1e-3, "batch_size": 32, "windows_batch_size": 128}
QUIET = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "enable_checkpointing": False}
ORIGINS, SPACING = 40, 11  # past origins at which the dependence of cells is measured, as for the rules
FAR = 60  # days at which a distance to a festival counts as 1


class Panel:
    """What the networks read of every series (region x category, category fastest), day by day.

    columns: what is known of days past, [N, D]: y (log1p), available_mask, streams.  ahead: what is known ahead, [N, D + horizon].
    """

    def __init__(self, market: Market, horizon: int = 0) -> None:
        past = Past(market)
        self.days, self.dates = past.days, pd.date_range(market.dates[0], periods=past.days + horizon)
        y, there = np.log1p(first_known(past.orders, past.level)), ~np.isnan(past.orders)
        self.columns = {"y": self._flat(y), "available_mask": self._flat(there.astype(float))}
        self.streams = list(market.past)
        for name, values in market.past.items():
            relative = np.log1p(values) - np.log1p(levels(values.astype(float), past.ordinary[: past.days]))
            self.columns[name] = self._flat(np.nan_to_num(relative))
        series = len(self.columns["y"])
        known = {f"known {name}": np.nan_to_num(values) for name, values in market.known.items()}  # [R, D']
        self.ahead = {name: np.tile(column, (series, 1)) for name, column in _calendar(market).items()}
        self.ahead |= {name: np.repeat(values, series // len(values), axis=0) for name, values in known.items()}
        self.ahead = {name: values[:, past.first :][:, : len(self.dates)] for name, values in self.ahead.items()}

    def table(self, starts: Sequence[int], length: int, *, ahead: bool = False) -> pd.DataFrame:
        """A row per series and day, ``length`` days from each start; every start has series of its own, named by number."""
        columns = self.ahead if ahead else self.columns | self.ahead
        ids = np.arange(len(starts) * len(self.columns["y"])).repeat(length)
        days = np.concatenate([np.tile(self.dates[start : start + length], len(self.columns["y"])) for start in starts])
        values = {name: np.concatenate([v[:, s : s + length].ravel() for s in starts]) for name, v in columns.items()}
        return pd.DataFrame({"unique_id": ids, "ds": days, **values})

    @staticmethod
    def _flat(values: Array) -> Array:
        return values.reshape(-1, values.shape[-1])


def _calendar(market: Market) -> dict[str, Array]:
    """[D'] known-ahead columns between 0 and 1: weekday, workday, kind of day, festival phase, and distances."""
    calendar = market.calendar
    columns = {f"weekday {day}": calendar.dates.dayofweek == day for day in range(6)} | {"workday": calendar.workday}
    columns |= {kind: np.array([t.kind == kind for t in calendar.types]) for kind in KINDS[2:]}
    columns |= {phase: np.array([t.phase == phase for t in calendar.types]) for phase in PHASES}
    for name in ("peak", "holiday"):
        for side, days in zip(("to", "since"), distances(np.asarray(columns[name]), FAR), strict=True):
            columns[f"{side} {name}"] = days / FAR
    columns |= {f"known {name}": values.to_numpy() for name, values in calendar.covariates.items()}
    return {name: np.nan_to_num(np.asarray(column, dtype=float)) for name, column in columns.items()}


def network(name: str, horizon: int, panel: Panel, seed: int, **settings: Any) -> Any:
    """A network of neuralforecast, not fitted, in a ``NeuralForecast``; ``settings`` go before those of this file."""
    from neuralforecast import NeuralForecast, models
    from neuralforecast.losses.pytorch import MQLoss

    for logger in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch"):
        logging.getLogger(logger).setLevel(logging.ERROR)

    class Calendared(getattr(models, {"nhits": "NHITS", "tft": "TFT", "tide": "TiDE"}[name])):  # type: ignore[misc]
        """Scales each window's y alone: scaled by its window, a festival's 0/1 column would mean another thing in each."""

        def _get_temporal_exogenous_cols(self, temporal_cols: pd.Index) -> list[str]:
            return []

    model = Calendared(
        h=horizon,
        input_size=INPUT,
        hist_exog_list=panel.streams,
        futr_exog_list=list(panel.ahead),
        loss=MQLoss(quantiles=list(LEVELS)),
        scaler_type="robust",
        start_padding_enabled=True,
        random_seed=seed,
        accelerator="cpu",
        alias=name,
        **(SETTINGS[name] | BUDGET | QUIET | settings),
    )
    return NeuralForecast([model], freq="D")


class Neural(Forecaster):
    """One global network over all regions and categories, fitted anew at every cutoff, with MQLoss on log1p volumes.

    The samples of a day's cells take the order that the errors of the median had together at past origins. These are errors on days
    that the network was fitted to: they give the dependence, not the width of the intervals, which is the network's own.
    """

    def __init__(self, name: str, **settings: Any) -> None:
        self.name, self.settings = name, settings

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] samples. Raises CutoffError when the view is too short for a window and a horizon to learn from."""
        require_history(view, INPUT + 2 * horizon, self.name)
        panel, changed = Panel(view, horizon), Panel(scenario.apply(view), horizon)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = network(self.name, horizon, panel, seed, **self.settings)
            fitted.fit(panel.table([0], panel.days))
            origins = np.arange(panel.days - 1 - horizon, INPUT - 2, -SPACING)[:ORIGINS]
            past = self._quantiles(fitted, panel, origins, horizon)
            quantiles = self._quantiles(fitted, changed, [panel.days - 1], horizon)[0]
        days = origins[:, None] + np.arange(1, horizon + 1)
        shape = (len(view.regions), len(view.categories), horizon)
        logs = np.log1p(Past(view).orders)[..., days].transpose(2, 0, 1, 3)
        errors = logs - past[..., LEVELS.index(0.5)].reshape(-1, *shape)
        ordinary = Past(scenario.apply(view)).ordinary
        residuals = Residuals(errors, ~Past(view).ordinary[days], np.random.default_rng(seed))
        uniforms = residuals.uniforms(~ordinary[panel.days : panel.days + horizon], samples)
        drawn = between(quantiles.reshape(*shape, -1), uniforms)
        return np.maximum(np.expm1(np.clip(drawn, 0, 25)), 0).astype(np.float32)

    def _quantiles(self, fitted: Any, panel: Panel, origins: Sequence[int] | NDArray[np.int64], horizon: int) -> Array:
        """[N, R x C, H, Q] at each origin."""
        windows = panel.table([origin - INPUT + 1 for origin in origins], INPUT)
        found = fitted.predict(df=windows, futr_df=panel.table([origin + 1 for origin in origins], horizon, ahead=True))
        values = found.sort_values(["unique_id", "ds"]).drop(columns=["unique_id", "ds"]).to_numpy()
        return np.sort(values.reshape(len(origins), -1, horizon, len(LEVELS)), axis=-1)


def main() -> None:
    """Score the networks as ``stmp evaluate`` does, and print the table and the seconds each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--cutoffs", required=True, help="dates with commas between them")
    parser.add_argument("--horizon", type=int, default=14)
    parser.add_argument("--models", default=",".join(SETTINGS))
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    began: list[tuple[str, pd.Timestamp, float]] = []

    def report(model: str, cutoff: pd.Timestamp) -> None:
        began.append((model, cutoff, time.perf_counter()))

    forecasters = [Neural(name) for name in asked.models.split(",")]
    cutoffs = [pd.Timestamp(cutoff) for cutoff in asked.cutoffs.split(",")]
    evaluate(forecasters, load_market(asked.market), cutoffs, asked.horizon, report=report).write(asked.out)
    ends = [start for _, _, start in began[1:]] + [time.perf_counter()]
    print(table(asked.out), "", sep="\n")
    for (model, cutoff, start), end in zip(began, ends, strict=True):
        print(f"{model} {cutoff:%Y-%m-%d}: {end - start:.0f} s")


if __name__ == "__main__":
    main()
