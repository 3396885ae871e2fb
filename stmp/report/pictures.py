"""Pictures of a report, drawn by matplotlib without a browser: fan charts and maps. Lengths are inches."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable

import matplotlib
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from stmp.report.brand import INK, PAPER, Brand, Ground
from stmp.report.fit import cut, printable
from stmp.report.letters import FAMILIES, measure, registered
from stmp.report.model import Fan, Fans, Map, Phase
from stmp.report.words import Words

DOTS = 200  # per inch
SHARES = ((0.95, 0.14), (0.80, 0.20), (0.50, 0.30))  # of a band, and how dark it is
FESTIVAL = "#8a63c9"
ACROSS = 3  # panels side by side
CIRCLE = 900  # square points of the largest circle
LABELLED = 24  # regions of a map that are named at most
NOTHING = "#969EA6"  # regions without a number
BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue, as eyes take them
NAME, AXIS = 10.0, 0.8  # points of a panel's name, inches beside it
HALF_DAY = pd.Timedelta(hours=12)


def fans(block: Fans, width: float, height: float, brand: Brand, t: Words, ground: Ground = PAPER) -> bytes:
    """PNG of fan charts in panels, three side by side."""
    across = min(ACROSS, len(block.panels))
    figure = _figure(width, height)
    grid = figure.subplots(math.ceil(len(block.panels) / across), across, squeeze=False)
    for axes in grid.flat[len(block.panels) :]:
        axes.set_axis_off()
    for axes, panel in zip(grid.flat, block.panels, strict=False):
        _fan(axes, panel, block.phases, brand, t, ground, alone=len(block.panels) == 1)
        name = cut(printable(panel.name), width / across - AXIS, NAME, True, measure)
        axes.set_title(name, loc="left", fontsize=NAME, color=ground.ink, fontweight="bold")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=7, frameon=False, fontsize=10, labelcolor=ground.ink)
    return _png(figure, ground)


def map_of(block: Map, width: float, height: float, t: Words, ground: Ground = PAPER) -> bytes:
    """PNG of the regions, filled by their value; names where there is room."""
    figure = _figure(width, height)
    axes = figure.add_subplot()
    axes.set_axis_off()
    _, south, _, north = shapely.total_bounds(list(block.shapes.values()))
    axes.set_aspect(1 / max(math.cos(math.radians((south + north) / 2)), 0.1))
    known = [value for value in block.values.values() if math.isfinite(value)] or [0.0]
    scale = ScalarMappable(Normalize(min(0.0, min(known)), max(*known, 1e-9)), matplotlib.colormaps[ground.scale])
    for region, shape in block.shapes.items():
        value = block.values.get(region, math.nan)
        colour = scale.to_rgba(np.array(value)) if math.isfinite(value) else NOTHING
        if isinstance(shape, shapely.Point):
            size = 30 + CIRCLE * max(value, 0) / max(known) if math.isfinite(value) and max(known) > 0 else 30
            axes.scatter(shape.x, shape.y, s=size, color=[colour], edgecolors=ground.grey, linewidths=0.6)
        else:
            axes.add_collection(PatchCollection([PathPatch(_path(shape))], facecolors=[colour], edgecolors=ground.paper, linewidths=0.7))
    axes.autoscale_view()
    axes.margins(0.08 if any(isinstance(shape, shapely.Point) for shape in block.shapes.values()) else 0.01)
    _name_regions(axes, block, scale, ground)
    bar = figure.colorbar(scale, ax=axes, orientation="horizontal", shrink=0.6, aspect=36, pad=0.02)
    bar.locator = MaxNLocator(4)
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: t.show(value, block.number)))
    bar.ax.tick_params(labelsize=9, colors=ground.grey)
    bar.outline.set_visible(False)
    return _png(figure, ground)


def _figure(width: float, height: float) -> Figure:
    registered()
    return Figure(figsize=(width, height), dpi=DOTS, layout="constrained")


def _png(figure: Figure, ground: Ground) -> bytes:
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_fontfamily(FAMILIES)
            text.set_parse_math(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor=ground.paper)
    return file.getvalue()


def _fan(axes: Axes, panel: Fan, phases: Iterable[Phase], brand: Brand, t: Words, ground: Ground, *, alone: bool) -> None:
    accent, size = brand.colour("accent"), 11 if alone else 9
    axes.set_facecolor("none")
    first, last = panel.history.index[0] - HALF_DAY, panel.dates[-1] + HALF_DAY
    axes.plot(panel.history.index, panel.history, color=brand.colour("quiet"), linewidth=1.4, label=t("Past"))
    for share, darkness in SHARES:
        low, high = np.quantile(panel.samples, [(1 - share) / 2, (1 + share) / 2], axis=1)
        told = t("{share} % band", share=round(100 * share))
        axes.fill_between(panel.dates, low, high, color=accent, alpha=darkness, linewidth=0, label=told)
    axes.plot(panel.dates, np.median(panel.samples, axis=1), color=accent, linewidth=2.2, label=t("Median"))
    if panel.plan is not None:
        axes.plot(panel.plan.index, panel.plan, color=FESTIVAL, linewidth=1.4, linestyle="--", label=t("As planned"))
    if panel.actual.notna().any():
        axes.plot(panel.actual.index, panel.actual, "o", color=brand.colour("second"), markersize=3.5, label=t("Actual"))
    axes.axvline(panel.dates[0] - HALF_DAY, color=ground.grey, linewidth=0.9, linestyle=":")  # type: ignore[arg-type]
    _shade(axes, [phase for phase in phases if phase.first >= first], first, last, ground, size if alone else 0)
    axes.set_xlim(first, last)  # type: ignore[arg-type]
    axes.set_ylim(bottom=0)
    locator = AutoDateLocator(minticks=3, maxticks=9 if alone else 5)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(DateFormatter("%m-%d"))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: t.volume(value)))
    axes.tick_params(labelsize=size, colors=ground.grey, length=0)
    axes.grid(axis="y", color=ground.line, linewidth=0.7)
    axes.spines[:].set_visible(False)


def _shade(axes: Axes, phases: Iterable[Phase], first: pd.Timestamp, last: pd.Timestamp, ground: Ground, size: float) -> None:
    """Shade the phases; name the strong ones above, those too near for two names with one. size: points, 0 for no names."""
    named: list[tuple[pd.Timestamp, str]] = []
    for phase in phases:
        left, right = phase.first - HALF_DAY, phase.last + HALF_DAY
        axes.axvspan(left, right, color=FESTIVAL, alpha=0.22 if phase.strong else 0.09, linewidth=0)  # type: ignore[arg-type]
        if phase.strong and size:
            name = phase.name
            if named and phase.first - named[-1][0] < (last - first) / 8:
                name = f"{named.pop()[1]}, {name}"
            named.append((phase.last, name))
    for day, name in named:
        place = min((day - first) / (last - first), 1.0)
        align = "right" if place > 0.9 else "left" if place < 0.1 else "center"
        axes.text(place, 1.01, name, transform=axes.transAxes, ha=align, va="bottom", fontsize=size, color=ground.grey)


def _path(shape: shapely.Geometry) -> Path:
    """All rings of a polygon or of several."""
    polygons = getattr(shape, "geoms", [shape])
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))


def _name_regions(axes: Axes, block: Map, scale: ScalarMappable, ground: Ground) -> None:
    """Names of regions wide enough to carry one, the largest first; light on a dark region, dark on a light one."""
    west, _, east, _ = shapely.total_bounds(list(block.shapes.values()))
    for region, shape in sorted(block.shapes.items(), key=lambda pair: -pair[1].area)[:LABELLED]:
        left, _, right, _ = shape.bounds
        point, value = shape.representative_point(), block.values.get(region, math.nan)
        if isinstance(shape, shapely.Point):
            offset, ink, around = (0, 9), ground.ink, ground.paper
        elif right - left > (east - west) / 9:
            dark = math.isfinite(value) and np.dot(scale.to_rgba(np.array(value))[:3], BRIGHTNESS) < 0.5
            offset, ink, around = (0, 0), *(("white", INK) if dark else (INK, "white"))
        else:
            continue
        axes.annotate(
            block.names[region][:24],
            (point.x, point.y),
            offset,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=8,
            color=ink,
            path_effects=[withStroke(linewidth=1.8, foreground=around, alpha=0.6)],
        )
