"""The chosen districts: one value that the list, the map, the bars and the table all set and follow; none is the whole market."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from app.inputs import address
from app.language import t

KEY, NAMES = "districts", "districts-names"  # in the session: the ids chosen, and the names that were offered last


def ask_districts(names: pd.Series) -> tuple[str, ...]:
    """The list of districts, ``names`` indexed by region id -> the ids chosen, in the order of choosing."""
    linked = address.asked(KEY)
    wanted = st.session_state.get(KEY, []) if linked is None else linked
    kept = [region for region in wanted if region in names.index]
    # Else it is left alone: what a run writes takes back what was picked meanwhile. The browser knows the choice by its names.
    if st.session_state.get(KEY) != kept or st.session_state.get(NAMES) != list(names):
        st.session_state[KEY] = kept
    st.session_state[NAMES] = list(names)
    for region in set(linked or ()) - set(names.index):
        address.refuse(KEY, region, KEY)
    chosen = st.multiselect(
        t("Districts: a click on the map or a tick in the table adds one, another leaves it out"),
        list(names.index),
        format_func=names.to_dict().get,
        key=KEY,
        persist_state="session",
        placeholder=t("All districts"),
        select_all=False,
    )
    address.keep(districts=chosen)
    return tuple(chosen)


def choose(regions: Iterable[str]) -> None:
    """Choose exactly these; those chosen before keep their places."""
    wanted, before = list(regions), st.session_state.get(KEY, [])
    st.session_state[KEY] = [r for r in before if r in wanted] + [r for r in wanted if r not in before]


def turn(region: str) -> None:
    """Add a region, or leave it out where it was chosen."""
    before = st.session_state.get(KEY, [])
    choose([r for r in before if r != region] if region in before else [*before, region])


def listen(source: str) -> None:
    """Before ``source`` is shown: where it is shown anew, nothing was clicked in it yet."""
    if source not in st.session_state:
        st.session_state.pop(f"clicked-{source}", None)


def follow(selected: Iterable[str], source: str) -> None:
    """Hear a click in ``source``, which reports all that was clicked an odd number of times: what changed since the last report.

    A click beside all regions clears what it reports, and chooses the whole market again.
    """
    last: set[str] = st.session_state.get(f"clicked-{source}", set())
    now = st.session_state[f"clicked-{source}"] = set(selected)
    if len(last) > 1 and not now:
        choose([])
    else:
        for region in now ^ last:
            turn(region)
