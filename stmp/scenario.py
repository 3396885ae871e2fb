"""A what-if: what differs from the calendar, the recent past and the district facts, as one frozen object.

Only inputs that the model truly has can be changed; there is no multiplier on the result.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, NoReturn

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stmp.errors import MisfitError, ScenarioError
from stmp.files import whole_file
from stmp.market import Calendar, DateType, Market, Occurrence


class Part(BaseModel):
    """Base of everything in a scenario: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)


class Move(Part):
    """The occurrence of ``festival`` whose peak begins on ``peak`` is held from ``to`` on."""

    action: Literal["move"] = "move"
    festival: str
    peak: date
    to: date


class Lengthen(Part):
    """The occurrence has ``days`` peak days."""

    action: Literal["lengthen"] = "lengthen"
    festival: str
    peak: date
    days: Annotated[int, Field(ge=1, le=31)]


class Add(Part):
    """One more occurrence of a festival the calendar knows."""

    action: Literal["add"] = "add"
    festival: str
    peak: date
    days: Annotated[int, Field(ge=1, le=31)] = 1


class Drop(Part):
    """The occurrence is not held."""

    action: Literal["drop"] = "drop"
    festival: str
    peak: date


class Days(Part):
    """Days ``first``..``last`` are treated as a date type, or as a blend of several: label -> weight, summing to 1."""

    first: date
    last: date
    types: dict[str, Annotated[float, Field(gt=0, le=1)]]

    @model_validator(mode="after")
    def _consistent(self) -> Days:
        if self.last < self.first:
            raise ValueError(f"days end on {self.last}, before they begin on {self.first}")
        if abs(sum(self.types.values()) - 1) > 1e-6:
            raise ValueError(f"the weights of a blend sum to {sum(self.types.values()):.3f}, not to 1")
        for label in self.types:
            DateType.parse(label)
        return self


class Recent(Part):
    """The last ``days`` values of ``stream`` before the cutoff are multiplied by ``factor``; empty lists mean all."""

    stream: str
    factor: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    days: Annotated[int, Field(ge=1, le=366)] = 7
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Fact(Part):
    """The static fact ``name`` of ``region`` becomes ``value``."""

    region: str
    name: str
    value: Annotated[float, Field(allow_inf_nan=False)]


