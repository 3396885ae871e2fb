"""Days, festivals and date types: what is known ahead of a cutoff.

A date type is workday, day off, a named public holiday, or a phase of a named festival. The hierarchy
``exact type -> same phase of any festival (or any holiday) -> kind`` says whose history may stand in for a
type that has none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PHASES = ("opening", "run-up", "peak", "after")
KINDS = ("workday", "day off", "holiday", "festival")
PRIORITY = {phase: rank for rank, phase in enumerate(("after", "run-up", "opening", "peak"))}  # where festivals meet
SEPARATOR = " · "


@dataclass(frozen=True, order=True)
class DateType:
    """One column of the (region, date type) grid: ``kind`` of KINDS, a name and, for festivals, a phase."""

    kind: str
    name: str = ""
    phase: str = ""

    @property
    def label(self) -> str:
        """The text that files, commands and the dashboard use, such as ``Double 11 · peak``."""
        if self.kind == "festival":
            return f"{self.name}{SEPARATOR}{self.phase}"
        return f"holiday{SEPARATOR}{self.name}" if self.kind == "holiday" else self.kind

    @classmethod
    def parse(cls, label: str) -> DateType:
        """The inverse of ``label``. Raises ValueError when the text is no date type."""
        if label in ("workday", "day off"):
            return cls(label)
        head, separator, tail = label.rpartition(SEPARATOR)
        if separator and head == "holiday":
            return cls("holiday", tail)
        if separator and tail in PHASES:
            return cls("festival", head, tail)
        raise ValueError(f"'{label}' is no date type: write 'workday', 'day off', 'holiday · NAME' or 'FESTIVAL · PHASE'")

    def relation(self, other: DateType) -> int:
        """How near ``other`` is in the hierarchy: 3 the same type, 2 the same phase or kind of another name, 1 the same kind, 0 none."""
        if self == other:
            return 3
        if self.kind != other.kind:
            return 0
        return 2 if self.phase == other.phase else 1


WORKDAY = DateType("workday")
DAY_OFF = DateType("day off")


@dataclass(frozen=True)
class Occurrence:
    """One festival held once. ``peak`` is its first peak day, ``days`` the number of peak days.

    regions: where it was held, if not everywhere; of a coming one it says nothing, for a forecast is of a day in all regions.
    """

    festival: str
    peak: pd.Timestamp
    days: int = 1
    opening: pd.Timestamp | None = None
    run_up: int = 3
    after: int = 3
    regions: tuple[str, ...] = field(default=(), repr=False)  # not in the digests of markets that have none

    def phase_days(self) -> Iterable[tuple[pd.Timestamp, str, int]]:
        """(day, phase, signed offset to the nearest peak day), in rising priority."""
        for step, phase, offset in self.phase_steps():
            yield self.peak + pd.Timedelta(days=step), phase, offset

    def phase_steps(self) -> Iterable[tuple[int, str, int]]:
        """As ``phase_days``, with each day as its distance to the first peak day."""
        for step in range(self.after, 0, -1):
            yield self.days - 1 + step, "after", step
        for step in range(self.run_up, 0, -1):
            yield -step, "run-up", -step
        if self.opening is not None:
            ahead = (self.opening - self.peak).days
            yield ahead, "opening", ahead
        for step in range(self.days):
            yield step, "peak", step


class DayTypes(NamedTuple):
    """Date types of consecutive days, with no object per day.

    types: those that occur, in order of first appearance.  codes: [D'] the position in ``types`` of each day's, for a blended
    day its heaviest part's.  offsets: [D'] signed days to the peak of the festival the day belongs to, or the position within a
    public holiday.
    """

    types: tuple[DateType, ...]
    codes: NDArray[np.int64]
    offsets: NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """Consecutive days with their known-ahead facts, reaching past the panel's end.

    dates: [D'] consecutive days.  workday: [D'] bool, make-up working days included.  holiday: [D'] the public
    holiday's name or "".  occurrences: every festival held within the span.  covariates: further numeric known-ahead
    columns, indexed by date.  provisional: years whose holidays were not announced when they were derived, and are a guess.
    mixture: days that a scenario gives a date type, or a blend of several with weights
    that sum to 1.
    """

    dates: pd.DatetimeIndex
    workday: np.ndarray
    holiday: np.ndarray
    occurrences: tuple[Occurrence, ...]
    covariates: pd.DataFrame
    provisional: tuple[int, ...] = ()
    mixture: Mapping[pd.Timestamp, Mapping[str, float]] = field(default_factory=dict)

    @cached_property
    def types(self) -> tuple[DateType, ...]:
        """[D'] the date type of each day; for a blended day its heaviest part."""
        return tuple(self.day_types.types[code] for code in self.day_types.codes)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """[D'] signed days to the peak of the festival the day belongs to, or the position within a public holiday."""
        return self.day_types.offsets

    @cached_property
    def day_types(self) -> DayTypes:
        """The date types of all days at once; a festival wins over a holiday, and between two the phase of higher priority."""
        number, codes, offsets = self._without_festivals()
        of_festival = {
            name: {phase: number.setdefault(DateType("festival", name, phase), len(number)) for phase in PHASES} for name in self.festivals
        }
        taken: dict[int, tuple[int, int]] = {}
        for occurrence in self.occurrences:
            peak, of_phase = (occurrence.peak - self.dates[0]).days, of_festival[occurrence.festival]
            for step, phase, offset in occurrence.phase_steps():
                day, rank = peak + step, (PRIORITY[phase], -abs(offset))
                if 0 <= day < len(codes) and rank > taken.get(day, ()):
                    taken[day], codes[day], offsets[day] = rank, of_phase[phase], offset
        for date, blend in self.mixture.items():
            position = self.index(date)
            if position is not None:
                heaviest = DateType.parse(max(blend, key=lambda label: blend[label]))
                codes[position], offsets[position] = number.setdefault(heaviest, len(number)), 0
        used, first = np.unique(codes, return_index=True)
        order = used[np.argsort(first)]
        place = np.zeros(len(number), dtype=np.int64)
        place[order] = np.arange(len(order))
        kinds = tuple(number)
        return DayTypes(tuple(kinds[code] for code in order), place[codes], offsets)

    def _without_festivals(self) -> tuple[dict[DateType, int], NDArray[np.int64], NDArray[np.int64]]:
        """A number for each date type, and the codes and offsets [D'] as they were if no festival were held."""
        number = {WORKDAY: 0, DAY_OFF: 1}
        codes = np.where(self.workday, 0, 1)
        named, names = pd.factorize(np.where(self.workday, "", self.holiday))
        for position, name in enumerate(names):
            if name:
                codes[named == position] = number.setdefault(DateType("holiday", str(name)), len(number))
        days = np.arange(len(codes))
        start = np.maximum.accumulate(np.where(np.diff(codes, prepend=-1) != 0, days, 0))
        return number, codes, np.where(codes > 1, days - start, 0)

    def index(self, date: pd.Timestamp) -> int | None:
        """Position of ``date`` in ``dates``, or None outside the span."""
        position = (date - self.dates[0]).days
        return position if 0 <= position < len(self.dates) else None

    def blend(self, day: int) -> Mapping[str, float]:
        """Weights of the date types of the day at position ``day``; one type of weight 1 unless a scenario blends."""
        plain = {self.types[day].label: 1.0}
        return self.mixture.get(self.dates[day], plain) if self.mixture else plain

    @property
    def festivals(self) -> tuple[str, ...]:
        """Names of the festivals, in order of first appearance."""
        return tuple(dict.fromkeys(o.festival for o in self.occurrences))

    def with_occurrences(self, occurrences: Iterable[Occurrence]) -> Calendar:
        """The same days with other festivals."""
        return replace(self, occurrences=tuple(sorted(occurrences, key=lambda o: o.peak)))

    def with_mixture(self, mixture: Mapping[pd.Timestamp, Mapping[str, float]]) -> Calendar:
        """The same days, some of them given date types by hand."""
        return replace(self, mixture=dict(mixture))
