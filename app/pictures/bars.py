"""Regions without a place on a map: a ranked bar chart in the same colours."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.pictures.many import largest
from app.pictures.measures import Measure
from app.pictures.palette import CHOSEN, Scale


def ranked_bars(names: pd.Series, values: pd.Series, measure: Measure, scale: Scale, chosen: Collection[str]) -> go.Figure:
    """One bar per region, the largest on top, as many as can be told apart and those chosen; ``customdata`` holds the region id. names
    and values are indexed by it."""
    ranked = values[largest(values, chosen)].sort_values(na_position="first")
    frame = f"rgb{CHOSEN}"
    figure = go.Figure(
        go.Bar(
            x=ranked,
            y=names[ranked.index],
            orientation="h",
            customdata=np.array(ranked.index)[:, None],
            marker={
                "color": [f"rgb{scale.colour(value)}" for value in ranked],
                "line": {"color": frame, "width": [3 if region in chosen else 0 for region in ranked.index]},
            },
            text=[measure.show(value) for value in ranked],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=480,
        margin={"l": 8, "r": 40, "t": 8, "b": 8},
        bargap=0.25,
        dragmode=False,
        xaxis={"title": measure.unit, "showticklabels": False},
        yaxis={"type": "category", "dtick": 1, "tickfont": {"size": 11}},
    )
    return figure
