"""Days, festivals and date types: what is known ahead of a cutoff.

A date type is workday, day off, a named public holiday, or a phase of a named festival. The hierarchy
``exact type -> same phase of any festival (or any holiday) -> kind`` says whose history may stand in for a
type that has none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

PHASES = ("opening", "run-up", "peak", "after")
KINDS = ("workday", "day off", "holiday", "festival")
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
    """One festival held once. ``peak`` is its first peak day, ``days`` the number of peak days."""

    festival: str
    peak: pd.Timestamp
    days: int = 1
    opening: pd.Timestamp | None = None
    run_up: int = 3
    after: int = 3

    def phase_days(self) -> Iterable[tuple[pd.Timestamp, str, int]]:
        """(day, phase, signed offset to the nearest peak day), in rising priority."""
        last = self.peak + pd.Timedelta(days=self.days - 1)
        for step in range(self.after, 0, -1):
            yield last + pd.Timedelta(days=step), "after", step
        for step in range(self.run_up, 0, -1):
            yield self.peak - pd.Timedelta(days=step), "run-up", -step
        if self.opening is not None:
            yield self.opening, "opening", (self.opening - self.peak).days
        for step in range(self.days):
            yield self.peak + pd.Timedelta(days=step), "peak", step


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
        return tuple(t for t, _ in self._phases)

    @cached_property
    def offsets(self) -> np.ndarray:
        """[D'] signed days to the peak of the festival the day belongs to, or the position within a public holiday."""
        return np.array([offset for _, offset in self._phases], dtype=np.int64)

    @cached_property
    def _phases(self) -> list[tuple[DateType, int]]:
        result: list[tuple[DateType, int]] = []
        for day, (work, holiday) in enumerate(zip(self.workday, self.holiday, strict=True)):
            if holiday and not work:
                same = day > 0 and result[-1][0] == DateType("holiday", str(holiday))
                result.append((DateType("holiday", str(holiday)), result[-1][1] + 1 if same else 0))
            else:
                result.append((WORKDAY if work else DAY_OFF, 0))
        order = {phase: rank for rank, phase in enumerate(("after", "run-up", "opening", "peak"))}
        taken: dict[int, tuple[int, int]] = {}
        for occurrence in self.occurrences:
            for date, phase, offset in occurrence.phase_days():
                position = self.index(date)
                rank = (order[phase], -abs(offset))
                if position is None or (position in taken and taken[position] >= rank):
                    continue
                taken[position] = rank
                result[position] = (DateType("festival", occurrence.festival, phase), offset)
        for date, blend in self.mixture.items():
            position = self.index(date)
            if position is not None:
                result[position] = (DateType.parse(max(blend, key=lambda label: blend[label])), 0)
        return result

    def index(self, date: pd.Timestamp) -> int | None:
        """Position of ``date`` in ``dates``, or None outside the span."""
        position = (date - self.dates[0]).days
        return position if 0 <= position < len(self.dates) else None

    def blend(self, day: int) -> Mapping[str, float]:
        """Weights of the date types of the day at position ``day``; one type of weight 1 unless a scenario blends."""
        return self.mixture.get(self.dates[day], {self.types[day].label: 1.0})

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
