"""The map of regions as a picture that leaves the page, drawn without a browser."""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Mapping

import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from app.formats import tick
from app.pictures.letters import letter
from app.pictures.measures import Measure
from app.pictures.palette import BORDER, CHOSEN, Scale
from app.pictures.places import Places
from app.pictures.printed import GREY, INK, caption

INCHES, DOTS = (8.5, 8.5), 180
CIRCLE, MIDDLING = 1400, 300  # square points of the largest circle, and of those that do not grow


def print_map(
    kind: str,
    places: Places,
    names: pd.Series,
    values: pd.Series,
    measure: Measure,
    scale: Scale,
    chosen: Collection[str],
    title: str,
    origin: Mapping[str, str],
) -> bytes:
    """kind "png" or "svg" -> the picture: outlines or circles, names, the legend with its unit, a title and where the numbers come from.

    names and values are indexed by region id.
    """
    figure = Figure(figsize=INCHES, layout=ConstrainedLayoutEngine(h_pad=0.12))
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect(1 / math.cos(math.radians(places.centre[1])))
    if places.outlines:
        _outlines(axes, places, values, scale, chosen)
    else:
        _circles(axes, places, values, measure, scale, chosen)
    for region, position in places.labels.items():
        axes.annotate(str(names[region]), position, ha="center", va="center", fontsize=8, color=INK, parse_math=False, bbox=_ground())
    colours = ListedColormap([tuple(part / 255 for part in colour) for colour in scale.colours])
    mapped = ScalarMappable(Normalize(scale.ticks[0], scale.ticks[-1]), colours)
    bar = figure.colorbar(mapped, ax=axes, orientation="horizontal", shrink=0.6, aspect=40, ticks=scale.ticks)
    bar.ax.set_xticklabels([tick(measure.show(value)) for value in scale.ticks])
    bar.set_label(measure.unit, color=INK, parse_math=False)
    figure.suptitle(title, x=0.02, ha="left", fontsize=12, color=INK, parse_math=False)
    figure.supxlabel(caption(origin, "\n"), x=0.02, ha="left", fontsize=7, color=GREY, parse_math=False)
    letter(figure)
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=DOTS, facecolor="white", metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()


def _outlines(axes: Axes, places: Places, values: pd.Series, scale: Scale, chosen: Collection[str]) -> None:
    patches = [PathPatch(_path(shapely.geometry.shape(geometry))) for geometry in places.geometry.values()]
    faces = [_colour(scale.colour(float(values[region]))) for region in places.geometry]
    axes.add_collection(PatchCollection(patches, facecolors=faces, edgecolors=[_colour(BORDER)], linewidths=0.6))
    framed = [patch for region, patch in zip(places.geometry, patches, strict=True) if region in chosen]
    axes.add_collection(PatchCollection(framed, facecolors="none", edgecolors=[_colour(CHOSEN)], linewidths=2))
    axes.autoscale_view()


def _path(shape: shapely.Geometry) -> Path:
    """All rings of a polygon or of several."""
    polygons = getattr(shape, "geoms", [shape])
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))


def _circles(axes: Axes, places: Places, values: pd.Series, measure: Measure, scale: Scale, chosen: Collection[str]) -> None:
    largest = float(values.abs().max()) or 1.0
    for region, geometry in places.geometry.items():
        value = float(values[region])
        size = MIDDLING if not measure.sized else CIRCLE * abs(value) / largest if math.isfinite(value) else 0
        edge = _colour(CHOSEN if region in chosen else BORDER)
        width = 2 if region in chosen else 0.6
        axes.scatter(*geometry["coordinates"], s=max(size, 20), color=_colour(scale.colour(value)), edgecolors=[edge], linewidths=width)
    axes.margins(0.12)


def _ground() -> dict[str, object]:
    return {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.75, "linewidth": 0}


def _colour(colour: tuple[int, int, int]) -> tuple[float, ...]:
    return tuple(part / 255 for part in colour)
