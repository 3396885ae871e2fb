"""Plans: forecasts that somebody answers for, with overrides and versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from app import loading
from app.language import t
from app.parts import messages
from app.parts.plans.added import added
from app.parts.plans.bar import bar
from app.parts.plans.desk import Desk, open_desk, store
from app.parts.plans.effects import effect_table, figures
from app.parts.plans.overrides import edit
from app.parts.plans.reported import report
from app.parts.plans.saving import save
from app.parts.plans.since import Since, changed, since
from app.parts.plans.versions import Promoted, versions
from app.parts.question import question
from app.reading import Reading
from stmp.plans import Person, Plan, Store


def page(folders: Sequence[Path]) -> None:
    """Open a plan or begin one, override the forecast, save, and look at what was saved."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        plans = store()
        desk = open_desk(choice.question.market.about.name)
        plan, scenario, person = bar(plans, desk, choice)
        choice = replace(choice, question=replace(choice.question, scenario=scenario))
        reading = Reading.of(choice, loading.run(choice.question), None)
        messages.notes(reading)
        then = None if plan is None or desk.opened is None else since(choice, desk.opened)
        if then is not None:
            changed(then, choice, reading.names)
        promoted = plans.promoted(desk.market)
        _work(plans, desk, plan, reading, promoted, person)
        if plan is not None:
            _kept(plans, desk, plan, reading, promoted, then, person)


@st.fragment
def _work(plans: Store, desk: Desk, plan: Plan | None, reading: Reading, promoted: Promoted, person: Person) -> None:
    """The overrides and the save; no forecast is made here."""
    with messages.faults_told():
        head, above = st.container(), st.container()
        with st.container(border=True):
            st.subheader(t("Overrides"), anchor=False)
            st.caption(
                t("Where you know better than the forecast: add a row below the last one. The statistical forecast stays beside it.")
            )
            overrides = edit(reading, desk, person)
            effect_table(reading, overrides or ())
        if overrides is not None:
            with head:
                report(desk, plan, reading, overrides)
        holds = promoted.get((reading.forecast.cutoff.date(), len(reading.forecast.dates)))
        with above:
            figures(reading, overrides or (), holds)
        with st.container(border=True):
            save(plans, desk, plan, reading, overrides, person)


@st.fragment
def _kept(plans: Store, desk: Desk, plan: Plan, reading: Reading, promoted: Promoted, then: Since | None, person: Person) -> None:
    """What was saved, and what came of it."""
    with messages.faults_told():
        with st.container(border=True):
            versions(plans, desk, plan, promoted, reading.choice, reading.names, person)
        if then is not None and then.version.content.overrides:
            with st.container(border=True):
                added(then, reading.market, reading.names)
