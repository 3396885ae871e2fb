"""What a stock loses and leaves over, and what goes through a warehouse day by day."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.formats import tick, volume
from app.language import t
from app.pictures.palette import ACTUAL, FORECAST, HISTORY, RISE, round_ticks
from app.pictures.timeline import amounts, hovered
from stmp.stock import Curve
from stmp.summary import Floats

HEIGHT = 380


def stock_curve(curve: Curve, marks: Mapping[str, float], unit: str) -> go.Figure:
    """Expected losses and leftovers against total stock. marks: name -> total stock, for vertical lines."""
    figure = go.Figure()
    for values, name, colour in (
        (curve.lost, t("Expected lost sales"), ACTUAL),
        (curve.left, t("Expected leftovers"), FORECAST),
    ):
        figure.add_scatter(x=curve.stock, y=values, name=name, mode="lines", line={"color": colour, "width": 2.5}, **hovered(values, name))
    for number, (name, stock) in enumerate(marks.items()):
        figure.add_vline(x=stock, line={"color": HISTORY, "width": 1.2, "dash": "dash" if number else "dot"})
        figure.add_annotation(x=stock, y=1 - 0.08 * number, yref="paper", text=name, showarrow=False, xanchor="left", xshift=4)
    last = float(max(curve.stock[-1], *marks.values()))
    ticks = round_ticks(0, last)
    _lay_out(figure)
    texts = [tick(volume(value)) for value in ticks]
    figure.update_xaxes(title=t("Total stock, {unit}", unit=unit), range=[0, 1.04 * last], tickvals=ticks, ticktext=texts)
    figure.update_yaxes(title=unit, **amounts(float(max(curve.lost.max(), curve.left.max()))))
    return figure


def warehouse(busy: Floats, over: Floats, dates: pd.DatetimeIndex, capacity: float | None, unit: str) -> go.Figure:
    """[H] the 90th percentile of each day as a column, another colour where it is above the capacity."""
    named = ((t("Within the capacity"), FORECAST, ~over), (t("Above the capacity"), RISE, over))
    figure = go.Figure()
    for name, colour, chosen in named:
        if chosen.any():
            figure.add_bar(
                x=dates[chosen], y=busy[chosen], name=name, marker={"color": colour}, textposition="none", **hovered(busy[chosen], name)
            )
    if capacity is not None:
        figure.add_hline(y=capacity, line={"color": HISTORY, "width": 1.5, "dash": "dash"})
    _lay_out(figure)
    figure.update_layout(showlegend=capacity is not None, bargap=0.3)
    figure.update_xaxes(tickformat=t("%-d %b\n%Y"), hoverformat=t("%a %-d %b %Y"))
    figure.update_yaxes(title=t("{unit} per day", unit=unit), **amounts(float(max(busy.max(), capacity or 0.0))))
    return figure


def _lay_out(figure: go.Figure) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "x": 0, "font": {"size": 11}},
    )
