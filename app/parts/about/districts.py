"""What is known of each district, and where that comes from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from app.inputs.sidebar import Choice
from app.language import fact, named, t
from app.parts.downloads import downloads
from app.parts.tables import NUMBER, show_table
from app.reading import distinct
from stmp.market import Market
from stmp.market.schema import Manifest

ROWS = 20  # before the table scrolls
ACCOUNT = "README.md"  # beside the table of facts: where they come from


def districts(choice: Choice, manifest: Manifest, folder: Path) -> None:
    """The facts in a table, the files they were read from, and the account of the sources where there is one beside them."""
    table = _facts(choice.question.market)
    files = [name for name in (manifest.regions.file, manifest.regions.polygons) if name]
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(t("Districts"), anchor=False, width="content")
            downloads("about-districts", t("Districts"), table, choice)
        numbers = [column for column in table.columns if pd.api.types.is_numeric_dtype(table[column])]
        formats = {column: st.column_config.NumberColumn(format=NUMBER) for column in numbers}
        show_table(table, t("Facts of each district"), ROWS, column_config=formats)
        if files:
            st.caption(t("Read from {files}. A fact that is not there is masked, not invented.", files=t(", ").join(files)))
        else:
            st.caption(t("This market names no file of districts, so nothing but their ids is known."))
        account = folder / files[0] if files else folder
        account = account.with_name(ACCOUNT)
        if files and account.is_file():
            with st.expander(t("Where the facts come from"), icon=":material/source:"):
                st.markdown(account.read_text(encoding="utf-8", errors="replace"))


def _facts(market: Market) -> pd.DataFrame:
    """A row per district: id, name and facts."""
    names = distinct(named(market.region_table))
    facts = market.facts.reindex(list(market.regions))
    table = pd.DataFrame({t("Id"): list(market.regions), t("District"): names[list(market.regions)].to_numpy()})
    for column in facts.columns:
        table[fact(str(column))] = facts[column].to_numpy()
    return table
