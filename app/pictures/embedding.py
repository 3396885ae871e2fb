"""Representations in the plane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.pictures.alike import HEIGHT, cut
from app.pictures.palette import BORDER, CHOSEN, NOTHING, likeness

NAMED = 3  # nearest labels whose names are written; more would lie upon each other
ROOM = 0.12  # around the points, for names, as a share of their extent


def embedding(
    names: Sequence[str],
    points: NDArray[np.floating],
    cosines: NDArray[np.floating],
    chosen: int,
    outlines: Sequence[NDArray[np.floating]] = (),
    axes: tuple[str, str] | None = None,
) -> go.Figure:
    """[N, 2] points in the colour of their cosine [N] with the label at position ``chosen``, which is written out with its nearest.

    outlines: [corners, 2] around each point.  axes: their titles; None for a plane whose directions mean nothing.
    ``customdata`` holds the position.
    """
    figure = go.Figure()
    if len(outlines):
        others = [outline for i, outline in enumerate(outlines) if i != chosen]
        figure.add_trace(_outlined(others, f"rgba{(*BORDER, 0.55)}", f"rgba{(*BORDER, 0.06)}"))
        figure.add_trace(_outlined([outlines[chosen]], f"rgb{CHOSEN}", f"rgba{(*CHOSEN, 0.10)}"))
    scale = likeness()
    nearest = [int(i) for i in np.argsort(-cosines, kind="stable") if i != chosen]
    written = {chosen, *nearest[:NAMED]}
    figure.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers+text",
        text=[cut(name) if i in written else "" for i, name in enumerate(names)],
        textposition=_beside(points, sorted(written)),
        textfont={"size": 11},
        marker={
            "size": [13 if i == chosen else 10 for i in range(len(names))],
            "color": [f"rgb{scale.colour(float(cosine))}" for cosine in cosines],
            "line": {
                "color": [f"rgb{CHOSEN if i == chosen else NOTHING}" for i in range(len(names))],
                "width": [3 if i == chosen else 1 for i in range(len(names))],
            },
        },
        unselected={"marker": {"opacity": 1}},
        customdata=[[i, name, cosine] for i, (name, cosine) in enumerate(zip(names, cosines.tolist(), strict=True))],
        hovertemplate="%{customdata[1]}: %{customdata[2]:.2f}<extra></extra>",
        cliponaxis=False,
    )
    titles = axes or ("", "")
    plain = {"zeroline": False, "showticklabels": False, "showgrid": axes is not None}
    low, high = (extreme(np.concatenate([points, *outlines]), axis=0) for extreme in (np.min, np.max))
    room = ROOM * float((high - low).max())
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        showlegend=False,
        dragmode=False,
        xaxis={"title": titles[0], "range": [low[0] - room, high[0] + room], **plain},
        yaxis={"title": titles[1], "range": [low[1] - room, high[1] + room], **plain},
    )
    if axes is not None:
        figure.update_yaxes(scaleanchor="x")  # one unit on both, or ellipses would lie
    return figure


def _beside(points: NDArray[np.floating], written: list[int]) -> list[str]:
    """Where each name stands beside its point: away from the middle of those that are written."""
    right, up = (points >= points[written].mean(axis=0)).T
    return [f"{'top' if u else 'bottom'} {'right' if r else 'left'}" for r, u in zip(right, up, strict=True)]


def _outlined(outlines: Sequence[NDArray[np.floating]], line: str, fill: str) -> go.Scatter:
    """Closed outlines in one trace, with a gap after each."""
    corners = np.concatenate([np.pad(outline, ((0, 1), (0, 0)), constant_values=np.nan) for outline in outlines])
    return go.Scatter(
        x=corners[:, 0],
        y=corners[:, 1],
        mode="lines",
        line={"color": line, "width": 1},
        fill="toself",
        fillcolor=fill,
        hoverinfo="skip",
    )
