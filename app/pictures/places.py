"""Where regions lie: outlines or points made small enough to travel with every rerun, and the view that shows them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from stmp.market import Market

DIGITS = 4  # of a degree: about 10 m, or finer where the map is
DETAIL = 1 / 300  # of the map's extent: details of less than two pixels are left out of outlines
MANY = 100  # regions, from which on each keeps its shape, for one looks closer: finer details then, by the width of a region
MAP_SIZE = (520, 430)  # pixels that the first view must fit into
NAME = (64, 24)  # pixels that a name takes there, with room around it
FILLED = {True: 0.92, False: 0.8}  # of the view, by outlines; circles and the names below them reach beyond their points
TILE = 512
EQUATOR = 40_075_017  # metres
MERCATOR = 3857  # the EPSG code
BORDER_WIDTH = 0.8  # pixels in the first view


@dataclass(frozen=True)
class Places:
    """Regions on a map.

    geometry: region id -> GeoJSON geometry, in the order of the R axis.  labels: region id -> lon, lat for its name, of those
    wide enough to carry one.  missing: ids of regions without a place.  centre: lon, lat.
    """

    outlines: bool
    geometry: dict[str, dict[str, Any]]
    labels: dict[str, tuple[float, float]]
    missing: tuple[str, ...]
    centre: tuple[float, float]
    zoom: float

    @cached_property
    def borders(self) -> dict[str, Any]:
        """GeoJSON geometry of thin areas along the outlines, one where two regions meet."""
        world = TILE * 2**self.zoom
        shapes = gpd.GeoSeries([shapely.geometry.shape(one) for one in self.geometry.values()], crs=4326).to_crs(MERCATOR)
        lines = shapely.get_parts(shapely.line_merge(shapes.boundary.union_all()))
        thin = shapely.buffer(lines, BORDER_WIDTH * EQUATOR / world / 2, cap_style="square", join_style="mitre")
        areas = shapely.MultiPolygon(list(gpd.GeoSeries(thin, crs=MERCATOR).to_crs(4326)))
        digits = math.ceil(-math.log10(BORDER_WIDTH * 360 / world)) + 1
        return dict(shapely.geometry.mapping(shapely.transform(areas, lambda corners: np.round(corners, digits))))


def places_of(market: Market) -> Places | None:
    """Outlines where the market has polygons, else points where it has positions, else None."""
    digits = DIGITS
    if market.polygons is not None:
        frame = gpd.GeoDataFrame.from_features(market.polygons["features"], crs=4326).set_index("region_id")
        extent = max(np.ptp(frame.total_bounds[0::2]), np.ptp(frame.total_bounds[1::2]))
        detail = extent * DETAIL / max(1.0, math.sqrt(len(frame) / MANY))
        frame["geometry"] = shapely.coverage_simplify(frame.geometry.to_numpy(), detail)
        digits = max(digits, math.ceil(-math.log10(detail)) + 1)
        points = frame.representative_point()
        wide = frame.geometry.bounds.eval("maxx - minx") > extent / 9
        labels = {str(i): (round(p.x, DIGITS), round(p.y, DIGITS)) for i, p in points[wide].items()}
    else:
        known = market.region_table.dropna(subset=["lat", "lon"])
        if known.empty:
            return None
        frame = gpd.GeoDataFrame(index=known.index, geometry=gpd.points_from_xy(known["lon"], known["lat"], crs=4326))
        labels = {str(i): (p.x, p.y) for i, p in frame.geometry.items()}
    frame["geometry"] = shapely.transform(frame.geometry.to_numpy(), lambda corners: np.round(corners, digits))
    geometry = {str(i): shapely.geometry.mapping(shape) for i, shape in frame.geometry.items()}
    missing = tuple(r for r in market.regions if r not in geometry)
    outlines = market.polygons is not None
    centre, zoom = _view(frame.total_bounds, FILLED[outlines])
    return Places(outlines, geometry, labels if outlines else _apart(labels, zoom), missing, centre, zoom)


def _apart(labels: dict[str, tuple[float, float]], zoom: float) -> dict[str, tuple[float, float]]:
    """Those that do not lie upon one before them in the first view."""
    pixels, kept = TILE * 2**zoom, dict[str, tuple[float, float]]()
    for region, (lon, lat) in labels.items():
        across = (abs(lon - other) * pixels / 360 >= NAME[0] for other, _ in kept.values())
        along = (abs(_mercator(lat) - _mercator(other)) * pixels >= NAME[1] for _, other in kept.values())
        if all(wide or high for wide, high in zip(across, along, strict=True)):
            kept[region] = (lon, lat)
    return kept


def _mercator(lat: float) -> float:
    """A latitude as a share of the world's width, from the equator."""
    return math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)


def _view(bounds: Sequence[float], filled: float) -> tuple[tuple[float, float], float]:
    """(lon, lat) and zoom at which west, south, east, north fill this share of MAP_SIZE in the Mercator projection."""
    west, south, east, north = bounds
    low, high = _mercator(south), _mercator(north)
    spans = (max((east - west) / 360, 1e-4), max(high - low, 1e-4))
    zoom = min(math.log2(filled * size / (TILE * span)) for size, span in zip(MAP_SIZE, spans, strict=True))
    middle = math.degrees(math.atan(math.sinh(math.pi * (low + high))))
    return (float((west + east) / 2), middle), zoom
