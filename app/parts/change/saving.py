"""The folder that a changed market is kept in: one of the user's own, never the one that came with the project."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from app import offers
from app.formats import plain
from app.language import t
from app.loading import Loaded
from stmp.market.draft import Draft
from stmp.market.schema import MANIFEST

SAVED = "change-saved"  # in the session's state: the folder


def ask_folder(loaded: Loaded, kind: str) -> Path | None:
    """Where to write; the market itself where it is the user's own. None where that cannot be."""
    own = loaded.folder.resolve().parent == offers.BROUGHT.resolve()
    suggested = loaded.folder.name if own else _free(f"{loaded.market.about.name}-plus")
    name = st.text_input(
        t("Name of the market"), suggested, key=f"change-{kind}-name-{loaded.folder.name}", help=t("Latin letters, digits and hyphens.")
    )
    out = offers.BROUGHT / Path(name.strip()).name
    if not re.search("[a-z0-9]", out.name.lower()) or out == offers.BROUGHT:
        st.warning(t("Give the market a name of Latin letters, digits and hyphens."), icon=":material/edit:")
        return None
    if (out / MANIFEST).exists() and out.resolve() != loaded.folder.resolve():
        st.warning(t("There is a market of this name already. Choose another name, or choose that market first."), icon=":material/edit:")
        return None
    in_place = out.resolve() == loaded.folder.resolve()
    st.caption(t("This market is changed itself.") if in_place else t("A copy is made; this market stays as it is."))
    return out


def _free(name: str) -> str:
    """The name, or with the first number that makes it another than those there are."""
    numbered = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(one for one in numbered if not (offers.BROUGHT / one).exists())


def save(draft: Draft, out: Path) -> None:
    """Write it and begin anew with it. Raises StmpError."""
    same = out.resolve() == draft.source.resolve()
    draft.save(out, draft.manifest.title if same else "", replace_it=same)
    st.session_state[SAVED] = out
    st.rerun()


def take_up() -> bool:
    """Choose the market that was just saved, for all pages and before the sidebar asks; whether there was one."""
    out = st.session_state.pop(SAVED, None)
    if out is not None:
        st.session_state["market"] = out
        st.session_state.pop("checkpoint", None)  # it is answered by the one that fits it best
    return out is not None


def told(loaded: Loaded, home: Page) -> None:
    """What was made, and the way to its forecast."""
    done = t("{name} is chosen now, here and on the other pages.", name=plain(loaded.market.about.name))
    st.success(done, title=t("The market is saved"), icon=":material/check_circle:")
    st.page_link(home, label=t("See its forecast"), icon=":material/monitoring:")
