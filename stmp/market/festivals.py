"""A market's own table of festivals, a row for each time one is held, and the rows that such a table begins with.

Each version is a file that is never changed; ``market.toml`` names the one in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from stmp.errors import Problem
from stmp.market.calendar import Calendar, Occurrence
from stmp.market.days import country_festivals, provisional_years
from stmp.market.schema import CalendarSection
from stmp.market.tables import date_problems, dates_of, listed, number_problems, numbers_of, read_table

COLUMNS = ("festival", "peak", "days", "opening", "run_up", "after", "regions")
OPENING_REACH = 40  # days before a peak within which an opening day belongs to it
WIDTHS = {"days": (1, 30, 1), "run_up": (0, 30, 3), "after": (0, 30, 3)}  # least, most, and what an empty cell means
PARTED = ";"  # regions in one cell
YEARS_AHEAD = 2  # past the panel's last, for which a table is begun


def read_festivals(file: Path, regions: Sequence[str], problems: list[Problem]) -> tuple[Occurrence, ...]:
    """The rows in order of time; faults, each with its row, are added to ``problems``."""
    raw = read_table(file, {}, COLUMNS[:2], COLUMNS[2:], problems)
    if raw.empty:
        return ()
    known = len(problems)
    names = raw["festival"].map(lambda name: name.strip() if isinstance(name, str) else "")
    problems += listed(file, "festival", "empty", list(raw.index[names == ""]))
    for row in raw.index[names == "holiday"]:
        problems.append(Problem(file, "a festival cannot be called 'holiday'", "give it another name", "festival", int(row), "holiday"))
    peak = dates_of(raw["peak"], hourly=False)
    problems += date_problems(file, "peak", peak, raw["peak"])
    repeated = pd.DataFrame({"name": names, "peak": peak}).duplicated() & peak.notna()
    problems += listed(file, "peak", "duplicate", list(raw.index[repeated]), raw["peak"])
    opening = _openings(file, raw, peak, problems)
    widths = {name: _width(file, raw, name, problems) for name in WIDTHS}
    places = _places(file, raw, regions, problems)
    if len(problems) > known:
        return ()
    rows = zip(names, peak, widths["days"], opening, widths["run_up"], widths["after"], places, strict=True)
    held = (Occurrence(n, p, int(d), None if pd.isna(o) else o, int(u), int(a), where) for n, p, d, o, u, a, where in rows)
    return tuple(sorted(held, key=lambda o: o.peak))


def _openings(file: Path, raw: pd.DataFrame, peak: pd.Series, problems: list[Problem]) -> pd.Series:
    texts = raw["opening"] if "opening" in raw else pd.Series(np.nan, index=raw.index, dtype=object)
    opening = dates_of(texts, hourly=False)
    problems += listed(file, "opening", "unreadable", list(raw.index[opening.isna() & texts.notna()]), texts)
    early = peak - opening
    for row in raw.index[(early <= pd.Timedelta(0)) | (early > pd.Timedelta(days=OPENING_REACH))]:
        message = f"the opening lies not within the {OPENING_REACH} days before the peak"
        problems.append(Problem(file, message, "correct the day, or leave it empty", "opening", int(row), str(texts[row])))
    return opening


def _width(file: Path, raw: pd.DataFrame, name: str, problems: list[Problem]) -> pd.Series:
    least, most, usual = WIDTHS[name]
    if name not in raw:
        return pd.Series(usual, index=raw.index)
    values = numbers_of(raw[name])
    faults = number_problems(file, name, raw[name], required=False)
    if not faults:
        wrong = values.notna() & ((values != values.round()) | (values < least) | (values > most))
        remedy = f"write a whole number of days from {least} to {most}"
        faults = [Problem(file, "no such number of days", remedy, name, int(row), str(raw.loc[row, name])) for row in raw.index[wrong]]
    problems += faults
    return values.fillna(usual)


def _places(file: Path, raw: pd.DataFrame, regions: Sequence[str], problems: list[Problem]) -> list[tuple[str, ...]]:
    if "regions" not in raw:
        return [()] * len(raw)
    found = []
    for row, text in raw["regions"].items():
        named = tuple(part.strip() for part in str(text).split(PARTED) if part.strip()) if pd.notna(text) else ()
        for name in named:
            if name not in regions:
                remedy = f"use ids of the market's regions, parted by '{PARTED}', or leave it empty"
                problems.append(Problem(file, "unknown region", remedy, "regions", int(str(row)), name))
        found.append(named)
    return found


def table_of(festivals: Iterable[Occurrence]) -> pd.DataFrame:
    """COLUMNS, as texts and whole numbers; ``read_festivals`` takes it back from a CSV."""

    def day(date: pd.Timestamp | None) -> str:
        return "" if date is None else f"{date:%Y-%m-%d}"

    rows = [(o.festival, day(o.peak), o.days, day(o.opening), o.run_up, o.after, PARTED.join(o.regions)) for o in festivals]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def first_table(calendar: Calendar, section: CalendarSection) -> tuple[Occurrence, ...]:
    """What a market without a table has: the calendar's, and where the country's were derived, those of the years ahead."""
    if section.country is None or section.file is not None:
        return calendar.occurrences
    ahead = pd.date_range(calendar.dates[-1] + pd.Timedelta(days=1), f"{calendar.dates[-1].year + YEARS_AHEAD - 1}-12-31")
    return (*calendar.occurrences, *country_festivals(section.country, ahead))


def provisional(festivals: Sequence[Occurrence], country: str | None) -> list[bool]:
    """Of each, whether its year's days off were not announced yet when the kept library was made, so that its date may still move."""
    if country is None:
        return [False] * len(festivals)
    guessed = provisional_years(country, pd.DatetimeIndex([o.peak for o in festivals]))
    return [o.peak.year in guessed for o in festivals]
