"""Many forecasters on the same windows, scored alike."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.evaluation import metrics
from stmp.evaluation.window import SEGMENTS, Window, rolling_windows
from stmp.files import whole_file
from stmp.forecast import Forecast, Forecaster
from stmp.market import Market

ALL = "all"  # every segment, or every cutoff


@dataclass(frozen=True)
class Score:
    """Scores of one model on one segment, at one cutoff or pooled over all of them; the terms are those of ``metrics``.

    n: (region, category, day) cells scored, of an hourly market one for each hour.  days: target days they lie on.
    total_wape, total_coverage80: of each day's (or hour's) sum over regions and categories, from the joint samples.
    """

    model: str
    segment: str
    cutoff: str
    n: int
    days: int
    wape: float
    mse_rel: float
    mase: float
    bias: float
    crps: float
    coverage50: float
    coverage80: float
    coverage95: float
    width50: float
    width80: float
    width95: float
    total_wape: float
    total_coverage80: float


@dataclass(frozen=True)
class Evaluation:
    """Scores with where they come from."""

    market: str
    simulated: bool
    data_digest: str
    cutoffs: tuple[str, ...]
    horizon: int
    samples: int
    seed: int
    trained_until: str | None
    scores: tuple[Score, ...]

    def write(self, path: Path) -> None:
        """Write as JSON, whole or not at all; a score that does not exist is null."""
        content = asdict(self)
        for score in content["scores"]:
            score.update({key: None for key, value in score.items() if isinstance(value, float) and math.isnan(value)})
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def evaluate(
    forecasters: Sequence[Forecaster],
    market: Market,
    cutoffs: Sequence[pd.Timestamp],
    horizon: int,
    *,
    samples: int = 200,
    seed: int = 0,
    trained_until: pd.Timestamp | None = None,
    report: Callable[[str, pd.Timestamp], None] | None = None,
    keep: Callable[[Window, Forecast], None] | None = None,
) -> Evaluation:
    """Score every forecaster by segment, at each cutoff and pooled. ``report`` is called with the model and the cutoff about to run,
    ``keep`` with each window and its forecast.

    Raises CutoffError as ``rolling_windows`` does, before anything is forecast.
    """
    windows = rolling_windows(market, cutoffs, horizon, trained_until)
    scores: list[Score] = []
    for forecaster in forecasters:
        outcomes = []
        for window in windows:
            if report is not None:
                report(forecaster.name, window.view.cutoff)
            forecast = forecaster.forecast(window.view, window.view.cutoff, horizon, samples=samples, seed=seed)
            outcomes.append(_Outcome(window, forecast.samples))
            if keep is not None:
                keep(window, forecast)
        groups = [(f"{outcome.window.view.cutoff:%Y-%m-%d}", [outcome]) for outcome in outcomes]
        for cutoff, group in [*groups, (ALL, outcomes)]:
            scores += [_score(forecaster.name, s, cutoff, group) for s in (*SEGMENTS, ALL) if any(o.days(s).any() for o in group)]
    return Evaluation(
        market=market.about.name,
        simulated=market.about.simulated,
        data_digest=market.digest,
        cutoffs=tuple(f"{cutoff:%Y-%m-%d}" for cutoff in cutoffs),
        horizon=horizon,
        samples=samples,
        seed=seed,
        trained_until=None if trained_until is None else f"{trained_until:%Y-%m-%d}",
        scores=tuple(scores),
    )


class _Outcome:
    """One forecaster on one window."""

    def __init__(self, window: Window, samples: NDArray[np.float32]) -> None:
        self.window, self.samples = window, samples
        history = window.view.orders
        shape = window.actual.shape
        self.mean_scale = np.broadcast_to(metrics.mean_scale(history), shape)
        self.seasonal_scale = np.broadcast_to(metrics.seasonal_scale(history, window.view.per_day * metrics.SEASON), shape)

    def days(self, segment: str) -> NDArray[np.bool_]:
        """[H] whether the day is scored: it is of the segment, and some cell has an actual."""
        of_segment = (self.window.segment == segment) | (segment == ALL)
        return np.asarray(of_segment & ~np.isnan(self.window.actual).all(axis=(0, 1)))

    def cells(self, segment: str) -> tuple[NDArray[np.float64], ...]:
        """[N] actual, [N, S] samples, [N] and [N] scales of the segment's cells."""
        days = self.days(segment)
        drawn = self.samples[:, :, days]
        flat = (values[:, :, days].reshape(-1) for values in (self.window.actual, self.mean_scale, self.seasonal_scale))
        actual, mean_scale, seasonal_scale = (values.astype(np.float64) for values in flat)
        return actual, drawn.reshape(-1, drawn.shape[-1]).astype(np.float64), mean_scale, seasonal_scale

    def totals(self, segment: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """[H] and [H, S] sums of each day over the cells that have an actual."""
        days = self.days(segment)
        actual = self.window.actual[:, :, days].astype(np.float64)
        there = ~np.isnan(actual)
        return np.nansum(actual, axis=(0, 1)), np.where(there[..., None], self.samples[:, :, days], 0).sum(axis=(0, 1), dtype=np.float64)


def _score(model: str, segment: str, cutoff: str, outcomes: Sequence[_Outcome]) -> Score:
    actual, samples, mean_scale, seasonal_scale = (np.concatenate(part) for part in zip(*(o.cells(segment) for o in outcomes), strict=True))
    total, total_samples = (np.concatenate(part) for part in zip(*(o.totals(segment) for o in outcomes), strict=True))
    median, mean = np.median(samples, axis=-1), samples.mean(axis=-1)
    return Score(
        model=model,
        segment=segment,
        cutoff=cutoff,
        n=int((~np.isnan(actual)).sum()),
        days=sum(o.window.dates[o.days(segment)].normalize().nunique() for o in outcomes),
        wape=metrics.wape(actual, median),
        mse_rel=metrics.mse_rel(actual, mean, mean_scale),
        mase=metrics.mase(actual, median, seasonal_scale),
        bias=metrics.bias(actual, mean),
        crps=metrics.crps(actual, samples),
        coverage50=metrics.coverage(actual, samples, 0.5),
        coverage80=metrics.coverage(actual, samples, 0.8),
        coverage95=metrics.coverage(actual, samples, 0.95),
        width50=metrics.width(actual, samples, 0.5),
        width80=metrics.width(actual, samples, 0.8),
        width95=metrics.width(actual, samples, 0.95),
        total_wape=metrics.wape(total, np.median(total_samples, axis=-1)),
        total_coverage80=metrics.coverage(total, total_samples, 0.8),
    )
