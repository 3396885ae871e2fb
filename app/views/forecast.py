"""The forecast page: one question to one forecaster, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from app import loading
from app.formats import plain
from app.inputs.chosen import ask_district
from app.parts import messages
from app.parts.figures import key_figures
from app.parts.past import past_and_forecast
from app.parts.question import question
from app.parts.ranking import ranking
from app.parts.similarity import similarity
from app.parts.where import where
from app.reading import Reading
from stmp.scenario import Scenario

TWO_ABREAST = 400  # pixels a map or chart needs at least; where two do not fit, they stand one below the other


def page(folders: Sequence[Path]) -> None:
    """Ask, forecast, show. ``folders``: the markets on offer."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        run, planned = loading.run(choice.question), Scenario()
        plan = None if choice.question.scenario == planned else loading.run(replace(choice.question, scenario=planned))
        reading = Reading.of(choice, run, plan)
        messages.notes(reading)
        _answer(reading)


@st.fragment
def _answer(reading: Reading) -> None:
    """What follows a click, a day or a district; no forecast is made here."""
    with messages.faults_told():
        figures = st.container()
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        left, right = (grid.container(border=True, height="stretch") for _ in range(2))
        with right:
            title, ask = st.columns([3, 2], vertical_alignment="bottom")
            with ask:
                district = ask_district(reading.names)
            title.subheader(plain(reading.name(district)), anchor=False)
            past_and_forecast(reading, district)
        with left:
            where(reading, district)
        with figures:
            key_figures(reading, district)
        with st.container(border=True):
            st.subheader("Districts ranked", anchor=False)
            ranking(reading)
        similarity(reading, district)
