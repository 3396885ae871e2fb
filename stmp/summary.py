"""What a planner reads off a forecast: totals and uplifts with their intervals, for the market or for each region.

Every interval is taken over the joint samples, after they were summed sample by sample; quantiles are never added.
The middle of an interval is the median.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.forecast import Forecast
from stmp.market import Market

ORDINARY_DAYS = 28  # how many past ordinary days make the level that an uplift is measured against
ORDINARY = ("workday", "day off")
INTERVAL = 0.8

Floats = NDArray[np.float64]
Real = TypeVar("Real", bound=np.floating)


class Interval(NamedTuple):
    """The median and the bounds that hold the middle share of the samples, 80 % unless it is said otherwise."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Actual:
    """What came of some regions and categories together, as far as it is known.

    days: target days of which something is known.  total: units that came in the cells already known, NaN when there is none.
    error: the median of the same cells' total over it, less 1.  uplift: times the level of ordinary days of the same cells.
    peak_day, peak, peak_uplift: the day with the most units; None and NaN until something is known of every target day.
    """

    days: int
    total: float
    error: float
    uplift: float
    peak_day: pd.Timestamp | None
    peak: float
    peak_uplift: float


@dataclass(frozen=True)
class Outlook:
    """The key figures of some regions and categories together.

    total, peak: units of the market, over all target days and on the day with the highest median.
    uplift, peak_uplift: times the level of ordinary days.  peak_chance: share of the samples whose highest day is that one.
    """

    total: Interval
    uplift: Interval
    peak_day: pd.Timestamp
    peak: Interval
    peak_chance: float
    peak_uplift: Interval
    actual: Actual


def interval(samples: NDArray[np.floating], share: float = INTERVAL) -> Interval:
    """[S] samples -> their median and the bounds of the middle ``share``."""
    return Interval(*map(float, np.quantile(samples, [(1 - share) / 2, 0.5, (1 + share) / 2])))


def ordinary_level(view: Market) -> Floats:
    """[R, C] mean of the last 28 workdays and days off that the view holds; festivals and public holidays are left out.

    NaN where none of them is known.
    """
    days = view.calendar.dates.get_indexer(view.dates)
    ordinary = [position for position, day in enumerate(days) if view.calendar.types[day].kind in ORDINARY][-ORDINARY_DAYS:]
    return _mean_of_known(view.orders[..., ordinary].astype(float))


def actuals(market: Market, dates: pd.DatetimeIndex) -> Floats:
    """[R, C, H] what came on ``dates``; NaN where it is missing or still to come."""
    positions = market.dates.get_indexer(dates)
    values = market.orders[..., positions].astype(float)
    values[..., positions < 0] = np.nan
    return values


def outlook(
    forecast: Forecast, level: Floats, actual: Floats, regions: Sequence[int] | None = None, categories: Sequence[int] | None = None
) -> Outlook:
    """Key figures of the regions and categories at the positions given, by default of all.

    level: [R, C] of ``ordinary_level``.  actual: [R, C, H] of ``actuals``.
    """
    samples = chosen(forecast.samples, regions, categories)  # [R', C', H, S]
    came, own_level = (chosen(values, regions, categories) for values in (actual, level))  # [R', C', H], [R', C']
    ordinary = _sum_of_known(own_level.reshape(1, -1))[0]
    daily = samples.sum(axis=(0, 1), dtype=float)  # [H, S]
    peak = int(np.median(daily, axis=1).argmax())
    return Outlook(
        total=interval(daily.sum(axis=0)),
        uplift=interval(daily.mean(axis=0) / ordinary),
        peak_day=forecast.dates[peak],
        peak=interval(daily[peak]),
        peak_chance=float((daily.argmax(axis=0) == peak).mean()),
        peak_uplift=interval(daily[peak] / ordinary),
        actual=_actual(samples, came, own_level, forecast.dates),
    )


