"""What ``stmp market check`` says of a market: a description of plain values, and its text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.cells import cell_len

from stmp.market.calendar import KINDS, Calendar, Occurrence
from stmp.market.market import About, Float, Market

AROUND = 28  # days on either side of a day whose ordinary days make its local median
LEAST = 7  # ordinary days with data below which there is no local median

WIDTH = 120  # columns of the text
LABEL = 14  # columns of a label
MOST = 30  # names of regions or categories that are written out
FEW = 8  # entries of other lists
NAME = 48  # columns of a holiday's name


@dataclass(frozen=True)
class Stretch:
    """Consecutive steps of one series."""

    region: str
    category: str
    first: pd.Timestamp
    last: pd.Timestamp
    steps: int


@dataclass(frozen=True)
class Absence:
    """Cells that are missing, or that are 0: how many of how many, in which regions, and the longest run."""

    count: int
    cells: int
    by_region: tuple[tuple[str, int], ...]  # only regions with any, the most affected first
    longest: Stretch | None


@dataclass(frozen=True)
class Stream:
    """Orders or a past covariate. Cells before a region's start are not missing; they are not there yet."""

    name: str
    total: float
    missing: Absence
    zero: Absence


@dataclass(frozen=True)
class Ratio:
    """A day's total relative to its local median: the whole market's, and the lowest and highest of the regions'."""

    market: float
    low: float
    high: float


@dataclass(frozen=True)
class Festival:
    """One occurrence. A ratio is None on a day ahead of the panel, or where there is too little data around it.

    strongest: of the peak day with the largest ratio.
    """

    occurrence: Occurrence
    strongest: Ratio | None
    opening: Ratio | None
    ahead: bool


@dataclass(frozen=True)
class Holiday:
    """A public holiday: its days within the panel, and the median, lowest and highest ratio of the market's total on them."""

    name: str
    days: int
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Description:
    """Everything the report shows.

    regions: id -> name.  map: "polygons", "points" or "neither".  facts: name -> regions that lack it.  kinds: kind of day -> days of
    the panel.  working_weekends: make-up working days.  late: regions that start after the panel, with their first step, the latest first.
    dark: days on which the whole market has no data, or sold nothing.
    """

    about: About
    first: pd.Timestamp
    last: pd.Timestamp
    steps: int
    calendar_first: pd.Timestamp
    calendar_last: pd.Timestamp
    provisional: tuple[int, ...]
    kinds: dict[str, int]
    working_weekends: int
    regions: dict[str, str]
    map: str
    categories: tuple[str, ...]
    facts: dict[str, int]
    known: tuple[str, ...]
    known_by_region: tuple[str, ...]
    streams: tuple[Stream, ...]
    late: tuple[tuple[str, pd.Timestamp], ...]
    dark: tuple[pd.Timestamp, ...]
    festivals: tuple[Festival, ...]
    holidays: tuple[Holiday, ...]


def describe(market: Market) -> Description:
    """What a market holds. Day totals are sums over categories, hours and, for the market, regions."""
    calendar = market.calendar
    days = _Days(market)
    start, open_yet = _starts(market)
    table = market.region_table
    points = bool((table["lat"].notna() & table["lon"].notna()).any())
    return Description(
        about=market.about,
        first=pd.Timestamp(market.dates[0]),
        last=pd.Timestamp(market.dates[-1]),
        steps=len(market.dates),
        calendar_first=pd.Timestamp(calendar.dates[0]),
        calendar_last=pd.Timestamp(calendar.dates[-1]),
        provisional=calendar.provisional,
        kinds={kind: int((days.kinds == kind).sum()) for kind in KINDS},
        working_weekends=int((calendar.workday[days.position] & (days.dates.dayofweek >= 5)).sum()),
        regions={region: str(table.loc[region, "name"]) for region in market.regions},
        map="polygons" if market.polygons is not None else "points" if points else "neither",
        categories=market.categories,
        facts={str(name): int(values.isna().sum()) for name, values in market.facts.items()},
        known=tuple(map(str, calendar.covariates.columns)),
        known_by_region=tuple(market.known),
        streams=tuple(_stream(market, name, values, open_yet) for name, values in {"orders": market.orders, **market.past}.items()),
        late=tuple(sorted(start.items(), key=lambda pair: pair[1], reverse=True)),
        dark=tuple(days.dates[~(days.totals[-1] > 0)]),
        festivals=tuple(_festival(occurrence, days) for occurrence in calendar.occurrences),
        holidays=_holidays(calendar, days),
    )


