"""Festivals of a simulated market: when they are held, how strong they are where and in which year, and the course they take.

The log uplift of a day is an amplitude [R, C] of the occasion times a course [R, O] over the days O around its first peak day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.market import Occurrence
from stmp.prior import beliefs
from stmp.prior.calendars import MOON, Span, Yearly, draw_days_of_year
from stmp.prior.distributions import Array, Random, autoregressive

OFFSETS = np.arange(-30, 25)  # O, days around the first peak day
PEAK = int(np.flatnonzero(OFFSETS == 0)[0])
UPLIFTS = (-2.0, 3.0)  # no log uplift lies outside


@dataclass(frozen=True)
class Festival:
    """``held``: first peak days, in order.  strengths: the mean log uplift of each.  opening: days before the peak, or None."""

    name: str
    held: list[int]
    strengths: list[float]
    days: int
    opening: int | None
    run_up: int
    after: int
    course: Array  # [O] log uplifts, as parts of the strength
    moved: int  # days by which the real course lies off the calendar's
    named: bool  # whether the calendar knows it

    def occurrences(self, span: Span) -> list[Occurrence]:
        """What the calendar says of it."""
        first, day = span.dates[0], pd.Timedelta(days=1)
        opened = [None if self.opening is None else first + (peak - self.opening) * day for peak in self.held]
        return [
            Occurrence(self.name, first + peak * day, self.days, opening, self.run_up, self.after)
            for peak, opening in zip(self.held, opened, strict=True)
            if self.named
        ]


@dataclass(frozen=True)
class Temper:
    """How a market's regions and categories take festivals. sensitivity: [R, 1] factors. The rest are spreads for a strength of 1."""

    sensitivity: Array
    year: float
    region: float
    region_year: float
    category: float
    category_year: float
    course_year: float
    course_region: float
    course_day: float
    appetite: Array  # [D'] log factors
    off_day: float
    waiting: Array  # [R, 1] the part of a day's volume that leaves later
    leaving: Array  # [4] how it leaves over the days from its own on


def draw_festivals(random: Random, span: Span) -> list[Festival]:
    """One to six festivals, each held at least once within the calendar; one more in a market with one that nobody wrote down."""
    count, hidden = beliefs.FESTIVALS.one(random), int(beliefs.UNNAMED.one(random))
    centre, spread = np.log(beliefs.STRENGTH.one(random)), beliefs.STRENGTH_SPREAD.one(random)
    festivals = []
    for number, day in enumerate(draw_days_of_year(random, count + hidden), 1):
        named = number <= count
        least, most = beliefs.STRENGTHS
        strength = float(np.clip(np.exp(random.normal(centre, spread)), least, most if named else beliefs.UNNAMED_MOST))
        festivals.append(_draw_festival(random, span, f"Festival {number}", day, strength, named))
    return festivals


def _draw_festival(random: Random, span: Span, name: str, day: int, strength: float, named: bool) -> Festival:
    keeps = beliefs.KEPT_BY.one(random)
    rule = Yearly(day, int(random.integers(7)) if keeps == "weekday" else None, random.uniform(0, MOON) if keeps == "moon" else None)
    held, strengths = _career(random, rule.positions(span), -strength if beliefs.NEGATIVE.one(random) else strength)
    days = int(beliefs.PEAK_DAYS.one(random))
    opening = beliefs.OPENING_DAYS_BEFORE.one(random) if beliefs.OPENING.one(random) else None
    course = draw_course(random, days, opening)
    run_up, after = _phases(random, course, days)
    moved = _moved(random) if beliefs.MISPLACED.one(random) else 0
    return Festival(name, held, strengths, days, opening, run_up, after, course, moved, named)


def _phases(random: Random, course: Array, days: int) -> tuple[int, int]:
    """How many days of run-up and of after the calendar gives a festival: those on which it is felt, or any."""
    if not beliefs.PHASES_FIT.one(random):
        return beliefs.RUN_UP.one(random), beliefs.AFTER.one(random)
    felt = np.abs(course) > beliefs.FELT
    before, behind = felt[PEAK - beliefs.RUN_UP.high : PEAK][::-1], felt[PEAK + days : PEAK + days + beliefs.AFTER.high]
    return int(np.cumprod(before).sum()), int(np.cumprod(behind).sum())


