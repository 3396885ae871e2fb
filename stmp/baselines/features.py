"""The columns LightGBM reads: one row per (region, category, target day, origin), everything from the origin or known ahead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stmp.baselines.last_festival import YEAR
from stmp.baselines.past import LEVEL, Array, Past, first_known, levels, mean, trailing_mean
from stmp.baselines.shrunk_uplift import SHOTS, uplifts
from stmp.market import Market
from stmp.market.calendar import KINDS, PHASES
from stmp.tasks import distances

CATEGORICAL = ("region", "category", "kind", "phase", "name")
UNNAMED = np.nan  # what LightGBM reads as a missing category


class Features:
    """Makes the rows of any origin of a view; volumes in columns are log1p, relative to the level at the origin."""

    def __init__(self, view: Market, horizon: int) -> None:
        self.past, self.horizon = Past(view), horizon
        past = self.past
        self.shape = (*past.orders.shape[:2], horizon)
        self.logs, self.level = np.log1p(past.orders), np.log1p(past.level)
        self.plain = np.where(past.ordinary[: past.days], self.logs, np.nan)
        self.network = np.log1p(np.nansum(past.orders, axis=0, keepdims=True)), np.log1p(np.nansum(past.level, axis=0, keepdims=True))
        self.means = {days: trailing_mean(self.logs, days) for days in (2, 3, 7, 14)} | {3 * LEVEL: trailing_mean(self.level, 3 * LEVEL)}
        self.streams = {}
        for name, values in view.past.items():
            stream = values.astype(np.float64)
            level = np.log1p(levels(stream, past.ordinary[: past.days]))
            self.streams[name] = {days: trailing_mean(np.log1p(stream), days) - level for days in (1, 3, 7)}
        self.calendar = _calendar(view, past)
        self.known = {f"known {name}": values[:, past.first :] for name, values in view.known.items()}
        self.facts = {f"fact {name}": np.log1p(np.maximum(view.facts[name].to_numpy(float), 0)) for name in view.facts}

    def targets(self, origin: int) -> Array:
        """[R, C, H] what is to be forecast; NaN where missing."""
        return self.logs[..., origin + 1 : origin + 1 + self.horizon] - self.base(origin)

    def base(self, origin: int) -> Array:
        """[R, C, H] what targets are relative to: an ordinary day's weekdays, the level for other days.

        A tree would split by weekday first, and know nothing of a festival on a weekday that it never fell on.
        """
        days = [
            np.log1p(self.past.same_weekday(origin, day, self.past.types[day].kind)) if self.past.ordinary[day] else self.level[..., origin]
            for day in range(origin + 1, origin + 1 + self.horizon)
        ]
        return np.stack(days, axis=-1)

    def rows(self, origin: int, *, named: bool = True) -> tuple[list[str], NDArray[np.float32]]:
        """Names and [R, C, H, F] columns. Without ``named``, every festival and holiday counts as never seen."""
        found = {name: np.broadcast_to(column, self.shape) for name, column in self._columns(origin, named)}
        return list(found), np.stack(list(found.values()), axis=-1, dtype=np.float32)

    def _columns(self, origin: int, named: bool) -> Iterator[tuple[str, NDArray[np.generic]]]:
        ahead = slice(origin + 1, origin + 1 + self.horizon)
        regions, categories, _ = self.shape
        yield "region", np.arange(regions)[:, None, None]
        yield "category", np.arange(categories)[None, :, None]
        yield "lead", np.arange(1, self.horizon + 1)
        for name, column in self.calendar.items():
            yield name, column[ahead]
        yield "name", self._names(origin, named)
        for name, values in self.known.items():
            yield name, values[:, None, ahead]
        for name, fact in self.facts.items():
            yield name, fact[:, None, None]
        yield from self._recent(origin)
        yield from self._aligned(origin, named)

    def _names(self, origin: int, named: bool) -> Array:
        """Code of the date type of each target day; a type that was not held before is one without a name."""
        types = self.past.types
        seen = {t: code for code, t in enumerate(dict.fromkeys(types[: self.past.days])) if t.kind in ("holiday", "festival")}
        return np.array([seen.get(t, UNNAMED) if named else UNNAMED for t in types[origin + 1 : origin + 1 + self.horizon]])

    def _recent(self, origin: int) -> Iterator[tuple[str, Array]]:
        level = self.level[..., origin, None]
        yield "level", level
        for back in range(7):
            yield f"last {back}", self.logs[..., max(origin - back, 0), None] - level
        for days, means in self.means.items():
            yield f"mean {days}", means[..., origin, None] - level
        window = self.plain[..., max(0, origin + 1 - LEVEL) : origin + 1]
        centre = mean(window)[..., None]
        yield "spread", np.sqrt(mean((window - centre) ** 2))[..., None]
        total, total_level = self.network
        for days in (1, 7):
            yield f"network {days}", mean(total[..., max(0, origin + 1 - days) : origin + 1])[..., None] - total_level[..., origin, None]
        for name, streams in self.streams.items():
            for days, values in streams.items():
                yield f"{name} {days}", values[..., origin, None]
                yield f"{name} network {days}", mean(values[..., origin], axis=0)[None, :, None]
        if origin >= YEAR:
            yield "year trend", level - self.level[..., origin - YEAR, None]
        else:
            yield "year trend", np.full((1, 1, 1), np.nan)

    def _aligned(self, origin: int, named: bool) -> Iterator[tuple[str, Array]]:
        """What earlier days like each target day were, relative to the level at the same lead."""
        by_day = [self._like(origin, lead, named) for lead in range(1, self.horizon + 1)]
        for name in by_day[0]:
            yield name, np.stack([np.broadcast_to(day[name], self.shape[:2]) for day in by_day], axis=-1)

    def _like(self, origin: int, lead: int, named: bool) -> dict[str, Array]:
        past, level = self.past, self.level[..., origin]
        target = origin + lead
        unknown = np.full((1, 1), np.nan)
        found: dict[str, Array] = {}
        weeks = -(-lead // 7)
        for week in range(4):
            day = target - 7 * (weeks + week)
            found[f"week {week}"] = self.plain[..., day] - level if day >= 0 else unknown
        date_type = past.types[target]
        plain = past.ordinary[target]
        found["same weekday"] = np.log1p(past.same_weekday(origin, target, date_type.kind)) - level if plain else unknown
        before = target - YEAR
        year = self.logs[..., before] - self.level[..., before - lead] if before >= lead else unknown
        alike = plain and before >= lead and past.types[before] == date_type  # a festival falls on another weekday: see its uplifts
        found["year"], found["year network"] = (year, mean(year, axis=0)[None]) if alike else (unknown, unknown)
        support = (
            past.support(date_type, int(past.offsets[target]), origin, lead, named=named) if not plain else np.empty(0, dtype=np.int64)
        )
        known = len(support) > 0
        found["own uplift"], found["network uplift"] = uplifts(past, support[-SHOTS:], lead) if known else (unknown, unknown)
        found["last uplift"], found["last network uplift"] = uplifts(past, support[-1:], lead) if known else (unknown, unknown)
        found["shots"] = np.full((1, 1), float(len(support)))
        found["relation"] = np.full((1, 1), float(date_type.relation(past.types[support[-1]])) if known else np.nan)
        found["uplift age"] = np.full((1, 1), float(target - support[-1]) if known else np.nan)
        found["expected"] = first_known(found["own uplift"], np.broadcast_to(found["network uplift"], self.shape[:2]))
        return found


def _calendar(view: Market, past: Past) -> dict[str, NDArray[np.floating]]:
    """[D'] known-ahead columns of every day from the panel's first on."""
    calendar = view.calendar
    kinds, phases = (np.array([getattr(t, what) for t in calendar.types]) for what in ("kind", "phase"))
    columns: dict[str, NDArray[np.floating]] = {
        "weekday": calendar.dates.dayofweek.to_numpy(float),
        "day of year": calendar.dates.dayofyear.to_numpy(float),
        "day of month": calendar.dates.day.to_numpy(float),
        "workday": calendar.workday.astype(float),
        "kind": np.array([KINDS.index(kind) for kind in kinds], dtype=float),
        "phase": np.array([("", *PHASES).index(phase) for phase in phases], dtype=float),
        "offset": calendar.offsets.astype(float),
    }
    for name, marked in (("peak", phases == "peak"), ("opening", phases == "opening"), ("holiday", kinds == "holiday")):
        columns[f"to {name}"], columns[f"since {name}"] = distances(marked)
    columns |= {f"known {name}": values.to_numpy(float) for name, values in calendar.covariates.items()}
    return {name: column[past.first :] for name, column in columns.items()}
