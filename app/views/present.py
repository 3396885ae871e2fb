"""The report on the whole screen: arrow keys step through the story that the deck tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from app.brand import brand
from app.language import current, t
from app.parts import messages
from app.parts.plans.reported import presented
from app.parts.present.slide import show
from app.parts.question import question
from app.parts.report import report_of
from stmp.report import Report

STAGE = Path(__file__).parents[1] / "parts" / "present" / "stage.css"
STEP = "present-slide"  # in the session: the position of the slide shown


def page(folders: Sequence[Path], home: Page) -> None:
    """One slide of the report of a plan, or of what the sidebar asks, which is not seen here. home: where the presentation ends."""
    st.html(STAGE)
    with messages.faults_told():
        with st.container(key="unseen"):
            choice = question(folders)
        if choice is not None:
            _stage(report_of(presented(choice), current()), home)
            return
        st.info(t("There is nothing to present yet: the other pages say what is missing."), icon=":material/co_present:")
    st.page_link(home, label=t("End"), width="content")


@st.fragment
def _stage(report: Report, home: Page) -> None:
    """What follows an arrow; no forecast is made here."""
    last = len(report.slides) - 1
    place = min(st.session_state.get(STEP, 0), last)

    def go(step: int) -> None:
        st.session_state[STEP] = min(max(place + step, 0), last)

    with messages.faults_told():
        show(report, report.slides[place], brand())
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="steps"):
        st.button(t("Back"), key="slide-back", shortcut="Left", disabled=place == 0, on_click=go, args=(-1,))
        st.caption(f"{place + 1} / {last + 1}", width="content")
        st.button(t("Next"), key="slide-next", shortcut="Right", disabled=place == last, on_click=go, args=(1,))
        st.page_link(home, label=t("End"), width="content")
