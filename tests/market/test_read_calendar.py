"""The calendar of a market: from a file, derived, or both; and what it is refused for."""

from __future__ import annotations

import pandas as pd
import pytest

from stmp.market import Calendar
from tests.market.folders import START, Folder

FILE = 'file = "calendar.csv"'


def labels(calendar: Calendar) -> list[str]:
    return [date_type.label for date_type in calendar.types]


def test_a_derived_calendar_reaches_past_the_panel(folder: Folder) -> None:
    calendar = folder.load().calendar
    assert (calendar.dates[0], calendar.dates[-1]) == (pd.Timestamp(START), pd.Timestamp("2021-01-05") + pd.Timedelta(days=60))
    assert labels(calendar)[:4] == ["holiday · New Year's Day", "day off", "day off", "workday"]
    assert [o.festival for o in calendar.occurrences] == ["New Year Goods"]  # Women's Day lies four days past its end
    assert calendar.provisional == ()


def test_years_not_yet_announced_are_marked(folder: Folder) -> None:
    folder.write("panel.csv", "region,date,orders\na,2026-12-31,1\n")
    assert folder.load().calendar.provisional == (2027,)


def test_a_whole_file_needs_no_country(folder: Folder) -> None:
    text = folder.calendar(20, workday={1: 0, 2: 0}, holiday={2: "Rest"}, festival={6: "Sale opening", 10: "Sale", 11: "Sale"})
    folder.write("calendar.csv", text)
    folder.manifest(calendar=FILE)
    calendar = folder.load().calendar
    assert len(calendar.dates) == 20
    assert labels(calendar)[:4] == ["workday", "day off", "holiday · Rest", "workday"]
    (sale,) = calendar.occurrences
    assert (sale.festival, sale.peak, sale.days) == ("Sale", pd.Timestamp("2021-01-11"), 2)
    assert (sale.opening, sale.run_up, sale.after) == (pd.Timestamp("2021-01-07"), 3, 3)
    assert calendar.provisional == ()


def test_missing_columns_are_derived(folder: Folder) -> None:
    """The file has festivals only: days off and holidays are those of the country, make-up working days included."""
    folder.write("panel.csv", "region,date,orders\na,2021-09-26,1\na,2021-10-09,1\n")
    dates = pd.date_range("2021-09-20", "2021-10-15").strftime("%Y-%m-%d")
    folder.write("calendar.csv", "\n".join(["date,festival", *(f"{day},{'Sale' if day == '2021-10-12' else ''}" for day in dates)]))
    folder.manifest(calendar=f'{FILE}\ncountry = "CN"')
    calendar = folder.load().calendar
    assert (calendar.dates[0], calendar.dates[-1]) == (pd.Timestamp("2021-09-26"), pd.Timestamp("2021-10-15"))
    assert [bool(w) for w in calendar.workday] == [True] * 5 + [False] * 7 + [True] * 2 + [False] + [True] * 5
    assert labels(calendar)[5] == "holiday · National Day"
    assert calendar.festivals == ("Sale",)


def test_festivals_are_derived_where_the_file_has_none(folder: Folder) -> None:
    folder.write("panel.csv", "region,date,orders\na,2021-11-01,1\n")
    dates = pd.date_range("2021-11-01", "2021-11-30").strftime("%Y-%m-%d")
    folder.write("calendar.csv", "\n".join(["date,workday", *(f"{day},1" for day in dates)]))
    folder.manifest(calendar=f'{FILE}\ncountry = "CN"')
    calendar = folder.load().calendar
    assert calendar.festivals == ("Double 11",)
    assert labels(calendar)[6:15] == ["workday", *["Double 11 · run-up"] * 3, "Double 11 · peak", *["Double 11 · after"] * 3, "workday"]


def test_rules_name_and_shape_festivals(folder: Folder) -> None:
    text = folder.calendar(30, event={3: "Eve", 9: "Eve-1", 10: "Start", 20: "Eve", 25: "Fair", 27: "Nothing"}).replace(
        ",workday,", ",open,"
    )
    folder.write("calendar.csv", text)
    rules = '[[calendar.festivals]]\nname = "Feast"\npeak = "Eve"\nopening = "Start"\nrun_up = 6\nafter = 0'
    columns = '[calendar.columns]\nworkday = "open"\nfestival = "event"'
    folder.manifest(calendar=f'{FILE}\nignore = ["Eve-1", "Nothing"]\n{columns}\n{rules}')
    found = folder.load().calendar.occurrences
    assert [(o.festival, o.peak.day, o.run_up, o.after) for o in found] == [("Feast", 4, 6, 0), ("Feast", 21, 6, 0), ("Fair", 26, 3, 3)]
    assert [None if o.opening is None else o.opening.day for o in found] == [None, 11, None]


