"""The language: chosen in the sidebar, and spoken by every run of a page or a fragment."""

from __future__ import annotations

import streamlit as st

from app.inputs import address
from app.language import ENGLISH, LANGUAGES, use

KEY = "language"


def settle_language() -> None:
    """At the start of a run, before anything is said: the language of the link, or of the session."""
    address.settle_text_option(KEY, LANGUAGES, ENGLISH)
    speak()


def speak() -> None:
    """Speak the session's language. A fragment runs alone and in a thread of its own, so it must say so again."""
    use(st.session_state[KEY])


def ask_language() -> None:
    """The switch. It stands last in the sidebar, below what the page asks."""
    st.sidebar.segmented_control(
        "Language · 语言", list(LANGUAGES), required=True, format_func=LANGUAGES.get, key=KEY, width="stretch", persist_state="session"
    )
