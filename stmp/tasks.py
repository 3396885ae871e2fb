"""From a market to the model's inputs: windows, calendar features, support sets and labels.

An instance is (region, category, target day, origin): its window ends at the origin, its target day brings only what
is known ahead. Volumes enter as log1p relative to the region x category level at the origin, so that series of any
size share parameters. Everything here reads the panel at or before an origin; the panel itself ends at the cutoff.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from stmp.config import Schema
from stmp.market import DateType, Market
from stmp.market.calendar import DAY_OFF, PHASES, WORKDAY
from stmp.newcomers import LEAST_DAYS, SPECIAL_WEIGHT
from stmp.recurrence import RECURRING, Recurrence, same_days

STEP_FEATURES = 5  # value, present, day off, holiday, festival
PRESENT = 1
ALIGNED = 9 + RECURRING  # and one for each further stream
RECURS = [ALIGNED - 3, ALIGNED - 2]  # of these, the season as far as it came true and the day of the month
RISE_DAYS = 3
WEEKS = 4  # same weekdays before the origin, the first of the aligned inputs
INTERVAL = 19
RELATIONS = 9
OWN_KINDS = ("workday", "day off", "festival")  # on which a region's own departures from the others are told apart
KINDS = len(OWN_KINDS)
RELATION_WEIGHT = (0.0, 0.1, 0.3, 1.0)  # of a support day in the pooled uplift of a date type, by its relation to it
PRIOR_DAYS = 1.0  # days without a departure that a region's own are averaged with, and of no uplift that a date type's are
ORDINARY_KINDS = 2  # the first of them


class Support(NamedTuple):
    """Support days of a batch of episodes; N days serve every date type and region of the episode.

    days: [B, N] positions in the panel, -1 for padding.  members: [B, Y, N] relation (0..3) of each date type to each
    support day that was chosen for it.  row: [B, N] whether the day belongs to the regions' own support.
    """

    days: NDArray[np.int64]
    members: NDArray[np.int64]
    row: NDArray[np.bool_]


class Pooled(NamedTuple):
    """The labels of a support set, pooled: the part of psi that needs no learning.

    uplift: [B, Y, C] mean relative volume of the regions on the days of each date type.  departures: [B, R, C, K] how far a
    region's own lies from the regions' mean on days of each of OWN_KINDS. Both are drawn towards 0 by PRIOR_DAYS.
    """

    uplift: Tensor
    departures: Tensor


@dataclass(frozen=True)
class SupportInputs:
    """What the amortization network reads of B episodes with N support days each.

    windows: of some support days, per stream [B, N', R, C or 1, T, F], each ending ``support_lead`` days before its support day.
    aligned [B, N, R, C, 1, A] and interval [B, N, R or 1, 1, 1, I]: inputs of the AR branch, known-ahead features.
    facts: [B, 1, R, 1, 1, 2P'] standardised values and their masks.
    labels, present: [B, N, R, C] relative volume of the support days and its mask.
    members: [B, Y, N] relation (0..3) of each date type to each support day chosen for it.
    row: [B, N] whether the day belongs to the regions' own support.
    kinds: [B, Y, K] which of OWN_KINDS each date type is; all 0 for a public holiday.
    pooled: what the labels say by themselves.
    """

    windows: Callable[[slice], tuple[Tensor, ...]]
    aligned: Tensor
    interval: Tensor
    facts: Tensor
    labels: Tensor
    present: Tensor
    members: Tensor
    row: Tensor
    kinds: Tensor
    pooled: Pooled


@dataclass(frozen=True)
class QueryInputs:
    """What the generator reads of B episodes with P target days each.

    windows: per stream [B, 1, R, C or 1, T, F].  aligned: [B, 1, R, C, P, A].  interval: [B, 1, R or 1, 1, P, I].
    facts: [B, 1, R, 1, 1, 2P'].  leads: [B, P] days from the origin to each target day.
    matched, matched_present: [B, P, N, R, C] volumes of the support days relative to the level at the target's own
    lead time, and their mask.  weekday: [B, N, R, C] the same weekdays' ordinary volumes before each support day, alike.
    surplus: [B, P, N, R, C, S'] how much further each of the S' further streams, such as carts, has risen than it had at the target's
    own lead time before the support day; 0 where one of the two is unknown.
    relations: [B, P, Y, N, Q] how a support day relates to a target day as a date type.
    members: [B, Y, N] as in SupportInputs.  mix: [B, P, Y] weights of the date types in each target day.
    level: [B, R, C] log1p level at the origin.
    kinds: [B, Y, K] which of OWN_KINDS each date type is.  day_kinds: [B, N, K] which of them each support day is.
    pooled: as in SupportInputs.
    """

    windows: tuple[Tensor, ...]
    aligned: Tensor
    interval: Tensor
    facts: Tensor
    leads: Tensor
    matched: Tensor
    matched_present: Tensor
    weekday: Tensor
    surplus: Tensor
    relations: Tensor
    members: Tensor
    mix: Tensor
    level: Tensor
    kinds: Tensor
    day_kinds: Tensor
    pooled: Pooled


class Series:
    """One stream of a market, day by day, as tensors [R, C or 1, D].

    values: what they are made of, NaN in gaps.  logs: log1p of the values, 0 in gaps.  present: their mask.  levels: mean of the
    logs over the last ``window`` days, each day with its ``weight`` [D].  founded: whether the level rests on a week of values;
    before, nothing can be relative to it.
    """

    def __init__(self, values: NDArray[np.floating], weight: NDArray[np.floating], window: int, device: torch.device) -> None:
        self.values, self.weight, self.window, self.device = values, weight, window, device
        there, logs = ~np.isnan(values), _logs(values)
        self.logs, self.present = _tensor(logs, device), _tensor(there, device)
        self.levels = _tensor(rolling_level(logs, there * weight, window), device)
        self.founded = _tensor(np.cumsum(there, axis=-1) >= LEAST_DAYS, device)

    @cached_property
    def rise(self) -> Tensor:
        """As the function ``rise`` has it."""
        return rise(self.logs, self.present, self.levels, self.founded)

    def changed(self, values: NDArray[np.floating], weight: NDArray[np.floating]) -> Series:
        """The stream with other values or weights, worked out from the first day on that differs."""
        if values is self.values and np.array_equal(weight, self.weight):
            return self
        there = ~np.isnan(values)
        same_gaps = np.array_equal(there, ~np.isnan(self.values))
        differs = (weight != self.weight) | ((values != self.values) & there).any((0, 1))
        if not same_gaps or differs[0]:
            return Series(values, weight, self.window, self.device)
        if not differs.any():
            return self
        first = int(differs.argmax())
        begin = max(0, first - self.window)
        logs = _logs(values[..., begin:])
        means = trailing_mean(logs, there[..., begin:] * weight[begin:], self.window)[..., first - begin :]
        level = carried(np.concatenate([self.levels[..., first - 1 : first].numpy(force=True), means], axis=-1))[..., 1:]
        series = copy(self)
        series.values, series.weight = values, weight
        series.logs = torch.cat([self.logs[..., :first], _tensor(logs[..., first - begin :], self.device)], dim=-1)
        series.levels = torch.cat([self.levels[..., :first], _tensor(level, self.device)], dim=-1)
        if "rise" in self.__dict__:
            late = (part[..., begin:] for part in (series.logs, series.present, series.levels, series.founded))
            series.rise = torch.cat([self.rise[..., :first], rise(*late)[..., first - begin :]], dim=-1)
        return series


class Panel:
    """A market view as tensors, with everything that does not depend on an episode worked out once.

    streams: the orders, the region's total where there are several categories, and the schema's further streams.
    ``total`` is given where the view holds some categories of a market only: what ``region_totals`` makes of all.
    """

    def __init__(self, view: Market, schema: Schema, window: int, device: torch.device, total: NDArray[np.floating] | None = None) -> None:
        self.view, self.schema, self.window, self.device = view, schema, window, device
        self.first_day = (view.dates[0] - view.calendar.dates[0]).days  # position of the panel's first day in the calendar
        self.days = len(view.dates)
        self._set_calendar()
        self.known = self._known()
        self.facts = self._facts()
        whole = region_totals(view) if total is None else total
        self.streams = [Series(values, self.level_weight, window, device) for values in self._arrays(whole)]
        self.recurrence = self._recurrence()

    def changed(self, view: Market, total: NDArray[np.floating] | None = None) -> Panel:
        """The panel of a scenario's view of the same days, which shares with this one all that is the same in both."""
        panel = copy(self)
        panel.view = view
        if view.calendar is not self.view.calendar:
            panel._set_calendar()
        if view.facts is not self.view.facts:
            panel.facts = panel._facts()
        whole = region_totals(view) if total is None else total
        pairs = zip(self.streams, panel._arrays(whole), strict=True)
        panel.streams = [stream.changed(values, panel.level_weight) for stream, values in pairs]
        if panel.streams[0] is not self.streams[0]:
            panel.recurrence = panel._recurrence()
        return panel

    def _recurrence(self) -> Recurrence:
        orders = self.streams[0]
        return Recurrence.of(orders.logs, orders.present, orders.levels, orders.founded, self.ordinary_days)

    def _arrays(self, total: NDArray[np.floating]) -> list[NDArray[np.floating]]:
        """What each stream is made of [R, C or 1, D]; what the market does not have is missing on every day."""
        nothing = np.full_like(total, np.nan)
        return [self.view.orders, total, *(self.view.past.get(name, nothing) for name in self.schema.streams)]

    def _set_calendar(self) -> None:
        calendar = self.view.calendar
        found, codes, offsets = calendar.day_types
        blended = [DateType.parse(label) for blend in calendar.mixture.values() for label in blend]
        # What a day may become when a scenario moves the festival that covers it, although no day shows it now.
        covered = [WORKDAY, DAY_OFF, *(DateType("holiday", str(name)) for name in dict.fromkeys(calendar.holiday.tolist()) if name)]
        covered += [DateType("festival", name, phase) for name in calendar.festivals for phase in PHASES]
        self.types: tuple[DateType, ...] = tuple(dict.fromkeys([*found, *blended, *covered]))
        self.type_of = codes[self.first_day :]
        self.relation = np.array([[a.relation(b) for b in self.types] for a in self.types])
        kinds = np.array([t.kind for t in self.types])
        self.kind_of = kinds[self.type_of]
        self.type_kinds = _tensor(kinds[:, None] == OWN_KINDS, self.device)  # [types, K]
        self.offsets = offsets[self.first_day :]
        self.weekday = calendar.dates.dayofweek.to_numpy()[self.first_day :]
        self.months = torch.as_tensor(same_days(calendar.dates[self.first_day :]), device=self.device)  # [D', MONTHS]
        self.ordinary = np.isin(kinds, ("workday", "day off"))[self.type_of]
        self.calendar_features = _tensor(calendar_features(self.view)[self.first_day :], self.device)  # [D', I - 1 - known]
        past = slice(self.first_day, self.first_day + self.days)
        flags = [~calendar.workday[past], *((kinds == kind)[self.type_of[: self.days]] for kind in ("holiday", "festival"))]
        self.step_flags = _tensor(np.stack(flags, axis=-1), self.device)  # [D, 3]
        self.ordinary_days = _tensor(self.ordinary[: self.days], self.device)
        self.level_weight = np.where(self.ordinary[: self.days], 1.0, SPECIAL_WEIGHT)  # [D]

    def _facts(self) -> Tensor:
        """[R, 2P'] log1p of the facts, standardised over regions, and their masks."""
        frame = self.view.facts.reindex(columns=list(self.schema.facts)).astype(float)
        values = np.log1p(np.maximum(frame.to_numpy(), 0))
        there = ~np.isnan(values)
        count = np.maximum(there.sum(0), 1)
        mean = np.nansum(values, 0) / count
        spread = np.sqrt(np.nansum((values - mean) ** 2, 0) / count)
        scaled = np.where(there, (values - mean) / np.maximum(spread, 1e-3), 0)
        return _tensor(np.concatenate([scaled, there], axis=1), self.device)

    def _known(self) -> Tensor:
        """[R or 1, D', 2 K'] known-ahead columns, standardised on the panel's own days, and their masks."""
        columns: list[NDArray[np.floating]] = []
        covariates = self.view.calendar.covariates
        for name in self.schema.known:
            if name in self.view.known:
                columns.append(np.asarray(self.view.known[name], dtype=float))
            elif name in covariates.columns:
                columns.append(covariates[name].to_numpy(float)[None])
            else:
                columns.append(np.full((1, len(self.view.calendar.dates)), np.nan))
        rows = max((len(c) for c in columns), default=1)
        parts = []
        for column in columns:
            past = column[:, self.first_day : self.first_day + self.days]
            some = bool((~np.isnan(past)).any())
            mean, spread = (np.nanmean(past), max(float(np.nanstd(past)), 1e-3)) if some else (0.0, 1.0)
            there = ~np.isnan(column)
            part = np.stack([np.where(there, (column - mean) / spread, 0), there], axis=-1)
            parts.append(np.broadcast_to(part, (rows, *part.shape[1:])))
        width = (rows, len(self.view.calendar.dates), 0)
        joined = np.concatenate(parts, axis=-1) if parts else np.zeros(width)
        return _tensor(joined[:, self.first_day :], self.device)

    def support(self, origin: int, types: list[int], shots: int, lead: int, *, hide_name: bool = False) -> list[NDArray[np.int64]]:
        """Per date type, the days up to ``origin`` that stand for it: its own, else the nearest in the hierarchy.

        The most related come first, then the most recent. ``hide_name`` treats a festival as one never seen.
        """
        past = self.type_of[: origin + 1]
        candidates = np.arange(len(past))
        chosen = []
        for date_type in types:
            relation = self.relation[date_type, past].copy()
            relation[: lead + self.window // 4] = 0
            if hide_name and self.types[date_type].kind == "festival":
                relation[relation == 3] = 0
            floor = 2 if (relation >= 2).any() else 1
            usable = candidates[relation >= floor]
            order = np.lexsort((-usable, -relation[usable]))
            chosen.append(usable[order[:shots]])
        return chosen

    def row_support(self, origin: int, shots: int, lead: int) -> NDArray[np.int64]:
        """The regions' own support: the last working days, days off, and festival peaks or openings up to ``origin``."""
        earliest = lead + self.window // 4
        kind = self.kind_of[: origin + 1].copy()
        phase = np.array([t.phase in ("peak", "opening") for t in self.types])[self.type_of[: origin + 1]]
        kind[(kind == "festival") & ~phase] = ""
        kind[:earliest] = ""
        return np.concatenate([np.flatnonzero(kind == wanted)[-shots:] for wanted in ("workday", "day off", "festival")])


def _tensor(values: NDArray[np.floating] | NDArray[np.bool_], device: torch.device) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float32, device=device)


def rise(logs: Tensor, present: Tensor, levels: Tensor, founded: Tensor) -> Tensor:
    """[.., D] mean log volume of the last RISE_DAYS days, special ones among them, relative to the level; NaN where there is none."""

    def recent(values: Tensor) -> Tensor:
        return functional.pad(values, (RISE_DAYS - 1, 0)).unfold(-1, RISE_DAYS, 1).sum(-1)

    return (recent(logs * present) / recent(present) - levels).masked_fill(founded == 0, torch.nan)


def _logs(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """log1p of the values, 0 in gaps."""
    return np.asarray(np.log1p(np.fmax(values, 0)), dtype=np.float64)


def region_totals(view: Market) -> NDArray[np.floating]:
    """[R, 1, D] sum over the categories that are there; NaN where none is, and where the market has but one, which is its own total."""
    orders = view.orders
    missing = np.isnan(orders).all(1, keepdims=True) | (orders.shape[1] == 1)
    return np.where(missing, np.nan, np.nansum(orders, 1, keepdims=True))


def rolling_level(logs: NDArray[np.floating], weight: NDArray[np.floating], window: int) -> NDArray[np.floating]:
    """[.., D] weighted mean of ``logs`` over the last ``window`` steps; the last known one where all are missing, else 0."""
    return carried(trailing_mean(logs, weight, window))


def trailing_mean(logs: NDArray[np.floating], weight: NDArray[np.floating], window: int) -> NDArray[np.floating]:
    """[.., D] weighted mean of ``logs`` over the last ``window`` steps; NaN where all are missing."""

    def trailing(values: NDArray[np.floating]) -> NDArray[np.floating]:
        total = np.cumsum(values, axis=-1)
        total[..., window:] = total[..., window:] - total[..., :-window].copy()
        return total

    weight = np.broadcast_to(weight, logs.shape)
    mass = trailing(weight.astype(np.float64))
    return np.where(mass > 1e-6, trailing(logs * weight) / np.maximum(mass, 1e-6), np.nan)


def carried(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """[.., D] with the last known value in place of what is NaN; 0 where there is none."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    last = np.maximum.accumulate(np.where(missing, 0, np.arange(values.shape[-1])), axis=-1)
    return np.asarray(np.nan_to_num(np.take_along_axis(values, last, axis=-1)))


def calendar_features(view: Market) -> NDArray[np.float64]:
    """[D', I - 1] weekday, season, kind of day and festival interval of every calendar day."""
    calendar = view.calendar
    week = 2 * np.pi * calendar.dates.dayofweek.to_numpy() / 7
    year = 2 * np.pi * calendar.dates.dayofyear.to_numpy() / 365.25
    types, codes, _ = calendar.day_types
    kinds, phases = (np.array([getattr(t, what) for t in types])[codes] for what in ("kind", "phase"))
    off = ~calendar.workday
    peak_next, peak_last = distances(phases == "peak")
    holiday_next, holiday_last = distances(kinds == "holiday")
    opening_next, opening_last = distances(phases == "opening")
    columns = [np.sin(week), np.cos(week), np.sin(2 * week), np.cos(2 * week)]
    columns += [np.sin(year), np.cos(year), np.sin(2 * year), np.cos(2 * year)]
    columns += [calendar.workday, off, kinds == "holiday"]
    columns += [np.log1p(peak_next) / 4, np.log1p(peak_last) / 4, np.exp(-peak_next / 3), np.exp(-peak_last / 3)]
    columns += [np.exp(-holiday_next / 3) - np.exp(-holiday_last / 3), np.exp(-opening_next / 2), np.exp(-opening_last / 2)]
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=-1)


def distances(marked: NDArray[np.bool_], limit: int = 60) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[D'] days to the next and since the last marked day, at most ``limit``: the paper's festival interval."""
    days = np.arange(len(marked))
    last = np.maximum.accumulate(np.where(marked, days, -10 * limit))
    following = np.minimum.accumulate(np.where(marked, days, len(marked) + 10 * limit)[::-1])[::-1]
    return np.minimum(following - days, limit).astype(float), np.minimum(days - last, limit).astype(float)
