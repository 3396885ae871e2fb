"""What a stock comes to: its key figures, and a row for each district."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import volume, volume_range
from app.language import label, t
from app.parts.downloads import downloads
from app.parts.tables import NUMBER, show_table
from app.reading import Reading
from stmp.stock import Outcome, Units

FIGURE = 145  # pixels that a figure needs at least
ROWS = 20  # before the table scrolls


def figures(reading: Reading, stock: Units, expected: Outcome) -> None:
    """The stock, what it is expected to lose and to leave over, and the share of the demand it meets."""
    unit = label(reading.market.about.unit)
    lost, left = expected.total_lost, expected.total_left
    joint = t("The mean, and the interval that should hold it in 8 of 10 cases, from joint samples of the whole period.")
    shown = (
        (t("Stock"), float(stock.sum()), "", t("Units of all districts together, in whole cases.")),
        (t("Expected lost sales"), float(expected.lost.sum()), t("80 %: {span}", span=volume_range(lost.low, lost.high)), joint),
        (t("Expected leftovers"), float(expected.left.sum()), t("80 %: {span}", span=volume_range(left.low, left.high)), joint),
    )
    with st.grid(4, min_column_width=FIGURE):
        for title, value, below, explained in shown:
            with st.container(border=True, height="stretch"):
                told = t("{volume} {unit}", volume=volume(value), unit=unit)
                st.metric(title, told, below or None, delta_color="off", delta_arrow="off", help=explained)
        with st.container(border=True, height="stretch"):
            st.metric(t("Demand met"), f"{100 * expected.filled:.1f} %", help=t("Expected sales as a share of the expected demand."))


def by_district(reading: Reading, stock: Units, expected: Outcome, name: str, title: str) -> None:
    """A row per district, the largest stock first. name: of the downloads."""
    table = _table(reading, stock, expected)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(title, anchor=False, width="content")
        downloads(name, title, table, reading.choice)
    columns = {column: st.column_config.NumberColumn(format=NUMBER) for column in table.columns[1:]}
    show_table(table.round(), title, ROWS, column_config=columns)


def _table(reading: Reading, stock: Units, expected: Outcome) -> pd.DataFrame:
    unit = label(reading.market.about.unit)
    columns = {
        t("Stock, {unit}", unit=unit): stock.sum(axis=1),
        t("Lost, {unit}", unit=unit): expected.lost.sum(axis=1),
        t("Left over, {unit}", unit=unit): expected.left.sum(axis=1),
    }
    if len(reading.categories) > 1:
        columns |= {reading.category_name(category): stock[:, place] for place, category in enumerate(reading.categories)}
    names = [str(reading.names[region]) for region in reading.forecast.regions]
    table = pd.DataFrame({t("District"): names, **columns})
    return table.sort_values(table.columns[1], ascending=False, kind="stable", ignore_index=True)
