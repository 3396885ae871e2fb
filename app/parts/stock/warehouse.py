"""What goes through the warehouse on each day, against what it can handle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.formats import percent, plain, short_day
from app.language import label, t
from app.parts.downloads import CHART, downloads
from app.parts.tables import ROW
from app.pictures.stock import warehouse as picture
from app.reading import Reading
from stmp import stock
from stmp.summary import Floats


def warehouse(reading: Reading, samples: Floats) -> None:
    """The busy day of each date for all districts together, then of each district. samples: [R, C, H, S]."""
    unit, title = label(reading.market.about.unit), t("The warehouse, day by day")
    heading = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    st.caption(t("The 90th percentile of each day: on 9 of 10 such days no more than that is to be handled."))
    key = f"capacity-{reading.market.about.name}"
    capacity = st.number_input(
        t("Capacity per day, {unit}", unit=unit), 0, None, None, step=1000, key=key, placeholder=t("not given"), width=240
    )
    found = stock.load(samples, np.nan if capacity is None else float(capacity))
    table = pd.DataFrame(
        {
            t("Date"): [f"{date:%Y-%m-%d}" for date in reading.forecast.dates],
            t("90th percentile, {unit}", unit=unit): found.busy,
            t("Chance above the capacity, %"): 100 * found.chance,
        }
    ).dropna(axis=1, how="all")
    with heading:
        st.subheader(title, anchor=False, width="content")
        downloads("stock-warehouse", title, table, reading.choice, chart="stock-warehouse")
    figure = picture(found.busy, found.over, reading.forecast.dates, capacity, unit)
    st.plotly_chart(figure, key="stock-warehouse", config=CHART, alt=title)
    if capacity is not None:
        _judged(reading, found)
    _of_districts(reading, samples, unit)


def _judged(reading: Reading, found: stock.Load) -> None:
    """Which days are too much, or that none is."""
    days = [
        t("{day} ({chance})", day=short_day(date), chance=percent(float(chance)))
        for date, chance, over in zip(reading.forecast.dates, found.chance, found.over, strict=True)
        if over
    ]
    if days:
        listed = t(", ").join(days)
        told = t("The capacity may not suffice on these days; in brackets the chance that more is asked: {days}", days=listed)
        st.warning(plain(told), icon=":material/warehouse:")
    else:
        st.success(t("The capacity suffices for the 90th percentile of every day."), icon=":material/check:")


def _of_districts(reading: Reading, samples: Floats, unit: str) -> None:
    """Capacities of the districts, where they have a warehouse each."""
    with st.expander(t("A warehouse in each district"), icon=":material/warehouse:"):
        busy = stock.load(samples, np.full(len(samples), np.nan)).busy  # [R, H]
        peak, chosen = busy.argmax(axis=1), t("Capacity per day, {unit}", unit=unit)
        table = pd.DataFrame(
            {
                t("District"): [str(reading.names[region]) for region in reading.forecast.regions],
                t("Busiest day"): [short_day(reading.forecast.dates[day]) for day in peak],
                t("90th percentile, {unit}", unit=unit): busy.max(axis=1).round(),
                chosen: np.full(len(busy), np.nan),
            }
        )
        edited = st.data_editor(
            table,
            key=f"capacities-{reading.market.about.name}",
            hide_index=True,
            row_height=ROW,
            disabled=list(table.columns[:-1]),
            column_config={chosen: st.column_config.NumberColumn(min_value=0, step=1)},
            alt=t("Capacities of the districts"),
        )
        found = stock.load(samples, edited[chosen].to_numpy(float))
        names = [str(name) for name, over in zip(table.iloc[:, 0], found.over.any(axis=1), strict=True) if over]
        if names:
            st.warning(
                plain(t("Above their capacity on some day: {districts}", districts=t(", ").join(names))), icon=":material/warehouse:"
            )
        elif edited[chosen].notna().any():
            st.success(t("The capacities given suffice for the 90th percentile of every day."), icon=":material/check:")
