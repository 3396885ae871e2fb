"""Regions: names, places, facts, polygons and the choice among them; and what they are refused for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.market.folders import Folder

TABLE = "code,name,name_zh,lat,lon,people\nb,Bee,乙,40.5,116.5,\na,Ay,甲,39.5,115.5,1000\nc,Sea,丙,1,2,3\n"
SECTION = '[regions]\nfile = "regions.csv"\nfacts = ["people"]\n'
MAPPED = '[regions.columns]\nregion = "code"\n'
POLYGONS = '[regions]\npolygons = "regions.geojson"\npolygon_id = "code"\n'
SQUARE = [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]
BOW_TIE = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
REPAIR = "Remedy: repair the ring, for instance with shapely.make_valid, and export it again."


def feature(code: object, coordinates: object = SQUARE, kind: str = "Polygon") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, "other": 1}, "geometry": {"type": kind, "coordinates": coordinates}}


def write_polygons(folder: Folder, *features: object) -> None:
    folder.write("regions.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    folder.manifest(rest=POLYGONS)


def test_a_table_gives_order_names_places_and_facts(folder: Folder) -> None:
    folder.write("regions.csv", TABLE)
    folder.manifest(rest=SECTION + MAPPED)
    market = folder.load()
    assert market.regions == ("b", "a")  # c has no row in the panel
    np.testing.assert_array_equal(market.orders[:, 0, 0], [1, 10])
    assert market.region_table.loc["a"].to_dict() == {"name": "Ay", "name_zh": "甲", "lat": 39.5, "lon": 115.5}
    assert market.facts.loc["a", "people"] == 1000
    assert np.isnan(market.facts.loc["b", "people"])


def test_include_chooses_and_orders(folder: Folder) -> None:
    folder.manifest(rest='[regions]\ninclude = ["b"]')
    market = folder.load()
    assert market.regions == ("b",)
    np.testing.assert_array_equal(market.orders, [[[1, 2, 3, 4, 5]]])
    folder.manifest(rest='[regions]\ninclude = ["b", "a"]')
    np.testing.assert_array_equal(folder.load().orders[:, 0, 0], [1, 10])


def test_include_leaves_out_regions_that_the_table_lacks(folder: Folder) -> None:
    folder.write("regions.csv", "region,people\na,1\n")
    folder.write("promotions.csv", "region,date,discount\na,2021-01-01,1\nb,2021-01-01,2\n")
    known = '[known]\nfile = "promotions.csv"\ncovariates = ["discount"]\n'
    folder.manifest(rest=known + SECTION + 'include = ["a"]')
    market = folder.load()
    assert market.regions == ("a",)
    assert market.known["discount"][:, 0] == [1]


def test_polygons_come_in_the_order_of_the_regions(folder: Folder) -> None:
    island = [SQUARE, [[[5, 5], [5, 6], [6, 6], [6, 5], [5, 5]]]]
    write_polygons(folder, feature("z"), feature("b"), feature("a", island, "MultiPolygon"))
    polygons = folder.load().polygons
    assert polygons is not None
    assert polygons["type"] == "FeatureCollection"
    assert [f["properties"] for f in polygons["features"]] == [{"region_id": "a"}, {"region_id": "b"}]
    assert [f["geometry"]["type"] for f in polygons["features"]] == ["MultiPolygon", "Polygon"]
    assert polygons["features"][1]["geometry"]["coordinates"] == SQUARE


def test_numbers_as_polygon_ids_are_text(folder: Folder) -> None:
    folder.write("panel.csv", folder.panel({"110101": [1]}))
    write_polygons(folder, feature(110101))
    assert folder.load().regions == ("110101",)


@pytest.mark.parametrize(
    ("coordinates", "kind", "fault"),
    [
        (BOW_TIE, "Polygon", "Self-intersection[0.5 0.5]"),
        ([], "Polygon", "empty"),
        ([0, 1], "Point", "a Point, not a polygon"),
        ([[[0, 0], [1, 1]]], "Polygon", "no geometry ("),
        ([["x"]], "Polygon", "no geometry ("),
        (SQUARE, "Heptagon", "no geometry ("),
    ],
)
def test_a_broken_polygon_is_refused(folder: Folder, coordinates: object, kind: str, fault: str) -> None:
    write_polygons(folder, feature("a"), feature("b", coordinates, kind))
    (found,) = folder.refusals()
    assert found.startswith(f"regions.geojson, column 'code': feature 2 is a broken polygon: {fault}")
    assert found.endswith(f" (found 'b'). {REPAIR}")


def test_a_feature_without_geometry_is_refused(folder: Folder) -> None:
    write_polygons(folder, feature("a"), feature("b") | {"geometry": None})
    (found,) = folder.refusals()
    assert found.startswith("regions.geojson, column 'code': feature 2 is a broken polygon: no geometry (")


def test_missing_and_double_polygons_are_refused(folder: Folder) -> None:
    write_polygons(folder, feature("a"), feature("a"))
    assert folder.refusals() == [
        "regions.geojson, column 'code': feature 2 is a second polygon of its region (found 'a'). "
        "Remedy: merge the polygons of a region into one MultiPolygon.",
        "regions.geojson: no polygon has 'code' = 'b'. Remedy: add the polygon, or correct [regions] polygon_id.",
    ]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"features": null}', '{"features": [1]}', '{"features": [{"properties": [1], "geometry": null}]}', '{"a": 1}']
)
def test_what_is_no_geojson_is_refused(folder: Folder, text: str) -> None:
    folder.write("regions.geojson", text)
    folder.manifest(rest=POLYGONS)
    message = "not a GeoJSON FeatureCollection in UTF-8. Remedy: export the boundaries as GeoJSON."
    assert folder.refusals() == [f"regions.geojson: {message}"]


def test_no_file_of_polygons(folder: Folder) -> None:
    folder.manifest(rest=POLYGONS)
    assert folder.refusals() == ["regions.geojson: there is no such file. Remedy: correct [regions] polygons in market.toml."]


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("a,Ay", "b,Ay", "row 3, column 'code': the region is listed twice (found 'b'). Remedy: keep one row."),
        ("b,Bee", ",Bee", "row 2, column 'code': the value is empty. Remedy: fill in the value, or remove the row."),
        ("1000", "many", "row 3, column 'people': not a number (found 'many'). Remedy: write a plain number."),
        ("39.5", "N39", "row 3, column 'lat': not a number (found 'N39'). Remedy: write a plain number."),
        ("code", "id", "column 'code': the column is missing. Remedy: add it, or map it in market.toml; the file has id, name"),
    ],
)
def test_a_broken_table_is_refused(folder: Folder, old: str, new: str, refusal: str) -> None:
    assert old in TABLE
    folder.write("panel.csv", folder.panel({"c": [1]}))
    folder.write("regions.csv", TABLE.replace(old, new))
    folder.manifest(rest=SECTION + MAPPED)
    (found,) = folder.refusals()
    assert found.startswith(f"regions.csv, {refusal}")


def test_an_unknown_region_is_refused(folder: Folder) -> None:
    folder.write("regions.csv", TABLE.replace("a,Ay", "d,Ay"))
    folder.manifest(rest=SECTION + MAPPED)
    remedy = "add the region to the region table, or list the regions to use under [regions] include"
    assert folder.refusals() == [f"panel.csv, row 2, column 'region': unknown region, in 5 rows (found 'a'). Remedy: {remedy}."]


def test_include_of_unknown_regions_is_refused(folder: Folder) -> None:
    folder.write("regions.csv", TABLE)
    folder.manifest(rest=SECTION + 'include = ["a", "c", "d"]\n' + MAPPED)
    assert folder.refusals() == [
        f"market.toml: [regions] include names '{region}', which {place} lacks. Remedy: correct the id."
        for region, place in (("d", "the region table"), ("c", "the panel"), ("d", "the panel"))
    ]
