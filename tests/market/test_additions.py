"""A market with something new in it, in memory: what is added, what is left alone, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stmp.errors import MarketError, StmpError
from stmp.market import Market
from stmp.market.additions import District, read_days, with_district, with_festivals
from tests.markets import small_market

SQUARE: Mapping[str, Any] = {"type": "Polygon", "coordinates": [[[116, 39], [117, 39], [117, 40], [116, 40], [116, 39]]]}


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


def days_of(market: Market, folder: Path, text: str) -> pd.DataFrame:
    file = folder / "days.csv"
    file.write_text(text, encoding="utf-8")
    return read_days(file, market)


def test_a_district_without_days_is_the_last_row_and_missing(market: Market) -> None:
    wider = with_district(market, District("new", "New town", point=(116.5, 40.25), facts={"population": 5e5}))
    assert wider.regions == (*market.regions, "new")
    assert wider.new == ("new",)
    assert np.isnan(wider.orders[-1]).all()
    assert np.isnan(wider.past["cart_adds"][-1]).all()
    np.testing.assert_array_equal(wider.orders[:-1], market.orders)
    assert wider.facts.loc["new", "population"] == 5e5
    assert wider.region_table.loc["new"].tolist() == ["New town", "New town", 40.25, 116.5]
    assert wider.digest != market.digest
    assert market.regions == ("r0", "r1", "r2")


def test_its_days_are_put_where_they_belong(market: Market, tmp_path: Path) -> None:
    days = days_of(market, tmp_path, "date,category,orders,cart_adds\n2021-12-30,c0,5,9\n2021-12-31,c0,6,\n2021-12-31,c1,7,8\n")
    for absent, other in (("missing", np.nan), ("zero", 0)):
        declared = replace(market, about=replace(market.about, absent=absent))
        wider = with_district(declared, District("new", "New", days=days))
        np.testing.assert_array_equal(wider.orders[-1, :, -3:], [[np.nan, 5, 6], [np.nan, other, 7]])
        assert np.isnan(wider.orders[-1, :, :-2]).all()


def test_an_outline_tells_place_and_area(market: Market) -> None:
    with_area = replace(market, facts=market.facts.assign(area_km2=1.0))
    wider = with_district(with_area, District("new", "New", outline=SQUARE))
    assert wider.facts.loc["new", "area_km2"] == pytest.approx(9500, rel=0.02)  # a degree of latitude is 111 km, one of longitude 86
    assert 116 < wider.region_table.loc["new", "lon"] < 117
    assert np.isnan(wider.facts.loc["new", "population"])


def test_of_an_outlined_market_it_gets_the_outline(market: Market) -> None:
    outlined = replace(market, polygons={"type": "FeatureCollection", "features": []})
    wider = with_district(outlined, District("new", "New", outline=SQUARE))
    assert wider.polygons is not None
    assert [f["properties"]["region_id"] for f in wider.polygons["features"]] == ["new"]
    with pytest.raises(StmpError, match="have outlines, and it has none"):
        with_district(outlined, District("new", "New", point=(116.5, 40.25)))


@pytest.mark.parametrize(
    ("district", "words"),
    [
        (District("", "New"), "no id or no name"),
        (District("r1", "New"), "has a district of this id already"),
        (District("new", "New", facts={"wealth": 3}), "no fact 'wealth'. Remedy: use one of: population"),
        (District("new", "New", facts={"population": -3}), "no number from 0 on"),
        (District("new", "New", facts={"population": float("nan")}), "no number from 0 on"),
        (District("new", "New", outline={"type": "Point", "coordinates": [1, 2]}), "a Point, not a polygon"),
        (District("new", "New", outline={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}), "drawn: "),
        (District("new", "New", point=(39.9, 116.4)), "does not lie on the earth"),
    ],
)
def test_what_cannot_be_is_refused(market: Market, district: District, words: str) -> None:
    with pytest.raises(StmpError, match="district '") as refused:
        with_district(market, district)
    assert words in str(refused.value)
    assert "Remedy: " in str(refused.value)


def test_faults_of_its_days_are_told_with_their_rows(market: Market, tmp_path: Path) -> None:
    text = "date,category,orders\nsoon,c0,1\n2019-12-31,c0,1\n2021-01-01,food,1\n2021-01-02,c0,-1\n2021-01-02,c0,2\n2021-01-03,c1,\n"
    with pytest.raises(MarketError) as refused:
        days_of(market, tmp_path, text)
    places = {(problem.row, problem.column) for problem in refused.value.problems}
    assert places == {(2, "date"), (3, "date"), (4, "category"), (5, "orders"), (6, "date"), (7, "orders")}
    with pytest.raises(MarketError, match="column 'category': the column is missing"):
        days_of(market, tmp_path, "date,orders\n2021-01-01,1\n")
    single = replace(market, categories=("all",), orders=market.orders[:, :1], past={})
    assert days_of(single, tmp_path, "date,orders\n2021-01-01,1\n")["category"].tolist() == ["all"]


def test_festivals_take_the_place_of_those_there_were(market: Market) -> None:
    (first, *_) = market.calendar.occurrences
    changed = with_festivals(market, [replace(first, festival="Sale", regions=("r0",))])
    assert [o.festival for o in changed.calendar.occurrences] == ["Sale"]
    assert changed.digest not in (market.digest, with_festivals(market, [replace(first, festival="Sale")]).digest)
    assert market.calendar.occurrences[0] == first
