"""A new district or a festival, added to a market that becomes one of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from app.inputs import address
from app.inputs.sidebar import ask_market
from app.language import t
from app.parts import messages
from app.parts.change.district import ask_district
from app.parts.change.festivals import ask_festivals
from app.parts.change.saving import ask_folder, save, take_up, told
from stmp.market.draft import Draft


def page(folders: Sequence[Path], home: Page) -> None:
    """Add to a market. home: where the forecast is shown."""
    with messages.faults_told():
        st.title(t("Add to a market"), anchor=False)
        if not folders:
            messages.no_market()
            return
        saved = take_up()
        loaded = ask_market(folders)
        address.write()
        st.markdown(
            t("A district or a festival that is new is forecast at once, without training, and with the doubt that so little is known.")
        )
        if saved:
            told(loaded, home)
        draft = Draft.of(loaded.folder, loaded.market.hourly or loaded.market)
        district, festivals = st.tabs([t("A district"), t("Festivals")])
        with district, messages.faults_told():
            added = ask_district(loaded, draft.market)
            out = ask_folder(loaded, "district")
            ready = added is not None and out is not None
            if st.button(t("Add the district"), type="primary", icon=":material/add_location_alt:", disabled=not ready) and added and out:
                save(draft.with_district(added), out)
        with festivals, messages.faults_told():
            edited = ask_festivals(loaded, draft)
            out = ask_folder(loaded, "festivals")
            ready = edited is not None and out is not None
            if (
                st.button(t("Save the festivals"), type="primary", icon=":material/event:", disabled=not ready)
                and edited is not None
                and out
            ):
                save(draft.with_festivals(edited), out)
