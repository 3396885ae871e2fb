"""The chosen district: one value that the list, the map, the bars and the table all set and follow."""

from __future__ import annotations

import pandas as pd
import streamlit as st

KEY = "district"
ALL = ""  # the whole market; a text, for None would mean that nothing is chosen yet


def ask_district(names: pd.Series) -> str | None:
    """The list of districts, ``names`` indexed by region id; None is the whole market."""
    if st.session_state.get(KEY) not in (ALL, *names.index):
        st.session_state[KEY] = ALL
    region = st.selectbox("District", [ALL, *names.index], format_func=lambda r: "All districts" if r == ALL else names[r], key=KEY)
    return region or None


def follow(clicked: str | None, source: str) -> None:
    """Choose what was clicked in ``source``; a click on the chosen district leads back to the whole market.

    A click that clears the source's own selection comes as None and means the district clicked there last.
    """
    last = f"last-{source}"
    region = clicked or st.session_state.get(last, ALL)
    st.session_state[KEY] = ALL if region == st.session_state.get(KEY) else region
    st.session_state[last] = region
