"""The regions of a market: polygons from any file that geopandas reads, repaired or refused, or a table without polygons."""

from __future__ import annotations

import codecs
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.validation import explain_validity

from stmp.errors import MarketError, Problem
from stmp.ingest.datum import Datum, convert
from stmp.ingest.fields import REGION_SYNONYMS, guess, settle
from stmp.ingest.limits import MEGABYTE, Limits
from stmp.ingest.samples import TEXTS, first_bytes, head_of, refuse

# Ending -> how such a file begins. What begins otherwise might be read as a description that names other files, or hosts.
MAPS = {".geojson": b"{", ".json": b"{", ".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a"}
LATLON, AREAL = "EPSG:4326", "EPSG:6933"  # longitude and latitude; square metres that mean the same everywhere
SLIVER = 0.001  # of the smaller region: an overlap below it is a line drawn twice, above it a district counted twice
MENDED = 0.01  # of a region's area: a repair that changes more may have made another region of it
SCREEN_VERTICES = 60_000  # of all polygons together, which stay below 2 MB
DIGITS = 5  # decimals of a degree that are written: a metre


@dataclass(frozen=True)
class Regions:
    """table: one row per region, indexed by id: name, name_zh, lat, lon and facts.  polygons: in WGS84, as exact as the file has them,
    in the table's order; None of a table.  repairs: what was changed, told to the user."""

    table: pd.DataFrame
    facts: tuple[str, ...]
    polygons: list[shapely.Geometry] | None
    mapping: Mapping[str, str]
    repairs: list[str] = field(default_factory=list)


def read_boundaries(file: Path, named: Mapping[str, str], limits: Limits, *, crs: str | None = None, datum: Datum = Datum.WGS84) -> Regions:
    """``named``: field -> column; "facts" names several, parted by commas. Raises MarketError with every fault."""
    if file.name.endswith(TEXTS):
        return _of_table(file, named, limits)
    if file.suffix.lower() not in MAPS:
        raise refuse(file, "boundaries of this kind are not read", f"give {', '.join(MAPS)}, or a table of regions as CSV")
    frame = _in_degrees(file, _read_map(file, limits), crs)
    mapping, table, facts = _described(file, frame.drop(columns="geometry"), named, limits)
    problems: list[Problem] = []
    repairs: list[str] = []
    shapes = [
        _mended(file, number, str(region), shape, mapping["region"], problems, repairs)
        for number, (region, shape) in enumerate(zip(table.index, frame.geometry, strict=True), start=1)
    ]
    if problems:
        raise MarketError(problems)
    polygons = _moved(np.array(shapes, dtype=object), datum)
    table, polygons = _one_each(table, polygons, repairs)
    _refuse_overlaps(file, list(table.index), polygons, repairs)
    centres = shapely.point_on_surface(polygons)
    area = gpd.GeoSeries(polygons, crs=LATLON).to_crs(AREAL).area / 1e6
    lat, lon = shapely.get_y(centres).round(DIGITS), shapely.get_x(centres).round(DIGITS)
    table = table.assign(lat=lat, lon=lon, area_km2=area.round(3).to_numpy())
    return Regions(table, (*facts, "area_km2"), list(polygons), mapping, repairs)


def read_outline(file: Path, limits: Limits, *, crs: str | None = None, datum: Datum = Datum.WGS84) -> dict[str, Any]:
    """The outline of one district as a GeoJSON geometry in WGS84; several shapes are put together. Raises MarketError."""
    if file.suffix.lower() not in MAPS:
        raise refuse(file, "an outline of this kind is not read", f"give {', '.join(MAPS)}")
    frame = _in_degrees(file, _read_map(file, limits), crs)
    problems: list[Problem] = []
    shapes = [_mended(file, number, "", one, "geometry", problems, []) for number, one in enumerate(frame.geometry, start=1)]
    if problems:
        raise MarketError([replace(problem, column=None, value=None) for problem in problems])
    whole = shapely.union_all(_moved(np.array(shapes, dtype=object), datum))
    outline: dict[str, Any] = json.loads(shapely.to_geojson(shapely.transform(whole, lambda points: np.round(points, DIGITS))))
    return outline


