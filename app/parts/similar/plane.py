"""Representations in the plane: PCA with the doubt about each, or UMAP."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from app.formats import percent, plain
from app.inputs.sidebar import Choice
from app.language import t
from app.parts.downloads import CHART, downloads
from app.pictures.embedding import embedding
from app.pictures.many import MOST
from stmp.forecast import Psi
from stmp.projection import ellipse, pca, umap

PCA, UMAP = "PCA", "UMAP"
SHARE = 0.8  # of the posterior within an ellipse
NEAR = 300  # labels that UMAP places, the most like the chosen: its work grows with their pairs


def plane(choice: Choice, kind: str, psi: Psi, names: pd.Series, cosine: pd.DataFrame, chosen: str, choose: Callable[[str], None]) -> None:
    """``psi`` in two dimensions, coloured by the ``cosine`` [N, N] with the chosen label; a click chooses another one."""
    key = f"plane-{kind}"
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    head.subheader(t("In the plane"), anchor=False, width="content")
    with head:
        method = st.segmented_control(
            t("Drawn by"), [PCA, UMAP], default=PCA, required=True, key="plane", label_visibility="collapsed", persist_state="session"
        )
    count, near = len(psi.labels), list(cosine[chosen].nlargest(MOST if method == PCA else NEAR).index)
    if method == UMAP and count > NEAR:
        kept = [psi.labels.index(text) for text in near]
        psi, cosine = Psi(tuple(near), psi.mean[kept], psi.std[kept]), cosine.loc[near, near]
    flat, labels = pca(psi), list(psi.labels)
    points, outlines, axes = flat.points, [], None
    if method == PCA:
        drawn, nothing = set(near), np.empty((0, 2))
        pairs = zip(labels, points, flat.spread, strict=True)
        outlines = [ellipse(centre, spread, SHARE) if text in drawn else nothing for text, centre, spread in pairs]
        axes = tuple(t("Axis {number}: {share} of the differences", number=i + 1, share=percent(flat.share[i])) for i in range(2))
    else:
        points = umap(1 - cosine.to_numpy(float), points)

    def clicked() -> None:
        for point in st.session_state[key].selection.points:
            choose(labels[point["customdata"][0]])

    shown = [str(names[text]) for text in labels]
    figure = embedding(shown, points, cosine[chosen].to_numpy(float), labels.index(chosen), outlines, axes)
    alt = t("Representations in the plane ({method}), coloured by the cosine with {name}", method=method, name=names[chosen])
    st.plotly_chart(figure, key=key, on_select=clicked, selection_mode="points", config=CHART, alt=alt)
    with head:
        with_chosen = t("Cosine with {name}", name=names[chosen])
        numbers = pd.DataFrame({t("Name"): shown, "x": points[:, 0], "y": points[:, 1], with_chosen: cosine[chosen].to_numpy()})
        downloads(key, alt, numbers, choice, chart=key)
    if count > len(near):
        told = t(
            "Ellipses are those of the {shown} most like {name}, of {count}.",
            shown=len(near),
            name=plain(names[chosen]),
            count=f"{count:,}",
        )
        if method == UMAP:
            told = t("Placed are the {shown} most like {name}, of {count}.", shown=len(near), name=plain(names[chosen]), count=f"{count:,}")
        st.caption(told)
    if method == PCA:
        st.caption(
            t(
                "The means, each with the ellipse that holds 80 % of its posterior. The plane shows {share} of the differences: the list "
                "is computed in the whole space, so what lies near here need not be alike.",
                share=percent(float(flat.share.sum())),
            )
        )
    else:
        st.caption(t("UMAP keeps who is near whom. Distances and directions mean nothing, and no doubt can be drawn."))
