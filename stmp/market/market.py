"""A market in memory: aligned arrays that every forecaster reads.

A market that was cut with ``until`` holds nothing later than its cutoff but the calendar and what else is known
ahead: the arrays are copies that end there, so no code that is handed one can see the future.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.errors import CutoffError
from stmp.market.calendar import Calendar

Float = NDArray[np.float32]
ALL = "all"  # the category of a panel that has none


@dataclass(frozen=True)
class About:
    """What a market says of itself."""

    name: str
    title: str
    title_zh: str
    simulated: bool
    frequency: str  # "D" or "h"
    time_zone: str
    unit: str
    licence: str
    source: str
    absent: str = "missing"  # or "zero": what a row that is not there was taken for


@dataclass(frozen=True)
class Market:
    """Panel, regions and calendar, aligned.

    regions, categories: ids in the order of the R and C axes.
    dates: [D] consecutive steps of the panel; the last one is the cutoff when a forecaster is handed the market.
    orders: [R, C, D] units of ``about.unit``; NaN where missing.
    past: name -> [R, C, D] past covariates, "cart_adds" among them where the market has it; NaN where missing.
    known: name -> [R, D'] known-ahead covariates per region on ``calendar.dates``; NaN where missing.
    region_table: one row per region, indexed by id: name, name_zh, lat, lon (NaN where unknown).
    facts: numeric static facts, indexed by id; NaN where missing. Counts and areas, never shares of the panel.
    polygons: GeoJSON FeatureCollection whose features carry ``properties.region_id``, or None.
    digest: SHA-256, before any cut, of all that a forecast can depend on: ids, panel, calendar, facts and what else is known ahead.
    new: regions that are to be forecast though they may have no day yet.
    hourly: the hourly market that this one sums by day, where it does (``stmp.hours``).
    """

    about: About
    regions: tuple[str, ...]
    categories: tuple[str, ...]
    dates: pd.DatetimeIndex
    orders: Float
    past: Mapping[str, Float]
    calendar: Calendar
    known: Mapping[str, Float]
    region_table: pd.DataFrame
    facts: pd.DataFrame
    polygons: Mapping[str, Any] | None
    digest: str
    new: tuple[str, ...] = ()
    hourly: Market | None = None

    @property
    def cutoff(self) -> pd.Timestamp:
        """The last day the panel holds; of an hourly one, its last hour."""
        return pd.Timestamp(self.dates[-1])

    @property
    def per_day(self) -> int:
        """Steps of a day."""
        return 24 if self.about.frequency == "h" else 1

    def until(self, cutoff: pd.Timestamp) -> Market:
        """This market as it was known at the end of ``cutoff``. Raises CutoffError outside the panel."""
        if not self.dates[0].normalize() <= cutoff.normalize() <= self.dates[-1]:
            raise CutoffError(
                f"the cutoff {cutoff:%Y-%m-%d} lies outside {self.about.name}'s data, {self.dates[0]:%Y-%m-%d} to "
                f"{self.dates[-1]:%Y-%m-%d}. Remedy: choose a day within it."
            )
        end = int(self.dates.searchsorted(cutoff.normalize() + pd.Timedelta(days=1)))
        return replace(
            self,
            dates=self.dates[:end],
            orders=self.orders[..., :end].copy(),
            past={name: values[..., :end].copy() for name, values in self.past.items()},
            hourly=None if self.hourly is None else self.hourly.until(cutoff),
        )

    def horizon_dates(self, horizon: int) -> pd.DatetimeIndex:
        """[H] the days after the cutoff. Raises CutoffError when the calendar does not reach them."""
        if horizon < 1:
            raise CutoffError(f"the horizon is {horizon} days. Remedy: ask for at least 1.")
        ahead = self.calendar.dates.searchsorted(self.cutoff, side="right")
        days = self.calendar.dates[ahead : ahead + horizon]
        if len(days) < horizon:
            last = self.cutoff + pd.Timedelta(days=horizon)
            raise CutoffError(
                f"the calendar of {self.about.name} ends on {self.calendar.dates[-1]:%Y-%m-%d}, before the last day to "
                f"forecast, {last:%Y-%m-%d}. Remedy: extend the calendar file or shorten the horizon."
            )
        return days
