"""How alike regions, or date types, are to the model, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from app.language import t
from app.pictures.palette import likeness

LONGEST = 24  # letters of a label in a picture
HEIGHT = 460


def alike_order(similarity: NDArray[np.floating]) -> list[int]:
    """Positions of the N labels such that the alike stand side by side: the leaves of an average-linkage tree, best ordered."""
    if len(similarity) < 3:
        return list(range(len(similarity)))
    distance = np.clip(1 - (similarity + similarity.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    return [int(i) for i in leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))]


def similarity_map(names: Sequence[str], similarity: NDArray[np.floating]) -> go.Figure:
    """[N, N] cosines as a heat map, the alike side by side, columns in the order of the rows; blue is alike, red unlike."""
    order, scale = alike_order(similarity), likeness()
    positions = list(range(len(order)))  # not the labels: cut short, two may be the same
    figure = go.Figure(
        go.Heatmap(
            x=positions,
            y=positions,
            z=similarity[np.ix_(order, order)],
            zmin=scale.ticks[0],
            zmax=scale.ticks[-1],
            colorscale=[f"rgb{colour}" for colour in scale.colours],
            colorbar={"title": {"text": t("cosine"), "side": "right"}, "thickness": 10, "tickvals": scale.ticks},
            customdata=[[t("{one} and {other}", one=names[i], other=names[j]) for j in order] for i in order],
            hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"visible": False},
        yaxis={
            "tickvals": positions,
            "ticktext": [cut(names[i]) for i in order],
            "tickfont": {"size": 10},
            "autorange": "reversed",
            "showgrid": False,
        },
    )
    return figure


def cut(name: str) -> str:
    """A name short enough for a picture."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
