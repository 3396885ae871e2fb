"""Measured coverage against the nominal one, and where within their forecasts the actuals fell."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.language import t
from app.pictures.errors import SYMBOLS
from app.pictures.palette import COMPARED, HISTORY

HEIGHT = 360


def coverage_lines(tables: Mapping[str, pd.DataFrame]) -> go.Figure:
    """A line per name: its table of columns nominal, measured (shares) and days. Right is the diagonal; below it, bands are too narrow."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name=t("as it should be"),
        line={"color": HISTORY, "dash": "dash", "width": 1},
        hoverinfo="skip",
    )
    for position, (name, table) in enumerate(tables.items()):
        colour, dash = COMPARED[position % len(COMPARED)]
        figure.add_scatter(
            x=100 * table["nominal"],
            y=100 * table["measured"],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"color": colour, "symbol": SYMBOLS[position], "size": 9},
            text=[f"{100 * measured:.1f} %" for measured in table["measured"]],
            hovertemplate=f"{name}: %{{text}}<extra></extra>",
        )
    figure.update_layout(**_frame())
    figure.update_xaxes(title=t("Nominal, %"), tickvals=[50, 80, 95], range=[40, 100], zeroline=False)
    figure.update_yaxes(title=t("Measured, %"), range=[0, 104], zeroline=False)
    return figure


def pit_bars(tables: Mapping[str, pd.DataFrame]) -> go.Figure:
    """A bar per bin and name: how many times as many actuals fell into it as should; right is 1.

    tables: columns low, high (quantile levels of a bin), expected and measured (shares), one row per bin.
    """
    figure = go.Figure()
    for position, (name, table) in enumerate(tables.items()):
        figure.add_bar(
            x=[f"{100 * low:g}–{100 * high:g}" for low, high in zip(table["low"], table["high"], strict=True)],
            y=table["measured"] / table["expected"],
            name=name,
            marker={"color": COMPARED[position % len(COMPARED)][0], "line": {"width": 0}},
            text=[
                t("{measured} % of the actuals, {expected} % expected", measured=f"{100 * measured:.1f}", expected=f"{100 * expected:.1f}")
                for measured, expected in zip(table["measured"], table["expected"], strict=True)
            ],
            textposition="none",
            hovertemplate=f"{name}: %{{text}}<extra></extra>",
        )
    figure.add_shape(type="line", x0=0, x1=1, xref="paper", y0=1, y1=1, line={"color": HISTORY, "dash": "dash", "width": 1})
    figure.update_layout(barmode="group", bargap=0.2, **_frame())
    figure.update_xaxes(title=t("Between these percentiles of the forecast"), type="category")
    figure.update_yaxes(title=t("Actuals, times the right number"), rangemode="tozero", zeroline=False)
    return figure


def _frame() -> dict[str, object]:
    legend = {"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "x": 0, "font": {"size": 11}}
    return {"height": HEIGHT, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "dragmode": False, "legend": legend}
