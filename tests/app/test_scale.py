"""3,000 districts: what travels to the browser stays small, and pictures hold what can be told apart."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from app.pictures.alike import similarity_map
from app.pictures.bars import ranked_bars
from app.pictures.many import BORDERED, MOST, largest, told_largest
from app.pictures.maps import region_map
from app.pictures.measures import Measure
from app.pictures.palette import sequential
from app.pictures.places import Places, places_of
from benchmarks.large import large_market
from stmp.market import Market

TOTAL = Measure("total", "Total", "orders", lambda value: f"{value:,.0f}")
REGIONS = 3000


@pytest.fixture(scope="module")
def market() -> Market:
    return large_market(REGIONS, 1, 30)


@pytest.fixture(scope="module")
def places(market: Market) -> Places:
    found = places_of(market)
    assert found is not None
    return found


def test_the_map_of_3000_districts_is_small(market: Market, places: Places) -> None:
    values = pd.Series(np.linspace(1, 1e6, REGIONS), index=list(market.regions))
    details = pd.Series("80 %: 123 to 456 k orders", index=values.index)
    sent = region_map(places, market.region_table["name"], values, details, TOTAL, sequential(values), market.regions[:20]).to_json()
    assert len(sent.encode()) < 3e6  # of the 5 MB that a page may send
    assert len(json.loads(sent)["layers"][0]["data"]["features"]) == REGIONS


def test_borders_are_drawn_where_they_do_not_hide_the_colours(market: Market, places: Places) -> None:
    def bordered(regions: int, outlines: bool) -> bool:
        some = replace(places, outlines=outlines, geometry=dict(list(places.geometry.items())[:regions]), labels={})
        values = pd.Series(1.0, index=list(some.geometry))
        details = pd.Series("", index=values.index)
        made = region_map(some, market.region_table["name"], values, details, TOTAL, sequential(values), [])
        regions, second, *_ = json.loads(made.to_json())["layers"]
        return bool(regions["stroked"]) or second["id"] == "borders"

    assert bordered(BORDERED, outlines=True)
    assert not bordered(BORDERED + 1, outlines=True)
    assert bordered(BORDERED + 1, outlines=False)  # circles cost little, and lie upon each other


def test_districts_keep_their_shapes_and_the_borders_they_share(market: Market, places: Places) -> None:
    assert market.polygons is not None
    shown = np.array([shapely.geometry.shape(geometry) for geometry in places.geometry.values()])
    whole = np.array([shapely.geometry.shape(feature["geometry"]) for feature in market.polygons["features"]])
    assert shapely.get_num_coordinates(shown).sum() < 0.6 * shapely.get_num_coordinates(whole).sum()
    lost = shapely.area(shapely.symmetric_difference(shown, whole)) / shapely.area(whole)
    assert np.median(lost) < 0.05
    corners = [{tuple(corner) for corner in shapely.get_coordinates(shape)} for shape in shown]
    counts = pd.Series([corner for own in corners for corner in own]).value_counts()
    inner = [c for c in counts.index if 115.45 < c[0] < 117.45 and 39.45 < c[1] < 41.05]
    assert (counts[inner] > 1).all()  # every corner is that of a neighbour, too


def test_bars_are_those_that_can_be_told_apart(market: Market) -> None:
    values = pd.Series(np.random.default_rng(0).permutation(REGIONS).astype(float), index=list(market.regions))
    chosen = [str(values.idxmin())]
    (bars,) = ranked_bars(market.region_table["name"], values, TOTAL, sequential(values), chosen).data
    assert len(bars.x) == MOST + 1
    assert bars.customdata[0][0] == chosen[0]
    assert bars.x[-1] == values.max()
    assert len(largest(values[:MOST])) == MOST
    assert told_largest(MOST) is None
    assert "3,000" in (told_largest(REGIONS) or "")


def test_a_heat_map_of_the_nearest_is_drawn_at_once() -> None:
    random = np.random.default_rng(0)
    unit = random.normal(size=(MOST, 8))
    cosine = unit @ unit.T
    assert similarity_map([f"D{i}" for i in range(MOST)], cosine).data[0].z.shape == (MOST, MOST)
