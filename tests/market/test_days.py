"""Derived calendars: official holidays, make-up working days and festivals, against the dates that were announced."""

from __future__ import annotations

import pandas as pd
import pytest

from stmp.market.days import country_days, country_festivals, provisional_years


def days(country: str, start: str, end: str) -> dict[str, tuple[bool, str]]:
    dates = pd.date_range(start, end)
    workday, holiday = country_days(country, dates)
    return {f"{day:%m-%d}": (bool(w), str(h)) for day, w, h in zip(dates, workday, holiday, strict=True)}


def test_the_chinese_national_day_of_2021() -> None:
    """Off from 1 to 7 October; 26 September (a Sunday) and 9 October (a Saturday) were worked for it."""
    found = days("CN", "2021-09-25", "2021-10-10")
    assert [day for day, (work, _) in found.items() if not work] == ["09-25", *(f"10-0{d}" for d in range(1, 8)), "10-10"]
    assert found["09-26"] == found["10-09"] == (True, "")
    assert found["09-25"] == found["10-10"] == (False, "")
    assert {found[f"10-0{d}"][1] for d in range(1, 8)} == {"National Day"}


def test_the_chinese_spring_festival_of_2019_has_one_name() -> None:
    """Off from 4 to 10 February; the Saturday and Sunday before it were worked. The weekend at its end is days off without a name."""
    found = days("CN", "2019-02-01", "2019-02-12")
    assert [day for day, (work, _) in found.items() if not work] == [f"02-{d:02}" for d in range(4, 11)]
    assert {found[f"02-0{d}"][1] for d in range(4, 9)} == {"Spring Festival"}
    assert found["02-09"] == found["02-10"] == (False, "")


def test_a_weekend_by_itself_is_no_holiday() -> None:
    assert days("CN", "2021-03-05", "2021-03-08") == {
        "03-05": (True, ""),
        "03-06": (False, ""),
        "03-07": (False, ""),
        "03-08": (True, ""),
    }


def test_other_countries() -> None:
    assert days("EC", "2015-12-24", "2015-12-26") == {"12-24": (True, ""), "12-25": (False, "Christmas Day"), "12-26": (False, "")}
    assert days("GB", "2011-04-29", "2011-04-29")["04-29"][0] is False  # a royal wedding


def test_an_unknown_country_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="XX"):
        country_days("XX", pd.date_range("2021-01-01", periods=2))


def test_chinese_shopping_festivals() -> None:
    found = country_festivals("CN", pd.date_range("2021-01-01", "2022-01-31"))
    held = [(o.festival, f"{o.peak:%Y-%m-%d}", None if o.opening is None else f"{o.opening:%m-%d}", o.run_up, o.after) for o in found]
    assert held == [
        ("New Year Goods", "2021-01-25", None, 3, 3),  # 18 days before 12 February 2021, the first of the year
        ("Women's Day", "2021-03-08", None, 3, 2),
        ("618", "2021-06-18", "06-01", 3, 3),
        ("Double 11", "2021-11-11", "11-01", 3, 3),
        ("Double 12", "2021-12-12", None, 3, 3),
        ("New Year Goods", "2022-01-14", None, 3, 3),  # and before 1 February 2022
    ]
    assert country_festivals("CN", pd.date_range("2021-06-19", "2021-11-10")) == ()


def test_festivals_elsewhere() -> None:
    (christmas,) = country_festivals("EC", pd.date_range("2015-01-01", "2015-12-31"))
    assert (christmas.festival, christmas.peak) == ("Christmas Eve", pd.Timestamp("2015-12-24"))
    assert country_festivals("FR", pd.date_range("2015-01-01", "2015-12-31")) == ()


def test_years_that_are_not_announced_are_provisional() -> None:
    dates = pd.date_range("2025-12-01", "2028-01-05")
    assert provisional_years("CN", dates) == (2027, 2028)
    assert provisional_years("EC", dates) == ()
