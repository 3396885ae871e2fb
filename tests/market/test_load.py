"""A folder becomes one aligned market: mapping, formats, absent rows, spans, covariates and the digest."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.errors import CutoffError
from stmp.market.load import load_market
from tests.market.folders import Folder

NAN = np.nan
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
CATEGORIES = """\
region,date,category,orders,cart_adds,visits
a,2021-01-01,food,1,10,-1
a,2021-01-02,food,2,,-2
a,2021-01-01,toys,3,30,
b,2021-01-02,food,4,40,0.5
"""


def test_a_panel_becomes_aligned_arrays(folder: Folder) -> None:
    market = folder.load()
    assert (market.about.name, market.about.title_zh, market.about.unit, market.about.simulated) == ("tiny", "小市场", "orders", False)
    assert (market.regions, market.categories) == (("a", "b"), ("all",))
    assert list(market.dates) == list(pd.date_range("2021-01-01", "2021-01-05"))
    np.testing.assert_array_equal(market.orders, [[[10, 20, 30, 40, 50]], [[1, 2, 3, 4, 5]]])
    assert market.orders.dtype == np.float32
    assert (dict(market.past), dict(market.known), market.polygons) == ({}, {}, None)
    assert list(market.region_table["name"]) == ["a", "b"]
    assert market.region_table[["lat", "lon"]].isna().all(axis=None)
    assert market.cutoff == pd.Timestamp("2021-01-05")


def test_columns_and_places_are_mapped(folder: Folder) -> None:
    (folder.path / "elsewhere").mkdir()
    text = folder.panel({"a": [10], "b": [1]}).replace("region,date,orders", "district,day,sold")
    folder.write("elsewhere/sales.csv", text)
    columns = '[panel.columns]\nregion = "district"\ndate = "day"\norders = "sold"'
    folder.manifest(panel=f'file = "elsewhere/sales.csv"\nabsent = "zero"\n{columns}')
    np.testing.assert_array_equal(folder.load().orders, [[[10]], [[1]]])


def test_categories_carts_and_other_covariates(folder: Folder) -> None:
    folder.write("panel.csv", CATEGORIES)
    folder.manifest(panel='file = "panel.csv"\nabsent = "missing"\npast = ["visits"]')
    market = folder.load()
    assert market.categories == ("food", "toys")
    np.testing.assert_array_equal(market.orders, [[[1, 2], [3, NAN]], [[NAN, 4], [NAN, NAN]]])
    np.testing.assert_array_equal(market.past["cart_adds"], [[[10, NAN], [30, NAN]], [[NAN, 40], [NAN, NAN]]])
    np.testing.assert_array_equal(market.past["visits"], [[[-1, -2], [NAN, NAN]], [[NAN, 0.5], [NAN, NAN]]])


def test_carts_may_also_be_listed_as_a_covariate(folder: Folder) -> None:
    folder.write("panel.csv", CATEGORIES)
    folder.manifest(panel='file = "panel.csv"\nabsent = "missing"\npast = ["cart_adds"]')
    assert list(folder.load().past) == ["cart_adds"]


@pytest.mark.parametrize("name", ["panel.csv.gz", "panel.parquet", "indexed.parquet"])
def test_every_format_gives_the_same_market(folder: Folder, name: str) -> None:
    folder.write("panel.csv", CATEGORIES)
    folder.manifest(panel='file = "panel.csv"\nabsent = "zero"')
    expected = folder.load()
    frame = pd.read_csv(folder.path / "panel.csv", parse_dates=["date"]).drop(columns="visits")
    if name.endswith(".gz"):
        (folder.path / name).write_bytes(gzip.compress(CATEGORIES.encode()))
    else:
        (frame.set_index(["region", "date"]) if name.startswith("indexed") else frame[frame["orders"] > 0]).to_parquet(folder.path / name)
    folder.manifest(panel=f'file = "{name}"\nabsent = "zero"')
    assert folder.load().digest == expected.digest


def test_numbers_as_ids_in_parquet_are_text(folder: Folder) -> None:
    pd.DataFrame({"region": [7, 8], "date": pd.to_datetime(["2021-01-01"] * 2), "orders": [1, 2]}).to_parquet(folder.path / "p.parquet")
    pd.DataFrame({"region": [8, 7], "people": [80, 70]}).to_parquet(folder.path / "r.parquet")
    folder.manifest(panel='file = "p.parquet"\nabsent = "zero"', rest='[regions]\nfile = "r.parquet"\nfacts = ["people"]')
    market = folder.load()
    assert market.regions == ("8", "7")
    assert list(market.facts["people"]) == [80, 70]
    np.testing.assert_array_equal(market.orders[:, 0, 0], [2, 1])


def test_a_byte_order_mark_and_blank_lines_do_no_harm(folder: Folder) -> None:
    expected = folder.load().digest
    lines = (folder.path / "panel.csv").read_text().splitlines()
    folder.write("panel.csv", "\ufeff" + "\n\n".join(lines) + "\n\n")
    assert folder.load().digest == expected


@pytest.mark.parametrize(
    ("absent", "b"), [("zero", [[NAN, 2, 0, 4, 0], [NAN, 0, 0, 9, 0]]), ("missing", [[NAN, 2, NAN, 4, NAN], [NAN, NAN, NAN, 9, NAN]])]
)
def test_absent_rows_are_what_the_market_declares_and_missing_before_the_first(folder: Folder, absent: str, b: list[list[float]]) -> None:
    rows = ["a,1,2021-01-01", "a,1,2021-01-05", "b,2,2021-01-02", "b,4,2021-01-04"]
    lines = [f"{r},{d},food,{o}" for r, o, d in (row.split(",") for row in rows)]
    folder.write("panel.csv", "\n".join(["region,date,category,orders", *lines, "b,2021-01-04,toys,9"]))
    folder.manifest(panel=f'file = "panel.csv"\nabsent = "{absent}"')
    market = folder.load()
    assert market.about.absent == absent
    np.testing.assert_array_equal(market.orders[1], b)
    between = 0 if absent == "zero" else NAN
    np.testing.assert_array_equal(market.orders[0, 0], [1, between, between, between, 1])


def test_first_and_last_cut_the_panel(folder: Folder) -> None:
    folder.manifest(panel='file = "panel.csv"\nabsent = "zero"\nfirst = 2021-01-02\nlast = 2021-01-04')
    market = folder.load()
    assert list(market.dates) == list(pd.date_range("2021-01-02", "2021-01-04"))
    np.testing.assert_array_equal(market.orders[:, 0], [[20, 30, 40], [2, 3, 4]])
    assert market.calendar.dates[0] == market.dates[0]


def test_hours_are_aligned(folder: Folder) -> None:
    text = "region,date,orders\na,2021-01-01 22:00,1\na,2021-01-02 01:30,2\nb,2021-01-01T23:00:00+08:00,3\n"
    folder.write("panel.csv", text)
    folder.manifest(frequency="h")
    market = folder.load()
    assert list(market.dates) == list(pd.date_range("2021-01-01 22:00", "2021-01-02 01:00", freq="h"))
    np.testing.assert_array_equal(market.orders[:, 0], [[1, 0, 0, 2], [NAN, 3, 0, 0]])
    assert market.calendar.dates[0] == pd.Timestamp("2021-01-01")


def test_known_ahead_columns_reach_past_the_panel(folder: Folder) -> None:
    calendar = folder.calendar(days=7, rain={day: day / 2 for day in range(7)})
    folder.write("calendar.csv", calendar)
    folder.write("promotions.csv", "region,date,discount\nb,2021-01-07,0.2\na,2021-01-01,-0.1\nb,2021-01-02,\n")
    rest = '[known]\nfile = "promotions.csv"\ncovariates = ["discount"]'
    folder.manifest(calendar='file = "calendar.csv"\ncovariates = ["rain"]', rest=rest)
    market = folder.load()
    assert list(market.calendar.covariates["rain"]) == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    np.testing.assert_array_equal(market.known["discount"], np.array([[-0.1, *[NAN] * 6], [*[NAN] * 6, 0.2]], dtype=np.float32))


def test_columns_of_what_is_known_ahead_are_mapped(folder: Folder) -> None:
    folder.write("promotions.csv", "district,day,off\nb,2021-01-02,0.2\n")
    columns = '[known.columns]\nregion = "district"\ndate = "day"\ndiscount = "off"'
    folder.manifest(rest=f'[known]\nfile = "promotions.csv"\ncovariates = ["discount"]\n{columns}')
    market = folder.load()
    assert list(market.known) == ["discount"]
    assert np.argwhere(market.known["discount"] > 0).tolist() == [[1, 1]]
    faulty = "district,day,off\nb,soon,0.2\nz,2021-01-02,0.2\n,2021-01-02,x\nb,2021-01-02,1\nb,2021-01-02,1\n"
    folder.write("promotions.csv", faulty)
    assert [line.split(" Remedy")[0] for line in folder.refusals()] == [
        "promotions.csv, row 2, column 'day': the date cannot be read (found 'soon').",
        "promotions.csv, row 6, column 'day': the row repeats an earlier one (found '2021-01-02').",
        "promotions.csv, row 4, column 'district': the value is empty.",
        "promotions.csv, row 3, column 'district': unknown region (found 'z').",
        "promotions.csv, row 4, column 'off': not a number (found 'x').",
    ]


def test_a_cut_market_holds_copies_that_end_at_the_cutoff(folder: Folder) -> None:
    folder.write("panel.csv", CATEGORIES)
    folder.manifest(panel='file = "panel.csv"\nabsent = "zero"')
    market = folder.load()
    view = market.until(pd.Timestamp("2021-01-01"))
    assert (view.cutoff, len(view.dates), view.orders.shape, view.past["cart_adds"].shape) == (market.dates[0], 1, (2, 2, 1), (2, 2, 1))
    for cut, whole in ((view.orders, market.orders), (view.past["cart_adds"], market.past["cart_adds"])):
        assert cut.base is None
        assert not np.shares_memory(cut, whole)
        np.testing.assert_array_equal(cut, whole[..., :1])
    assert view.calendar is market.calendar
    assert list(view.horizon_dates(2)) == list(pd.date_range("2021-01-02", periods=2))
    for day in ("2020-12-31", "2021-01-03"):
        with pytest.raises(CutoffError, match=rf"{day} lies outside tiny's data, 2021-01-01 to 2021-01-02\. Remedy: choose a day within"):
            market.until(pd.Timestamp(day))


def test_the_digest_changes_with_any_value(folder: Folder) -> None:
    files = {
        "panel.csv": CATEGORIES,
        "calendar.csv": folder.calendar(days=4, holiday={0: "New Year"}, festival={2: "Sale"}, rain=dict.fromkeys(range(4), 1)),
        "regions.csv": "region,people\na,5\nb,6\n",
        "promotions.csv": "region,date,discount\na,2021-01-03,0.1\n",
    }
    changes = [
        ("panel.csv", "food,1,10", "food,2,10"),  # orders
        ("panel.csv", "food,1,10", "food,1,11"),  # carts
        ("panel.csv", ",-1\n", ",-3\n"),  # another past covariate
        ("panel.csv", "toys", "tools"),
        ("calendar.csv", "2021-01-02,1,,,1", "2021-01-02,0,,,1"),
        ("calendar.csv", "New Year", "Old Year"),
        ("calendar.csv", "Sale", "Fair"),
        ("calendar.csv", "2021-01-04,1,,,1", "2021-01-04,1,,,2"),
        ("regions.csv", "a,5", "a,4"),
        ("promotions.csv", "0.1", "0.2"),
        ("promotions.csv", "a,", "b,"),
    ]
    rest = '[regions]\nfile = "regions.csv"\nfacts = ["people"]\n[known]\nfile = "promotions.csv"\ncovariates = ["discount"]'
    folder.manifest(
        panel='file = "panel.csv"\nabsent = "zero"\npast = ["visits"]',
        calendar='file = "calendar.csv"\ncovariates = ["rain"]',
        rest=rest,
    )
    for name, text in files.items():
        folder.write(name, text)
    first = folder.load().digest
    assert folder.load().digest == first
    found = {first}
    for name, old, new in changes:
        assert old in files[name]
        folder.write(name, files[name].replace(old, new, 1))
        found.add(folder.load().digest)
        folder.write(name, files[name])
    assert len(found) == 1 + len(changes)


def test_the_order_of_rows_of_different_series_does_not_matter(folder: Folder) -> None:
    expected = folder.load().digest
    head, *lines = (folder.path / "panel.csv").read_text().splitlines()
    folder.write("panel.csv", "\n".join([head, *sorted(lines, key=lambda line: line.split(",")[1])]))
    assert folder.load().digest == expected


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not here")
@pytest.mark.parametrize(
    ("name", "shape", "first", "last"),
    [
        ("parcels", (18, 1, 662), "2021-01-01", "2022-10-24"),
        ("favorita", (22, 1, 1429), "2013-01-02", "2016-11-30"),
        ("online_retail", (43, 1, 16787), "2009-12-01 07:00", "2011-10-31 17:00"),
    ],
)
def test_real_markets_are_read_in_place(name: str, shape: tuple[int, ...], first: str, last: str) -> None:
    market = load_market(ROOT / "benchmarks" / "markets" / name)
    assert market.orders.shape == shape
    assert (market.dates[0], market.dates[-1]) == (pd.Timestamp(first), pd.Timestamp(last))
    columns = {"datetime": "date"}
    panel = pd.read_csv(SHARED / name / "panel.csv.gz").rename(columns=columns)
    kept = panel[panel["region"].isin(market.regions) & (panel["date"] >= first[:10])]
    assert np.nansum(market.orders, dtype=np.float64) == kept["orders"].sum()
