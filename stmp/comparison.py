"""What-ifs against a baseline, sample by sample, and the steps that lead from ordinary days to a scenario.

Forecasts of one seed share their random numbers, so that sample s of one is sample s of the other: what differs is the
scenario alone. Every difference is taken sample by sample before anything is summed up to quantiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp import summary
from stmp.forecast import Forecast
from stmp.market import Calendar
from stmp.market.calendar import DAY_OFF, WORKDAY
from stmp.scenario import Days, Scenario
from stmp.summary import INTERVAL, Floats, Interval

STEPS = ("ordinary", "holidays", "festivals", "changed", "days", "recent", "facts")


@dataclass(frozen=True)
class Effect:
    """total: units.  change: units above the baseline.  relative: the change as a share of the baseline's total."""

    total: Interval
    change: Interval
    relative: Interval


class Step(NamedTuple):
    """One of STEPS, and the scenario that holds until then."""

    kind: str
    scenario: Scenario


def effect(what_if: Forecast, baseline: Forecast, regions: Sequence[int] | None = None, categories: Sequence[int] | None = None) -> Effect:
    """Total of the regions and categories at the positions given, by default of all, and how far it departs from the baseline's.

    Raises ValueError when the forecasts are not paired.
    """
    after, before = _paired(what_if, baseline, regions, categories)
    total, planned = (samples.sum(axis=(0, 1, 2), dtype=float) for samples in (after, before))
    return Effect(summary.interval(total), summary.interval(total - planned), summary.change(what_if, baseline, regions, categories))


def along(
    what_if: Forecast, baseline: Forecast, axis: str, regions: Sequence[int] | None = None, categories: Sequence[int] | None = None
) -> pd.DataFrame:
    """One row per region ("R"), category ("C") or target day ("H") of those chosen.

    baseline, total: median units.  change, low, high: units above the baseline, with the bounds of the 80 % interval.
    relative: median share of the baseline, NaN where that is nothing. Raises ValueError as ``effect`` does.
    """
    other = tuple(i for i in range(3) if i != "RCH".index(axis))
    after, before = (samples.sum(axis=other, dtype=float) for samples in _paired(what_if, baseline, regions, categories))  # [N, S]
    chosen = {"R": regions, "C": categories, "H": None}[axis]
    of_axis: dict[str, Iterable[object]] = {"R": baseline.regions, "C": baseline.categories, "H": baseline.dates}
    labels = list(of_axis[axis])
    low, change, high = np.quantile(after - before, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=1)
    return pd.DataFrame(
        {
            "baseline": np.median(before, axis=1),
            "total": np.median(after, axis=1),
            "change": change,
            "low": low,
            "high": high,
            "relative": _relative(after, before),
        },
        index=pd.Index(labels if chosen is None else [labels[i] for i in chosen]),
    )


def cells(what_if: Forecast, baseline: Forecast) -> pd.DataFrame:
    """[R, C] median change of each region's total in each category, as a share of the baseline's. Raises ValueError as ``effect`` does."""
    after, before = (samples.sum(axis=2, dtype=float) for samples in _paired(what_if, baseline, None, None))
    return pd.DataFrame(_relative(after, before), index=list(baseline.regions), columns=list(baseline.categories))


def steps(scenario: Scenario, calendar: Calendar, dates: pd.DatetimeIndex) -> tuple[Step, ...]:
    """From ordinary days to ``scenario``, one kind of input after the other; kinds that change nothing are left out.

    calendar: as planned.  dates: [H] the target days. On ordinary days each of them is a workday or a day off, as the calendar
    says it is worked; then come public holidays, festivals as planned, and what the scenario changes: festivals, days, the
    recent past, facts. The last step is the scenario itself.
    """
    positions = calendar.dates.get_indexer(dates)
    planned = {date: calendar.types[i].label for date, i in zip(dates, positions, strict=True)}
    without = calendar.with_occurrences(()).types
    holidays = {date: without[i].label for date, i in zip(dates, positions, strict=True)}
    ordinary = {date: (WORKDAY if calendar.workday[i] else DAY_OFF).label for date, i in zip(dates, positions, strict=True)}
    nested = [
        _given("ordinary days", ordinary, planned),
        _given("ordinary days and holidays", holidays, planned),
        Scenario(),
        *(scenario.model_copy(update=dict.fromkeys(left_out, ())) for left_out in (("days", "recent", "facts"), ("recent", "facts"))),
        scenario.model_copy(update={"facts": ()}),
        scenario,
    ]
    found = [Step(STEPS[0], nested[0])]
    for kind, (before, after) in zip(STEPS[1:], pairwise(nested), strict=True):
        if _parts(before) != _parts(after):
            found.append(Step(kind, after))
    return tuple(found)


def waterfall(forecasts: Sequence[Forecast], regions: Sequence[int] | None = None, categories: Sequence[int] | None = None) -> pd.DataFrame:
    """One row per step: its mean total, what the step adds to the mean, and the 80 % interval of that.

    forecasts: of the scenarios of ``steps``, in their order.  total, change, low, high: units; the first step adds its whole total,
    so the changes of all steps add up to the last total. Means are taken because they add up; medians do not.
    Raises ValueError when the forecasts are not paired.
    """
    first = forecasts[0]
    totals = [_paired(forecast, first, regions, categories)[0].sum(axis=(0, 1, 2), dtype=float) for forecast in forecasts]
    added = [totals[0], *(after - before for before, after in pairwise(totals))]
    means = [float(total.mean()) for total in totals]
    low, high = np.quantile(added, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=1)
    change = [means[0], *(after - before for before, after in pairwise(means))]
    return pd.DataFrame({"total": means, "change": change, "low": low, "high": high})


def _parts(scenario: Scenario) -> Scenario:
    return scenario.model_copy(update={"name": "baseline"})


def _given(name: str, types: Mapping[pd.Timestamp, str], planned: Mapping[pd.Timestamp, str]) -> Scenario:
    """The days whose type is not the planned one, given it by hand; the plan itself where there is none."""
    days = tuple(Days(first=date.date(), last=date.date(), types={label: 1.0}) for date, label in types.items() if label != planned[date])
    return Scenario(name=name, days=days) if days else Scenario()


def _paired(
    what_if: Forecast, baseline: Forecast, regions: Sequence[int] | None, categories: Sequence[int] | None
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """[R', C', H, S] samples of both."""
    for name in ("model", "regions", "categories", "cutoff", "seed"):
        if getattr(what_if, name) != getattr(baseline, name):
            raise ValueError(f"forecasts of different {name} cannot be paired: {getattr(what_if, name)}, {getattr(baseline, name)}")
    if what_if.samples.shape != baseline.samples.shape:
        raise ValueError(f"forecasts of shapes {what_if.samples.shape} and {baseline.samples.shape} cannot be paired")
    return summary.chosen(what_if.samples, regions, categories), summary.chosen(baseline.samples, regions, categories)


def _relative(after: Floats, before: Floats) -> Floats:
    """[..., S] -> [...] median of after / before - 1; NaN where the baseline is 0 in most samples."""
    ratio = np.divide(after, before, out=np.full_like(after, np.nan), where=before > 0)
    known = np.isfinite(ratio).mean(axis=-1) > 0.5
    return np.where(known, np.median(np.where(np.isfinite(ratio), ratio, 1.0), axis=-1) - 1, np.nan)
