"""Boundaries from every format, repaired or refused; points joined to them; borders that stay shared on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stmp.errors import MarketError
from stmp.ingest import Datum, Limits, build
from stmp.ingest.boundaries import Regions, read_boundaries, screen
from stmp.ingest.datum import convert
from stmp.ingest.places import Locator
from tests.ingest.made import assert_accounted, built, cells, plan_of, reasons, square, write_boundaries, write_log

LIMITS = Limits()


def refusals(file: Path, **changes: object) -> list[str]:
    with pytest.raises(MarketError) as caught:
        read_boundaries(file, {}, LIMITS, **changes)  # type: ignore[arg-type]
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["districts.geojson", "districts.gpkg", "districts.shp"])
def test_every_format_and_coordinate_system_gives_the_same_regions(tmp_path: Path, name: str) -> None:
    expected = read_boundaries(write_boundaries(tmp_path), {}, LIMITS)
    frame = gpd.read_file(tmp_path / "districts.geojson")
    moved = frame if name.endswith("geojson") else frame.to_crs("EPSG:3857")
    moved.to_file(tmp_path / name)
    read = read_boundaries(tmp_path / name, {}, LIMITS)
    assert list(read.table.index) == ["a", "b", "c"]
    np.testing.assert_allclose(read.table[["lat", "lon"]], expected.table[["lat", "lon"]], atol=1e-4)
    assert all(a.equals_exact(b, 1e-6) for a, b in zip(shapely.normalize(read.polygons), shapely.normalize(expected.polygons), strict=True))


def test_a_coordinate_system_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    frame = gpd.read_file(write_boundaries(tmp_path)).to_crs("EPSG:3857")
    frame.to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    assert refusals(tmp_path / "bare.shp") == ["the file does not say its coordinate system"]
    read = read_boundaries(tmp_path / "bare.shp", {}, LIMITS, crs="EPSG:3857")
    assert read.table.loc["a", "lon"] == pytest.approx(116.5)
    assert refusals(tmp_path / "bare.shp", crs="EPSG:0") == ["'EPSG:0' is no coordinate system"]


def test_metres_under_the_name_of_degrees_and_swapped_axes_are_refused(tmp_path: Path) -> None:
    metres = {"a": {"type": "Polygon", "coordinates": square(440_000, 4_400_000, 1000)}}
    (message,) = refusals(write_boundaries(tmp_path, metres))
    assert message == "the coordinates, 440,000 to 441,000 and 4,400,000 to 4,401,000, are no longitudes and latitudes"
    swapped = {"a": {"type": "Polygon", "coordinates": square(39, 116)}}
    with pytest.raises(MarketError, match="latitude seems to stand first"):
        read_boundaries(write_boundaries(tmp_path, swapped), {}, LIMITS)


def test_a_ring_that_touches_itself_is_repaired_and_told(tmp_path: Path) -> None:
    spike = [[[0, 0], [2, 0], [2, 2], [3, 2], [2, 2], [0, 2], [0, 0]]]
    read = read_boundaries(write_boundaries(tmp_path, {"a": {"type": "Polygon", "coordinates": spike}}), {}, LIMITS)
    assert read.polygons is not None
    assert read.polygons[0].is_valid
    assert read.polygons[0].area == pytest.approx(4)
    assert read.repairs[0].startswith("a: the ring was repaired (Ring Self-intersection")


def test_what_cannot_be_repaired_is_refused_all_at_once(tmp_path: Path) -> None:
    shapes: dict[str, object] = {
        "bowtie": {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]},
        "line": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        "nothing": None,
        "flat": {"type": "Polygon", "coordinates": [[[5, 5], [6, 6], [7, 7], [5, 5]]]},
    }
    found = refusals(write_boundaries(tmp_path, shapes))
    assert [message.split(":")[0] for message in found] == [
        "shape 1 cannot be repaired without guessing, its area would change by 100%",
        "shape 2 is a LineString, not a polygon",
        "shape 3 is empty",
        "shape 4 has no area",
    ]


def test_overlaps_are_refused_and_slivers_told(tmp_path: Path) -> None:
    def pair(west: float) -> dict[str, object]:
        return {name: {"type": "Polygon", "coordinates": square(x, 0)} for name, x in (("a", 0.0), ("b", west))}

    assert refusals(write_boundaries(tmp_path, pair(0.9))) == ["the regions a and b overlap by 10.0% of the smaller one"]
    read = read_boundaries(write_boundaries(tmp_path, pair(0.9999)), {}, LIMITS)
    assert read.repairs == ["1 borders overlap by less than 0.1% of a region; a point there counts for the first of the two"]


def test_shapes_of_one_region_become_one(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"adcode": 110101.0, "name": n}, "geometry": {"type": "Polygon", "coordinates": square(x, 0)}}
        for n, x in (("east", 0), ("west", 3))
    ]
    (tmp_path / "x.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    read = read_boundaries(tmp_path / "x.geojson", {}, LIMITS)
    assert list(read.table.index) == ["110101"]
    assert read.polygons is not None
    assert read.polygons[0].area == pytest.approx(2)


def test_too_many_vertices_are_refused(tmp_path: Path) -> None:
    ring = shapely.Point(0, 0).buffer(1, quad_segs=5000)
    file = write_boundaries(tmp_path, {"a": json.loads(shapely.to_geojson(ring))})
    with pytest.raises(MarketError, match=r"its polygons have 20,001 vertices.*raise the limit vertices"):
        read_boundaries(file, {}, Limits(vertices=10_000))
    read = read_boundaries(file, {}, LIMITS)
    assert len(read.polygons or []) == 1


def test_a_file_that_only_names_others_is_not_followed(tmp_path: Path) -> None:
    secret = write_boundaries(tmp_path)
    layer = f'<OGRVRTLayer name="x"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    (tmp_path / "x.geojson").write_text(f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>")
    assert refusals(tmp_path / "x.geojson") == ["its content is not what its ending says"]
    with pytest.raises(MarketError, match="raise the limit boundary_megabytes"):
        read_boundaries(write_large(tmp_path / "large.geojson"), {}, Limits(boundary_megabytes=1))


def write_large(file: Path) -> Path:
    file.write_bytes(b"{" + b" " * 1_500_000 + b"}")
    return file


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"type": "FeatureCollection", "features": []}'])
def test_what_is_no_boundary_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.geojson").write_text(text)
    assert refusals(tmp_path / "x.geojson")
    assert refusals(tmp_path / "none.geojson") == ["there is no such file"]
    assert refusals(tmp_path / "x.kml") == ["boundaries of this kind are not read"]


def test_borders_stay_shared_when_polygons_are_simplified_for_the_screen() -> None:
    rng = np.random.default_rng(0)
    border = np.column_stack([np.cumsum(rng.normal(0, 1e-4, 50_000)), np.linspace(0, 1, 50_000)])
    left = shapely.Polygon([*border, (-1, 1), (-1, 0)])
    right = shapely.Polygon([*border, (1, 1), (1, 0)])
    table = pd.DataFrame(index=pd.Index(["left", "right"], name="region"))
    shown = screen(Regions(table, (), [left, right], {}))
    a, b = (shapely.from_geojson(json.dumps(feature["geometry"])) for feature in shown["features"])
    assert shapely.get_num_coordinates([a, b]).sum() <= 60_000
    assert a.is_valid
    assert b.is_valid
    assert a.intersection(b).area == 0
    assert a.union(b).area == pytest.approx(2, rel=1e-6)
    assert a.symmetric_difference(left).area < 1e-3


def test_points_are_joined_to_the_polygon_that_holds_them(tmp_path: Path) -> None:
    points = [(116.5, 39.5), (117.5, 39.9), (117.0, 39.5), (200, 0), (120, 39.5), (float("nan"), 39.5)]
    polygons = [shapely.Polygon(square(west, 39)[0]) for west in (116, 117)]
    found = Locator(["a", "b"], polygons, Datum.WGS84).find(*np.array(points).T)
    assert list(found) == [0, 1, 0, 2, 2, 2]  # on the border the first counts


@pytest.mark.parametrize("datum", list(Datum))
def test_logs_of_points_count_for_regions_in_every_datum(tmp_path: Path, datum: Datum) -> None:
    lon, lat = convert(np.array([116.001, 116.999, 117.001]), np.array([39.001, 39.5, 39.5]), Datum.WGS84, datum)
    lines = [("2020-01-01", f"{x:.7f}", f"{y:.7f}", str(n)) for n, (x, y) in enumerate(zip(lon, lat, strict=True), start=1)]
    lines += [("2020-01-01", "10", "10", "5"), ("2020-01-01", "", "39.5", "6"), ("2020-01-01", "east", "39.5", "7")]
    file = write_log(tmp_path / "orders.csv", lines, header=("time", "lng", "lat", "qty"))
    plan = plan_of(tmp_path, file, datum=datum, boundary_datum=Datum.WGS84)
    report = built(plan)
    assert cells(plan) == {("a", "all", "2020-01-01"): 3, ("b", "all", "2020-01-01"): 3}
    assert reasons(report) == {"outside": 1, "bad_place": 2}
    assert report.outside == ((10.0, 10.0),)
    assert_accounted(report, plan, 6)


def test_the_datum_is_named_never_assumed(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", [("2020-01-01", "116.5", "39.5")], header=("time", "lng", "lat"))
    with pytest.raises(MarketError) as caught:
        build(plan_of(tmp_path, file))
    assert [problem.remedy.split(",")[0] for problem in caught.value.problems] == ["name it with --datum", "name it with --regions-datum"]


def test_points_need_polygons(tmp_path: Path) -> None:
    file = write_log(tmp_path / "orders.csv", [("2020-01-01", "116.5", "39.5")], header=("time", "lng", "lat"))
    (tmp_path / "regions.csv").write_text("region\na\n")
    with pytest.raises(MarketError, match="points need polygons, and this is a table"):
        build(plan_of(tmp_path, file, regions=tmp_path / "regions.csv", datum=Datum.WGS84, boundary_datum=Datum.WGS84))


def test_a_table_of_regions_brings_names_places_and_facts(tmp_path: Path) -> None:
    (tmp_path / "stores.csv").write_text("store_nbr,name,lat,lon,people\n1,One,39.5,116.5,1000\n2,Two,,,\n", encoding="utf-8")
    read = read_boundaries(tmp_path / "stores.csv", {"facts": "people"}, LIMITS)
    assert read.facts == ("people",)
    assert read.polygons is None
    assert list(read.table.loc["1", ["name", "lat", "people"]]) == ["One", 39.5, 1000]
    (tmp_path / "stores.csv").write_text("store_nbr,people\n1,many\n1,2\n,3\n", encoding="utf-8")
    with pytest.raises(MarketError) as caught:
        read_boundaries(tmp_path / "stores.csv", {"facts": "people,cars"}, LIMITS)
    assert [p.message for p in caught.value.problems] == ["the column is missing"]
    with pytest.raises(MarketError) as caught:
        read_boundaries(tmp_path / "stores.csv", {"facts": "people"}, LIMITS)
    assert [(p.message, p.row) for p in caught.value.problems] == [("not a number", 2), ("the region has no id", 4)]
