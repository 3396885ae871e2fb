"""Above the editor: which scenario is edited, new ones, copies, and files in and out; or, where there is none yet, ideas."""

from __future__ import annotations

import streamlit as st

from app.exports import file_stem
from app.faults import in_detail
from app.formats import plain
from app.inputs.sidebar import Choice
from app.language import t
from app.parts.own_words import file_uploader
from app.parts.what_if.desk import MOST, Desk, unnamed
from app.parts.what_if.ideas import Setting, ideas
from stmp.errors import ScenarioError
from stmp.scenario import Scenario


def bar(desk: Desk, choice: Choice) -> None:
    """Choose among the scenarios, and work on the desk."""
    _told(desk)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"edited-{desk.market}"
        st.session_state[key] = desk.chosen

        def edit_other() -> None:
            desk.chosen = st.session_state[key]

        st.segmented_control(
            t("Scenarios"),
            list(desk.drafts),
            required=True,
            format_func=lambda number: plain(desk.drafts[number].name),
            key=key,
            on_change=edit_other,
            wrap=True,
        )
        _add(desk, choice)
        copy, remove = t("Copy it"), t("Remove it")
        st.button(copy, icon=":material/content_copy:", key="copy", disabled=desk.full, on_click=desk.add, args=(desk.draft.scenario,))
        st.button(remove, icon=":material/delete:", key="remove", on_click=desk.remove)
        stem = file_stem(desk.draft.name, choice)
        toml = desk.draft.scenario.to_toml()
        save = t("Save as a file")
        st.download_button(save, toml, f"{stem}.toml", "application/toml", key="save", icon=":material/download:", on_click="ignore")
    if desk.full:
        st.caption(t("{most} scenarios stand side by side; remove one to add another.", most=MOST))


def begin(desk: Desk, setting: Setting, choice: Choice) -> None:
    """The empty state: what a what-if is, and three ideas, each a button."""
    _told(desk)
    with st.container(border=True):
        st.subheader(t("What if it went otherwise?"), anchor=False)
        st.markdown(
            t(
                "A scenario changes what the model is given: when festivals are held, what kind of day a day is, what was bought or put "
                "into carts of late, and the facts of a district. Its forecast stands beside that of the calendar as planned."
            )
        )
        with st.grid(3, min_column_width=220):
            for number, idea in enumerate(ideas(setting)):
                title = plain(idea.name)
                st.button(title, icon=":material/lightbulb:", key=f"idea-{number}", width="stretch", on_click=desk.add, args=(idea, True))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _add(desk, choice)


def _add(desk: Desk, choice: Choice) -> None:
    """New scenarios: an empty one, the sidebar's, and those of files."""
    new = t("New")
    st.button(new, icon=":material/add:", key="new", disabled=desk.full, on_click=desk.add, args=(unnamed(desk),))
    asked = choice.question.scenario
    if asked != Scenario() and asked.name not in {draft.name for draft in desk.drafts.values()}:
        take = t("Take from the sidebar: {scenario}", scenario=plain(asked.name))
        st.button(take, icon=":material/move_item:", key="take", disabled=desk.full, on_click=desk.add, args=(asked,))
    with st.popover(t("Open a file"), icon=":material/upload_file:", disabled=desk.full, key="open"):
        key = f"file-{desk.market}-{desk.given}"  # a new one for each scenario, so that a file that was read is put away

        def read() -> None:
            file = st.session_state[key]
            if file is None:
                return
            try:
                desk.add(Scenario.of_toml(file.getvalue(), file.name))
            except ScenarioError as error:
                desk.faults.append(str(error))

        file_uploader(t("A scenario saved here, or written for 'stmp forecast' (TOML)"), ["toml"], key, on_change=read)


def _told(desk: Desk) -> None:
    for fault in desk.faults:
        st.error(plain(in_detail(fault)), title=t("A scenario cannot be read"), icon=":material/error:")
    desk.faults.clear()
