"""The calendar of a market: its file, completed from the kept library and table where columns are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from stmp.errors import Problem
from stmp.market.calendar import Calendar, Occurrence
from stmp.market.days import DERIVED_DAYS_AHEAD, country_days, country_festivals, provisional_years
from stmp.market.festivals import OPENING_REACH, read_festivals
from stmp.market.schema import MANIFEST, CalendarSection, FestivalRule, Manifest
from stmp.market.tables import date_problems, dates_of, listed, number_problems, numbers_of, read_table


def read_calendar(
    folder: Path, manifest: Manifest, panel_dates: pd.DatetimeIndex, regions: tuple[str, ...], problems: list[Problem]
) -> Calendar:
    """Consecutive days from the panel's first (or the file's) to the file's last, or DERIVED_DAYS_AHEAD past the panel."""
    section = manifest.calendar
    first, last = panel_dates[0].normalize(), panel_dates[-1].normalize()
    raw = _read_file(folder, section, first, last, problems) if section.file else None
    dates = pd.DatetimeIndex(raw.index) if raw is not None else pd.date_range(first, last + pd.Timedelta(days=DERIVED_DAYS_AHEAD))
    workday, holiday, provisional = _days(folder, section, raw, dates, problems)
    if section.table is not None:
        held = read_festivals(folder / section.table, regions, problems)
        occurrences = tuple(o for o in held if dates[0] <= o.peak <= dates[-1])
    elif raw is not None and "festival" in raw:
        occurrences = _occurrences(folder, section, raw["festival"].fillna(""), problems)
    elif section.country is not None:
        occurrences = country_festivals(section.country, dates)
    else:
        occurrences = ()
    covariates = pd.DataFrame({name: numbers_of(raw[name]) for name in section.covariates} if raw is not None else {}, index=dates)
    return Calendar(dates, workday, holiday, occurrences, covariates, provisional)


def _read_file(
    folder: Path, section: CalendarSection, first: pd.Timestamp, last: pd.Timestamp, problems: list[Problem]
) -> pd.DataFrame | None:
    """The rows by date, from the panel's first day on; None when they cannot be used."""
    file = folder / str(section.file)
    raw = read_table(file, section.columns, ["date", *section.covariates], ["workday", "holiday", "festival"], problems)
    if raw.empty:
        return None
    column = section.columns.get("date", "date")
    dates = dates_of(raw["date"], hourly=False)
    faults = date_problems(file, column, dates, raw["date"])
    faults += listed(file, column, "duplicate", list(raw.index[dates.duplicated() & dates.notna()]), raw["date"])
    faults += listed(file, column, "backwards", list(raw.index[dates.diff() < pd.Timedelta(0)]), raw["date"])
    if "workday" in raw:
        wrong = ~numbers_of(raw["workday"]).isin([0, 1])
        faults += listed(file, section.columns.get("workday", "workday"), "not 0 or 1", list(raw.index[wrong]), raw["workday"])
    for name in section.covariates:
        faults += number_problems(file, section.columns.get(name, name), raw[name], required=True, signed=True)
    if section.festivals and "festival" not in raw:
        remedy = "add the column, or remove [[calendar.festivals]] from market.toml"
        name = section.columns.get("festival", "festival")
        faults.append(Problem(file, "the column is missing that the festivals are read from", remedy, name))
    problems += faults
    if faults:
        return None
    frame = raw.drop(columns="date").set_index(pd.DatetimeIndex(dates))
    gaps = pd.date_range(frame.index[0], frame.index[-1]).difference(pd.DatetimeIndex(frame.index))
    if len(gaps):
        problems.append(
            Problem(file, f"{len(gaps)} days are missing, the first {gaps[0]:%Y-%m-%d}", "add a row for every day", column=column)
        )
    if frame.index[0] > first or frame.index[-1] < last:
        span = f"{frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}"
        remedy = f"give every day from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and the days to forecast"
        problems.append(Problem(file, f"the calendar, {span}, does not cover the panel", remedy, column=column))
    return None if len(gaps) else frame[frame.index >= first]


def _days(
    folder: Path, section: CalendarSection, raw: pd.DataFrame | None, dates: pd.DatetimeIndex, problems: list[Problem]
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """workday and holiday of each day, from the file where it has them, and the years in which what is derived is a guess."""
    has_workday, has_holiday = (raw is not None and name in raw for name in ("workday", "holiday"))
    workday, holiday = np.asarray(dates.dayofweek < 5), np.full(len(dates), "", dtype=object).astype(str)
    provisional: tuple[int, ...] = ()
    if not (has_workday and has_holiday):
        if section.country is None:
            if not has_workday and (raw is not None or section.file is None):  # else the file's own faults are listed already
                remedy = "add the column, or name the country under [calendar] so that it is derived"
                problems.append(Problem(folder / MANIFEST, "neither a workday column nor a country is given", remedy))
        else:
            try:
                workday, holiday = country_days(section.country, dates)
                provisional = provisional_years(section.country, dates)
            except KeyError:
                problems.append(Problem(folder / MANIFEST, f"unknown country '{section.country}'", "use an ISO code such as CN"))
    if raw is not None and has_holiday:
        holiday = raw["holiday"].fillna("").to_numpy(str)
        workday = workday & (holiday == "") if not has_workday else workday
    if raw is not None and has_workday:
        workday = (numbers_of(raw["workday"]) == 1).to_numpy()
    return workday, holiday, provisional


def _occurrences(folder: Path, section: CalendarSection, labels: pd.Series, problems: list[Problem]) -> tuple[Occurrence, ...]:
    """Festivals from the labels: consecutive peak days make one occurrence; an opening belongs to the next peak."""
    rules = {rule.name: rule for rule in section.festivals}
    openings = {rule.opening_label for rule in rules.values()}
    peaks = {rule.peak_label for rule in rules.values()}
    for label in sorted(set(labels) - {""} - openings - peaks - set(section.ignore)):
        if label.endswith(" opening") and label.removesuffix(" opening") in set(labels):
            continue
        rules[label] = FestivalRule(name=label)
    for rule in section.festivals:
        if rule.peak_label not in set(labels):
            remedy = "correct the label under [[calendar.festivals]]"
            message = f"no day is labelled '{rule.peak_label}', the peak of festival '{rule.name}'"
            problems.append(Problem(folder / str(section.file), message, remedy, section.columns.get("festival", "festival")))
    found = []
    for rule in rules.values():
        days = list(labels.index[labels == rule.peak_label])
        starts = [d for d in days if d - pd.Timedelta(days=1) not in days]
        opened = list(labels.index[labels == rule.opening_label])
        for start in starts:
            length = 1
            while start + pd.Timedelta(days=length) in days:
                length += 1
            before = [d for d in opened if pd.Timedelta(0) < start - d <= pd.Timedelta(days=OPENING_REACH)]
            found.append(Occurrence(rule.name, start, length, before[-1] if before else None, rule.run_up, rule.after))
    return tuple(sorted(found, key=lambda o: o.peak))
