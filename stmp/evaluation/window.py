"""Forecast origins, each with what came after it kept apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stmp.errors import CutoffError
from stmp.hours import hours_of
from stmp.market import Market

SEGMENTS = ("ordinary", "holiday", "festival")


class Window:
    """One origin. A forecaster is handed ``view``, which ends at the cutoff; ``actual`` and ``segment`` are for the scorer alone.

    dates: [H] days, or the hours of the days of an hourly market.  actual: [R, C, H], NaN where missing.  segment: [H] of ``SEGMENTS``:
    workdays and days off are ordinary, and all phases of a festival are festival days.
    """

    def __init__(self, market: Market, cutoff: pd.Timestamp, horizon: int) -> None:
        """Raises CutoffError when the panel does not hold the cutoff and all of the horizon."""
        self.view = market.until(cutoff)
        days = self.view.horizon_dates(horizon)
        self.dates = days if market.about.frequency == "D" else hours_of(days)
        if days[-1] > market.cutoff:
            raise CutoffError(
                f"{horizon} days after {cutoff:%Y-%m-%d} go past {market.about.name}'s last day, {market.cutoff:%Y-%m-%d}, so there is "
                "nothing to compare with. Remedy: an earlier cutoff or a shorter horizon."
            )
        start = len(self.view.dates)
        actual = market.orders[..., start : start + len(self.dates)]
        self.actual = np.pad(actual, ((0, 0), (0, 0), (0, len(self.dates) - actual.shape[-1])), constant_values=np.nan)  # of a last day
        kinds = [market.calendar.types[day].kind for day in market.calendar.dates.get_indexer(self.dates.normalize())]
        self.segment = np.array([kind if kind in SEGMENTS else "ordinary" for kind in kinds])


def rolling_windows(
    market: Market, cutoffs: Sequence[pd.Timestamp], horizon: int, trained_until: pd.Timestamp | None = None
) -> list[Window]:
    """A window at each cutoff. Raises CutoffError without cutoffs, for a repeated one, or for one before ``trained_until``."""
    if not cutoffs or len(set(cutoffs)) < len(cutoffs):
        raise CutoffError("the cutoffs must be at least one, and all different. Remedy: name each cutoff once.")
    for cutoff in cutoffs:
        if trained_until is not None and cutoff < trained_until:
            raise CutoffError(
                f"the cutoff {cutoff:%Y-%m-%d} is earlier than the checkpoint's training end, {trained_until:%Y-%m-%d}: its weights "
                "have seen the days to forecast. Remedy: choose a later cutoff, or train with --until at or before this one."
            )
    return [Window(market, cutoff, horizon) for cutoff in cutoffs]


def recent_cutoffs(market: Market, horizon: int, first: pd.Timestamp) -> list[pd.Timestamp]:
    """Cutoffs whose windows lie end to end back from the panel's last day, the earliest first and none before ``first``."""
    last = market.dates[-1].normalize() - pd.Timedelta(days=horizon)
    return list(pd.date_range(end=last, periods=max(0, (last - max(first, market.dates[0])).days // horizon + 1), freq=f"{horizon}D"))
