"""What a calendar file leaves out: public holidays and make-up working days from a kept library, festivals from our table."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import holidays
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.market.calendar import Occurrence

DERIVED_DAYS_AHEAD = 60  # how far a derived calendar reaches past the panel


def country_days(country: str, dates: pd.DatetimeIndex) -> tuple[NDArray[np.bool_], NDArray[np.str_]]:
    """[D'] workday and holiday name ("" for none) by the official calendar; make-up working days count as workdays.

    Raises KeyError for a country the library does not know.
    """
    years = range(int(dates.year.min()), int(dates.year.max()) + 1)
    try:
        official = holidays.country_holidays(country, years=years, language="en_US")
    except NotImplementedError as error:
        raise KeyError(country) from error
    names = [str(official.get(day.date(), "")) for day in dates]
    workday = np.array([official.is_working_day(day.date()) for day in dates], dtype=bool)
    return workday, spread_names(names, workday)


def spread_names(names: list[str], workday: NDArray[np.bool_]) -> NDArray[np.str_]:
    """[D'] the holiday each day off belongs to: substitute days off and weekends inside a holiday take its name."""
    result = np.full(len(names), "", dtype=object)
    start = 0
    for day in range(len(names) + 1):
        if day < len(names) and not workday[day]:
            continue
        official = [i for i in range(start, day) if names[i]]
        named = [i for i in official if not names[i].startswith("Day off")]
        if named:
            for i in range(official[0], official[-1] + 1):
                result[i] = tidy(names[min(named, key=lambda j: abs(j - i))])
        start = day + 1
    return result.astype(str)


def tidy(name: str) -> str:
    """One name for all days of a public holiday, whichever day of it the library names."""
    first = name.split(";")[0].split(" (")[0].strip()
    return "Spring Festival" if first.startswith("Chinese New Year") else first


def provisional_years(country: str, dates: pd.DatetimeIndex) -> tuple[int, ...]:
    """Years whose holidays the country had not announced when the library was released; they are a guess."""
    announced = {"CN": 2026}.get(country)
    return tuple(sorted({int(y) for y in dates.year if announced is not None and y > announced}))


def country_festivals(country: str, dates: pd.DatetimeIndex) -> tuple[Occurrence, ...]:
    """The festivals of festivals.toml that lie in the span; none for a country the table does not know."""
    table = tomllib.loads(files("stmp.market").joinpath("festivals.toml").read_text(encoding="utf-8"))
    found = []
    for rule in table.get(country, []):
        for year in sorted(set(map(int, dates.year))):
            peak = _peak(rule, year)
            if peak is None or not dates[0] <= peak <= dates[-1]:
                continue
            opening = pd.Timestamp(year, *rule["opening"]) if "opening" in rule else None
            found.append(Occurrence(rule["name"], peak, 1, opening, rule["run_up"], rule["after"]))
    return tuple(sorted(found, key=lambda o: o.peak))


def _peak(rule: dict[str, int], year: int) -> pd.Timestamp | None:
    if "month" in rule:
        return pd.Timestamp(year, rule["month"], rule["day"])
    official = holidays.country_holidays("CN", years=year, language="en_US")
    first = [day for day, name in sorted(official.items()) if name.split(";")[0].startswith("Chinese New Year") and "Eve" not in name]
    return pd.Timestamp(first[0]) + pd.Timedelta(days=rule["spring_festival"]) if first else None
