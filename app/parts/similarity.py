"""Which districts, and which kinds of day, are alike to the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app import loading
from app.inputs.scenario import by_kind
from app.pictures.alike import most_alike, similarity_map
from app.reading import Reading
from stmp.market import DateType

CAPTION = (
    "Similarity is the cosine of the representations' means at the cutoff, centred over all that are shown and taken in the whole "
    "original space (every category and dimension): 1 is alike, 0 unrelated, −1 opposite."
)


def similarity(reading: Reading, district: str | None) -> None:
    """Heat maps of districts and of date types, with what is most like the ones chosen."""
    psi = loading.representations(reading.choice.question)
    names = [str(reading.names[region]) for region in psi.regions.labels]
    labels = sorted(psi.date_types.labels, key=lambda label: by_kind(DateType.parse(label)))
    grid = st.grid(2, min_column_width=400)
    left, right = (grid.container(border=True, height="stretch") for _ in range(2))
    with left:
        st.subheader("Districts alike", anchor=False)
        chosen = st.selectbox(
            "Most like", names, index=0 if district is None else psi.regions.labels.index(district), key=f"like-{district}"
        )
        _alike(names, psi.regions.similarity(), chosen, "districts")
    with right:
        st.subheader("Date types alike", anchor=False)
        peak = reading.calendar.types[int(reading.calendar.dates.get_loc(reading.outlook(district).peak_day))].label
        kind = st.selectbox("Most like", labels, index=labels.index(peak), key=f"like-{peak}")
        _alike(psi.date_types.labels, psi.date_types.similarity(), kind, "date types")
    st.caption(CAPTION)


def _alike(labels: Sequence[str], cosine: NDArray[np.floating], chosen: str, what: str) -> None:
    nearest = pd.DataFrame(most_alike(labels, cosine, chosen), columns=["Nearest", "Cosine"])
    columns = {"Cosine": st.column_config.NumberColumn(format="%.2f", width="small")}
    st.dataframe(nearest, hide_index=True, row_height=28, column_config=columns, alt=f"The {what} most like {chosen}")
    figure = similarity_map(labels, cosine)
    st.plotly_chart(figure, key=f"similarity-{what}", config={"displayModeBar": False}, alt=f"Similarity of {what}")
