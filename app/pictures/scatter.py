"""Forecast against actual."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.formats import volume
from app.language import t
from app.pictures.palette import COMPARED, HISTORY
from app.pictures.printed import escaped

HEIGHT = 460
SYMBOLS = ("circle-open", "diamond", "square")


def forecast_against_actual(points: pd.DataFrame, kinds: Mapping[str, str], unit: str) -> go.Figure:
    """One dot per row on logarithmic axes, a colour per kind of day; on the diagonal, forecast and actual agree.

    points: columns actual, q50, kind, name (what the row is) and band (its 80 % interval, as text).  kinds: kind -> its name.
    What is 0 is drawn at the lower edge, for a logarithmic axis has no 0.
    """
    both = points[["actual", "q50"]].to_numpy(dtype=float)
    above = both[both > 0]
    low, high = (float(above.min()), float(above.max())) if len(above) else (1.0, 10.0)
    edges = [low / 1.3, high * 1.3]
    figure = go.Figure(go.Scatter(x=edges, y=edges, mode="lines", line={"color": HISTORY, "dash": "dash", "width": 1}, hoverinfo="skip"))
    figure.update_traces(name=t("forecast = actual"))
    for position, (kind, name) in enumerate(kinds.items()):
        rows = points[points["kind"] == kind]
        figure.add_scatter(
            x=np.maximum(rows["actual"], edges[0]),
            y=np.maximum(rows["q50"], edges[0]),
            name=name,
            mode="markers",
            marker={"color": COMPARED[position][0], "symbol": SYMBOLS[position], "size": 5, "opacity": 0.7},
            text=[_told(row) for row in rows.to_dict("records")],
            hovertemplate="%{text}<extra></extra>",
        )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "x": 0, "font": {"size": 11}},
    )
    ticks = [float(10**power) for power in range(int(np.floor(np.log10(edges[0]))), int(np.ceil(np.log10(edges[1]))) + 1)]
    axis = {"type": "log", "range": list(np.log10(edges)), "tickvals": ticks, "ticktext": [volume(tick, digits=1) for tick in ticks]}
    figure.update_xaxes(title=t("Actual, {unit} per day", unit=unit), **axis)
    figure.update_yaxes(title=t("Forecast, {unit} per day", unit=unit), **axis)
    return figure


def _told(row: dict[str, object]) -> str:
    return t(
        "{name}<br>actual {actual}, forecast {forecast} ({band})",
        name=escaped(str(row["name"])),
        actual=volume(float(str(row["actual"]))),
        forecast=volume(float(str(row["q50"]))),
        band=row["band"],
    )
