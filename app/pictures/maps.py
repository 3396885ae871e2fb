"""The map of regions: outlines or circles in the colours of a measure, with names, and a frame around the chosen one.

No basemap is drawn, so that nothing is fetched.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pydeck as pdk
from pydeck.types import String

from app.pictures.measures import Measure
from app.pictures.palette import BORDER, CHOSEN, Scale
from app.pictures.places import Places

LAYER = "regions"  # the only layer that can be clicked
SMALLEST, LARGEST = 4, 26  # radius in pixels of circles
GREY_TEXT = (112, 122, 132)
TOOLTIP = {  # what is filled in is escaped by Streamlit
    "html": "<b>{name}</b><br/>{value}<br/><span style='opacity:0.75'>{detail}</span>",
    "style": {"backgroundColor": "#11161c", "color": "#ffffff", "fontSize": "13px", "borderRadius": "4px"},
}


def region_map(
    places: Places, names: pd.Series, values: pd.Series, details: pd.Series, measure: Measure, scale: Scale, chosen: str | None
) -> pdk.Deck:
    """A deck whose clickable features carry ``properties.region_id``, always in the order of the places.

    names, values and details (a second line of the tooltip) are indexed by region id.
    """
    largest = float(values.abs().max())
    radius = {region: _radius(float(values[region]), largest) for region in places.geometry}
    features = []
    for region, geometry in places.geometry.items():
        value = float(values[region])
        properties = {
            "region_id": region,
            "name": str(names[region]),
            "value": f"{measure.title}: {measure.show(value)}",
            "detail": str(details[region]),
            "colour": [*scale.colour(value), 235],
            "radius": radius[region],
        }
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    view = pdk.ViewState(longitude=places.centre[0], latitude=places.centre[1], zoom=places.zoom)
    frame = [feature for feature in features if feature["properties"]["region_id"] == chosen]
    layers = [_regions(features), _frame(frame), _labels(places, names, radius)]
    return pdk.Deck(layers, initial_view_state=view, map_provider=None, tooltip=TOOLTIP)


def _radius(value: float, largest: float) -> float:
    """Pixels; the area grows with the number."""
    return max(SMALLEST, LARGEST * math.sqrt(abs(value) / largest)) if math.isfinite(value) and largest > 0 else SMALLEST


def _regions(features: list[dict[str, Any]]) -> pdk.Layer:
    # The fill is set on the sublayers: set on the layer itself, Streamlit would fade all regions but the chosen one, and
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
        get_line_color=[*BORDER, 255],
        line_width_min_pixels=0.8,
        _sub_layer_props={"polygons-fill": fill, "points-circle": fill},
    )


def _frame(features: list[dict[str, Any]]) -> pdk.Layer:
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


def _labels(places: Places, names: pd.Series, radius: Mapping[str, float]) -> pdk.Layer:
    """Names on outlines, on a ground of their own; below circles, in a grey that reads on a light and a dark page."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": str(names[region]), "offset": [0, 0 if places.outlines else radius[region] + 8]},
            "geometry": {"type": "Point", "coordinates": position},
        }
        for region, position in places.labels.items()
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        id="names",
        pickable=False,
        point_type=String("text"),
        get_text="properties.name",
        get_text_size=11,
        get_text_color=[255, 255, 255, 255] if places.outlines else [*GREY_TEXT, 255],
        get_text_pixel_offset="properties.offset",
        text_background=places.outlines,
        get_text_background_color=[17, 22, 28, 140],
        text_background_padding=[3, 1],
        text_font_family=String("Source Sans, Source Sans Pro, sans-serif"),
        text_character_set=String("auto"),
    )