class _Days:
    """Days of the panel, N of them. The last row of what has R + 1 rows is the market.

    position: [N] in the calendar.  kinds: [N].  totals: [R + 1, N] sums, NaN where nothing is known.  ratios: [R + 1, N] totals over
    the median of the ordinary days within AROUND days, NaN where there is none.
    """

    def __init__(self, market: Market) -> None:
        calendar = market.calendar
        there = ~np.isnan(market.orders)
        steps = np.where(there.any(axis=1), market.orders.sum(axis=1, dtype=np.float64, where=there), np.nan)
        totals = pd.DataFrame(steps.T, index=market.dates).resample("D").sum(min_count=1)
        totals["market"] = totals.sum(axis=1, min_count=1)
        self.dates = pd.DatetimeIndex(totals.index)
        self.position = calendar.dates.get_indexer(self.dates)
        self.kinds = np.array([calendar.types[day].kind for day in self.position])
        ordinary = totals[np.isin(self.kinds, ("workday", "day off"))].reindex(self.dates)
        median = ordinary.rolling(2 * AROUND + 1, center=True, min_periods=LEAST).median()
        self.totals = totals.to_numpy().T
        self.ratios = (totals / median.where(median > 0)).to_numpy().T

    def ratio(self, day: pd.Timestamp | None) -> Ratio | None:
        """That of a day; None outside the panel and where the market has no local median."""
        if day is None or not self.dates[0] <= day <= self.dates[-1]:
            return None
        *regions, market = self.ratios[:, self.dates.get_loc(day)]
        known = [ratio for ratio in regions if not np.isnan(ratio)]
        return None if np.isnan(market) else Ratio(float(market), float(min(known, default=np.nan)), float(max(known, default=np.nan)))


def _starts(market: Market) -> tuple[dict[str, pd.Timestamp], NDArray[np.bool_]]:
    """The first step with orders of each region that starts after the panel, and [R, 1, D] whether a region has started."""
    started = np.maximum.accumulate(~np.isnan(market.orders).all(axis=1), axis=-1)
    first = started.argmax(axis=-1)
    return {region: market.dates[step] for region, step in zip(market.regions, first, strict=True) if step > 0}, started[:, None]


def _festival(occurrence: Occurrence, days: _Days) -> Festival:
    """The strongest peak day is the one with the largest ratio."""
    peaks = [days.ratio(occurrence.peak + pd.Timedelta(days=step)) for step in range(occurrence.days)]
    strongest = max((ratio for ratio in peaks if ratio is not None), key=lambda ratio: ratio.market, default=None)
    return Festival(occurrence, strongest, days.ratio(occurrence.opening), occurrence.peak > days.dates[-1])


def _holidays(calendar: Calendar, days: _Days) -> tuple[Holiday, ...]:
    names = np.where(days.kinds == "holiday", calendar.holiday[days.position], "")
    found = []
    for name in dict.fromkeys(names[names != ""]):
        held = days.ratios[-1, names == name]
        known = held[~np.isnan(held)]
        middle, low, high = np.quantile(known, [0.5, 0, 1]) if len(known) else (np.nan, np.nan, np.nan)
        found.append(Holiday(str(name), len(held), float(middle), float(low), float(high)))
    return tuple(found)


def _stream(market: Market, name: str, values: Float, open_yet: NDArray[np.bool_]) -> Stream:
    missing, zero = (_absence(market, mask & open_yet, open_yet) for mask in (np.isnan(values), values == 0))
    return Stream(name, float(np.nansum(values, dtype=np.float64)), missing, zero)


