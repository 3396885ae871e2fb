"""The forecast page: one question to one forecaster, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from app import loading
from app.formats import plain
from app.inputs.chosen import ask_districts
from app.parts import messages
from app.parts.figures import key_figures
from app.parts.hours import hour_by_hour
from app.parts.newcomers import newcomers
from app.parts.past import past_and_forecast
from app.parts.question import question
from app.parts.ranking import ranking
from app.parts.report import documents
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
        newcomers(reading)
        documents(choice)
        _answer(reading)


@st.fragment
def _answer(reading: Reading) -> None:
    """What follows a click, a day or a district; no forecast is made here."""
    with messages.faults_told():
        title, ask = st.columns([2, 3], vertical_alignment="bottom")
        with ask:
            districts = ask_districts(reading.names)
        title.subheader(plain(reading.name(districts)), anchor=False)
        key_figures(reading, districts)
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        left, right = (grid.container(border=True, height="stretch") for _ in range(2))
        with right:  # first, for the browser takes longest to draw it
            past_and_forecast(reading, districts)
        with left:
            where(reading, districts)
        hour_by_hour(reading, districts)
        with st.container(border=True):
            ranking(reading, districts)
