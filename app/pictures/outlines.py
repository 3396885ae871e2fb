"""Outlines of a market's districts on plain axes, to draw another one upon: no basemap."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import plotly.graph_objects as go
import shapely
from shapely.geometry import shape

from app.language import t
from app.pictures.palette import ACTUAL, HISTORY, faded
from app.pictures.places import Places
from app.pictures.printed import escaped

HEIGHT = 460
ROOM = 0.15  # of the extent, around it: a new district often lies at the edge


def outlines(places: Places, names: Mapping[str, str], new: Mapping[str, Any] | None = None) -> go.Figure:
    """Districts in grey, where one degree is as long eastward as northward; ``new``, a GeoJSON geometry, in orange."""
    figure = go.Figure()
    shapes = {region: shape(geometry) for region, geometry in places.geometry.items()}
    for region, one in shapes.items():
        _add(figure, one, escaped(str(names[region])), HISTORY)
    if new is not None:
        _add(figure, shape(dict(new)), t("New district"), ACTUAL)
    west, south, east, north = shapely.total_bounds([*shapes.values(), *([] if new is None else [shape(dict(new))])])
    wide, high = ROOM * max(east - west, 1e-3), ROOM * max(north - south, 1e-3)
    figure.update_layout(height=HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, dragmode="lasso")
    figure.update_xaxes(title=t("Longitude"), range=[west - wide, east + wide], zeroline=False)
    figure.update_yaxes(
        title=t("Latitude"),
        range=[south - high, north + high],
        zeroline=False,
        scaleanchor="x",
        scaleratio=1 / math.cos(math.radians((south + north) / 2)),
    )
    return figure


def _add(figure: go.Figure, one: Any, name: str, colour: str) -> None:
    if one.geom_type == "Point":
        figure.add_scatter(
            x=[one.x],
            y=[one.y],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 8},
            hovertemplate="%{fullData.name}<extra></extra>",
        )
        return
    lon: list[float | None] = []
    lat: list[float | None] = []
    for ring in _rings(one):
        lon += [*(x for x, _ in ring), None]
        lat += [*(y for _, y in ring), None]
    figure.add_scatter(
        x=lon,
        y=lat,
        mode="lines",
        name=name,
        fill="toself",
        fillcolor=faded(colour, 0.2),
        line={"color": colour, "width": 1},
        hoverinfo="skip",
    )


def _rings(one: Any) -> Iterable[list[tuple[float, float]]]:
    return ([(x, y) for x, y, *_ in part.exterior.coords] for part in getattr(one, "geoms", [one]))
