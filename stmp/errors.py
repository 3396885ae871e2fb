"""Failures a user can mend: each says what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class StmpError(Exception):
    """Base of every error that bad input can cause; the commands print it and exit with 1."""


@dataclass(frozen=True)
class Problem:
    """One fault found in a file, with the place and the remedy."""

    file: Path
    message: str
    remedy: str
    column: str | None = None
    row: int | None = None  # line number in the file, the header being line 1
    value: str | None = None

    def __str__(self) -> str:
        place = [str(self.file)]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column '{self.column}'")
        shown = f" (found {self.value!r})" if self.value is not None else ""
        return f"{', '.join(place)}: {self.message}{shown}. Remedy: {self.remedy}."


class MarketError(StmpError):
    """A market folder that cannot be read; carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"the market has {count} problem{'s' if count != 1 else ''}:"
        super().__init__("\n".join([head, *(f"  {p}" for p in self.problems)]))


class CheckpointError(StmpError):
    """A checkpoint that is damaged, of another schema, or does not fit the market."""


class ScenarioError(StmpError):
    """A scenario that names what the market does not have, or contradicts itself."""


class MisfitError(ScenarioError):
    """A part of a scenario that a market cannot have. place: its key, as in the scenario's file.  fault: what is wrong, and the remedy."""

    def __init__(self, scenario: str, place: str, fault: str) -> None:
        self.place, self.fault = place, fault
        super().__init__(f"scenario '{scenario}': {fault}")


class CutoffError(StmpError):
    """A cutoff or horizon for which the market cannot give a forecast."""


class StockError(StmpError):
    """Rules or a supply that no stock can be made from."""


class PlanError(StmpError):
    """A plan that cannot be saved or read, or an override that does not fit."""


class ReportError(StmpError):
    """A brand or a font that a report cannot be made with."""
