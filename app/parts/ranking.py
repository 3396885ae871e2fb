"""The districts in a table, the largest first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.formats import rounded
from app.inputs.chosen import KEY, turn
from app.language import label, t
from app.parts.downloads import downloads
from app.parts.tables import NUMBER, PERCENT, TIMES, show_table
from app.reading import Reading

EDITION, HEARD = "ranking-edition", "ranking-heard"  # in the session: see _edition
ROWS = 20  # before the table scrolls
LINE = 60  # pixels of the lines; with short titles all columns stand side by side on a page 1024 pixels wide


def ranking(reading: Reading, districts: Sequence[str]) -> None:
    """Daily medians, total, interval, uplift and share of the whole period; a tick at a row adds the district."""
    table = reading.table.sort_values("total", ascending=False)
    exact = ranked_districts(reading, table)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(t("Districts ranked"), anchor=False, width="content")
        downloads("forecast-districts", t("Districts ranked"), exact, reading.choice)
    # The key changes with the order of the rows: a selection is kept by position, and would come to mean another district.
    key = f"ranking-{_edition(districts)}-{abs(hash(tuple(table.index)))}"
    ticked = [row for row, region in enumerate(table.index) if region in districts]
    st.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}

    def clicked() -> None:  # what differs from the ticks shown; it is also called when nothing was clicked
        for row in set(st.session_state[key].selection.rows) ^ set(ticked):
            turn(table.index[row])
        st.session_state[HEARD] = set(st.session_state[KEY])

    shown, columns = _for_eyes(exact, reading, table.index)
    alt = t("Districts by {unit}, the largest first", unit=label(reading.market.about.unit))
    show_table(shown, alt, ROWS, column_config=columns, key=key, on_select=clicked, selection_mode="multi-row")


def _edition(districts: Sequence[str]) -> int:
    """Another number, which makes the table anew, when districts were chosen elsewhere after a tick in the table.

    The browser sends no tick that leads back to what it sent last, though other ticks were set in between.
    """
    edition = int(st.session_state.get(EDITION, 0))
    if st.session_state.get(HEARD, set(districts)) != set(districts):
        edition = st.session_state[EDITION] = edition + 1
        del st.session_state[HEARD]
    return edition


def ranked_districts(reading: Reading, table: pd.DataFrame) -> pd.DataFrame:
    """The table's numbers in full; columns of which nothing is known are left out."""
    unit = label(reading.market.about.unit)
    columns = {
        t("Total, {unit}", unit=unit): table["total"],
        t("80 % from, {unit}", unit=unit): table["low"],
        t("80 % to, {unit}", unit=unit): table["high"],
        t("Uplift, ×"): table["uplift"],
        t("Share, %"): 100 * table["share"],
        t("Actual, {unit}", unit=unit): table["actual"],
        t("Error, %"): 100 * table["error"],
    }
    return pd.DataFrame({t("District"): reading.names[table.index], **columns}).dropna(axis=1, how="all")


def _for_eyes(exact: pd.DataFrame, reading: Reading, regions: pd.Index) -> tuple[pd.DataFrame, dict[str, object]]:
    """Rounded, with the daily medians as a line beside each name, and how each column is written: the unit with the first alone."""
    unit = label(reading.market.about.unit)
    uplift, percents = t("Uplift, ×"), (t("Share, %"), t("Error, %"))
    short = {
        t("80 % from, {unit}", unit=unit): t("80 % from"),
        t("80 % to, {unit}", unit=unit): t("80 % to"),
        t("Actual, {unit}", unit=unit): t("Actual"),
    }
    shown = exact.copy()
    columns: dict[str, object] = {}
    for title in exact.columns[1:]:
        form = TIMES if title == uplift else PERCENT if title in percents else NUMBER
        columns[title] = st.column_config.NumberColumn(short.get(title), format=form, help=title if title in short else None)
        shown[title] = exact[title].round(1) + 0.0 if form == PERCENT else exact[title].map(rounded)  # no −0.0
    days = t("Day by day")
    lines = dict(zip(reading.forecast.regions, reading.medians.round().tolist(), strict=True))
    shown.insert(1, days, [lines[region] for region in regions])
    columns[days] = st.column_config.LineChartColumn(
        width=LINE, y_min=0, help=t("The median of each day, from 0 up to the district's own highest day.")
    )
    return shown, columns
