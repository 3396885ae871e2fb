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
PLOT = (420, 380)  # pixels that the points have about them
LETTER, LINE, MARK = 6.5, 13, 7  # pixels of a written name, and from a point to its name
SIDES = [(across, up) for across in (1, -1, 0) for up in (1, -1, 0) if across or up]  # of a point, in the order they are tried
ACROSS, UP = {1: "right", 0: "center", -1: "left"}, {1: "top", 0: "middle", -1: "bottom"}

Box = tuple[float, float, float, float]  # left, bottom, right, top


def embedding(
    names: Sequence[str],
    points: NDArray[np.floating],
    cosines: NDArray[np.floating],
    chosen: int,
    outlines: Sequence[NDArray[np.floating]] = (),
    axes: tuple[str, str] | None = None,
) -> go.Figure:
    """[N, 2] points in the colour of their cosine [N] with the label at position ``chosen``, which is written out with its nearest.

    outlines: [corners, 2] around each point, or none of it.  axes: their titles; None for a plane whose directions mean nothing.
    ``customdata`` holds the position.
    """
    figure = go.Figure()
    if len(outlines):
        others = [outline for i, outline in enumerate(outlines) if i != chosen and len(outline)]
        figure.add_trace(_outlined(others, f"rgba{(*BORDER, 0.55)}", f"rgba{(*BORDER, 0.06)}"))
        figure.add_trace(_outlined([outlines[chosen]], f"rgb{CHOSEN}", f"rgba{(*CHOSEN, 0.10)}"))
    scale = likeness()
    low, high = (extreme(np.concatenate([points, *outlines]), axis=0) for extreme in (np.min, np.max))
    room = ROOM * (float((high - low).max()) or 1.0)
    low, high = low - room, high + room
    pixels = np.array(PLOT) / (high - low)  # one unit's
    beside = _written(names, (points - low) * (pixels if axes is None else pixels.min()), cosines, chosen)
    figure.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers+text",
        text=[cut(name) if i in beside else "" for i, name in enumerate(names)],
        textposition=[beside.get(i, "top center") for i in range(len(names))],
        textfont={"size": 11},
        marker={
            "opacity": 1,  # marks of several sizes would be seen through
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
    _lay_out(figure, low, high, axes)
    return figure


def _lay_out(figure: go.Figure, low: NDArray[np.floating], high: NDArray[np.floating], axes: tuple[str, str] | None) -> None:
    titles = axes or ("", "")
    plain = {"zeroline": False, "showticklabels": False, "showgrid": axes is not None}
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        showlegend=False,
        dragmode=False,
        xaxis={"title": titles[0], "range": [low[0], high[0]], **plain},
        yaxis={"title": titles[1], "range": [low[1], high[1]], **plain},
    )
    if axes is not None:
        figure.update_yaxes(scaleanchor="x")  # one unit on both, or ellipses would lie


def _written(names: Sequence[str], places: NDArray[np.floating], cosines: NDArray[np.floating], chosen: int) -> dict[int, str]:
    """Positions of the labels that are written out, and on which side of their points, which are given in pixels."""
    nearest = [int(i) for i in np.argsort(-cosines, kind="stable") if i != chosen]
    written = [chosen, *nearest[:NAMED]]
    return dict(zip(written, _sides([cut(names[i]) for i in written], places[written]), strict=True))


def _sides(names: Sequence[str], places: NDArray[np.floating]) -> list[str]:
    """Where each name stands beside its point [N, 2], in pixels: one after the other where it covers least of names, then of points."""
    marks: list[Box] = [(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in places.tolist()]
    written: list[Box] = []
    found = []
    for name, (x, y) in zip(names, places.tolist(), strict=True):
        boxes = {side: _box(name, x, y, *side) for side in SIDES}
        best = min(SIDES, key=lambda side: (_beyond(boxes[side]) + _covered(boxes[side], written), _covered(boxes[side], marks)))
        written.append(boxes[best])
        found.append(f"{UP[best[1]]} {ACROSS[best[0]]}")
    return found


def _box(name: str, x: float, y: float, across: int, up: int) -> Box:
    width = LETTER * len(name)
    left, bottom = x + (across - 1) * width / 2 + MARK * across, y + (up - 1) * LINE / 2 + MARK * up
    return left, bottom, left + width, bottom + LINE


def _covered(box: Box, others: Sequence[Box]) -> float:
    """Square pixels of the others that a box covers."""
    left, bottom, right, top = box
    return sum(max(0.0, min(right, r) - max(left, x)) * max(0.0, min(top, u) - max(bottom, y)) for x, y, r, u in others)


def _beyond(box: Box) -> float:
    """Square pixels at the left and the right of the plot."""
    return LINE * (max(0.0, -box[0]) + max(0.0, box[2] - PLOT[0]))


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
