"""Key figures of a district or of the whole market."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app.formats import Show, short_day, signed_percent, times, volume, volume_range
from app.reading import Reading
from stmp import summary

LEVEL = (
    f"the mean of the last {summary.ORDINARY_DAYS} ordinary days (workdays and days off; no festival, no public holiday) before the cutoff"
)


class _Figure(NamedTuple):
    label: str
    value: str
    below: str
    explained: str


def key_figures(reading: Reading, district: str | None) -> None:
    """Total, peak day and uplift with their 80 % intervals; the change by a what-if; what came, where it is known."""
    shown = _figures(reading, district)
    with st.grid(len(shown), min_column_width=150):
        for figure in shown:
            st.metric(figure.label, figure.value, figure.below, delta_color="off", delta_arrow="off", border=True, help=figure.explained)


def _figures(reading: Reading, district: str | None) -> list[_Figure]:
    days, unit = len(reading.forecast.dates), reading.market.about.unit
    seen = reading.outlook(district)
    shown = [
        _Figure(
            f"Total of {days} days",
            f"{volume(seen.total.middle)} {unit}",
            f"80 %: {volume_range(seen.total.low, seen.total.high)}",
            "The median of the total, and the interval that should hold it in 8 of 10 cases. Both come from joint samples.",
        ),
        _Figure(
            "Peak day",
            short_day(seen.peak_day),
            f"{volume(seen.peak.middle)} ({volume_range(seen.peak.low, seen.peak.high)})",
            f"The day with the highest median, with its {unit} and their 80 % interval.",
        ),
        _Figure("Uplift of the period", times(seen.uplift.middle), _bounds(seen.uplift, times), f"Mean of the days forecast over {LEVEL}."),
        _Figure("Uplift of the peak day", times(seen.peak_uplift.middle), _bounds(seen.peak_uplift, times), f"The peak day over {LEVEL}."),
    ]
    if reading.plan is not None:
        moved = summary.change(reading.forecast, reading.plan.forecast, reading.rows(district), reading.categories)
        explained = "Change of the total from the calendar as planned to this what-if; both are drawn with the same random numbers."
        shown.append(_Figure("Against the plan", signed_percent(moved.middle), _bounds(moved, signed_percent), explained))
    if seen.known_days:
        known = "all days" if seen.known_days == days else f"{seen.known_days} of {days} days"
        explained = "What came on the days that are known by now, and how far the forecast of the same days lies above or below it."
        shown.append(_Figure("Actual", f"{volume(seen.actual)} {unit}", f"forecast {signed_percent(seen.error)}, {known}", explained))
    return shown


def _bounds(interval: summary.Interval, show: Show) -> str:
    return f"80 %: {show(interval.low)} to {show(interval.high)}"
