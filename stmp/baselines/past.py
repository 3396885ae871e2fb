"""A view as the baselines read it: aligned arrays, levels, and the days that stand for a date type."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stmp.errors import CutoffError
from stmp.market import DateType, Market

Array = NDArray[np.float64]
Days = NDArray[np.int64]
LEVEL = 28  # days
WEEKS = 4  # same weekdays that make an ordinary day


class Past:
    """Positions count from the panel's first day; those of the calendar go on past its end.

    orders, level: [R, C, D]; the level is the mean of the ordinary days among the last ``LEVEL``, never NaN.
    types, offsets, weekday, ordinary: [D'] of the calendar.
    """

    def __init__(self, view: Market) -> None:
        self.calendar = view.calendar
        self.first = (view.dates[0] - view.calendar.dates[0]).days
        self.orders = view.orders.astype(np.float64)
        self.days = self.orders.shape[-1]
        self.types = view.calendar.types[self.first :]
        self.offsets = view.calendar.offsets[self.first :]
        self.weekday = view.calendar.dates.dayofweek.to_numpy()[self.first :]
        self.ordinary = np.array([t.kind in ("workday", "day off") for t in self.types])
        self.level = levels(self.orders, self.ordinary[: self.days])
        self._vocabulary = tuple(dict.fromkeys(self.types))
        index = {date_type: position for position, date_type in enumerate(self._vocabulary)}
        self._type_of = np.array([index[t] for t in self.types])

    def blend(self, target: int) -> dict[DateType, float]:
        """Weights of the date types of a day; one of weight 1 unless a scenario blends."""
        return {DateType.parse(label): weight for label, weight in self.calendar.blend(self.first + target).items()}

    def support(self, date_type: DateType, offset: int, origin: int, lead: int, *, named: bool = True) -> Days:
        """Days up to ``origin`` that stand for a date type: its own, else the nearest in the hierarchy; of these the nearest in offset.

        In order of time, none so early that there is no level ``lead`` days before it. Without ``named``, the type counts as never seen.
        """
        relation = np.array([date_type.relation(other) for other in self._vocabulary])[self._type_of[: origin + 1]]
        relation[:lead] = 0
        if not named:
            relation[relation == 3] = 0
        nearest = relation.max(initial=0)
        if nearest == 0:
            return np.empty(0, dtype=np.int64)
        days = np.flatnonzero(relation == nearest)
        gap = np.abs(self.offsets[days] - offset)
        return np.asarray(days[gap == gap.min()])

    def same_weekday(self, origin: int, target: int, kind: str) -> Array:
        """[R, C] mean of the last days of ``kind`` (workday or day off) and of the target's weekday, at most ``WEEKS`` of them.

        Where there is none, as on a working Saturday, the mean of the kind's days; else the level.
        """
        recent = np.arange(max(0, origin + 1 - 2 * LEVEL), origin + 1)
        alike = np.array([self.types[day].kind == kind for day in recent])
        same = recent[alike & (self.weekday[recent] == self.weekday[target])][-WEEKS:]
        return first_known(mean(self.orders[..., same]), mean(self.orders[..., recent[alike]]), self.level[..., origin])


def levels(orders: Array, ordinary: NDArray[np.bool_]) -> Array:
    """[R, C, D] trailing mean of the ordinary days; of all days where none is ordinary; the last known; else 0."""
    found = first_known(trailing_mean(np.where(ordinary, orders, np.nan), LEVEL), trailing_mean(orders, LEVEL))
    last = np.maximum.accumulate(np.where(np.isnan(found), 0, np.arange(orders.shape[-1])), axis=-1)
    return np.nan_to_num(np.take_along_axis(found, last, axis=-1))


def trailing_mean(values: NDArray[np.floating], days: int) -> Array:
    """[.., D] mean of the last ``days`` values at each day; NaN where all are missing."""
    there = ~np.isnan(values)
    total, count = (np.cumsum(part, axis=-1, dtype=np.float64) for part in (np.where(there, values, 0), there))
    for part in (total, count):
        part[..., days:] = part[..., days:] - part[..., :-days].copy()
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def mean(values: NDArray[np.floating], axis: int | tuple[int, ...] = -1) -> Array:
    """Mean of the known values; NaN, without a warning, where there is none."""
    there = ~np.isnan(values)
    count = there.sum(axis)
    return np.where(count > 0, np.where(there, values, 0).sum(axis) / np.maximum(count, 1), np.nan)


def first_known(*choices: Array) -> Array:
    """Element by element, the first choice that is not NaN."""
    result = choices[0]
    for other in choices[1:]:
        result = np.where(np.isnan(result), other, result)
    return result


def require_history(view: Market, days: int, model: str) -> None:
    """Raises CutoffError when the view holds fewer days."""
    if len(view.dates) < days:
        raise CutoffError(
            f"{view.about.name} has {len(view.dates)} days until {view.cutoff:%Y-%m-%d}; {model} needs {days} for this horizon. "
            "Remedy: choose a later cutoff or a shorter horizon."
        )
