"""The pages of this run by what the address calls them, so that parts can lead from one to another."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.navigation.page import Page

PAGES = "pages"  # in the session's state


def offer(pages: Iterable[Page]) -> None:
    """Note what ``main.py`` offers."""
    st.session_state[PAGES] = {page.url_path: page for page in pages}


def page(name: str) -> Page:
    """The page that the address calls ``name``."""
    found: Page = st.session_state[PAGES][name]
    return found
