"""Errors of several models side by side: dots in rows, and lines over the lead time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import plotly.graph_objects as go

from app.pictures.palette import COMPARED, HISTORY
from app.pictures.printed import escaped

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "cross")
ROW, EDGES = 24, 96  # pixels
HEIGHT = 340


def error_dots(
    table: pd.DataFrame,
    groups: Mapping[str, str],
    models: Mapping[str, str],
    title: str,
    show: Callable[[float], str],
    aim: float | None = None,
) -> go.Figure:
    """A row per group and a dot per model; the first model's stand out.

    table: columns group, model and value, in what the axis says.  groups: group -> its name, from the top down, no two alike.
    models: model -> its name.  show: a value as text.  aim: where a perfect forecast lies, marked where it is given.
    """
    figure, labels = go.Figure(), [escaped(name) for name in groups.values()]
    for position, (model, name) in enumerate(models.items()):
        rows = table[table["model"] == model].set_index("group").reindex(list(groups))
        figure.add_scatter(
            x=rows["value"],
            y=labels,
            name=name,
            mode="markers",
            marker=_marker(position),
            text=[show(value) for value in rows["value"]],
            hovertemplate=f"%{{y}}, {name}: %{{text}}<extra></extra>",
        )
    if aim is not None:
        figure.add_shape(type="line", x0=aim, x1=aim, y0=0, y1=1, yref="paper", line=_dashes())
    figure.update_layout(height=EDGES + ROW * max(len(groups), 4), **_frame())
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=labels, autorange="reversed", dtick=1)
    figure.update_xaxes(title=title, rangemode="tozero" if aim is None else "normal", zeroline=False)
    return figure


def error_lines(
    table: pd.DataFrame, models: Mapping[str, str], axis: str, title: str, show: Callable[[float], str], aim: float | None = None
) -> go.Figure:
    """A line per model. table: columns group (a number, for the axis called ``axis``), model and value; else as ``error_dots``."""
    figure = go.Figure()
    for position, (model, name) in enumerate(models.items()):
        rows = table[table["model"] == model].sort_values("group")
        colour, dash = COMPARED[position % len(COMPARED)]
        figure.add_scatter(
            x=rows["group"],
            y=rows["value"],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 1.5 if position else 3},
            marker=_marker(position),
            text=[show(value) for value in rows["value"]],
            hovertemplate=f"{name}: %{{text}}<extra></extra>",
        )
    if aim is not None:
        figure.add_shape(type="line", x0=0, x1=1, xref="paper", y0=aim, y1=aim, line=_dashes())
    figure.update_layout(height=HEIGHT, hovermode="x unified", **_frame())
    figure.update_xaxes(title=axis)
    figure.update_yaxes(title=title, rangemode="tozero" if aim is None else "normal", zeroline=False)
    return figure


def _marker(position: int) -> dict[str, object]:
    colour, _ = COMPARED[position % len(COMPARED)]
    return {"color": colour, "symbol": SYMBOLS[position % len(SYMBOLS)], "size": 7 if position else 13}


def _dashes() -> dict[str, object]:
    return {"color": HISTORY, "width": 1, "dash": "dash"}


def _frame() -> dict[str, object]:
    legend = {"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "x": 0, "font": {"size": 11}}
    return {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "dragmode": False, "legend": legend}
