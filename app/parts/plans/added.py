"""Forecast value added: did the overrides of the open version help?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import plain, rounded, volume
from app.language import label, t
from app.parts.plans.since import Since
from app.parts.tables import NUMBER, PERCENT, show_table
from stmp import summary
from stmp.errors import PlanError
from stmp.market import Market
from stmp.plans import summed, value_added


def added(found: Since, market: Market, names: pd.Series) -> None:
    """A table by planner, district or reason, as soon as something of the days is known."""
    try:
        table = value_added(found.forecast, found.version.content.overrides, summary.actuals(market, found.forecast.dates))
    except PlanError as error:  # the market has lost a district or a category since
        st.caption(plain(str(error)))
        return
    st.subheader(t("Did the overrides help?"), anchor=False)
    if table.empty:
        st.caption(t("What came is not known yet. When the market's data reach these days, it is measured here."))
        return
    unit = label(market.about.unit)
    titles = {"author": t("Planner"), "region": t("District"), "reason": t("Reason")}
    by = st.segmented_control(t("By"), list(titles), default="author", required=True, format_func=titles.get, key="added-by")
    grouped, total = summed(table, by), float((table["before"] - table["after"]).sum())
    number, size = found.version.number, volume(abs(total))
    if total >= 0:
        told = t("Together the overrides of version {number} lowered the error by {volume} {unit}.", number=number, volume=size, unit=unit)
    else:
        told = t("Together the overrides of version {number} raised the error by {volume} {unit}.", number=number, volume=size, unit=unit)
    st.markdown(plain(told))
    shown = pd.DataFrame(
        {
            titles[by]: [names.get(name, name) for name in grouped.index] if by == "region" else list(grouped.index),
            t("Cells"): grouped["cells"].to_numpy(),
            t("Actual, {unit}", unit=unit): grouped["actual"].map(rounded).to_numpy(),
            t("Error without, {unit}", unit=unit): grouped["before"].map(rounded).to_numpy(),
            t("Error with, {unit}", unit=unit): grouped["after"].map(rounded).to_numpy(),
            t("Value added, {unit}", unit=unit): grouped["added"].map(rounded).to_numpy(),
            t("Error without, %"): 100 * grouped["wape_before"].to_numpy(),
            t("Error with, %"): 100 * grouped["wape_after"].to_numpy(),
        }
    )
    percents = (t("Error without, %"), t("Error with, %"))
    formats = {title: st.column_config.NumberColumn(format=PERCENT if title in percents else NUMBER) for title in shown.columns[2:]}
    show_table(shown, t("Value added by the overrides"), column_config=formats)
    st.caption(
        t(
            "The absolute error of the median, cell by cell: a district, a category, a day. Where overrides overlap, each is credited in "
            "turn for what it changed. Above 0 it helped; it is measured with the forecast that the present data and checkpoint give."
        )
    )
