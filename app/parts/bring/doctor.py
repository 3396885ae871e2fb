"""The doctor's report: every line accounted for, days without data, and the points that no polygon holds on a map."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.formats import plain
from app.language import t
from app.parts.bring.words import remedy, wrong
from app.parts.tables import show_table
from app.pictures.outside import outside_map
from stmp.ingest.inputs import Inputs
from stmp.ingest.lines import Reason
from stmp.ingest.report import LogReport, Report

FEW = 8  # entries that are written out
HEIGHT = 360


def show_report(report: Report, inputs: Inputs) -> None:
    for log in report.logs:
        _log(log)
    days, regions = st.columns(2)
    with days.container(border=True, height="stretch"):
        st.subheader(t("Days"), anchor=False)
        st.markdown(
            t(
                "{first} to {last}; the median day has {usual}, the largest, {largest}, has {most}.",
                first=report.first,
                last=report.last,
                usual=f"{report.median_day:,.0f}",
                largest=report.largest_day[0],
                most=f"{report.largest_day[1]:,.0f}",
            )
        )
        if report.dark:
            st.markdown(t("{count} days without any order line: {days}", count=len(report.dark), days=_few(report.dark)))
        st.markdown(t("{zero} of {cells} cells of the other days are zero.", zero=f"{report.zero_cells:,}", cells=f"{report.cells:,}"))
        if report.makeup_days:
            st.markdown(t("Working days at weekends: {days}", days=_few(report.makeup_days)))
        if report.provisional:
            years = _few([str(year) for year in report.provisional])
            st.markdown(t("Holidays of {years} are not announced yet: the calendar holds a guess.", years=years))
    with regions.container(border=True, height="stretch"):
        st.subheader(t("Districts"), anchor=False)
        st.markdown(t("{count} districts have lines.", count=report.regions))
        if report.silent:
            st.markdown(t("Without a line, and left out: {districts}", districts=plain(_few(report.silent))))
        for repair in report.repairs:
            st.markdown(plain(repair))
        if report.outside and inputs.regions.polygons is not None:
            told = t("{count} points outside every district, in red.", count=f"{len(report.outside):,}")
            st.pydeck_chart(outside_map(inputs.regions.polygons, report.outside), height=HEIGHT, key="bring-outside", alt=told)
            st.caption(told)


def _log(log: LogReport) -> None:
    with st.container(border=True):
        st.subheader(t("Order lines") if log.name == "orders" else t("Cart additions"), anchor=False)
        told = ((t("Lines"), log.lines), (t("Counted"), log.counted), (t("Rejected"), log.rejected))
        for place, (label, number) in zip(st.columns(len(told)), told, strict=True):
            place.metric(label, f"{number:,}")
        if log.rejections:
            rows = [
                {
                    t("Lines"): rejection.lines,
                    t("Column"): rejection.column,
                    t("What is wrong"): wrong(Reason[rejection.reason.upper()]),
                    t("What to do"): remedy(Reason[rejection.reason.upper()]),
                    t("For instance"): "; ".join(_place(e.row, e.value) for e in rejection.examples[:3]),
                }
                for rejection in log.rejections
            ]
            show_table(pd.DataFrame(rows), t("Why lines were rejected"), FEW)


def _place(row: int | None, value: str) -> str:
    return value if row is None else t("row {row}: {value}", row=row, value=value)


def _few(entries: Sequence[str]) -> str:
    shown = t(", ").join(entries[:FEW])
    return shown if len(entries) <= FEW else t("{shown} and {more} more", shown=shown, more=len(entries) - FEW)
