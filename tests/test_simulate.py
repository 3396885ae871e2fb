"""The simulated Beijing market: the same bytes, the properties it is said to have, and the geography it stands on."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from shapely.geometry import Point, shape

from stmp.errors import StmpError
from stmp.market.load import load_market
from stmp.simulate import GEO, SEED, simulate

BUNDLED = GEO.parent / "markets" / "beijing"
YEARS = range(2015, 2020)
FESTIVALS = {"New Year Goods", "Women's Day", "618", "Double 11", "Double 12"}


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "new" / "beijing"
    simulate(folder)
    return folder


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return pd.read_csv(BUNDLED / "panel.csv.gz", dtype={"region": str}, parse_dates=["date"])


@pytest.fixture(scope="module")
def orders(panel: pd.DataFrame) -> pd.DataFrame:
    """Days x (region, category)."""
    return panel.pivot_table(index="date", columns=["region", "category"], values="orders")


@pytest.fixture(scope="module")
def carts(panel: pd.DataFrame) -> pd.DataFrame:
    return panel.pivot_table(index="date", columns=["region", "category"], values="cart_adds")


@pytest.fixture(scope="module")
def calendar() -> pd.DataFrame:
    return pd.read_csv(BUNDLED / "calendar.csv", parse_dates=["date"], keep_default_na=False).set_index("date")


@pytest.fixture(scope="module")
def districts() -> pd.DataFrame:
    return pd.read_csv(GEO / "districts.csv", dtype={"adcode": str}).set_index("adcode")


@pytest.fixture(scope="module")
def features() -> list[dict]:
    return json.loads((GEO / "beijing_18.geojson").read_text(encoding="utf-8"))["features"]


def peaks(calendar: pd.DataFrame, label: str) -> list[pd.Timestamp]:
    return [day for day in calendar.index[calendar["festival"] == label] if day.year in YEARS]


def against_median(series: pd.Series | pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """The day relative to the median of the four weeks on either side."""
    near = series[day - pd.Timedelta(days=28) : day + pd.Timedelta(days=28)]
    return series.loc[day] / near.median()


def before(table: pd.DataFrame, day: pd.Timestamp, first: int, last: int) -> pd.DataFrame:
    """Rows from ``first`` to ``last`` days before ``day``; negative is after it."""
    return table[day - pd.Timedelta(days=first) : day - pd.Timedelta(days=last)]


class TestBytes:
    @pytest.mark.parametrize("name", ["panel.csv.gz", "calendar.csv"])
    def test_the_bundled_files_are_written_again(self, again: Path, name: str) -> None:
        assert (again / name).read_bytes() == (BUNDLED / name).read_bytes()

    def test_the_manifest_differs_only_in_the_way_to_the_geography(self, again: Path) -> None:
        pairs = zip((again / "market.toml").read_text().splitlines(), (BUNDLED / "market.toml").read_text().splitlines(), strict=True)
        assert {ours.split(" = ")[0] for ours, theirs in pairs if ours != theirs} == {"file", "polygons"}

    def test_the_header_holds_no_time_name_or_system(self) -> None:
        header = (BUNDLED / "panel.csv.gz").read_bytes()[:10]
        assert header == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"

    def test_another_seed_gives_other_counts_and_the_same_calendar(self, tmp_path: Path) -> None:
        simulate(tmp_path, seed=SEED + 1)
        other, bundled = (gzip.decompress((folder / "panel.csv.gz").read_bytes()) for folder in (tmp_path, BUNDLED))
        assert other != bundled
        assert (tmp_path / "calendar.csv").read_bytes() == (BUNDLED / "calendar.csv").read_bytes()

    def test_the_panel_is_small(self) -> None:
        assert (BUNDLED / "panel.csv.gz").stat().st_size <= 8 * 2**20

    def test_a_copy_elsewhere_is_the_same_market(self, again: Path) -> None:
        market = load_market(again)
        assert market.digest == load_market(BUNDLED).digest
        assert market.orders.shape == market.past["cart_adds"].shape == (18, 10, 1826)
        assert market.about.simulated
        assert "(simulated)" in market.about.title
        assert "模拟" in market.about.title_zh
        assert market.polygons is not None
        assert set(market.calendar.festivals) == FESTIVALS

    def test_bad_input_is_refused_and_leaves_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("kept")
        with pytest.raises(StmpError, match=r"taken: this is a file.*Remedy: name a folder"):
            simulate(tmp_path / "taken")
        with pytest.raises(StmpError, match=r"the seed is -1\. Remedy"):
            simulate(tmp_path / "new", seed=-1)
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]
        assert (tmp_path / "taken").read_text() == "kept"


class TestCalendar:
    def test_it_reaches_past_the_panel(self, calendar: pd.DataFrame) -> None:
        assert calendar.index[0] == pd.Timestamp("2015-01-01")
        assert calendar.index[-1] == pd.Timestamp("2020-03-31")
        assert calendar.index.is_unique
        assert len(calendar) == 1917

    @pytest.mark.parametrize(
        ("day", "workday", "holiday"),
        [
            ("2015-01-04", 1, ""),  # a Sunday worked for New Year
            ("2018-02-11", 1, ""),  # a Sunday worked for the Spring Festival
            ("2018-02-16", 0, "Spring Festival"),
            ("2019-05-02", 0, "Labor Day"),  # a Thursday off, announced in March 2019
            ("2019-10-12", 1, ""),  # a Saturday worked for the National Day
            ("2019-10-13", 0, ""),
        ],
    )
    def test_official_days(self, calendar: pd.DataFrame, day: str, workday: int, holiday: str) -> None:
        assert calendar.loc[day, "workday"] == workday
        assert calendar.loc[day, "holiday"] == holiday

    def test_festivals(self, calendar: pd.DataFrame) -> None:
        assert set(calendar["festival"]) == {"", *FESTIVALS, "618 opening", "Double 11 opening"}
        for label, month, day in (("618 opening", 6, 1), ("618", 6, 18), ("Double 11 opening", 11, 1), ("Double 11", 11, 11)):
            assert peaks(calendar, label) == [pd.Timestamp(year, month, day) for year in YEARS]
        assert pd.Timestamp("2019-01-18") in peaks(calendar, "New Year Goods")  # 18 days before 5 February 2019


class TestDemand:
    def test_size_and_growth(self, panel: pd.DataFrame, orders: pd.DataFrame) -> None:
        assert len(panel) == 18 * 10 * 1826
        assert panel["orders"].quantile(0.01) >= 5
        assert 100 < panel["orders"].median() < 300
        yearly = orders.sum(axis=1).groupby(orders.index.year).mean()
        assert (yearly.pct_change().dropna() > 0.1).all()

    def test_population_sets_the_scale(self, orders: pd.DataFrame, districts: pd.DataFrame) -> None:
        volume = orders.T.groupby(level="region").sum().T.mean()
        assert spearmanr(volume, districts["population_2010"].reindex(volume.index)).statistic > 0.9

    def test_days_off_by_category(self, orders: pd.DataFrame, calendar: pd.DataFrame) -> None:
        logs = np.log(orders.T.groupby(level="category").sum().T)
        days = calendar.reindex(logs.index)
        plain = (days["holiday"] == "") & (days["festival"] == "")
        weekend = logs[plain & (days["workday"] == 0)].mean() - logs[plain & (days["workday"] == 1)].mean()
        assert weekend["Computers"] < -0.1
        assert weekend[["Appliances", "Clothing", "Home"]].min() > 0.05

    def test_yearly_season(self, orders: pd.DataFrame) -> None:
        appliances = orders.xs("Appliances", axis=1, level="category").sum(axis=1)
        july, december = (appliances[appliances.index.month == month] for month in (7, 12))
        ratio = july.groupby(july.index.year).median() / december.groupby(december.index.year).median()
        assert (ratio > 1.1).all()  # before a year's growth that works the other way

    def test_counts_vary_more_than_poisson(self, orders: pd.DataFrame) -> None:
        change = orders.diff() - orders.diff().rolling(7, center=True).mean()
        variance = (change**2).median() / 0.455 / 2  # the median of a chi-square with one degree of freedom
        assert (variance / orders.median()).median() > 2

    def test_days_are_shared_by_the_districts(self, orders: pd.DataFrame) -> None:
        change = np.log(orders.T.groupby(level="region").sum().T).diff(7)  # week on week, so that the weekday drops out
        for year in YEARS:
            summer = change[f"{year}-07-15" : f"{year}-09-10"]  # neither holidays nor festivals
            assert summer.mean(axis=1).var() / summer.var().mean() > 2 / 18  # 1/18 were the districts independent

    def test_the_trough_follows_the_migrants(self, orders: pd.DataFrame, calendar: pd.DataFrame, districts: pd.DataFrame) -> None:
        migrants = (1 - districts["hukou_population_2010"] / districts["population_2010"]).clip(lower=0)
        volume = orders.T.groupby(level="region").sum().T
        for year in (2016, 2017, 2018, 2019):
            inside = calendar.index[(calendar["holiday"] == "Spring Festival") & (calendar.index.year == year)]
            drop = 1 - volume.loc[inside].mean() / before(volume, inside[0], 60, 20).median()
            assert spearmanr(drop, migrants.reindex(drop.index)).statistic > 0.8
            assert drop["110114"] > 0.5  # Changping, two thirds migrants
            assert drop["110117"] < 0.35  # Pinggu, one in twenty

    def test_stock_outs_stop_orders_but_not_carts(self, orders: pd.DataFrame, carts: pd.DataFrame) -> None:
        usual, usual_carts = (table.rolling(29, center=True, min_periods=15).median() for table in (orders, carts))
        empty = (orders < 0.25 * usual) & (usual > 20)
        assert 80 < empty.to_numpy().sum() < 320
        assert np.nanmedian((carts / usual_carts).to_numpy()[empty.to_numpy()]) > 0.75


class TestFestivals:
    @pytest.mark.parametrize(
        ("label", "least", "most"),
        [
            ("New Year Goods", 1.2, 1.6),
            ("Women's Day", 1.3, 1.6),
            ("618 opening", 1.7, 2.6),
            ("618", 2.6, 5.0),
            ("Double 11 opening", 1.7, 2.6),
            ("Double 11", 3.0, 5.0),
            ("Double 12", 1.6, 3.0),
        ],
    )
    def test_heights(self, orders: pd.DataFrame, calendar: pd.DataFrame, label: str, least: float, most: float) -> None:
        total = orders.sum(axis=1)
        ratios = [against_median(total, day) for day in peaks(calendar, label)]
        assert len(ratios) == 5
        assert least <= min(ratios)
        assert max(ratios) <= most
        assert max(ratios) > 1.05 * min(ratios)  # no year is like another

    def test_tastes(self, orders: pd.DataFrame, calendar: pd.DataFrame) -> None:
        volume = orders.T.groupby(level="category").sum().T

        def height(label: str) -> pd.Series:
            return pd.concat([against_median(volume, day) for day in peaks(calendar, label)], axis=1).mean(axis=1)

        assert height("New Year Goods").idxmax() == "Food"
        assert set(height("Women's Day").nlargest(2).index) == {"Beauty", "Clothing"}
        assert height("618")[["Phones", "Appliances", "Computers"]].min() > height("618")["Clothing"]
        assert height("Double 12").idxmax() == "Clothing"

    def test_hold_back_and_slump(self, orders: pd.DataFrame, calendar: pd.DataFrame) -> None:
        total = orders.sum(axis=1)
        for label, least in (("618", 0.0), ("Double 11", 0.08)):
            days = peaks(calendar, label)
            eve = np.mean([np.log(against_median(total, day - pd.Timedelta(days=1))) for day in days])
            slump = np.mean([np.log(against_median(total, day + pd.Timedelta(days=2))) for day in days])
            assert eve < -least
            assert slump < -0.08

    @pytest.mark.parametrize("label", ["618", "Double 11"])
    def test_carts_fill_before_the_peak_and_turn_into_orders(self, carts: pd.DataFrame, calendar: pd.DataFrame, label: str) -> None:
        total = carts.sum(axis=1)
        for day in peaks(calendar, label):
            usual = before(total, day, 45, 20).median()
            assert before(total, day, 1, 1).iloc[0] > 1.8 * usual
            assert before(total, day, 3, 1).mean() > before(total, day, 8, 6).mean()
            assert before(total, day, -1, -3).mean() < 1.2 * usual

    @pytest.mark.parametrize("label", ["Women's Day", "618", "Double 11", "Double 12"])
    def test_carts_lead_orders(self, orders: pd.DataFrame, carts: pd.DataFrame, calendar: pd.DataFrame, label: str) -> None:
        fills, uplifts = [], []
        for day in peaks(calendar, label):
            fills.append(np.log(before(carts, day, 5, 1).mean() / before(carts, day, 45, 20).median()))
            uplifts.append(np.log(orders.loc[day] / before(orders, day, 45, 20).median()))
        fill, uplift = np.array(fills), np.array(uplifts)  # [year, cell]
        ours = np.isfinite(fill) & np.isfinite(uplift)
        this_year = np.corrcoef((fill - fill.mean(0))[ours], (uplift - uplift.mean(0))[ours])[0, 1]
        assert this_year > 0.3  # what the carts say of this year, beyond what a cell always does
        assert min(np.corrcoef(fill[i], uplift[i])[0, 1] for i in range(5)) > 0.35  # of cells within one year

    def test_districts_keep_their_answer(self, orders: pd.DataFrame, calendar: pd.DataFrame) -> None:
        volume = orders.T.groupby(level="region").sum().T
        answers = np.array([np.log(against_median(volume, day)) for day in peaks(calendar, "Double 11")])  # [year, region]
        between_years = np.corrcoef(answers)[np.triu_indices(5, 1)]
        assert answers.std(axis=1).min() > 0.1
        assert between_years.min() > 0.6
        assert between_years.max() < 0.99


class TestGeography:
    def test_ids_are_text_and_those_of_the_table(self, features: list[dict], districts: pd.DataFrame) -> None:
        properties = [feature["properties"] for feature in features]
        assert [p["adcode"] for p in properties] == list(districts.index)
        assert [p["name_zh"] for p in properties] == list(districts["name_zh"])
        assert [p["name_en"] for p in properties] == list(districts["name_en"])
        assert len(districts) == 18

    def test_polygons_are_valid_apart_and_of_the_stated_area(self, features: list[dict], districts: pd.DataFrame) -> None:
        geopandas = pytest.importorskip("geopandas")
        shapes = [shape(feature["geometry"]) for feature in features]
        assert all(polygon.is_valid for polygon in shapes)
        equal_area = "+proj=aea +lat_1=39 +lat_2=41 +lat_0=40 +lon_0=116.5 +datum=WGS84"
        flat = list(geopandas.GeoSeries(shapes, crs="EPSG:4326").to_crs(equal_area))
        assert [polygon.area / 1e6 for polygon in flat] == pytest.approx(districts["area_km2"].tolist(), rel=0.01)
        assert sum(a.intersection(b).area for a, b in itertools.combinations(flat, 2)) < 1e4  # 0.01 km2
        assert sum(polygon.area for polygon in flat) / 1e6 == pytest.approx(16410.54, rel=0.001)  # the official area

    def test_coordinates_are_rounded(self, features: list[dict]) -> None:
        for feature in features:
            parts = feature["geometry"]["coordinates"]
            rings = parts if feature["geometry"]["type"] == "Polygon" else [ring for part in parts for ring in part]
            corners = np.array([corner for ring in rings for corner in ring])
            assert np.abs(corners * 1e4 - np.round(corners * 1e4)).max() < 1e-6

    def test_labels_lie_inside(self, features: list[dict], districts: pd.DataFrame) -> None:
        for feature, (lat, lon) in zip(features, districts[["lat", "lon"]].to_numpy(), strict=True):
            assert shape(feature["geometry"]).contains(Point(lon, lat))

    def test_census_figures(self, districts: pd.DataFrame) -> None:
        assert districts["population_2020"].sum() == 21_893_095  # census bulletin no. 2
        old_core = districts.loc[["110101", "110102", "110103", "110104"]]
        assert (old_core["hukou_is_estimate"] == 1).all()
        assert districts["hukou_is_estimate"].sum() == 4
        assert old_core.loc[["110101", "110103"], "hukou_population_2010"].sum() == 956_000
        assert old_core.loc[["110102", "110104"], "hukou_population_2010"].sum() == 1_345_000

    def test_neighbours_touch(self, features: list[dict], districts: pd.DataFrame) -> None:
        shapes = {feature["properties"]["adcode"]: shape(feature["geometry"]) for feature in features}
        pairs = pd.read_csv(GEO / "adjacency_18.csv", dtype=str)
        assert set(pairs["adcode_a"]) | set(pairs["adcode_b"]) == set(districts.index)
        assert all(shapes[a].distance(shapes[b]) < 1e-3 for a, b in zip(pairs["adcode_a"], pairs["adcode_b"], strict=True))

    def test_provenance_lies_beside(self) -> None:
        licence = (GEO / "LICENSE-echarts.txt").read_text()
        assert licence.startswith("Copyright (c) 2013, Baidu Inc.")
        assert "Neither the name of the copyright holder" in licence
        readme = (GEO / "README.md").read_text()
        assert all(word in readme for word in ("echarts@2.2.8", "BSD-3-Clause", "GCJ-02", "WGS84", "hukou_is_estimate"))
