"""Scenarios side by side against the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from app.formats import plain
from app.inputs.chosen import ask_districts
from app.language import named, t
from app.parts import messages
from app.parts.question import question
from app.parts.report import documents
from app.parts.what_if.answers import Answers, answers, baseline
from app.parts.what_if.bar import bar, begin
from app.parts.what_if.desk import keep, open_desk
from app.parts.what_if.editor import edit
from app.parts.what_if.figures import cards, far_from_learned
from app.parts.what_if.ideas import Setting
from app.parts.what_if.pictures import by_cell, by_day, by_district, by_step
from app.reading import distinct

TWO_ABREAST = 400  # pixels a chart needs at least


def page(folders: Sequence[Path]) -> None:
    """Edit scenarios, forecast each, and compare them."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        asked = choice.question
        desk = open_desk(asked.market.about.name)
        days = pd.date_range(asked.cutoff + pd.Timedelta(days=1), periods=asked.horizon)
        setting = Setting(asked.market.until(asked.cutoff), days, distinct(named(asked.market.region_table)))
        if not desk.drafts:
            begin(desk, setting, choice)
            keep(desk)
            return
        notes = st.container()
        with st.container(border=True):
            head = st.container()
            edit(desk, setting)
            with head:  # afterwards, for a scenario may be called after its changes
                bar(desk, choice)
        keep(desk)
        found = answers(baseline(choice), desk)
        with notes:
            messages.notes(found.plan)
            if found.answer is not None:
                documents(replace(choice, question=replace(choice.question, scenario=desk.draft.scenario)))
        _answer(found)


@st.fragment
def _answer(found: Answers) -> None:
    """What follows a click or a district; no forecast is made here."""
    with messages.faults_told():
        title, ask = st.columns([2, 3], vertical_alignment="bottom")
        with ask:
            districts = ask_districts(found.plan.names)
        title.subheader(plain(found.plan.name(districts)), anchor=False)
        cards(found, districts)
        if not found.answered:
            return
        far_from_learned(found)
        with st.container(border=True):
            by_day(found, districts)
        with st.container(border=True):
            by_district(found, districts)
        answer = found.answer
        if answer is None:
            st.caption(t("Mend the scenario that is edited to see its districts, categories and steps."))
            return
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        left, right = (grid.container(border=True, height="stretch") for _ in range(2))
        with left:
            by_cell(found, answer)
        with right:
            by_step(found, answer, districts)
