"""A market's own table of festivals: read with every fault, written, versioned, and begun from what there was."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from stmp.errors import Problem
from stmp.market import Occurrence
from stmp.market.days import DERIVED_DAYS_AHEAD
from stmp.market.festivals import first_table, provisional, read_festivals, table_of
from stmp.market.schema import read_manifest
from tests.market.folders import Folder

HEADER = "festival,peak,days,opening,run_up,after,regions\n"
FULL = [
    Occurrence("Sale", pd.Timestamp("2021-01-03"), 2, pd.Timestamp("2021-01-01"), 1, 0, ("a", "b")),
    Occurrence("618", pd.Timestamp("2021-06-18")),
]


def read(folder: Path, rows: str, header: str = HEADER) -> tuple[tuple[Occurrence, ...], list[str]]:
    file = folder / "festivals.csv"
    file.write_text(header + rows, encoding="utf-8")
    problems: list[Problem] = []
    found = read_festivals(file, ("a", "b"), problems)
    return found, [str(problem).removeprefix(f"{folder}/") for problem in problems]


def test_a_table_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    table = table_of(FULL[::-1]).to_csv(index=False)
    assert read(tmp_path, table, "") == (tuple(FULL), [])


def test_what_is_left_out_is_as_usual(tmp_path: Path) -> None:
    assert read(tmp_path, "618,2021-06-18\n", "festival,peak\n") == ((FULL[1],), [])
    assert read(tmp_path, "618,2021-06-18,,,,,\n") == ((FULL[1],), [])


def test_every_fault_is_told_with_its_row(tmp_path: Path) -> None:
    rows = [
        ",2021-06-18,,,,,",
        "Sale,soon,,,,,",
        "Sale,2021-03-01,40,,,,",
        "Sale,2021-04-01,,2021-04-01,,,",
        "Sale,2021-05-01,,2021-01-01,,,",
        "Sale,2021-06-01,,,2.5,,",
        "Sale,2021-07-01,,,,,a;c",
        "Sale,2021-07-01,,,,,",
        "holiday,2021-08-01,,,,,",
        "Sale,2021-09-01,x,,,,",
        "Sale,2021-10-01,,then,,,",
    ]
    found, problems = read(tmp_path, "\n".join(rows) + "\n")
    assert found == ()
    places = [(problem.split(",")[1].strip(), problem.split("'")[1]) for problem in problems]
    assert sorted(places) == sorted(
        [
            ("row 2", "festival"),
            ("row 3", "peak"),
            ("row 5", "opening"),
            ("row 6", "opening"),
            ("row 7", "run_up"),
            ("row 8", "regions"),
            ("row 9", "peak"),
            ("row 10", "festival"),
            ("row 11", "days"),
            ("row 12", "opening"),
        ]
    )
    assert all("Remedy: " in problem for problem in problems)
    assert read(tmp_path, "Sale,2021-03-01,40,,,,\n")[1] == [
        "festivals.csv, row 2, column 'days': no such number of days (found '40'). Remedy: write a whole number of days from 1 to 30."
    ]


def test_a_table_takes_the_place_of_the_country_s_festivals(folder: Folder) -> None:
    folder.write("mine.csv", HEADER + "Opening day,2021-01-04,1,,1,1,b\nFar away,2025-01-01,,,,,\n")
    folder.manifest(calendar='country = "CN"\ntable = "mine.csv"')
    market = folder.load()
    (held,) = market.calendar.occurrences  # the other lies beyond the calendar
    assert (held.festival, held.peak, held.regions) == ("Opening day", pd.Timestamp("2021-01-04"), ("b",))
    assert market.calendar.types[3].label == "Opening day · peak"
    folder.write("mine.csv", HEADER + "Opening day,2021-01-04,1,,1,1,\n")
    assert folder.load().digest != market.digest  # where it was held is part of what a forecast depends on
    folder.write("mine.csv", HEADER + "Opening day,2021-01-04,1,,1,1,z\n")
    assert folder.refusals() == [
        "mine.csv, row 2, column 'regions': unknown region (found 'z'). Remedy: use ids of the market's regions, parted by ';', or leave "
        "it empty."
    ]


def test_a_table_begins_with_the_country_s_festivals_of_the_years_ahead(folder: Folder) -> None:
    market = folder.load()
    table = first_table(market.calendar, read_manifest(folder.path).calendar)
    assert table[: len(market.calendar.occurrences)] == market.calendar.occurrences
    assert market.calendar.dates[-1] == pd.Timestamp("2021-01-05") + pd.Timedelta(days=DERIVED_DAYS_AHEAD)
    assert [f"{o.peak:%Y-%m-%d}" for o in table if o.festival == "618"] == ["2021-06-18", "2022-06-18"]
    assert len(table) == len(set(table))
    folder.write("calendar.csv", folder.calendar(festival={2: "Sale"}))
    folder.manifest(calendar='file = "calendar.csv"\ncountry = "CN"')
    own = folder.load().calendar
    assert first_table(own, read_manifest(folder.path).calendar) == own.occurrences


def test_years_that_were_not_announced_are_provisional() -> None:
    festivals = [Occurrence("618", pd.Timestamp(f"{year}-06-18")) for year in (2026, 2027)]
    assert provisional(festivals, "CN") == [False, True]
    assert provisional(festivals, None) == [False, False]