def _read_map(file: Path, limits: Limits) -> gpd.GeoDataFrame:
    if not file.is_file():
        raise refuse(file, "there is no such file", "correct the path")
    if file.stat().st_size > limits.boundary_megabytes * MEGABYTE:
        raise refuse(file, f"it holds more than {limits.boundary_megabytes:,} MB", "simplify it, or raise the limit boundary_megabytes")
    begins = first_bytes(file, 64).removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    if not begins.startswith(MAPS[file.suffix.lower()]):
        raise refuse(file, "its content is not what its ending says", "export it again as GeoJSON, GeoPackage or Shapefile")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = gpd.read_file(file, on_invalid="ignore")
    except Exception as error:  # GDAL's own kinds, which say what was wrong with the bytes
        raise refuse(file, f"no boundaries can be read: {error}", "export them again as GeoJSON, GeoPackage or Shapefile") from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise refuse(file, "it holds no shapes", "export the layer that holds the boundaries")
    vertices = int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())
    if vertices > limits.vertices:
        raise refuse(file, f"its polygons have {vertices:,} vertices", f"simplify them to {limits.vertices:,}, or raise the limit vertices")
    return frame


def _in_degrees(file: Path, frame: gpd.GeoDataFrame, crs: str | None) -> gpd.GeoDataFrame:
    if crs is not None:
        try:
            frame = frame.set_crs(pyproj.CRS.from_user_input(crs), allow_override=True)
        except pyproj.exceptions.CRSError as error:
            raise refuse(file, f"'{crs}' is no coordinate system", "give a code such as EPSG:4326 for --crs") from error
    if frame.crs is None:
        raise refuse(file, "the file does not say its coordinate system", "add its .prj, or name it with --crs, as in --crs EPSG:4490")
    frame = frame.to_crs(LATLON)
    west, south, east, north = frame.total_bounds
    if np.isfinite([west, south, east, north]).all() and (west < -180 or east > 180 or south < -90 or north > 90):
        swapped = min(west + 90, 90 - east, south + 180, 180 - north) >= 0
        message = f"the coordinates, {west:,.0f} to {east:,.0f} and {south:,.0f} to {north:,.0f}, are no longitudes and latitudes"
        remedy = "latitude seems to stand first: export with longitude first" if swapped else "name the true system with --crs"
        raise refuse(file, message, remedy)
    return frame


def _described(
    file: Path, frame: pd.DataFrame, named: Mapping[str, str], limits: Limits
) -> tuple[dict[str, str], pd.DataFrame, tuple[str, ...]]:
    """The mapping, the table by region id (one row per shape or line) and the names of its facts. Raises MarketError."""
    columns = [str(column) for column in frame.columns]
    frame = frame.set_axis(columns, axis=1)
    mapping, missing = settle(guess(columns, REGION_SYNONYMS), named, columns)
    facts = tuple(part.strip() for part in mapping.pop("facts", "").split(",") if part.strip())
    problems = [
        Problem(file, "the column is missing", f"name one of {', '.join(columns)}", column=column)
        for column in (*missing, *(fact for fact in facts if fact not in columns))
    ]
    if "region" not in mapping:
        remedy = f"name it: --map regions.region=COLUMN, of {', '.join(columns)}"
        problems.append(Problem(file, "no column seems to hold the region", remedy))
    if problems:
        raise MarketError(problems)
    table = pd.DataFrame(index=pd.Index(frame[mapping["region"]].map(_id), name="region"))
    for name in ("name", "name_zh"):
        table[name] = frame[mapping[name]].to_numpy() if name in mapping else table.index
    for name in ("lat", "lon"):
        table[name] = pd.to_numeric(frame[mapping[name]], errors="coerce").to_numpy() if name in mapping else np.nan
    for fact in facts:
        numbers = pd.to_numeric(frame[fact], errors="coerce")
        for row in np.flatnonzero(numbers.isna() & frame[fact].notna())[:5]:
            value = str(frame[fact].iloc[row])
            problems.append(Problem(file, "not a number", "write a plain number", column=fact, row=int(row) + 2, value=value))
        table[fact] = numbers.to_numpy()
    for row in np.flatnonzero(table.index.isna() | (table.index == ""))[:5]:
        problems.append(Problem(file, "the region has no id", "fill it in", column=mapping["region"], row=int(row) + 2))
    if table.index.nunique() > limits.regions:
        many = f"it holds {table.index.nunique():,} regions"
        problems.append(Problem(file, many, "join them to larger ones, or raise the limit regions"))
    if problems:
        raise MarketError(problems)
    return mapping, table, facts


