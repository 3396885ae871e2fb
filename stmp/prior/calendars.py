"""Days of a simulated market: its span, working days, days off and public holidays, and what comes round every year.

Positions are days since the panel's first day; D days of the panel, D' of the calendar, which starts with it and reaches further.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.prior import beliefs
from stmp.prior.distributions import Array, Random

MOON_YEAR = 10.875  # days by which twelve moons fall short of a year
MOON = 29.53
SLOTS = 26  # of a year, two weeks each: what comes round every year keeps to its own, so that not all falls on one day


@dataclass(frozen=True)
class Span:
    """dates: [D'] the calendar's days.  days: D, how many of them the panel has."""

    dates: pd.DatetimeIndex
    days: int

    @property
    def weekday(self) -> NDArray[np.int64]:
        """[D'] 0 for Monday."""
        return (self.dates[0].dayofweek + np.arange(len(self.dates))) % 7

    @property
    def years(self) -> float:
        """Length of the panel."""
        return self.days / 365.25


def draw_span(random: Random) -> Span:
    days = round(365.25 * beliefs.YEARS.one(random))
    first = np.datetime64(f"{beliefs.FIRST_YEAR.one(random)}-01-01") + int(random.integers(365))
    return Span(pd.date_range(first, periods=days + beliefs.DAYS_AHEAD.one(random), freq="D"), days)


@dataclass(frozen=True)
class Yearly:
    """What comes round: ``day`` counts from 0 within a common year, moved to ``weekday`` (the next one) or by the ``moon``."""

    day: int
    weekday: int | None = None
    moon: float | None = None

    def positions(self, span: Span) -> list[int]:
        """The days of the calendar on which it comes, in order; at least one, for a calendar is longer than 13 moons."""
        found = []
        month_and_day = str(np.datetime64("2001-01-01") + self.day)[4:]
        first = span.dates[0].to_datetime64().astype("datetime64[D]")
        for year in range(span.dates[0].year - 1, span.dates[-1].year + 2):
            position = int((np.datetime64(f"{year}{month_and_day}") - first).astype(int))
            if self.moon is not None:
                position += round((self.moon - MOON_YEAR * year) % MOON - MOON / 2)
            if self.weekday is not None:
                position += (self.weekday - span.dates[0].dayofweek - position) % 7
            if 0 <= position < len(span.dates):
                found.append(position)
        return found


def draw_days_of_year(random: Random, count: int) -> list[int]:
    """``count`` days of the year, at most SLOTS, no two in the same fortnight."""
    slots = random.permutation(SLOTS)[:count]
    return [int(slot * 14 + random.integers(14)) for slot in slots]


@dataclass(frozen=True)
class Holiday:
    """A public holiday: ``starts`` are its first days, ``days`` its length."""

    name: str
    starts: list[int]
    days: int


@dataclass(frozen=True)
class Days:
    """workday, holiday: [D'] as a Calendar has them.  holidays: what the names stand for."""

    workday: NDArray[np.bool_]
    holiday: NDArray[np.str_]
    holidays: list[Holiday]


def draw_days(random: Random, span: Span) -> Days:
    """Weekends and public holidays, in some markets with make-up working days."""
    weekend = (4, 5) if beliefs.FRIDAY_WEEKEND.one(random) else (5, 6)
    ordinary = ~np.isin(span.weekday, weekend)
    workday, names = ordinary.copy(), np.full(len(span.dates), "", dtype=object)
    holidays: list[Holiday] = []
    if beliefs.HOLIDAYS.one(random):
        make_up = beliefs.MAKE_UP.one(random)
        for number, day in enumerate(draw_days_of_year(random, beliefs.HOLIDAYS_A_YEAR.one(random)), 1):
            moon = random.uniform(0, MOON) if beliefs.MOON_HOLIDAY.one(random) else None
            weekday = int(random.integers(7)) if moon is None and beliefs.WEEKDAY_HOLIDAY.one(random) else None
            length = beliefs.LONG_HOLIDAY_DAYS.one(random) if beliefs.LONG_HOLIDAY.one(random) else 1
            holiday = Holiday(f"Holiday {number}", Yearly(day, weekday, moon).positions(span), length)
            holidays.append(holiday)
            for start in holiday.starts:
                inside = np.arange(start, min(start + length, len(names)))
                workday[inside], names[inside] = False, holiday.name
                if make_up and length > 2:
                    workday[_made_up(start, length, ordinary, names)] = True
    return Days(workday, names.astype(str), holidays)


def _made_up(start: int, length: int, ordinary: NDArray[np.bool_], names: NDArray[np.object_]) -> list[int]:
    """The last day of a weekend before a long holiday and the first of one after it."""
    before = [day for day in range(start - 7, start) if 0 <= day < len(names) and not ordinary[day] and not names[day]]
    after = [day for day in range(start + length, start + length + 7) if 0 <= day < len(names) and not ordinary[day] and not names[day]]
    return before[-1:] + after[:1]


def holiday_effects(random: Random, span: Span, days: Days, regions: int) -> tuple[Array, NDArray[np.bool_]]:
    """[R, D'] log effects, and the holidays on which a region is shut."""
    effect, shut = np.zeros((regions, len(span.dates))), np.zeros((regions, len(span.dates)), dtype=bool)
    mean, spread = beliefs.HOLIDAY_MEAN.one(random), beliefs.HOLIDAY_SPREAD.one(random)
    year_spread, own_spread = beliefs.HOLIDAY_YEAR_SPREAD.one(random), beliefs.HOLIDAY_REGION_SPREAD.one(random)
    for holiday in days.holidays:
        usual = min(random.normal(mean, spread), beliefs.HOLIDAY_MOST)
        own = random.normal(usual, own_spread, regions)  # [R]
        reach = beliefs.HOLIDAY_REACH_DAYS.one(random) if beliefs.HOLIDAY_REACH.one(random) else 0.0
        eve, morrow = beliefs.HOLIDAY_EVE.many(random, 2)
        closes = beliefs.SHUT_HOLIDAY.one(random) * (random.random(regions) < beliefs.SHUT_SHARE.one(random))  # [R]
        away = round(3 * reach)
        offsets = np.arange(-away, holiday.days + away)
        fading = np.exp(-np.maximum(np.maximum(-offsets, offsets - holiday.days + 1), 0) / max(reach, 1e-3))
        course = fading * np.where(offsets < 0, eve, np.where(offsets >= holiday.days, morrow, 1.0))  # [O]
        for start in holiday.starts:
            there = (start + offsets >= 0) & (start + offsets < len(span.dates))
            where, year = start + offsets[there], random.normal(0, year_spread)
            effect[:, where] += (own + year)[:, None] * course[there]
            shut[:, where[course[there] == 1.0]] |= closes[:, None]
    return effect, shut
