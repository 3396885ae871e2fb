"""A day of an hourly market: its 24 values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from app.formats import day, short_day
from app.language import label, t
from app.parts.downloads import CHART, downloads
from app.pictures.series import Daily, hours
from app.reading import Reading
from stmp.hours import HOURS
from stmp.summary import actuals

KEY = "hours"
WEEKS = 4  # before the cutoff whose same weekday is shown beside the forecast


def hour_by_hour(reading: Reading, districts: Sequence[str]) -> None:
    """Ask for a day and show its hours with their bands; nothing where the market has no hours."""
    dates = reading.forecast.dates
    if reading.forecast.hours is None:
        return
    with st.container(border=True):
        head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        head.subheader(t("Hour by hour"), anchor=False, width="content")
        picked = 0
        if len(dates) > 1:
            picked = st.select_slider(
                t("Day"), range(len(dates)), format_func=lambda position: short_day(dates[position]), key=f"hours-of-{len(dates)}"
            )
        shown, unit = _of_day(reading, districts, picked), label(reading.market.about.unit)
        title = t("{name}: {unit} per hour, {day}", name=reading.name(districts), unit=unit, day=day(dates[picked]))
        st.plotly_chart(hours(shown, unit), key=KEY, config=CHART, alt=title)
        told = t("Grey is the mean of the same weekday's hours in the last {weeks} weeks before the cutoff.", weeks=WEEKS)
        st.caption(" ".join([told, t("Bands hold the middle 50, 80 and 95 % of the joint samples.")]))
        with head:
            numbers = replace(shown, history=shown.history[:0]).frame(unit)
            usual = {t("Usual, {unit}", unit=unit): shown.history.to_numpy()}
            downloads("forecast-hours", title, numbers.assign(**usual), reading.choice, chart=KEY)


def _of_day(reading: Reading, districts: Sequence[str], picked: int) -> Daily:
    """The hours of the target day at a position: samples, what came, and as its past the weekday's usual hours."""
    found, market = reading.forecast.hours, reading.market.hourly
    assert found is not None
    assert market is not None
    cells = np.ix_(reading.rows(districts), reading.categories)
    inside = slice(picked * HOURS, (picked + 1) * HOURS)
    at = found.dates[inside]
    ago = -(-(picked + 1) // 7)  # weeks, so that the last one lies before the cutoff
    past = [actuals(market, at - pd.Timedelta(weeks=ago + week))[cells] for week in range(WEEKS)]
    usual = pd.Series(np.nansum(past, axis=(1, 2)).mean(0), index=at)
    came = actuals(market, at)[cells].reshape(-1, HOURS)
    actual = pd.DataFrame(came.T, index=at).sum(axis=1, min_count=1)
    return Daily(reading.name(districts), usual, found.samples[..., inside, :][cells].sum(axis=(0, 1), dtype=float), at, actual)