def _id(value: Any) -> str | None:
    """Ids as text: 110101.0 is 110101, as a spreadsheet wrote it."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _mended(file: Path, number: int, region: str, shape: Any, column: str, problems: list[Problem], repairs: list[str]) -> Any:
    """A valid polygon or multipolygon; None, and a problem, where it cannot be had."""
    fault = _hopeless(shape)
    mended = None
    if fault is None:
        mended = shapely.force_2d(shape)
        if mended.is_valid:
            return mended
        why = explain_validity(mended)
        mended = _areas(shapely.make_valid(mended))
        change = abs(mended.area - abs(shape.area)) / mended.area if mended.area else 1.0
        if mended.is_empty:
            fault = (f"has no area: {why}", "draw its ring anew")
        elif change > MENDED:
            fault = (f"cannot be repaired without guessing, its area would change by {change:.0%}: {why}", "mend the ring by hand")
        else:
            repairs.append(f"{region}: the ring was repaired ({why}); the area changed by {change:.2%}")
    if fault is not None:
        problems.append(Problem(file, f"shape {number} {fault[0]}", fault[1], column=column, value=region))
    return mended


def _hopeless(shape: Any) -> tuple[str, str] | None:
    """What no repair could make a region of, and the remedy."""
    if shape is None or shape.is_empty:
        return "is empty", "draw the polygon, or leave the region out"
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return f"is a {shape.geom_type}, not a polygon", "give the region's outline"
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return "has coordinates that are no numbers", "export it again"
    return None


def _moved(polygons: Any, datum: Datum) -> Any:
    """Into WGS84."""
    if datum is Datum.WGS84:
        return polygons
    return shapely.transform(polygons, lambda points: np.column_stack(convert(points[:, 0], points[:, 1], datum, Datum.WGS84)))


def _one_each(table: pd.DataFrame, polygons: Any, repairs: list[str]) -> tuple[pd.DataFrame, Any]:
    """Shapes of one region become one."""
    if table.index.is_unique:
        return table, polygons
    first = table[~table.index.duplicated()]
    merged = np.empty(len(first), dtype=object)
    for position, region in enumerate(first.index):
        own = polygons[np.asarray(table.index == region)]
        merged[position] = shapely.union_all(own)
        if len(own) > 1:
            repairs.append(f"{region}: {len(own)} shapes were put together")
    return first, merged


def _refuse_overlaps(file: Path, ids: Sequence[str], polygons: Any, repairs: list[str]) -> None:
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.area(shapely.intersection(polygons[left], polygons[right]))
    share = shared / np.minimum(shapely.area(polygons[left]), shapely.area(polygons[right]))
    problems = [
        Problem(file, f"the regions {ids[a]} and {ids[b]} overlap by {part:.1%} of the smaller one", "draw their border once")
        for a, b, part in zip(left, right, share, strict=True)
        if part > SLIVER
    ]
    if problems:
        raise MarketError(problems)
    slivers = int((shared > 0).sum())
    if slivers:
        repairs.append(f"{slivers} borders overlap by less than {SLIVER:.1%} of a region; a point there counts for the first of the two")


def screen(regions: Regions) -> dict[str, Any]:
    """GeoJSON for the screen: simplified until it is small, with the borders that neighbours share kept the same for both."""
    polygons = np.array(regions.polygons, dtype=object)
    tolerance, shown = 0.0001, polygons
    while shapely.get_num_coordinates(shown).sum() > SCREEN_VERTICES and tolerance < 1:
        shown = shapely.coverage_simplify(polygons, tolerance)
        tolerance *= 2
    shown = shapely.transform(shown, lambda points: np.round(points, DIGITS))
    features = []
    for region, polygon, exact in zip(regions.table.index, shown, polygons, strict=True):
        sound = polygon if polygon.is_valid and not polygon.is_empty else _areas(shapely.make_valid(polygon))
        geometry = json.loads(shapely.to_geojson(exact if sound.is_empty else sound))
        features.append({"type": "Feature", "properties": {"region": region}, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def _areas(shape: Any) -> Any:
    """The part of a geometry that has an area."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")])


def _of_table(file: Path, named: Mapping[str, str], limits: Limits) -> Regions:
    head = head_of(file, limits)
    try:
        frame = pd.read_csv(
            file, sep=head.delimiter, encoding=head.encoding, dtype=str, names=list(head.columns), header=0, index_col=False
        )
    except (pd.errors.ParserError, UnicodeDecodeError, OSError, EOFError, ValueError) as error:
        raise refuse(file, f"cannot be read: {error}", "give a CSV in UTF-8 with a header") from error
    mapping, table, facts = _described(file, frame, named, limits)
    problems = [
        Problem(
            file, "the region is listed twice", "keep one row", column=mapping["region"], row=int(row) + 2, value=str(table.index[int(row)])
        )
        for row in np.flatnonzero(table.index.duplicated())
    ]
    if problems:
        raise MarketError(problems)
    return Regions(table, facts, None, mapping)