def _moved(random: Random) -> int:
    return int(random.choice([-2, -1, 1, 2]))


def _career(random: Random, held: list[int], strength: float) -> tuple[list[int], list[float]]:
    """The years in which a festival is held, and its strength in each."""
    career = beliefs.CAREER.one(random)
    years = np.arange(len(held))
    factors = np.ones(len(held))
    if career == "trend":
        factors = np.exp(beliefs.TREND_A_YEAR.one(random) * (years - years.mean()))
    elif career == "fizzles":
        factors = beliefs.FIZZLE.one(random) ** np.maximum(years - random.integers(len(held)), 0)
    elif career == "late":
        first = int(random.integers(len(held)))
        held, factors = held[first:], factors[first:]
    elif career == "once":
        only = int(random.integers(len(held)))
        held, factors = held[only : only + 1], factors[only : only + 1]
    return held, [float(strength * factor) for factor in factors]


def draw_temper(random: Random, span: Span, size: Array) -> Temper:
    """``size``: [R] standardised log volumes."""
    sensitivity = random.normal(0, beliefs.SENSITIVITY_SPREAD.one(random), len(size)) + beliefs.SENSITIVITY_OF_SIZE.one(random) * size
    waits = beliefs.SHIPPED_LATER.one(random) if beliefs.SHIPPING.one(random) else 0.0
    own = random.normal(waits, beliefs.SHIPPED_LATER_SPREAD, len(size)) if waits else np.zeros(len(size))
    return Temper(
        sensitivity=np.exp(sensitivity)[:, None],
        year=beliefs.YEAR_SPREAD.one(random),
        region=beliefs.FESTIVAL_REGION_SPREAD.one(random),
        region_year=beliefs.REGION_YEAR_SPREAD.one(random),
        category=beliefs.FESTIVAL_CATEGORY_SPREAD.one(random),
        category_year=beliefs.CATEGORY_YEAR_SPREAD.one(random),
        course_year=beliefs.COURSE_YEAR_SPREAD.one(random),
        course_region=beliefs.COURSE_REGION_SPREAD.one(random),
        course_day=beliefs.COURSE_DAY_SPREAD.one(random),
        appetite=autoregressive(random, beliefs.APPETITE.one(random), np.exp(-1 / beliefs.APPETITE_DAYS.one(random)), len(span.dates)),
        off_day=beliefs.OFF_DAY_FACTOR.one(random),
        waiting=np.clip(own, 0, 1)[:, None],
        leaving=np.array(beliefs.SHIPPED_AFTER[int(random.integers(len(beliefs.SHIPPED_AFTER)))]),
    )


def draw_course(random: Random, days: int, opening: int | None) -> Array:
    """[O] the days around a festival's first peak day, as parts of its strength; the best peak day is 1."""
    course = np.zeros(len(OFFSETS))
    if opening is not None:
        since = OFFSETS + opening
        fading = np.exp(-np.maximum(since, 0) / beliefs.OPENING_FADES.one(random))
        size, between = beliefs.OPENING_SIZE.one(random), beliefs.BETWEEN.one(random)
        course += np.where((since >= 0) & (OFFSETS < 0), np.maximum(size * fading, between), 0)
    course += _before(random)
    after = np.maximum(OFFSETS - days + 1, 0)
    course += np.where(after > 0, _after(random) * np.exp(-(after - 1) / beliefs.AFTER_DAYS.one(random)), 0)
    loss = beliefs.PEAK_LOSS.one(random) * np.arange(days) / max(days - 1, 1)
    shape = beliefs.PEAK_SHAPE.one(random)
    course[PEAK : PEAK + days] = 1 - (loss if shape == "decays" else loss[::-1] if shape == "rises" else 0 * loss)
    return course