class Scenario(Part):
    """What differs from what is planned. The empty scenario is the baseline."""

    name: str = "baseline"
    festivals: tuple[Annotated[Move | Lengthen | Add | Drop, Field(discriminator="action")], ...] = ()
    days: tuple[Days, ...] = ()
    recent: tuple[Recent, ...] = ()
    facts: tuple[Fact, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Scenario:
        """Read a TOML file. Raises ScenarioError that names the file and the key."""
        try:
            return cls.of_toml(path.read_bytes(), str(path))
        except FileNotFoundError as error:
            raise ScenarioError(f"{path}: there is no such file. Remedy: check the path.") from error

    @classmethod
    def of_toml(cls, content: bytes, name: str) -> Scenario:
        """The scenario that TOML in UTF-8 holds. Raises ScenarioError that names the file, ``name``, and the key."""
        try:
            return cls.model_validate(tomllib.loads(content.decode("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{name}: not valid TOML: {error}. Remedy: mend the line.") from error
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'scenario'}: {e['msg']}" for e in error.errors())
            raise ScenarioError(f"{name}: {faults}. Remedy: mend the keys named.") from error

    def write(self, path: Path) -> None:
        """Write the scenario as TOML, whole or not at all."""
        with whole_file(path) as temporary:
            temporary.write_text(self.to_toml(), encoding="utf-8")

    def to_toml(self) -> str:
        """The scenario as TOML text that ``read`` takes back."""
        lines = [f"name = {_toml(self.name)}"]
        for key in ("festivals", "days", "recent", "facts"):
            for part in getattr(self, key):
                lines += ["", f"[[{key}]]"]
                lines += [f"{name} = {_toml(value)}" for name, value in part.model_dump().items()]
        return "\n".join(lines) + "\n"

    def apply(self, view: Market) -> Market:
        """``view`` as the scenario would have it. Raises MisfitError on names the market does not have."""
        past = {"orders": view.orders, **view.past}
        for number, recent in enumerate(self.recent):
            past[recent.stream] = _scaled(view, past, recent, self._place("recent", number))
        facts = view.facts
        for number, fact in enumerate(self.facts):
            facts = _with_fact(facts, view, fact, self._place("facts", number))
        orders = past.pop("orders")
        return replace(view, calendar=self.calendar(view), orders=orders, past=past, facts=facts)

    def calendar(self, view: Market) -> Calendar:
        """The calendar of ``view`` as the scenario would have it; the same object where it changes none of it."""
        calendar = view.calendar
        for number, change in enumerate(self.festivals):
            calendar = calendar.with_occurrences(_changed(calendar, change, view.cutoff, self._place("festivals", number)))
        return calendar.with_mixture(self._mixture(view)) if self.days else calendar

    def _place(self, kind: str, number: int) -> _Place:
        return _Place(self.name, f"{kind}.{number}")

    def _mixture(self, view: Market) -> dict[pd.Timestamp, Mapping[str, float]]:
        known = {t.label for t in view.calendar.types}
        mixture: dict[pd.Timestamp, Mapping[str, float]] = {}
        for number, days in enumerate(self.days):
            place = self._place("days", number)
            for label in days.types:
                place.require("types", label, known, "date type")
            place.after(view.cutoff, "first", pd.Timestamp(days.first))
            mixture |= dict.fromkeys(pd.date_range(days.first, days.last), days.types)
        return mixture


class _Place(NamedTuple):
    """A part of a scenario, such as festivals.0, whose keys are held against the market."""

    scenario: str
    part: str

    def refuse(self, key: str, fault: str) -> NoReturn:
        raise MisfitError(self.scenario, f"{self.part}.{key}", fault)

    def require(self, key: str, value: str, known: Collection[str], what: str) -> None:
        if value not in known:
            self.refuse(key, f"unknown {what} '{value}'. Remedy: use one of: {', '.join(sorted(known)) or 'none'}.")

    def after(self, cutoff: pd.Timestamp, key: str, day: pd.Timestamp) -> None:
        if day <= cutoff:
            self.refuse(key, f"the day {day:%Y-%m-%d} is not after the cutoff {cutoff:%Y-%m-%d}. Remedy: change days still to come.")


def _scaled(view: Market, past: Mapping[str, np.ndarray], recent: Recent, place: _Place) -> np.ndarray:
    place.require("stream", recent.stream, past, "stream")
    for region in recent.regions:
        place.require("regions", region, view.regions, "district")
    for category in recent.categories:
        place.require("categories", category, view.categories, "category")
    rows = [i for i, r in enumerate(view.regions) if not recent.regions or r in recent.regions]
    columns = [i for i, c in enumerate(view.categories) if not recent.categories or c in recent.categories]
    values = past[recent.stream].copy()
    values[np.ix_(rows, columns, range(max(0, values.shape[-1] - recent.days), values.shape[-1]))] *= recent.factor
    return values


def _with_fact(facts: pd.DataFrame, view: Market, fact: Fact, place: _Place) -> pd.DataFrame:
    place.require("region", fact.region, view.regions, "district")
    place.require("name", fact.name, facts.columns, "district fact")
    changed = facts.copy()
    changed.loc[fact.region, fact.name] = fact.value
    return changed


def _changed(calendar: Calendar, change: Move | Lengthen | Add | Drop, cutoff: pd.Timestamp, place: _Place) -> list[Occurrence]:
    place.require("festival", change.festival, calendar.festivals, "festival")
    peak = pd.Timestamp(change.peak)
    same = [o for o in calendar.occurrences if o.festival == change.festival]
    if isinstance(change, Add):
        place.after(cutoff, "peak", peak)
        return [*calendar.occurrences, replace(same[-1], peak=peak, days=change.days, opening=None)]
    found = [o for o in same if o.peak == peak]
    if not found:
        held = ", ".join(f"{o.peak:%Y-%m-%d}" for o in same)
        place.refuse("peak", f"no peak of {change.festival} begins on {change.peak}. Remedy: use one of {held}.")
    place.after(cutoff, "peak", peak)
    others = [o for o in calendar.occurrences if o is not found[0]]
    if isinstance(change, Drop):
        return others
    if isinstance(change, Lengthen):
        return [*others, replace(found[0], days=change.days)]
    to = pd.Timestamp(change.to)
    place.after(cutoff, "to", to)
    opening = found[0].opening
    return [*others, replace(found[0], peak=to, opening=None if opening is None else opening + (to - peak))]


def _toml(value: object) -> str:
    if isinstance(value, str):
        plain = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 0x20 or ord(c) == 0x7F else c for c in plain) + '"'
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(value)
