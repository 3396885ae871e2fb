"""Bad tables: every fault is named with file, row, column and remedy, and all of them at once."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from stmp.market.tables import dates_of
from tests.market.folders import Folder

FILL = "Remedy: fill in the value, or remove the row."
FORMAT = "Remedy: give a CSV in UTF-8, a CSV.gz or a Parquet file with a header."
DATE = "Remedy: write it as YYYY-MM-DD, for hourly data YYYY-MM-DD HH:MM."
PANEL = "region,date,orders,cart_adds\na,2021-01-01,1,1\na,2021-01-02,2,2\na,2021-01-03,3,3\n"


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("02,2,", "02,-2,", "row 3, column 'orders': the value is negative (found '-2'). Remedy: correct the value, or remove the row."),
        ("02,2,", "02,two,", "row 3, column 'orders': not a number (found 'two'). Remedy: write a plain number."),
        ("02,2,", "02,nan,", "row 3, column 'orders': not a number (found 'nan'). Remedy: write a plain number."),
        ("02,2,", "02,inf,", "row 3, column 'orders': the value is infinite (found 'inf'). Remedy: write a finite number."),
        ("02,2,", "02,1e39,", "row 3, column 'orders': the value is infinite (found '1e39'). Remedy: write a finite number."),
        ("02,2,", "02,,", f"row 3, column 'orders': the value is empty. {FILL}"),
        (
            "02,2,2",
            "02,2,-1",
            "row 3, column 'cart_adds': the value is negative (found '-1'). Remedy: correct the value, or remove the row.",
        ),
        ("2021-01-02", "02/01/2021", f"row 3, column 'date': the date cannot be read (found '02/01/2021'). {DATE}"),
        ("2021-01-02", "2021-02-30", f"row 3, column 'date': the date cannot be read (found '2021-02-30'). {DATE}"),
        ("2021-01-02", "2021-01-02 10:00", f"row 3, column 'date': the date cannot be read (found '2021-01-02 10:00'). {DATE}"),
        ("2021-01-02", "", f"row 3, column 'date': the value is empty. {FILL}"),
        ("a,2021-01-02", ",2021-01-02", f"row 3, column 'region': the value is empty. {FILL}"),
        (
            "2021-01-03",
            "2021-01-02",
            "row 4, column 'date': the row repeats an earlier one (found '2021-01-02'). "
            "Remedy: keep one row for each region, category and date.",
        ),
        (
            "2021-01-02",
            "2021-01-05",
            "row 4, column 'date': the date lies before that of the row above (found '2021-01-03'). Remedy: sort the rows by date.",
        ),
    ],
)
def test_a_wrong_row_is_named(folder: Folder, old: str, new: str, refusal: str) -> None:
    assert PANEL.count(old) == 1
    folder.write("panel.csv", PANEL.replace(old, new))
    assert folder.refusals() == [f"panel.csv, {refusal}"]


def test_a_mapped_column_is_named_as_the_file_names_it(folder: Folder) -> None:
    folder.write("panel.csv", PANEL.replace("orders", "sold").replace("02,2,", "02,-2,"))
    folder.manifest(panel='file = "panel.csv"\nabsent = "zero"\n[panel.columns]\norders = "sold"')
    (found,) = folder.refusals()
    assert found.startswith("panel.csv, row 3, column 'sold': the value is negative")


def test_rows_are_counted_as_an_editor_counts_them(folder: Folder) -> None:
    folder.write("panel.csv", PANEL.replace("a,2021-01-02,2", "\n\na,2021-01-02,-2"))
    (found,) = folder.refusals()
    assert found.startswith("panel.csv, row 5, column 'orders'")


def test_more_than_five_rows_of_a_kind_are_counted(folder: Folder) -> None:
    folder.write("panel.csv", folder.panel({"a": [-1] * 8}))
    found = folder.refusals()
    assert [line.split(",")[1] for line in found[:5]] == [f" row {row}" for row in range(2, 7)]
    assert found[5:] == ["panel.csv, column 'orders': the value is negative, in 3 more rows. Remedy: correct the value, or remove the row."]


def test_a_missing_column_is_named(folder: Folder) -> None:
    folder.write("panel.csv", PANEL.replace("orders", "sold").replace("region", "code"))
    remedy = "Remedy: add it, or map it in market.toml; the file has code, date, sold, cart_adds."
    assert folder.refusals() == [f"panel.csv, column '{name}': the column is missing. {remedy}" for name in ("region", "orders")]


def test_a_mapping_of_an_unknown_name_is_refused(folder: Folder) -> None:
    folder.manifest(panel='file = "panel.csv"\nabsent = "zero"\n[panel.columns]\ndistrict = "region"')
    message = "the mapping names 'district', which this file does not take"
    assert folder.refusals() == [f"panel.csv: {message}. Remedy: map one of region, date, orders, category, cart_adds."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"cannot be read: No columns to parse from file. {FORMAT}"),
        (b"region,date,orders\n", "the file holds no rows. Remedy: fill the file, or correct the path in market.toml."),
        (b"region,date,orders\n\n,,\n", "the file holds no rows. Remedy: fill the file, or correct the path in market.toml."),
        ("region,date,orders\n东城,2021-01-01,1\n".encode("gbk"), "cannot be read: 'utf-8' codec can't decode byte"),
        (b"region,date,orders\na,2021-01-01,1\na,2021-01-02,1,9\n", "cannot be read: Error tokenizing data."),
        (b"region,date,orders\na,2021-01-01,1,\n", "the rows have more fields than the header. Remedy: name every column, or remove the"),
    ],
)
def test_a_file_that_is_no_table_is_refused(folder: Folder, content: bytes, message: str) -> None:
    (folder.path / "panel.csv").write_bytes(content)
    (found,) = folder.refusals()
    assert found.startswith(f"panel.csv: {message}")
    assert "Remedy: " in found


@pytest.mark.parametrize(
    ("name", "content"), [("panel.csv.gz", gzip.compress(PANEL.encode(), mtime=0)[:-20]), ("panel.parquet", PANEL.encode())]
)
def test_a_damaged_file_is_refused(folder: Folder, name: str, content: bytes) -> None:
    (folder.path / name).write_bytes(content)
    folder.manifest(panel=f'file = "{name}"\nabsent = "zero"')
    (found,) = folder.refusals()
    assert found.startswith(f"{name}: cannot be read: ")
    assert found.endswith(FORMAT)


def test_a_file_that_is_not_there_is_named(folder: Folder) -> None:
    folder.manifest(panel='file = "nowhere.csv"\nabsent = "zero"')
    assert folder.refusals() == ["nowhere.csv: there is no such file. Remedy: correct the path in market.toml."]


def test_a_span_without_rows_is_refused(folder: Folder) -> None:
    folder.manifest(panel='file = "panel.csv"\nabsent = "zero"\nfirst = 2022-01-01')
    assert folder.refusals() == ["panel.csv: no row is left. Remedy: check first, last and include."]


def test_all_problems_of_all_files_are_listed_at_once(folder: Folder) -> None:
    folder.write("panel.csv", PANEL.replace("02,2,2", "02,-2,x") + "z,2021-01-04,1,1\n")
    folder.write("regions.csv", "region,people\na,many\na,1\n")
    folder.write("regions.geojson", "{")
    folder.write("calendar.csv", folder.calendar(2))
    folder.write("promotions.csv", "region,date,discount\nq,2021-01-01,1\na,soon,1\na,2021-01-01,y\n")
    folder.manifest(
        calendar='file = "calendar.csv"',
        rest='[regions]\nfile = "regions.csv"\nfacts = ["people"]\npolygons = "regions.geojson"\n'
        '[known]\nfile = "promotions.csv"\ncovariates = ["discount"]',
    )
    assert [line.split(" Remedy")[0] for line in folder.refusals()] == [
        "panel.csv, row 3, column 'orders': the value is negative (found '-2').",
        "panel.csv, row 3, column 'cart_adds': not a number (found 'x').",
        "regions.csv, row 3, column 'region': the region is listed twice (found 'a').",
        "regions.csv, row 2, column 'people': not a number (found 'many').",
        "regions.geojson: not a GeoJSON FeatureCollection in UTF-8.",
        "panel.csv, row 5, column 'region': unknown region, in 1 rows (found 'z').",
        "calendar.csv, column 'date': the calendar, 2021-01-01 to 2021-01-02, does not cover the panel.",
        "promotions.csv, row 3, column 'date': the date cannot be read (found 'soon').",
        "promotions.csv, row 2, column 'region': unknown region (found 'q').",
        "promotions.csv, row 4, column 'discount': not a number (found 'y').",
    ]


def test_a_panel_that_cannot_be_read_blames_no_region(folder: Folder) -> None:
    folder.write("panel.csv", PANEL.replace("orders", "sold"))
    folder.write("regions.csv", "region,people\na,many\n")
    folder.manifest(rest='[regions]\nfile = "regions.csv"\nfacts = ["people"]\ninclude = ["a"]')
    assert [line.split(":")[0] for line in folder.refusals()] == ["panel.csv, column 'orders'", "regions.csv, row 2, column 'people'"]


def test_dates_are_those_of_the_clock_on_the_wall() -> None:
    texts = pd.Series(
        ["2021-03-28T01:00:00+01:00", "2021-03-28 03:30:00.5+0200", "2021-03-28T04:00Z", "2021-03-28 05", "5 o'clock", np.nan]
    )
    expected = [*(f"2021-03-28 {hour:02}:00" for hour in (1, 3, 4, 5)), None, None]
    assert list(dates_of(texts, hourly=True).dropna()) == [pd.Timestamp(text) for text in expected if text]
    assert list(dates_of(texts, hourly=False).dropna()) == []
    daily = pd.Series(["2021-03-28", "20210329", "2021-03-30T00:00:00+08:00"])
    assert list(dates_of(daily, hourly=False)) == list(pd.date_range("2021-03-28", periods=3))