def _actual(samples: NDArray[np.float32], came: Floats, level: Floats, dates: pd.DatetimeIndex) -> Actual:
    """[R, C, H, S] samples, [R, C, H] actuals, [R, C] level."""
    error = _error(samples.reshape(1, -1, samples.shape[-1]), came.reshape(1, -1))[0]
    flat = came.reshape(-1, len(dates))  # [R x C, H]
    by_day, total = _sum_of_known(flat.T), _sum_of_known(flat.reshape(1, -1))[0]
    ordinary = np.where(np.isfinite(flat), level.reshape(-1, 1), np.nan)
    known = int(np.isfinite(by_day).sum())
    peak = int(by_day.argmax()) if known == len(dates) else None
    return Actual(
        days=known,
        total=float(total),
        error=float(error),
        uplift=float(total / _sum_of_known(ordinary.reshape(1, -1))[0]),
        peak_day=None if peak is None else dates[peak],
        peak=math.nan if peak is None else float(by_day[peak]),
        peak_uplift=math.nan if peak is None else float(by_day[peak] / _sum_of_known(ordinary.T)[peak]),
    )


def by_region(
    forecast: Forecast,
    level: Floats,
    actual: Floats,
    categories: Sequence[int] | None = None,
    days: Sequence[int] | None = None,
    population: pd.Series | None = None,
) -> pd.DataFrame:
    """One row per region over the categories and target days at the positions given, by default all of them.

    total, low, high: units, with the bounds of the 80 % interval.  width: (high - low) / total.  uplift: times the level of ordinary
    days.  share: of all regions' total; the column sums to 1.  per_head: units per 1,000 of ``population`` (indexed by region id).
    actual: units in the cells already known.  error: as in ``Outlook``.  NaN where a number cannot be had.
    """
    samples = chosen(forecast.samples, None, categories)
    came, own_level = (chosen(values, None, categories) for values in (actual, level))
    if days is not None:
        samples, came = samples[:, :, days], came[:, :, days]  # [R, C', H', S], [R, C', H']
    rows = len(samples)
    totals = samples.sum(axis=(1, 2), dtype=float)  # [R, S]
    low, total, high = np.quantile(totals, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=1)
    ordinary = _sum_of_known(own_level)
    flat = came.reshape(rows, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = pd.DataFrame(
            {
                "total": total,
                "low": low,
                "high": high,
                "width": (high - low) / total,
                "uplift": total / (samples.shape[2] * ordinary),
                "share": (totals / totals.sum(axis=0)).mean(axis=1),
                "actual": _sum_of_known(flat),
                "error": _error(samples.reshape(rows, flat.shape[1], -1), flat),
            },
            index=list(forecast.regions),
        )
        table["per_head"] = np.nan if population is None else table["total"] / population.reindex(table.index) * 1000
    return table.where(np.isfinite(table))


def change(what_if: Forecast, plan: Forecast, regions: Sequence[int] | None = None, categories: Sequence[int] | None = None) -> Interval:
    """Relative change of the total from ``plan`` to ``what_if``, sample by sample: of one seed, they differ by the scenario alone."""
    after, before = (chosen(forecast.samples, regions, categories).sum(axis=(0, 1, 2), dtype=float) for forecast in (what_if, plan))
    return interval(after / np.maximum(before, np.finfo(float).tiny) - 1)


def chosen(values: NDArray[Real], regions: Sequence[int] | None, categories: Sequence[int] | None) -> NDArray[Real]:
    """[R, C, ...] -> the rows at the positions given, by default all: then nothing is copied, for samples may take most of the memory."""
    for axis, positions in enumerate((regions, categories)):
        if positions is not None and list(positions) != list(range(values.shape[axis])):
            values = values.take(positions, axis)
    return values


def _error(samples: NDArray[np.float32], came: Floats) -> Floats:
    """[N, M, S] samples and [N, M] actuals -> [N] median total over actual total, less 1, over the known cells."""
    expected = np.median(samples.sum(axis=1, dtype=float, where=np.isfinite(came)[..., None]), axis=1)
    total = _sum_of_known(came)
    return np.asarray(np.divide(expected, total, out=np.full_like(expected, np.nan), where=total > 0) - 1)


def _sum_of_known(values: Floats) -> Floats:
    """[N, M] -> [N] sums that pass over NaN; NaN where all are."""
    return np.asarray(np.where(np.isfinite(values).any(axis=1), np.nansum(values, axis=1), np.nan))


def _mean_of_known(values: Floats) -> Floats:
    """[..., M] -> [...] means that pass over NaN; NaN where all are."""
    known = np.isfinite(values).sum(axis=-1)
    return np.asarray(np.divide(np.nansum(values, axis=-1), known, out=np.full(known.shape, np.nan), where=known > 0))
