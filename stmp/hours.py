"""Markets in hours: a day is 24 values.

Such a market is forecast by day and each day is then split into its hours. What a model learns of days, weeks and festivals holds for
their sums, while a single hour of a district often has no order at all. The hours of a day are a multinomial draw of its total:

    shares    of past days like it: of the last weeks the same weekday, 168 hours apart, or a festival's own past days; a district's
              own as far as its orders bear them, else those of all
    dispersion how much the shape of the market's days changed from one to the next, drawn once for all districts of a day

So hours sum up to their days draw by draw, and are counts. They are those of the clock on the wall: where clocks are set forward an hour
is absent, where they are set back one is counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.market import Calendar, DateType, Market

HOURS = 24
WEEKS = 8  # of the last, whose hours make a weekday's shares
PRIOR = 20.0  # orders at the shares of all districts that a district's own are averaged with
NARROWEST, WIDEST = 1e-6, 0.2  # correlation of the orders of an hour, beyond their number
STREAM = 24  # of random numbers, so that hours are not drawn from those of the samples

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """How target days fall into hours.

    shares: [R, C, H, 24], which sum to 1.  common: [H, 24] those of the whole market.  correlation: of two orders of a day to fall into
    the same hour, beyond the shares.
    """

    shares: Floats
    common: Floats
    correlation: float

    def split(self, samples: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] units of days -> [R, C, H x 24, S] of their hours, whole units that sum up to the day's, rounded at random."""
        random = np.random.default_rng((seed, STREAM))
        strength = (1 / self.correlation - 1) * np.maximum(self.common, 1e-6)[:, None]  # [H, 1, 24]
        days, draws = samples.shape[2:]
        bent = random.gamma(strength, size=(days, draws, HOURS)) / strength  # [H, S, 24] the shape of a day, with mean 1
        result = np.empty((*samples.shape[:2], days * HOURS, draws), dtype=np.float32)
        for region, shares in enumerate(self.shares):  # one by one: shares of all draws take many times the result
            chances = shares[:, :, None] * bent + 1e-12  # [C, H, S, 24]
            units = np.floor(samples[region] + random.random(samples.shape[1:])).astype(np.int64)
            hours = random.multinomial(units, chances / chances.sum(-1, keepdims=True))
            result[region] = hours.transpose(0, 1, 3, 2).reshape(len(shares), -1, draws)
        return result


def by_day(market: Market) -> Market:
    """An hourly market summed by day, which keeps its hours behind it; a market of days as it is.

    Of the days that the panel holds whole; hours that are missing count as nothing, unless all of a day's are.
    """
    if market.about.frequency == "D":
        return market

    def summed(values: NDArray[np.float32]) -> NDArray[np.float32]:
        hours = _apart(market, values)
        return np.where(np.isnan(hours).all(-1), np.float32(np.nan), np.nansum(hours, -1)).astype(np.float32)

    return replace(
        market,
        about=replace(market.about, frequency="D"),
        dates=market.dates[_whole(market)][::HOURS],
        orders=summed(market.orders),
        past={name: summed(values) for name, values in market.past.items()},
        hourly=market,
    )


def hours_of(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """[H x 24] the hours of days."""
    return days.repeat(HOURS) + pd.to_timedelta(np.tile(np.arange(HOURS), len(days)), unit="h")


def daily(values: NDArray[np.floating], axis: int = -1) -> NDArray[np.floating]:
    """Hours summed to days along an axis; NaN where one of them is."""
    axis %= values.ndim
    return np.asarray(values.reshape(*values.shape[:axis], -1, HOURS, *values.shape[axis + 1 :]).sum(axis + 1))


def profile_of(view: Market, calendar: Calendar, dates: pd.DatetimeIndex) -> Profile | None:
    """How the days ``dates`` of a calendar fall into hours, by what ``view`` knows; None where it has no hours behind it."""
    if view.hourly is None:
        return None
    hours = np.nan_to_num(_apart(view.hourly, view.hourly.orders)).astype(np.float64)  # [R, C, D, 24]
    past = _Days(view)
    shares, common = np.empty((*hours.shape[:2], len(dates), HOURS)), np.empty((len(dates), HOURS))
    for position, day in enumerate(calendar.dates.get_indexer(dates)):
        alike = past.like(calendar.types[day], int(dates[position].dayofweek), bool(calendar.workday[day]))
        counted = hours[:, :, alike].sum(2)  # [R, C, 24]
        of_category = _shares(counted.sum(0), np.full(HOURS, 1 / HOURS), 1.0)  # [C, 24]
        common[position] = _shares(counted.sum((0, 1)), np.full(HOURS, 1 / HOURS), 1.0)
        shares[:, :, position] = _shares(counted, of_category, PRIOR)
    return Profile(shares, common, _correlation(hours.sum((0, 1)), past))


def _shares(counted: Floats, prior: Floats, weight: float) -> Floats:
    """[..., 24] counts -> shares, averaged with ``weight`` units at the prior's."""
    return np.asarray((counted + weight * prior) / (counted.sum(-1, keepdims=True) + weight))


class _Days:
    """The past days of a view, and which of them are like a day."""

    def __init__(self, view: Market) -> None:
        positions = view.calendar.dates.get_indexer(view.dates)
        self.types = [view.calendar.types[position] for position in positions]
        self.workday = view.calendar.workday[positions]
        self.weekday = view.dates.dayofweek.to_numpy()
        self.ordinary = np.array([t.kind in ("workday", "day off") for t in self.types])
        self.recent = np.arange(len(positions)) >= len(positions) - 7 * WEEKS

    def like(self, date_type: DateType, weekday: int, workday: bool) -> NDArray[np.int64]:
        """Positions: a festival's or holiday's own past days, else those nearest to it; of ordinary days the weekday's last ones."""
        if date_type.kind in ("festival", "holiday"):
            relation = np.array([date_type.relation(other) for other in self.types])
            if relation.max() >= 2:
                return np.flatnonzero(relation == relation.max())
        kind = self.recent & self.ordinary & (self.workday == workday)
        for chosen in (kind & (self.weekday == weekday), kind, self.recent):
            if chosen.any():
                return np.flatnonzero(chosen)
        return np.arange(len(self.types))


def _correlation(market: Floats, past: _Days) -> float:
    """By the moments of a Dirichlet-multinomial, from the market's hours [D, 24] on its last ordinary days."""
    excess, most = 0.0, 0.0
    for weekday in range(7):
        days = market[past.recent & past.ordinary & (past.weekday == weekday)]
        if len(days) < 2 or not days.sum():
            continue
        size, share = days.sum(-1, keepdims=True), days.sum(0) / days.sum()
        spread = share * (1 - share)
        excess += float(((days - size * share) ** 2).sum() * len(days) / (len(days) - 1) - (size * spread).sum())
        most += float((size * (size - 1) * spread).sum())
    return float(np.clip(excess / most if most > 0 else NARROWEST, NARROWEST, WIDEST))


def _whole(hourly: Market) -> slice:
    """Positions of the hours that make whole days."""
    first = -int(hourly.dates[0].hour) % HOURS
    return slice(first, first + (len(hourly.dates) - first) // HOURS * HOURS)


def _apart(hourly: Market, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """[R, C, hours] -> [R, C, D, 24] of the whole days."""
    return values[..., _whole(hourly)].reshape(*values.shape[:2], -1, HOURS)
