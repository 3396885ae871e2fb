"""Where regions lie: outlines and borders that are small enough to travel, points, and the first view."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import shapely

from app.pictures.places import Places, places_of
from stmp.market import Market
from stmp.market.load import load_market

BEIJING = Path(__file__).resolve().parents[2] / "assets" / "markets" / "beijing"


@pytest.fixture(scope="module")
def market(workplace: Path) -> Market:
    return load_market(workplace / "squares")


def places(market: Market) -> Places:
    found = places_of(market)
    assert found is not None
    return found


def test_borders_are_thin_areas_along_what_encloses_the_regions(market: Market) -> None:
    found = places(market)
    borders = shapely.union_all([shapely.geometry.Polygon(*part) for part in found.borders["coordinates"]])
    pixel = 360 / (512 * 2**found.zoom)
    shapes = [shapely.geometry.shape(geometry) for geometry in found.geometry.values()]
    for one in shapes:
        assert one.boundary.within(borders.buffer(pixel / 10))
        assert not one.buffer(-pixel).intersects(borders)
    length = shapely.union_all([one.boundary for one in shapes]).length  # what two of them share is one border
    assert 0.6 * pixel < borders.area / length < pixel  # on the map 0.8 wide; a degree of latitude is longer there than one of longitude


def test_outlines_are_simplified_together_and_rounded() -> None:
    found = places(load_market(BEIJING))
    assert len(found.geometry) == 18
    text = json.dumps(found.geometry)
    assert len(text) < 40_000
    assert max(len(number.partition(".")[2]) for number in text.replace("]", ",").split(",") if "." in number) <= 4
    assert found.missing == ()
    assert found.centre == pytest.approx((116.47, 40.25), abs=0.05)


def test_the_first_view_shows_every_place(market: Market) -> None:
    found = places(market)
    assert found.centre == pytest.approx((117, 40), abs=0.01)
    world = 512 * 2**found.zoom  # pixels around the equator
    width = world * 2 / 360
    low, high = (math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi) for lat in (39, 41))
    assert world * (high - low) == pytest.approx(0.92 * 430, rel=1e-3)
    assert width < 0.92 * 520


def test_places_are_points_without_outlines_and_none_without_positions(workplace: Path) -> None:
    points = load_market(workplace / "points")
    points.region_table.loc["r1", "lat"] = math.nan
    found = places(points)
    assert not found.outlines
    assert found.missing == ("r1",)
    assert found.geometry["r0"] == {"type": "Point", "coordinates": (116.5, 40.5)}
    assert places_of(load_market(workplace / "sites")) is None


def test_of_points_that_crowd_the_first_alone_carries_its_name_and_all_fit_with_their_circles(workplace: Path) -> None:
    market = load_market(workplace / "points")
    market.region_table.loc["r1", ["lat", "lon"]] = market.region_table.loc["r0", ["lat", "lon"]] + 0.01
    found = places(market)
    assert list(found.geometry) == ["r0", "r1", "r2", "r3"]
    assert list(found.labels) == ["r0", "r2", "r3"]
    low, high = (math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi) for lat in (39.5, 40.51))
    assert 512 * 2**found.zoom * (high - low) + 2 * 40 < 430  # 40 pixels: a circle, and the name below it
