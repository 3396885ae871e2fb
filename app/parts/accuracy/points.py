"""Forecast against actual, cell by cell."""

from __future__ import annotations

import streamlit as st

from app.formats import short_day, volume_range
from app.language import label, t
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.words import kind_name
from app.parts.downloads import CHART
from app.pictures.scatter import forecast_against_actual
from stmp.evaluation import study

MOST = 2000  # points


def points(tested: Tested) -> None:
    """A sample of the checkpoint's cells as dots."""
    cells = tested.cells
    ours = cells[cells["model"] == study.OURS]
    drawn = study.thinned(ours, MOST)
    names = [
        t("{district}, {category}, {day}", district=tested.names[region], category=label(category), day=short_day(date))
        for region, category, date in zip(drawn["region"], drawn["category"], drawn["date"], strict=True)
    ]
    bands = [volume_range(low, high) for low, high in zip(drawn["q10"].astype(float), drawn["q90"].astype(float), strict=True)]
    kinds = {kind: kind_name(kind) for kind in tested.kinds if kind != study.ALL}
    unit, key, title = label(tested.market.about.unit), "accuracy-points", t("Forecast against actual")
    with st.container(border=True):
        shown = drawn[["region", "category", "date", "lead", "label", "actual", "q10", "q50", "q90"]].rename(
            columns={"actual": t("Actual, {unit}", unit=unit), "q50": t("Median, {unit}", unit=unit)}
        )
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(title, anchor=False, width="content")
            tested.downloads(key, title, shown, chart=key)
        figure = forecast_against_actual(drawn.assign(name=names, band=bands), kinds, unit)
        st.plotly_chart(figure, key=key, config=CHART, alt=title)
        told = t("Each dot is a district, a category and a day of this checkpoint's forecasts (medians).")
        if len(drawn) < len(ours):
            told = t(
                "Each dot is a district, a category and a day of this checkpoint's forecasts (medians): {shown} drawn at random of {all}.",
                shown=f"{len(drawn):,}",
                all=f"{len(ours):,}",
            )
        st.caption(told)
        zeros = int((drawn["actual"] == 0).sum())
        if zeros:
            st.caption(t("In {zeros} of them nothing was bought; they stand at the left edge.", zeros=zeros))
