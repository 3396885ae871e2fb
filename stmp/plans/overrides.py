"""Where a planner knows better: the joint samples of a forecast, shifted so that their middle becomes what she asks.

An override names a block of cells: a district or all, a category or all, and a span of days. The block's total is shifted by one
number in every sample, so that its median becomes what was asked while its spread stays: shifted, not shrunk. Cells share the shift
in proportion to their means.

Volumes stay at 0 or above. Where a sample of the block would fall below 0, it is held at 0: then the lower side of the interval is
cut off, and the mean lies above the median. A cell that alone would fall below 0 is held at 0, and the other cells of the same
sample give up more, so that the block's total is still shifted by the same number. So a value of 0 means that the median is about
0 (within half the gap between the two middle samples), not that it is certain that nothing is bought.

Overrides act in order, each on what those before it left: percentages compound, and a later value has the last word on its block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.errors import PlanError
from stmp.forecast import Forecast
from stmp.plans.texts import one_line, storable
from stmp.summary import Floats, Interval, interval

VALUE, PERCENT = "value", "percent"
LARGEST = 1e12  # units, or percent


@dataclass(frozen=True)
class Override:
    """The median of a block becomes ``amount`` units ("value"), or departs from what it is by ``amount`` percent ("percent").

    region, category: one of the forecast's, or None for all together.  first, last: days, both included. Raises PlanError.
    """

    first: date
    last: date
    kind: Literal["value", "percent"]
    amount: float
    reason: str
    author: str
    region: str | None = None
    category: str | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PlanError(f"an override ends on {self.last}, before it begins on {self.first}. Remedy: turn the days round.")
        if self.kind not in (VALUE, PERCENT):
            raise PlanError(f"an override is of the kind '{self.kind}'. Remedy: use '{VALUE}' or '{PERCENT}'.")
        lowest = 0.0 if self.kind == VALUE else -100.0
        if not lowest <= self.amount <= LARGEST:  # not true of NaN either
            what = "units" if self.kind == VALUE else "percent"
            raise PlanError(f"an override asks for {self.amount:g} {what}. Remedy: give a number from {lowest:g} up.")
        storable(self.reason, "reason of an override")
        one_line(self.author, "author of an override")

    def cells(self, forecast: Forecast) -> tuple[NDArray[np.intp], ...]:
        """The block's positions on the axes [R, C, H], as an index. Raises PlanError where the forecast has no such cells."""
        days = (forecast.dates >= pd.Timestamp(self.first)) & (forecast.dates <= pd.Timestamp(self.last))
        if not days.any():
            raise PlanError(
                f"an override from {self.first} to {self.last} touches none of the days forecast, {forecast.dates[0]:%Y-%m-%d} to "
                f"{forecast.dates[-1]:%Y-%m-%d}. Remedy: change its days, or take it away."
            )
        rows = _positions(self.region, forecast.regions, "district")
        return np.ix_(rows, _positions(self.category, forecast.categories, "category"), np.flatnonzero(days).tolist())


def overridden(forecast: Forecast, overrides: Sequence[Override]) -> Forecast:
    """The forecast with the overrides applied in order; the one handed in stays as it is. Raises PlanError."""
    samples = forecast.samples.astype(float)  # [R, C, H, S]
    for override in overrides:
        cells = override.cells(forecast)
        samples[cells] = shifted(samples[cells], override)
    return replace(forecast, samples=samples.astype(np.float32))


def shifted(block: Floats, override: Override) -> Floats:
    """[R', C', H', S] samples of a block -> the same, shifted as the override asks."""
    totals, means = block.sum(axis=(0, 1, 2)), block.mean(axis=-1, keepdims=True)  # [S], [R', C', H', 1]
    median = float(np.median(totals))
    asked = override.amount if override.kind == VALUE else median * (1 + override.amount / 100)
    shares = means / means.sum() if means.any() else np.full_like(means, 1 / means.size)
    moved = np.maximum(block + (asked - median) * shares, 0)
    wanted, sums = np.maximum(totals + (asked - median), 0), moved.sum(axis=(0, 1, 2))  # [S]; sums is the larger where a cell was cut
    return np.asarray(moved * np.divide(wanted, sums, out=np.zeros_like(sums), where=sums > 0))


def effects(forecast: Forecast, overrides: Sequence[Override]) -> pd.DataFrame:
    """One row per override: its block's total as the statistical forecast has it, and with all overrides.

    statistical, planned: median units.  statistical_low .. planned_high: bounds of the 80 % intervals. Raises PlanError.
    """
    plan = overridden(forecast, overrides)
    rows = []
    for override in overrides:
        before, after = (_total(one, override) for one in (forecast, plan))
        rows.append((before.middle, before.low, before.high, after.middle, after.low, after.high))
    named = [f"{name}{bound}" for name in ("statistical", "planned") for bound in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=named, dtype=float)


def _total(forecast: Forecast, override: Override) -> Interval:
    return interval(forecast.samples[override.cells(forecast)].astype(float).sum(axis=(0, 1, 2)))


def _positions(name: str | None, names: Sequence[str], what: str) -> list[int]:
    if name is None:
        return list(range(len(names)))
    if name not in names:
        raise PlanError(f"an override names the {what} '{name}', which the forecast does not have. Remedy: change it, or take it away.")
    return [names.index(name)]