def _absence(market: Market, mask: NDArray[np.bool_], open_yet: NDArray[np.bool_]) -> Absence:
    """mask: [R, C, D] the cells concerned, of those where ``open_yet`` [R, 1, D]."""
    counts = mask.sum(axis=(1, 2))
    by_region = sorted(((r, int(n)) for r, n in zip(market.regions, counts, strict=True) if n), key=lambda pair: -pair[1])
    cells = int(open_yet.sum()) * len(market.categories)
    return Absence(int(counts.sum()), cells, tuple(by_region), _longest(market, mask))


def _longest(market: Market, mask: NDArray[np.bool_]) -> Stretch | None:
    """The longest run of True along the last axis of [R, C, D]; the first of several."""
    run = np.zeros(mask.shape[:2], dtype=np.int64)
    best, where = 0, (0, 0, 0)
    for step in range(mask.shape[-1]):
        run = np.where(mask[..., step], run + 1, 0)
        if run.max(initial=0) > best:
            best = int(run.max())
            region, category = divmod(int(run.argmax()), len(market.categories))
            where = (region, category, step)
    if not best:
        return None
    region, category, last = where
    return Stretch(market.regions[region], market.categories[category], market.dates[last - best + 1], market.dates[last], best)


def render(description: Description) -> str:
    """The description as aligned plain text, at most WIDTH columns wide but for long names."""
    about = description.about
    kind = "SIMULATED data: nobody placed these orders" if about.simulated else "real data"
    blocks = [
        [f"{about.title} / {about.title_zh}", kind],
        _fields(_overview(description)),
        ["Streams", *_streams(description)],
        ["Gaps", *_fields(_gaps(description))],
        [
            f"Festivals: day total / median of the ordinary days within {AROUND} days, of the market and of its regions",
            *_festivals(description),
        ],
        ["Public holidays: the same ratio of the market", *_holiday_rows(description)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def _overview(d: Description) -> Iterable[tuple[str, str]]:
    unit = "day" if d.about.frequency == "D" else "hour"
    yield "market", f"{d.about.name}: {d.about.unit} per {unit}, time zone {d.about.time_zone}"
    yield "span", f"{_span(d, d.first, d.last)}, {_count(d.steps, unit)}"
    ahead = (d.calendar_last - d.last.normalize()).days
    yield "calendar", f"{d.calendar_first:%Y-%m-%d} to {d.calendar_last:%Y-%m-%d}, {_count(ahead, 'day')} past the panel"
    if d.provisional:
        yield "provisional", f"{_list(map(str, d.provisional))}: holidays not announced yet, what the calendar has is a guess"
    weekends = f"; {_count(d.working_weekends, 'working day')} at weekends" if d.working_weekends else ""
    yield "days", ", ".join(f"{kind} {days:,}" for kind, days in d.kinds.items()) + weekends
    names = (region if region == name else f"{region} {name}" for region, name in d.regions.items())
    yield "regions", f"{len(d.regions)}: {_list(names, MOST)}"
    yield "map", {"neither": "neither polygons nor points"}.get(d.map, d.map)
    yield "categories", f"{len(d.categories)}: {_list(d.categories, MOST)}"
    facts = (f"{name} (missing for {_count(lacking, 'region')})" if lacking else name for name, lacking in d.facts.items())
    yield "facts", _list(facts) or "none"
    by_region = (f"{name} (by region)" for name in d.known_by_region)
    yield "known ahead", _list([*d.known, *by_region]) or "nothing but the calendar's days, holidays and festivals"
    yield "absent rows", "count as 0 from a region's first row on" if d.about.absent == "zero" else "are missing"
    yield "licence", d.about.licence
    yield "source", d.about.source


def _streams(d: Description) -> list[str]:
    rows = [["stream", "total", "missing cells", "cells at 0"]]
    for stream in d.streams:
        rows.append([stream.name, f"{stream.total:,.0f}", _share(stream.missing), _share(stream.zero)])
    return _table(rows, right=(1, 2, 3))


def _gaps(d: Description) -> Iterable[tuple[str, str]]:
    orders = d.streams[0]
    for label, absence in (("missing", orders.missing), ("at 0", orders.zero)):
        if absence.longest is None:
            yield label, "no cell"
            continue
        regions = _list(f"{region} {count:,}" for region, count in absence.by_region)
        yield label, f"{_share(absence)} of {absence.cells:,} cells, in {_count(len(absence.by_region), 'region')}: {regions}"
        run = absence.longest
        series = run.region if len(d.categories) == 1 else f"{run.region}, {run.category}"
        yield "  longest", f"{series}: {_span(d, run.first, run.last)}, {_count(run.steps, 'day' if d.about.frequency == 'D' else 'hour')}"
    dark = _list(_runs(d.dark))
    yield "whole market", f"{_count(len(d.dark), 'day')} without data or sales: {dark}" if d.dark else "has data and sales on every day"
    late = _list(f"{region} {_date(d, first)}" for region, first in d.late)
    yield "late start", f"{_count(len(d.late), 'region')}: {late}" if d.late else "no region"


def _festivals(d: Description) -> list[str]:
    if not d.festivals:
        return ["  none"]
    rows = [["festival", "peak", "days", "market", "regions", "opening", "market", "regions"]]
    for found in d.festivals:
        held = found.occurrence
        peak = ["ahead", ""] if found.ahead else _both(found.strongest)
        opening = [f"{held.opening:%Y-%m-%d}", *_both(found.opening)] if held.opening is not None else []
        rows.append([held.festival, f"{held.peak:%Y-%m-%d}", str(held.days), *peak, *opening])
    return _table(rows, right=(2, 3, 4, 6, 7))


def _holiday_rows(d: Description) -> list[str]:
    if not d.holidays:
        return ["  none"]
    rows = [["holiday", "days", "median", "lowest", "highest"]]
    rows += [
        [textwrap.shorten(h.name, NAME, placeholder=" …"), str(h.days), *(_number(value) for value in (h.middle, h.low, h.high))]
        for h in d.holidays
    ]
    return _table(rows, right=(1, 2, 3, 4))


def _both(ratio: Ratio | None) -> list[str]:
    return ["-", "-"] if ratio is None else [_number(ratio.market), f"{_number(ratio.low)} to {_number(ratio.high)}"]


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _share(absence: Absence) -> str:
    return f"{absence.count:,} ({absence.count / absence.cells:.1%})" if absence.cells else "0"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _date(d: Description, step: pd.Timestamp) -> str:
    return f"{step:%Y-%m-%d}" if d.about.frequency == "D" else f"{step:%Y-%m-%d %H:%M}"


def _span(d: Description, first: pd.Timestamp, last: pd.Timestamp) -> str:
    return f"{_date(d, first)} to {_date(d, last)}"


def _runs(days: Sequence[pd.Timestamp]) -> Iterable[str]:
    """Consecutive days as one entry."""
    start = 0
    for end in range(1, len(days) + 1):
        if end < len(days) and (days[end] - days[end - 1]).days == 1:
            continue
        yield f"{days[start]:%Y-%m-%d}" + (f" to {days[end - 1]:%Y-%m-%d}" if end - start > 1 else "")
        start = end


def _list(entries: Iterable[str], most: int = FEW) -> str:
    written = list(entries)
    rest = f" and {len(written) - most} more" if len(written) > most else ""
    return ", ".join(written[:most]) + rest


def _fields(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Labels and their texts, wrapped under each other."""
    lines = []
    for label, text in pairs:
        wrapped = textwrap.wrap(text, WIDTH - LABEL - 2, break_long_words=False, break_on_hyphens=False)
        lines += [f"  {head:{LABEL}}{line}" for head, line in zip([label, *[""] * (len(wrapped) - 1)], wrapped, strict=True)]
    return lines


def _table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """Aligned columns, those in ``right`` to the right; Chinese characters are two columns wide."""
    columns = range(max(map(len, rows)))
    full = [[*row, *[""] * (len(columns) - len(row))] for row in rows]
    widths = [max(cell_len(row[column]) for row in full) for column in columns]
    lines = []
    for row in full:
        blanks = [" " * (widths[column] - cell_len(row[column])) for column in columns]
        cells = [blanks[column] + row[column] if column in right else row[column] + blanks[column] for column in columns]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines
