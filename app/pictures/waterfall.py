"""From ordinary days to a scenario: what each kind of input adds to the total."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from app.formats import signed_volume, volume
from app.language import t
from app.pictures.palette import FALL, HISTORY, RISE
from app.pictures.timeline import amounts

HEIGHT = 360


def waterfall(steps: pd.DataFrame, names: Sequence[str], unit: str) -> go.Figure:
    """steps: of ``stmp.comparison.waterfall``.  names: what each step is called; the bar of the last total is drawn after them."""
    last = float(steps["total"].iloc[-1])
    inner = steps.iloc[1:]
    heights = [float(steps["total"].iloc[0]), *inner["change"], last]
    bands = [t("80 %: {low} to {high}", low=_whole(low), high=_whole(high)) for low, high in zip(inner["low"], inner["high"], strict=True)]
    figure = go.Figure(
        go.Waterfall(
            x=list(range(len(heights))),
            y=heights,
            measure=["absolute", *["relative"] * len(inner), "total"],
            text=[volume(heights[0]), *map(_whole, inner["change"]), volume(last)],
            textposition="outside",
            cliponaxis=False,
            customdata=["", *bands, ""],
            hovertemplate="%{text}<br>%{customdata}<extra></extra>",
            increasing={"marker": {"color": RISE}},
            decreasing={"marker": {"color": FALL}},
            totals={"marker": {"color": HISTORY}},
            connector={"line": {"color": HISTORY, "width": 1, "dash": "dot"}},
        )
    )
    figure.update_layout(height=HEIGHT, margin={"l": 8, "r": 8, "t": 20, "b": 8}, showlegend=False, bargap=0.35)
    figure.update_xaxes(
        tickvals=list(range(len(heights))),
        ticktext=[broken(name) for name in (*names, t("This scenario"))],
        tickangle=0,
        tickfont={"size": 11},
    )
    figure.update_yaxes(title=unit, **amounts(1.05 * float(steps["total"].max())))
    return figure


def _whole(change: float) -> str:
    """A change that is less than a unit is none."""
    return signed_volume(round(change))


def broken(name: str) -> str:
    """In two lines, for many bars to stand side by side."""
    return name.replace(" ", "<br>", 1)
