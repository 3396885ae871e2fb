"""The map of regions: outlines or circles in the colours of a measure, flat or as blocks, with names, and a frame around the chosen.

No basemap is drawn, so that nothing is fetched.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any

import pandas as pd
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize
from pydeck.types import String

from app.pictures.many import BORDERED
from app.pictures.measures import Measure
from app.pictures.palette import BORDER, CHOSEN, Scale
from app.pictures.places import EQUATOR, TILE, Places

LAYER = "regions"  # the only layer that can be clicked
SMALLEST, MIDDLING, LARGEST = 4, 12, 26  # radius in pixels of circles
TALLEST = 130  # pixels of a block, seen from the side
PITCH = 45
NAME, NAME_GROUND = (255, 255, 255, 255), (17, 22, 28, 200)  # names read on any colour below them, and on both pages
TOOLTIP = {  # what is filled in is escaped by Streamlit
    "html": "<b>{name}</b><br/>{value}<br/><span style='opacity:0.75'>{detail}</span>",
    "style": {"backgroundColor": "#11161c", "color": "#ffffff", "fontSize": "13px", "borderRadius": "4px"},
}

# With zoom by double click, a click would wait for 0.3 s whether a second one follows. The wheel, the keys and two fingers zoom.
CLICKED = pdk.View("MapView", controller={"doubleClickZoom": False})

Feature = dict[str, Any]


class Map(pdk.Deck):
    """A deck that travels without the indents that pydeck writes, which are four fifths of its text."""

    def to_json(self) -> str:
        return json.dumps(self, sort_keys=True, default=default_serialize, separators=(",", ":"))


def region_map(
    places: Places,
    names: pd.Series,
    values: pd.Series,
    details: pd.Series,
    measure: Measure,
    scale: Scale,
    chosen: Collection[str],
    blocks: bool = False,
) -> Map:
    """A map whose clickable features carry ``properties.region_id``, always in the order of the places.

    names, values and details (a second line of the tooltip) are indexed by region id.  blocks: outlines rise with the measure.
    """
    largest = float(values.abs().max())
    features = []
    for region, geometry in places.geometry.items():
        value = float(values[region])
        properties = {
            "region_id": region,
            "name": str(names[region]),
            "value": f"{measure.title}: {measure.show(value)}",
            "detail": str(details[region]),
            "colour": [*scale.colour(value), 255],
            "radius": _radius(value, largest) if measure.sized else MIDDLING,
            "height": _height(value, measure, scale, places) if blocks else 0,
        }
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    longitude, latitude = places.centre
    view = pdk.ViewState(longitude=longitude, latitude=latitude, zoom=places.zoom, pitch=PITCH if blocks else 0)
    frame = [_raised(feature) for feature in features if feature["properties"]["region_id"] in chosen]
    layers = [_regions(features, blocks, not places.outlines), _frame(frame), _labels(places, features)]
    if places.outlines and not blocks and len(features) <= BORDERED:
        layers.insert(1, _borders(places))
    return Map(layers, views=[CLICKED], initial_view_state=view, map_provider=None, tooltip=TOOLTIP)


def _radius(value: float, largest: float) -> float:
    """Pixels; the area grows with the number."""
    return max(SMALLEST, LARGEST * math.sqrt(abs(value) / largest)) if math.isfinite(value) and largest > 0 else SMALLEST


def _height(value: float, measure: Measure, scale: Scale, places: Places) -> int:
    """Metres; it grows with the number, or with its distance from 0 where that is the middle of the scale."""
    if not math.isfinite(value):
        return 0
    share = abs(2 * scale.share(value) - 1) if measure.around_zero else scale.share(value)
    metres_per_pixel = EQUATOR * math.cos(math.radians(places.centre[1])) / (TILE * 2**places.zoom)
    return round(share * TALLEST * metres_per_pixel)


def _raised(feature: Feature) -> Feature:
    """The feature with its corners at the top of its block."""
    height = feature["properties"]["height"]

    def lift(corners: Any) -> Any:
        return [*corners, height] if isinstance(corners[0], int | float) else [lift(part) for part in corners]

    geometry = feature["geometry"]
    return {**feature, "geometry": {**geometry, "coordinates": lift(geometry["coordinates"])}}


def _regions(features: list[Feature], blocks: bool, stroked: bool) -> pdk.Layer:
    # The fill is set on the sublayers: set on the layer itself, Streamlit would fade all regions but the chosen ones, and
    # faded colours no longer mean what the legend says.
    fill = {"getFillColor": "@@=properties.colour"}
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        id=LAYER,
        pickable=True,
        auto_highlight=True,
        highlight_color=[255, 255, 255, 70],
        point_type=String("circle"),
        get_point_radius="properties.radius",
        point_radius_units=String("pixels"),
        stroked=stroked,
        extruded=blocks,
        wireframe=blocks,
        material=False,  # light and shade would change the colours
        get_elevation="properties.height",
        get_line_color=[*BORDER, 255],
        line_width_min_pixels=0.8,
        _sub_layer_props={"polygons-fill": fill, "points-circle": fill},
    )


def _borders(places: Places) -> pdk.Layer:
    """Areas, not lines: without a GPU lines are drawn piece by piece, which took more than all the rest of the map."""
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "Feature", "properties": {}, "geometry": places.borders},
        id="borders",
        pickable=False,
        stroked=False,
        _sub_layer_props={"polygons-fill": {"getFillColor": [*BORDER, 255]}},
    )


def _frame(features: list[Feature]) -> pdk.Layer:
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        id="chosen",
        pickable=False,
        filled=False,
        point_type=String("circle"),
        get_point_radius="properties.radius",
        point_radius_units=String("pixels"),
        get_line_color=[*CHOSEN, 255],
        line_width_min_pixels=3,
    )


def _labels(places: Places, features: list[Feature]) -> pdk.Layer:
    """Names on a ground of their own: on outlines, or below circles."""
    properties = {feature["properties"]["region_id"]: feature["properties"] for feature in features}
    labels = [
        {
            "type": "Feature",
            "properties": {
                "name": properties[region]["name"],
                "offset": [0, 0 if places.outlines else properties[region]["radius"] + 10],
            },
            "geometry": {"type": "Point", "coordinates": [*position, properties[region]["height"]]},
        }
        for region, position in places.labels.items()
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": labels},
        id="names",
        pickable=False,
        parameters={"depthCompare": String("always")},  # no block hides a name
        point_type=String("text"),
        get_text="properties.name",
        get_text_size=11,
        get_text_color=NAME,
        get_text_pixel_offset="properties.offset",
        text_background=True,
        get_text_background_color=NAME_GROUND,
        text_background_padding=[3, 1],
        text_font_family=String("Source Sans, Source Sans Pro, sans-serif"),
        text_character_set=String("auto"),
    )