def _before(random: Random) -> Array:
    """[O] a slump or a build-up towards the peak."""
    kind = beliefs.BEFORE.one(random)
    if kind == "nothing":
        return np.zeros(len(OFFSETS))
    lengths = {"slump": beliefs.SLUMP_BEFORE_DAYS, "build-up": beliefs.BUILD_UP_DAYS, "long build-up": beliefs.LONG_BUILD_UP_DAYS}
    nearness = np.clip(1 + (OFFSETS + 1) / lengths[kind].one(random), 0, 1) * (OFFSETS < 0)
    if kind == "slump":
        return np.asarray(-beliefs.SLUMP_BEFORE.one(random) * nearness)
    return np.asarray(beliefs.BUILD_UP.one(random) * nearness ** beliefs.BUILD_UP_CURVE.one(random))


def _after(random: Random) -> float:
    """The first day after the last peak day."""
    sizes = {"slump": beliefs.SLUMP_AFTER, "crash": beliefs.CRASH_AFTER, "spill-over": beliefs.SPILL_OVER}
    kind = beliefs.AFTERWARDS.one(random)
    return 0.0 if kind == "nothing" else sizes[kind].one(random) * (1 if kind == "spill-over" else -1)


def uplifts(
    random: Random, span: Span, workday: NDArray[np.bool_], festivals: list[Festival], temper: Temper, categories: int
) -> tuple[Array, Array]:
    """[R, C, D'] log uplifts of the orders and of cart additions."""
    regions = len(temper.sensitivity)
    orders = np.zeros((regions, categories, len(span.dates) + 2 * len(OFFSETS)))  # a margin on both sides, cut in the end
    carts = np.zeros_like(orders)
    factor = 1 + temper.off_day * np.pad(~workday, len(OFFSETS))
    fill = _cart_course(random)
    foretold = beliefs.CART_UPLIFT_SPREAD.one(random)
    for festival in festivals:
        course = _shipped(festival.course, temper)  # [R, O]
        course = course + random.normal(0, temper.course_region, course.shape) * (np.abs(course) > 0.02)
        own = random.normal(0, temper.region, (regions, 1))
        tastes = np.exp(random.normal(0, temper.category, (1, categories)) * (categories > 1))
        for peak, strength in zip(festival.held, festival.strengths, strict=True):
            scale = abs(strength) ** beliefs.SPREADS_GROW
            surprise = random.normal(0, temper.year) + random.normal(0, temper.region_year, (regions, 1)) + own
            surprise = surprise + random.normal(0, temper.category_year, (1, categories)) * (categories > 1)
            amplitude = strength * np.exp(temper.appetite[peak]) * temper.sensitivity * tastes + scale * surprise  # [R, C]
            moved = festival.moved + (_moved(random) if beliefs.SOMETIMES_MISPLACED.one(random) else 0)
            where = len(OFFSETS) + peak + moved + OFFSETS
            change = random.normal(1, temper.course_year, len(OFFSETS)) + random.normal(0, temper.course_day, course.shape)
            held = course * change * factor[where]
            orders[..., where] += amplitude[..., None] * held[:, None, :]
            believed = amplitude * np.exp(random.normal(0, foretold, amplitude.shape))
            carts[..., where] += believed[..., None] * fill
    inside = slice(len(OFFSETS), len(OFFSETS) + len(span.dates))
    return np.clip(orders[..., inside], *UPLIFTS), np.clip(carts[..., inside], *UPLIFTS)


def _shipped(course: Array, temper: Temper) -> Array:
    """[R, O] the course of what leaves, where a part waits for the days after, scaled so that the best day stays 1."""
    delayed = np.convolve(course, temper.leaving)[: len(course)]
    mixed = (1 - temper.waiting) * course + temper.waiting * delayed
    return np.asarray(mixed / np.maximum(mixed.max(axis=1, keepdims=True), 0.2))


def _cart_course(random: Random) -> Array:
    """[O] cart additions, as parts of the year's own uplift: they fill before the peak and are empty after it."""
    nearness = np.clip(1 + (OFFSETS + 1) / beliefs.CARTS_FILL_DAYS.one(random), 0, 1) * (OFFSETS < 0)
    emptied = np.where(OFFSETS > 0, np.exp(-(OFFSETS - 1) / 2), 0) * -beliefs.CARTS_SLUMP.one(random)
    return np.asarray(beliefs.CARTS_FILL.one(random) * nearness + emptied + beliefs.CARTS_AT_PEAK.one(random) * (OFFSETS == 0))
