"""Key figures of the chosen districts together, or of the whole market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from app.formats import Show, percent, plain, short_day, signed_percent, times, volume, volume_range
from app.language import label, t
from app.reading import Reading
from stmp import summary


class _Figure(NamedTuple):
    label: str
    value: str
    below: str
    explained: str
    came: str = ""


def key_figures(reading: Reading, districts: Sequence[str]) -> None:
    """Total, peak day and uplift with their 80 % intervals; the change by a what-if; what came, where it is known."""
    shown = _figures(reading, reading.outlook(districts))
    if reading.plan is not None:
        shown.append(_against_plan(reading, districts))
    with st.grid(len(shown), min_column_width=170):
        for figure in shown:
            with st.container(border=True, height="stretch", gap="xxsmall"):
                st.metric(figure.label, figure.value, figure.below, delta_color="off", delta_arrow="off", help=figure.explained)
                if figure.came:
                    st.caption(plain(figure.came))


def _figures(reading: Reading, seen: summary.Outlook) -> list[_Figure]:
    days, unit, came, ordinary = len(reading.forecast.dates), label(reading.market.about.unit), seen.actual, summary.ORDINARY_DAYS
    volume_came, times_came, error = volume(came.total), times(came.uplift), signed_percent(came.error)
    total = uplift = peak = peak_uplift = ""
    if came.days == days:
        total = t("Came: {volume} {unit}, forecast {error}", volume=volume_came, unit=unit, error=error)
        uplift = t("Came: {times}", times=times_came)
        peak = t("Came: {day}, {volume}", day=short_day(came.peak_day), volume=volume(came.peak))
        peak_uplift = t("Came: {times}", times=times(came.peak_uplift))
    elif came.days:
        total = t(
            "Came on {known} of {days} days: {volume} {unit}, forecast {error}",
            known=came.days,
            days=days,
            volume=volume_came,
            unit=unit,
            error=error,
        )
        uplift = t("Came on {known} of {days} days: {times}", known=came.days, days=days, times=times_came)
    return [
        _Figure(
            t("Total of {days} days", days=days),
            t("{volume} {unit}", volume=volume(seen.total.middle), unit=unit),
            _bounds(volume_range(seen.total.low, seen.total.high)),
            t(
                "The median of the total, and the interval that should hold it in 8 of 10 cases, from joint samples. Below, what came, and "
                "how far the forecast of the same days lies above or below it."
            ),
            total,
        ),
        _Figure(
            t("Peak day"),
            short_day(seen.peak_day),
            t("{volume} ({bounds})", volume=volume(seen.peak.middle), bounds=volume_range(seen.peak.low, seen.peak.high)),
            t(
                "The day with the highest median, with its {unit} and their 80 % interval. It is the highest day in {chance} of the "
                "samples.",
                unit=unit,
                chance=percent(seen.peak_chance),
            ),
            peak,
        ),
        _Figure(
            t("Uplift of the period"),
            times(seen.uplift.middle),
            _bounds(_span(seen.uplift, times)),
            t(
                "Mean of the days forecast over the mean of the last {days} ordinary days before the cutoff: workdays and days off, no "
                "festival, no public holiday.",
                days=ordinary,
            ),
            uplift,
        ),
        _Figure(
            t("Uplift of the peak day"),
            times(seen.peak_uplift.middle),
            _bounds(_span(seen.peak_uplift, times)),
            t(
                "The peak day over the mean of the last {days} ordinary days before the cutoff: workdays and days off, no festival, no "
                "public holiday.",
                days=ordinary,
            ),
            peak_uplift,
        ),
    ]


def _against_plan(reading: Reading, districts: Sequence[str]) -> _Figure:
    assert reading.plan is not None
    moved = summary.change(reading.forecast, reading.plan.forecast, reading.rows(districts), reading.categories)
    return _Figure(
        t("Against the plan"),
        signed_percent(moved.middle),
        _bounds(_span(moved, signed_percent)),
        t("Change of the total from the calendar as planned to this what-if; both are drawn with the same random numbers."),
    )


def _span(interval: summary.Interval, show: Show) -> str:
    return t("{low} to {high}", low=show(interval.low), high=show(interval.high))


def _bounds(span: str) -> str:
    return t("80 %: {span}", span=span)
