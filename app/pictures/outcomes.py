"""What came around past festivals, day by day."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from app.language import t
from app.pictures.palette import COMPARED, HISTORY
from stmp.similarity import Outcome

HEIGHT = 250


def outcomes(held: Mapping[str, Outcome]) -> go.Figure:
    """A line per festival, by name, of what came as times an ordinary day, by days from the first peak day."""
    figure = go.Figure()
    for (name, outcome), (colour, dash) in zip(held.items(), COMPARED, strict=False):
        figure.add_scatter(
            x=outcome.offsets,
            y=outcome.uplift,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate="%{y:.2f}×",
        )
    figure.add_hline(y=1, line={"color": HISTORY, "width": 1, "dash": "dash"})
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        xaxis={"title": t("Days from the first peak day"), "dtick": 1},
        yaxis={"title": t("times an ordinary day"), "rangemode": "tozero", "tickformat": ".1~f"},
    )
    return figure
