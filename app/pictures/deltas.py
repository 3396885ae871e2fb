"""Scenarios against the baseline: their days as lines, and one scenario's changes by district and category."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.formats import signed_percent
from app.language import t
from app.pictures.palette import COMPARED, HISTORY, Scale, faded
from app.pictures.printed import escaped
from app.pictures.timeline import Phase, amounts, hovered, lay_out

HEIGHT, ROW = 360, 22  # pixels
MOST_WRITTEN = 12  # columns whose cells are wide enough for a number


def daily_totals(
    dates: pd.DatetimeIndex,
    baseline: NDArray[np.floating],
    scenarios: Mapping[str, NDArray[np.floating]],
    festival_phases: Iterable[Phase],
    unit: str,
) -> go.Figure:
    """The baseline's median with its 80 % band, and the median of each scenario by name; all are [H, S] samples of ``dates``."""
    figure = go.Figure()
    low, middle, high = np.quantile(baseline, [0.1, 0.5, 0.9], axis=1)
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(
        x=[*dates, *dates[::-1]], y=[*high, *low[::-1]], fill="toself", fillcolor=faded(HISTORY, 0.2), name=t("Baseline, 80 % band"), **band
    )
    line = {"color": HISTORY, "width": 2}
    figure.add_scatter(x=dates, y=middle, name=t("Baseline, median"), mode="lines", line=line, **hovered(middle, t("Baseline, median")))
    highest = float(high.max())
    for (name, samples), (colour, dash) in zip(scenarios.items(), COMPARED, strict=False):
        median = np.median(samples, axis=1)
        highest = max(highest, float(median.max()))
        line = {"color": colour, "width": 2.5, "dash": dash}
        marks = {"mode": "lines+markers", "marker": {"size": 5}}
        shown = escaped(name)
        figure.add_scatter(x=dates, y=median, name=shown, line=line, **marks, **hovered(median, shown))
    lay_out(figure, dates[0] - pd.Timedelta(days=1), dates, festival_phases, HEIGHT)
    figure.update_yaxes(title=t("{unit} per day", unit=unit), **amounts(highest))
    return figure


def delta_cells(changes: pd.DataFrame, scale: Scale) -> go.Figure:
    """[R, C] relative changes, rows and columns by name, in the colours of a scale around 0."""
    values = changes.to_numpy(float)
    written = np.vectorize(signed_percent, otypes=[object])(values)
    stops = np.linspace(0, 1, len(scale.colours))
    figure = go.Figure(
        go.Heatmap(
            x=list(changes.columns),
            y=list(changes.index),
            z=values,
            zmin=scale.ticks[0],
            zmax=scale.ticks[-1],
            colorscale=[[float(stop), f"rgb{colour}"] for stop, colour in zip(stops, scale.colours, strict=True)],
            showscale=False,
            xgap=1,
            ygap=1,
            text=written,
            texttemplate="%{text}" if len(changes.columns) <= MOST_WRITTEN else None,
            textfont={"size": 10},
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(height=max(120, 60 + ROW * len(changes)), margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(type="category", side="top", tickfont={"size": 11}, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", dtick=1, tickfont={"size": 11}, showgrid=False)
    return figure
