"""The report of a plan: of a version that was saved, or of what is on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from app import offers
from app.inputs import pages
from app.inputs.sidebar import Choice
from app.language import t
from app.parts.plans.desk import Desk, store
from app.parts.report import Subject, files
from app.reading import Reading
from stmp.errors import PlanError
from stmp.plans import Override, Plan
from stmp.report import Saved

PLAN, VERSION = "plan", "version"  # in the address of the presentation


def report(desk: Desk, plan: Plan | None, reading: Reading, overrides: Sequence[Override]) -> None:
    """Downloads of what is on the desk; where that is a version as it was saved, also its presentation."""
    subject = Subject(reading.choice, overrides, saved=_saved(desk, plan, reading, overrides))
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        if subject.saved is not None and plan is not None:
            asked = {"market": desk.market, PLAN: str(plan.id), VERSION: str(subject.saved.version.number)}
            st.page_link(pages.page("present"), label=t("Present"), icon=":material/co_present:", query_params=asked, width="content")
        files(subject)


def presented(choice: Choice) -> Subject:
    """What is to be presented: the version that the address names, else the question. Raises PlanError where there is none such."""
    named, number = (st.query_params.get(name, "") for name in (PLAN, VERSION))
    if not named:
        return Subject(choice)
    if not (named.isdecimal() and number.isdecimal()):
        raise PlanError(f"the address asks for version '{number}' of plan '{named}'. Remedy: open the presentation from the page of plans.")
    plan = store().plan(int(named))
    version = next((version for version in plan.versions if version.number == int(number)), None)
    market = choice.question.market.about.name
    if version is None or plan.market != market:
        raise PlanError(f"{market} has no version {number} of this plan. Remedy: open the presentation from the page of plans.")
    content, question = version.content, choice.question
    offer = next((o for o in offers.checkpoints(question.market)[0] if o.card.weights_sha256 == content.checkpoint), question.offer)
    asked = replace(
        question, offer=offer, cutoff=pd.Timestamp(content.cutoff), horizon=content.horizon, scenario=content.scenario, seed=content.seed
    )
    return Subject(replace(choice, question=asked), content.overrides, saved=Saved(plan.name, version))


def _saved(desk: Desk, plan: Plan | None, reading: Reading, overrides: Sequence[Override]) -> Saved | None:
    """The version that is open, while nothing was changed since: neither an override nor the question."""
    opened, forecast = desk.opened, reading.forecast
    if plan is None or opened is None:
        return None
    content = opened.content
    question = (content.cutoff, content.horizon, content.scenario, content.seed, content.overrides)
    asked = (forecast.cutoff.date(), len(forecast.dates), forecast.scenario, forecast.seed, tuple(overrides))
    return Saved(plan.name, opened) if question == asked else None
