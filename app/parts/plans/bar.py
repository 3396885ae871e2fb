"""Which plan is worked on, by whom, and which scenario it is of."""

from __future__ import annotations

import streamlit as st

from app.formats import plain
from app.inputs import address
from app.inputs.person import signed_in
from app.inputs.sidebar import Choice
from app.language import t
from app.parts.plans.desk import OPENED, SIDEBAR, Desk, ask_as
from app.parts.plans.words import scenario_name
from app.parts.what_if import desk as what_if
from stmp.plans import Person, Plan, Store, anybody
from stmp.scenario import Scenario

NEW = 0  # among the ids of plans
PLAN = "plan"  # in the address: the id


def bar(store: Store, desk: Desk, choice: Choice) -> tuple[Plan | None, Scenario, Person]:
    """The plan that is open or None for a new one, the scenario to plan with, and who plans. Raises PlanError."""
    with st.container(border=True):
        left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
        archived = st.toggle(t("Show the archived plans"), key="plans-archived", persist_state="session")
        with left:
            plan = _ask_plan(desk, choice, store.plans(desk.market, archived))
        with middle:
            scenario = _ask_scenario(desk, choice)
        with right:
            person = _ask_person()
    return plan, scenario, person


def _ask_person() -> Person:
    """Whoever has signed in; where nobody does, whoever gives a name, which may be empty yet."""
    explained = t("Saved with each version and each override, so that others know whom to ask.")
    known = signed_in()
    if known is not None:
        st.markdown(t("You plan as **{name}**.", name=plain(known.name)), help=explained)
        return known
    return anybody(st.text_input(t("Your name"), key="person", max_chars=200, persist_state="session", help=explained).strip())


def _ask_plan(desk: Desk, choice: Choice, plans: list[Plan]) -> Plan | None:
    by_id = {plan.id: plan for plan in plans}
    linked = address.asked(PLAN)
    for plan in plans:
        if linked and linked[-1] == str(plan.id):
            desk.open(plan, plan.latest)
    if linked and str(desk.plan) != linked[-1]:
        desk.faults.append(t("The plan of the link is not in this database, or it is archived."))
    if desk.plan not in by_id:
        desk.close()
    key = f"plan-{desk.market}"
    st.session_state[key] = desk.plan or NEW

    def opened() -> None:
        plan = by_id.get(st.session_state[key])
        if plan is None:
            desk.close()
        else:
            desk.open(plan, plan.latest)
            ask_as(plan.latest, choice.question.market)

    names = {NEW: t("A new plan")} | {plan.id: plan.name for plan in plans}
    st.selectbox(t("Plan"), list(names), format_func=names.get, key=key, on_change=opened)
    address.keep(**{PLAN: str(desk.plan) if desk.plan else None})
    return by_id.get(desk.plan or NEW)


def _ask_scenario(desk: Desk, choice: Choice) -> Scenario:
    drafts = what_if.open_desk(desk.market).drafts
    offered = {SIDEBAR: choice.question.scenario} | {key: draft.scenario for key, draft in drafts.items()}
    titles = {SIDEBAR: t("Sidebar: {scenario}", scenario=scenario_name(choice.question.scenario))}
    titles |= {key: t("What-if: {scenario}", scenario=draft.name) for key, draft in drafts.items()}
    if desk.opened is not None:
        offered[OPENED] = desk.opened.content.scenario
        titles[OPENED] = t(
            "{plan}, version {number}: {scenario}",
            plan=desk.title,
            number=desk.opened.number,
            scenario=scenario_name(offered[OPENED]),
        )
    key = f"plan-scenario-{desk.market}"
    st.session_state[key] = desk.source = desk.source if desk.source in offered else SIDEBAR

    def chosen() -> None:
        desk.source = st.session_state[key]

    explained = t("That of the sidebar, one from the What-if page, or the one that was saved.")
    st.selectbox(t("Scenario to plan with"), list(offered), format_func=titles.get, key=key, on_change=chosen, help=explained)
    return offered[desk.source]


def told(desk: Desk) -> None:
    """What became of the last save, once."""
    for text in desk.faults:
        st.error(plain(text), icon=":material/error:")
    for text in desk.done:
        st.success(plain(text), icon=":material/check:")
    desk.faults.clear()
    desk.done.clear()
