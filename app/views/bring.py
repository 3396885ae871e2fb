"""From a planner's own order lines to a market in the list."""

from __future__ import annotations

import streamlit as st

from app.faults import in_detail
from app.formats import plain
from app.inputs import address
from app.language import t
from app.offers import brought_markets
from app.parts import messages
from app.parts.arrivals import ask_days
from app.parts.bring.doctor import show_report
from app.parts.bring.files import ask_files
from app.parts.bring.meaning import ask_plan, show_understood
from app.parts.bring.words import step
from app.parts.bring.work import Work
from stmp.ingest.inputs import Inputs

WORK = "bring-work"  # in the session's state: the build, and what its plan was understood as


def page() -> None:
    """Bring your data."""
    with messages.faults_told():
        st.title(t("Bring your data"), anchor=False)
        address.write()
        st.markdown(t("Order lines and the outlines of districts become a market, which is forecast at once, without training."))
        if WORK in st.session_state:
            _watch()
            return
        ask_days(brought_markets())
        files = ask_files()
        if files is None:
            st.info(t("Give order lines and boundaries to begin."), icon=":material/upload_file:")
            return
        plan = ask_plan(files)
        if plan is None:
            return
        inputs = show_understood(plan)
        if inputs is not None and st.button(t("Count the lines"), type="primary", icon=":material/functions:"):
            st.session_state[WORK] = (Work(plan), inputs)
            st.rerun()


def _watch() -> None:
    """What the build has come to."""
    work, inputs = st.session_state[WORK]
    state = work.state
    if work.running and state.report is None:
        st.fragment(run_every=1)(_wait)(work)
    elif state.report is not None and (work.waiting or state.built):
        _decide(work, inputs)
    elif state.fault:
        st.error(plain(in_detail(state.fault)), title=t("No market was made of these files"), icon=":material/error:")
        _again()
    else:
        st.info(t("Nothing was written."), icon=":material/delete:")
        _again()


def _wait(work: Work) -> None:
    with messages.faults_told():
        if not work.running or work.state.report is not None:
            st.rerun()
        st.status(t("Stopping after this step …") if work.stopping else step(work.state.now), state="running")
        st.button(t("Stop"), icon=":material/stop:", on_click=work.stop, disabled=work.stopping, key="bring-stop")


def _decide(work: Work, inputs: Inputs) -> None:
    report = work.state.report
    assert report is not None
    if work.state.built:
        told = t("{name} is in the list of markets now, at the left of the other pages.", name=plain(work.plan.slug))
        st.success(told, title=t("The market is ready"), icon=":material/check_circle:")
        rejected = (work.plan.out / "rejected.csv").read_bytes()
        with st.container(horizontal=True):
            name = f"{work.plan.slug}-rejected.csv"
            st.download_button(t("Rejected lines as CSV"), rejected, name, "text/csv", icon=":material/download:", on_click="ignore")
            _again()
    else:
        with st.container(horizontal=True):
            if st.button(t("Make a market of the counted lines"), type="primary", icon=":material/check:"):
                work.decide(keep=True)
                st.rerun()
            if st.button(t("Discard"), icon=":material/delete:"):
                work.decide(keep=False)
                st.rerun()
    show_report(report, inputs)


def _again() -> None:
    if st.button(t("Begin anew"), icon=":material/restart_alt:"):
        del st.session_state[WORK]
        st.rerun()
