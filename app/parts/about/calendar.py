"""The calendar: kinds of days, festivals with what they brought, public holidays, and what is only a guess."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import UNKNOWN, day, times
from app.inputs.sidebar import Choice
from app.language import label, t
from app.parts.downloads import downloads
from app.parts.tables import TIMES, show_table
from stmp.market.report import AROUND, Description, Festival

ROWS, TWO_ABREAST = 13, 620  # of a table before it scrolls; pixels


def calendar(described: Description, choice: Choice) -> None:
    """Span, kinds of days, provisional years; then the festivals and the public holidays in tables."""
    with st.container(border=True):
        st.subheader(t("Calendar"), anchor=False)
        ahead = (described.calendar_last - described.last.normalize()).days
        st.caption(
            t(
                "{first} to {last}, {ahead} days past the data. Days in the data: {workdays} workdays, {off} days off, {holidays} public "
                "holidays, {festivals} festival days; {weekends} workdays fall on a weekend.",
                first=day(described.calendar_first),
                last=day(described.calendar_last),
                ahead=ahead,
                workdays=described.kinds["workday"],
                off=described.kinds["day off"],
                holidays=described.kinds["holiday"],
                festivals=described.kinds["festival"],
                weekends=described.working_weekends,
            )
        )
        if described.provisional:
            years = t(", ").join(map(str, described.provisional))
            told = t("The public holidays of {years} were not announced yet when the calendar was made; they are a guess.", years=years)
            st.warning(told, title=t("Provisional years"), icon=":material/edit_calendar:")
        grid = st.grid(2, min_column_width=TWO_ABREAST)
        with grid.container():
            _table(t("Festivals"), _festivals(described), "about-festivals", choice)
        with grid.container():
            _table(t("Public holidays"), _holidays(described), "about-holidays", choice)
        told = t(
            "Times an ordinary day: the total of the strongest peak day over the median of the ordinary days within {days} days of it; in "
            "the districts with the lowest and the highest. Of a holiday, the median, lowest and highest of its days.",
            days=AROUND,
        )
        st.caption(told)


def _table(title: str, table: pd.DataFrame, name: str, choice: Choice) -> None:
    if table.empty:
        st.caption(t("{title}: none", title=title))
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{title}**", width="content")
        downloads(name, title, table, choice)
    formats = {column: st.column_config.NumberColumn(format=TIMES) for column in table.select_dtypes("float")}
    show_table(table, title, ROWS, column_config=formats, placeholder=UNKNOWN)


def _festivals(described: Description) -> pd.DataFrame:
    """The latest first; where nothing was measured, as ahead of the data, the numbers are missing."""
    return pd.DataFrame([_festival(found) for found in reversed(described.festivals)])


def _festival(found: Festival) -> dict[str, object]:
    held, peak, opening = found.occurrence, found.strongest, found.opening
    return {
        t("Festival"): label(held.festival),
        t("Peak"): f"{held.peak:%Y-%m-%d}",
        t("Days"): held.days,
        t("Times an ordinary day"): float("nan") if peak is None else peak.market,
        t("In the districts"): None if peak is None else t("{low} to {high}", low=times(peak.low), high=times(peak.high)),
        t("Opening"): None if held.opening is None else f"{held.opening:%Y-%m-%d}",
        t("Opening, times"): float("nan") if opening is None else opening.market,
    }


def _holidays(described: Description) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                t("Holiday"): label(holiday.name),
                t("Number of days"): holiday.days,
                t("Times an ordinary day"): holiday.middle,
                t("Lowest to highest"): t("{low} to {high}", low=times(holiday.low), high=times(holiday.high)),
            }
            for holiday in described.holidays
        ]
    )
