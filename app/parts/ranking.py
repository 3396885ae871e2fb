"""The districts in a table, the largest first."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import rounded
from app.inputs.chosen import follow
from app.reading import Reading

NUMBER, TIMES, PERCENT = "localized", "%.2f×", "%.1f %%"
ROW, HEADER, TALLEST = 28, 42, 600  # pixels


def ranking(reading: Reading) -> None:
    """Total, interval, uplift and share of the whole period; a click on a row chooses the district."""
    table = reading.table().sort_values("total", ascending=False)
    unit = reading.market.about.unit
    shown = pd.DataFrame({"District": reading.names[table.index]})
    for title, column in ((f"Total, {unit}", "total"), ("80 % from", "low"), ("80 % to", "high"), ("Actual", "actual")):
        shown[title] = table[column].map(rounded)
    shown["Error"], shown["Uplift"], shown["Share"] = 100 * table["error"], table["uplift"], 100 * table["share"]
    shown = shown[["District", f"Total, {unit}", "80 % from", "80 % to", "Uplift", "Share", "Actual", "Error"]].dropna(axis=1, how="all")
    formats = {"Uplift": TIMES, "Share": PERCENT, "Error": PERCENT}
    columns = {name: st.column_config.NumberColumn(format=formats.get(name, NUMBER)) for name in shown.columns[1:]}
    # The key changes with the order of the rows: a selection is kept by position, and would come to mean another district.
    key = f"ranking-{abs(hash(tuple(table.index)))}"

    def clicked() -> None:
        rows = st.session_state[key].selection.rows
        follow(table.index[rows[0]] if rows else None, key)

    st.dataframe(
        shown,
        column_config=columns,
        hide_index=True,
        key=key,
        on_select=clicked,
        selection_mode="single-row",
        row_height=ROW,
        height=min(HEADER + ROW * len(shown), TALLEST),
        alt=f"Districts by {unit}, the largest first",
    )
