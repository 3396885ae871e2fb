"""The map of points that no district holds: outlines in grey, points in red, no basemap."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pydeck as pdk
import shapely

from app.pictures.palette import BORDER

POINT = (208, 52, 44, 200)
SCREEN = 0.002  # degrees within which an outline may lie


def outside_map(polygons: Sequence[Any], points: Sequence[tuple[float, float]]) -> pdk.Deck:
    """polygons: shapely, in WGS84.  points: [longitude, latitude] in WGS84."""
    outlines = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
        for shape in shapely.coverage_simplify(list(polygons), SCREEN)
    ]
    west, south, east, north = shapely.total_bounds(list(polygons))
    # Far points are a matter of the table, not of a map that would show the whole earth.
    wide, high = east - west, north - south
    near = [p for p in points if west - wide <= p[0] <= east + wide and south - high <= p[1] <= north + high]
    zoom = math.log2(360 / max(3 * wide, 1e-3)) + 0.5
    view = pdk.ViewState(longitude=(west + east) / 2, latitude=(south + north) / 2, zoom=zoom)
    regions = pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": outlines},
        id="regions",
        filled=False,
        get_line_color=[*BORDER[:3], 255],
        line_width_min_pixels=1,
    )
    dots = pdk.Layer(
        "ScatterplotLayer",
        [{"position": list(point)} for point in near],
        id="outside",
        get_position="position",
        get_fill_color=list(POINT),
        get_radius=1,
        radius_min_pixels=3,
    )
    return pdk.Deck([regions, dots], initial_view_state=view, map_provider=None)