def test_parquet_with_typed_columns(folder: Folder) -> None:
    text = folder.calendar(8, workday={2: 0}, holiday={2: "Rest"})
    folder.write("calendar.csv", text)
    folder.manifest(calendar=FILE)
    expected = folder.load()
    frame = pd.read_csv(folder.path / "calendar.csv", parse_dates=["date"])
    for workday in (frame["workday"], frame["workday"] == 1):
        frame.assign(workday=workday).to_parquet(folder.path / "calendar.parquet")
        folder.manifest(calendar='file = "calendar.parquet"')
        assert folder.load().digest == expected.digest


NUMBER = "Remedy: write a plain number."
COVER = "Remedy: give every day from 2021-01-01 to 2021-01-05, and the days to forecast."


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        (
            "2021-01-03,1",
            "2021-13-03,1",
            "row 4, column 'date': the date cannot be read (found '2021-13-03'). Remedy: write it as YYYY-MM-DD",
        ),
        ("2021-01-03,1", ",1", "row 4, column 'date': the value is empty. Remedy: fill in the value"),
        ("2021-01-03,1,2\n", "", "column 'date': 1 days are missing, the first 2021-01-03. Remedy: add a row for every day."),
        ("2021-01-03", "2021-01-02", "row 4, column 'date': the row repeats an earlier one (found '2021-01-02'). Remedy: keep one row"),
        ("2021-01-05,1,4\n", "", f"column 'date': the calendar, 2021-01-01 to 2021-01-04, does not cover the panel. {COVER}"),
        ("2021-01-01,1,0\n", "", f"column 'date': the calendar, 2021-01-02 to 2021-01-05, does not cover the panel. {COVER}"),
        ("2021-01-04,1", "2021-01-04,yes", "row 5, column 'workday': the value is neither 0 nor 1 (found 'yes'). Remedy: write 1 for"),
        ("2021-01-04,1", "2021-01-04,", "row 5, column 'workday': the value is neither 0 nor 1. Remedy: write 1 for a working day"),
        ("2021-01-04,1,3", "2021-01-04,1,wet", f"row 5, column 'rain': not a number (found 'wet'). {NUMBER}"),
        ("2021-01-04,1,3", "2021-01-04,1,", "row 5, column 'rain': the value is empty. Remedy: fill in the value, or remove the row."),
        (
            "rain",
            "snow",
            "column 'rain': the column is missing. Remedy: add it, or map it in market.toml; the file has date, workday, snow.",
        ),
    ],
)
def test_a_broken_file_is_refused(folder: Folder, old: str, new: str, refusal: str) -> None:
    text = folder.calendar(5, rain={day: day for day in range(5)})
    assert old in text
    folder.write("calendar.csv", text.replace(old, new))
    folder.manifest(calendar=f'{FILE}\ncovariates = ["rain"]')
    (found,) = folder.refusals()
    assert found.startswith(f"calendar.csv{'' if refusal.startswith(':') else ', '}{refusal}")


def test_rows_out_of_order_are_refused(folder: Folder) -> None:
    head, *lines = folder.calendar(5).splitlines()
    folder.write("calendar.csv", "\n".join([head, lines[0], lines[2], lines[1], *lines[3:]]))
    folder.manifest(calendar=FILE)
    place = "calendar.csv, row 4, column 'date'"
    assert folder.refusals() == [
        f"{place}: the date lies before that of the row above (found '2021-01-02'). Remedy: sort the rows by date."
    ]


def test_a_festival_no_day_is_labelled_with(folder: Folder) -> None:
    folder.write("calendar.csv", folder.calendar(5, festival={2: "Double Eleven"}))
    folder.manifest(calendar=f'{FILE}\n[[calendar.festivals]]\nname = "Double 11"')
    message = "no day is labelled 'Double 11', the peak of festival 'Double 11'. Remedy: correct the label under [[calendar.festivals]]."
    assert folder.refusals() == [f"calendar.csv, column 'festival': {message}"]


def test_rules_without_a_column_to_read_are_refused(folder: Folder) -> None:
    folder.write("calendar.csv", folder.calendar(5))
    folder.manifest(calendar=f'{FILE}\n[[calendar.festivals]]\nname = "Double 11"')
    (found,) = folder.refusals()
    assert found.startswith(
        "calendar.csv, column 'festival': the column is missing that the festivals are read from. Remedy: add the column"
    )


def test_a_calendar_from_nowhere_is_refused(folder: Folder) -> None:
    folder.manifest(calendar="")
    message = "neither a workday column nor a country is given"
    assert folder.refusals() == [
        f"market.toml: {message}. Remedy: add the column, or name the country under [calendar] so that it is derived."
    ]


def test_an_unknown_country_is_refused(folder: Folder) -> None:
    folder.manifest(calendar='country = "XX"')
    assert folder.refusals() == ["market.toml: unknown country 'XX'. Remedy: use an ISO code such as CN."]
