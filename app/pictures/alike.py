"""How alike regions, or date types, are to the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from app.pictures.palette import UNLIKE_TO_ALIKE

LONGEST = 24  # letters of a label at the edge


def alike_order(similarity: NDArray[np.floating]) -> list[int]:
    """Positions of the N labels such that the alike stand side by side: the leaves of an average-linkage tree, best ordered."""
    if len(similarity) < 3:
        return list(range(len(similarity)))
    distance = np.clip(1 - (similarity + similarity.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    return [int(i) for i in leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))]


def similarity_map(names: Sequence[str], similarity: NDArray[np.floating]) -> go.Figure:
    """[N, N] cosines as a heat map, the alike side by side, columns in the order of the rows; blue is alike, red unlike."""
    order = alike_order(similarity)
    labels = [names[i] if len(names[i]) <= LONGEST else names[i][: LONGEST - 1] + "…" for i in order]
    positions = list(range(len(order)))  # not the labels: cut short, two may be the same
    figure = go.Figure(
        go.Heatmap(
            x=positions,
            y=positions,
            z=similarity[np.ix_(order, order)],
            zmin=-1,
            zmax=1,
            colorscale=UNLIKE_TO_ALIKE,
            colorbar={"title": {"text": "cosine", "side": "right"}, "thickness": 10, "tickvals": [-1, -0.5, 0, 0.5, 1]},
            customdata=[[f"{names[i]} and {names[j]}" for j in order] for i in order],
            hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_layout(
        height=440,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"visible": False},
        yaxis={"tickvals": positions, "ticktext": labels, "tickfont": {"size": 10}, "autorange": "reversed", "showgrid": False},
    )
    return figure


def most_alike(labels: Sequence[str], similarity: NDArray[np.floating], label: str, count: int = 5) -> list[tuple[str, float]]:
    """The ``count`` labels nearest to ``label``, nearest first, with their cosine."""
    row = similarity[labels.index(label)]
    nearest = [int(i) for i in np.argsort(-row) if labels[int(i)] != label]
    return [(labels[i], float(row[i])) for i in nearest[:count]]
