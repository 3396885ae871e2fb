"""The editor of a scenario. A widget that is touched changes the draft, and the page follows at once."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.faults import in_detail
from app.formats import plain
from app.language import t
from app.parts.what_if.cards import card
from app.parts.what_if.desk import FESTIVAL, LONGEST_NAME, Change, Desk, scenario_of
from app.parts.what_if.ideas import Setting
from app.parts.what_if.words import in_words, name_of
from stmp.errors import ScenarioError

CARD = 300  # pixels that a card needs at least


def edit(desk: Desk, setting: Setting) -> None:
    """Name and changes of the draft that is chosen, and what may be added to it."""
    head = st.container(horizontal=True, vertical_alignment="bottom")
    _changes(desk, setting)
    name, draft = f"draft-name-{desk.chosen}", desk.draft
    desk.retell(lambda changes: name_of(changes, setting.names))
    st.session_state[name] = draft.name
    with head:
        st.text_input(t("Name"), key=name, max_chars=LONGEST_NAME, width=280, on_change=lambda: desk.rename(st.session_state[name]))
        for kind, title, icon, change in _offers(setting):
            explained = t("Add such a change to the scenario.")
            st.button(title, icon=icon, key=f"add-{kind}", on_click=desk.change, args=(change,), help=explained)


def _changes(desk: Desk, setting: Setting) -> None:
    """A card for each change of the draft; what its widgets say becomes the change."""
    draft = desk.draft
    if not draft.changes:
        st.caption(t("This scenario changes nothing yet. Add a change with the buttons above."))
        return
    with st.grid(3, min_column_width=CARD):
        earlier: list[Change] = []
        for number, change in list(draft.changes.items()):
            with st.container(border=True, height="stretch", key=f"change-{number}"):
                draft.changes[number] = _changed(desk, setting, number, change, earlier)


def _offers(setting: Setting) -> list[tuple[str, str, str, Change]]:
    """Kind, title, icon and first state of each change that this market allows."""
    offers: list[tuple[str, str, str, Change]] = []
    if setting.view.calendar.festivals:
        first = setting.move(setting.upcoming[0]) if setting.upcoming else setting.hold()
        offers.append(("festival", t("Change a festival"), ":material/celebration:", first))
    offers.append(("days", t("Change date types"), ":material/calendar_today:", setting.treat()))
    offers.append(("recent", t("Change the recent past"), ":material/shopping_cart:", setting.recent(setting.streams[0])))
    if len(setting.view.facts.columns):
        offers.append(("fact", t("Change district facts"), ":material/location_city:", setting.fact()))
    return offers


def _changed(desk: Desk, setting: Setting, number: str, change: Change, earlier: list[Change]) -> Change:
    """The card of one change -> the change as its widgets have it. ``earlier`` ones, which it builds on, are added to.

    A change that cannot be had here, for the cutoff or the market is another one by now, can only be taken away.
    """
    title, remove = st.columns([6, 1])
    take_away = t("Take this change away.")
    remove.container(horizontal=True, horizontal_alignment="right").button(
        "",
        icon=":material/close:",
        key=f"remove-{number}",
        type="tertiary",
        on_click=desk.draft.changes.pop,
        args=(number,),
        help=take_away,
    )
    try:
        before = scenario_of(desk.draft.name, [c for c in earlier if isinstance(c, FESTIVAL)]).apply(setting.view)
        change = card(replace(setting, view=before), number, change)
        scenario_of(desk.draft.name, [*earlier, change]).apply(setting.view)
        earlier.append(change)
    except ScenarioError as error:
        st.warning(plain(in_detail(str(error))))
    title.markdown(f"**{plain(in_words(change, setting.names))}**")
    return change
