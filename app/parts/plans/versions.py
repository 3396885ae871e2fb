"""The versions of the open plan: listed, opened, compared, restored, promoted; and the plan put away."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from app.formats import plain, rounded
from app.inputs.sidebar import Choice
from app.language import label, t
from app.parts.plans.desk import Desk, ask_as, write
from app.parts.plans.words import difference, moment, scenario_name
from app.parts.tables import NUMBER, show_table
from stmp.plans import Person, Plan, Promotion, Store, Version, differences, may_change

ROWS = 8  # before the table scrolls
LONG = 200  # pixels of a long note before it scrolls
CHOICE = 200  # pixels
Promoted = dict[tuple[date, int], Promotion]


def versions(store: Store, desk: Desk, plan: Plan, promoted: Promoted, choice: Choice, names: pd.Series, person: Person) -> None:
    """All that can be done with what was saved."""
    st.subheader(t("Versions of {plan}", plan=plain(plan.name)), anchor=False)
    held = {one.version.number for one in promoted.values() if one.plan.id == plan.id}
    _list(plan, held, label(choice.question.market.about.unit))
    by_number = {version.number: version for version in reversed(plan.versions)}
    key = f"{plan.id}-{plan.latest.number}"  # a new version is looked at first
    titles = {number: t("Version {number}, {author}", number=number, author=one.author) for number, one in by_number.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(t("Version"), list(by_number), format_func=titles.get, key=f"plan-version-{key}", width=CHOICE)
        chosen, others = by_number[number], [other for other in by_number if other != number]
        against = f"plan-other-{key}-{number}"
        other = st.selectbox(
            t("Compare with"),
            others,
            format_func=titles.get,
            key=against,
            disabled=not others,
            placeholder=t("No other version yet"),
            width=CHOICE,
        )
        _buttons(store, desk, plan, chosen, number in held, choice, person)
    if chosen.content.note:
        with st.container(border=True, height=LONG if len(chosen.content.note) > 1000 else "content"):
            st.markdown(plain(chosen.content.note))
    if other is not None:
        _compare(chosen, by_number[other], names, label(choice.question.market.about.unit))


def _list(plan: Plan, held: set[int], unit: str) -> None:
    rows = [
        {
            t("Version"): version.number,
            t("The plan"): version.number in held,
            t("Saved"): moment(version.made_at),
            t("Author"): version.author,
            t("Scenario"): scenario_name(version.content.scenario),
            t("As of"): f"{version.content.cutoff:%Y-%m-%d}",
            t("Days"): version.content.horizon,
            t("Plan, {unit}", unit=unit): rounded(version.content.planned.total.middle),
            t("Overrides"): len(version.content.overrides),
            t("Restores"): version.restores,
        }
        for version in reversed(plan.versions)
    ]
    table = pd.DataFrame(rows).dropna(axis=1, how="all")
    formats = {title: st.column_config.NumberColumn(format=NUMBER) for title in table.columns if table[title].dtype == float}
    show_table(table, t("Versions of {plan}", plan=plan.name), ROWS, column_config=formats)


def _buttons(store: Store, desk: Desk, plan: Plan, chosen: Version, held: bool, choice: Choice, person: Person) -> None:
    def take_up() -> None:
        desk.open(plan, chosen)
        ask_as(chosen, choice.question.market)

    number, archived, barred = chosen.number, plan.archived_at is not None, not may_change(person, plan.owner)
    if archived:
        if st.button(t("Take it back"), icon=":material/unarchive:", key="plan-unarchive", disabled=barred):
            write(desk, person, lambda: store.unarchive(plan.id, person), t("{plan} is back.", plan=plan.name))
        return
    again = t("Go on from this version: its scenario and overrides.")
    if st.button(t("Open"), icon=":material/folder_open:", key="plan-open", help=again, on_click=take_up):
        st.rerun()
    restore = t("A new version, equal to this one.")
    latest = number == plan.latest.number
    if st.button(t("Restore"), icon=":material/restore:", key="plan-restore", disabled=latest or barred, help=restore):
        write(
            desk, person, lambda: store.restore(plan.id, number, person, desk.based_on), t("Version {number} is restored.", number=number)
        )
    promote = t("For its cutoff and days, in place of the one before.")
    if st.button(t("Make it the plan"), icon=":material/flag:", key="plan-promote", disabled=held or barred, help=promote):
        write(desk, person, lambda: store.promote(plan.id, number, person), t("Version {number} is the plan now.", number=number))
    archive = t("Put it away with all its versions. Nothing is deleted, and its name is free again.")
    if st.button(t("Archive the plan"), icon=":material/archive:", key="plan-archive", disabled=barred, help=archive):
        write(desk, person, lambda: store.archive(plan.id, person), t("{plan} is archived.", plan=plan.name))


def _compare(chosen: Version, other: Version, names: pd.Series, unit: str) -> None:
    first, second = sorted((chosen, other), key=lambda version: version.number)
    found = [difference(one, names, unit) for one in differences(first.content, second.content)]
    if not found:
        st.caption(t("Versions {first} and {second} are equal.", first=first.number, second=second.number))
        return
    titles = [t("What differs"), *(t("Version {number}", number=version.number) for version in (first, second))]
    st.table(pd.DataFrame(found, columns=titles).set_index(titles[0]))
