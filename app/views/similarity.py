"""How alike districts, date types and past festivals are to the model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import loading
from app.formats import day
from app.inputs.sidebar import Choice
from app.language import t
from app.parts import messages
from app.parts.question import question
from app.parts.similar.compared import compared
from app.parts.similar.lookalikes import lookalikes
from stmp.forecast import Representations


def page(folders: Sequence[Path]) -> None:
    """Similarity."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        asked = choice.question
        st.caption(t("As of **{cutoff}** · {checkpoint}", cutoff=day(asked.cutoff), checkpoint=messages.checkpoint(asked.offer)))
        found = loading.representations(asked)
        above = st.container(border=True)
        _compared(choice, found)
        with above:  # afterwards, for past festivals are inferred anew, which takes as long again
            lookalikes(choice, found.date_types)


@st.fragment
def _compared(choice: Choice, found: Representations) -> None:
    """What follows a click or a choice; nothing is inferred here."""
    with messages.faults_told():
        compared(choice, found)
