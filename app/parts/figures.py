"""Key figures of the chosen districts together, or of the whole market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from app.formats import Show, in_days, percent, plain, short_day, signed_percent, times, volume, volume_range
from app.language import label, t
from app.reading import Reading
from stmp import summary

FIGURE = 185  # pixels that a figure needs at least


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
    rows = [shown] if len(shown) % 2 else [shown[:2], shown[2:]]  # two by two where four do not fit, never three and one
    outer = st.grid(len(rows), min_column_width=2 * FIGURE)
    for row in rows:
        with outer.container(height="stretch"), st.grid(len(row), min_column_width=FIGURE):
            for figure in row:
                _card(figure)


def _card(figure: _Figure) -> None:
    with st.container(border=True, height="stretch", gap="xxsmall"):
        st.metric(figure.label, figure.value, figure.below, delta_color="off", delta_arrow="off", help=figure.explained)
        if figure.came:
            st.caption(plain(figure.came))


def _figures(reading: Reading, seen: summary.Outlook) -> list[_Figure]:
    days, unit = len(reading.forecast.dates), label(reading.market.about.unit)
    return [_total(seen, days, unit), _peak(seen, unit), _uplift(seen, days), _peak_uplift(seen)]


def _total(seen: summary.Outlook, days: int, unit: str) -> _Figure:
    known, came, error = seen.actual.days, volume(seen.actual.total), signed_percent(seen.actual.error)
    told = ""
    if known == days:
        told = t("Came: {volume} {unit}, forecast {error}", volume=came, unit=unit, error=error)
    elif known:
        told = t(
            "Came on {known} of {days} days: {volume} {unit}, forecast {error}", known=known, days=days, volume=came, unit=unit, error=error
        )
    return _Figure(
        t("Total of {days}", days=in_days(days)),
        t("{volume} {unit}", volume=volume(seen.total.middle), unit=unit),
        _bounds(volume_range(seen.total.low, seen.total.high, seen.total.middle)),
        t(
            "The median of the total, and the interval that should hold it in 8 of 10 cases, from joint samples. Below, what came, and "
            "how far the forecast of the same days lies above or below it."
        ),
        told,
    )


def _peak(seen: summary.Outlook, unit: str) -> _Figure:
    came = seen.actual
    return _Figure(
        t("Peak day"),
        short_day(seen.peak_day),
        t(
            "{volume} ({bounds})",
            volume=volume(seen.peak.middle),
            bounds=volume_range(seen.peak.low, seen.peak.high, seen.peak.middle),
        ),
        t(
            "The day with the highest median, with its {unit} and their 80 % interval. It is the highest day in {chance} of the samples.",
            unit=unit,
            chance=percent(seen.peak_chance),
        ),
        "" if came.peak_day is None else t("Came: {day}, {volume}", day=short_day(came.peak_day), volume=volume(came.peak)),
    )


def _uplift(seen: summary.Outlook, days: int) -> _Figure:
    known, came = seen.actual.days, times(seen.actual.uplift)
    told = t("Came: {times}", times=came) if known == days else ""
    if 0 < known < days:
        told = t("Came on {known} of {days} days: {times}", known=known, days=days, times=came)
    return _Figure(
        t("Uplift of the period"),
        times(seen.uplift.middle),
        _bounds(_span(seen.uplift, times)),
        t(
            "Mean of the days forecast over the mean of the last {days} ordinary days before the cutoff: workdays and days off, no "
            "festival, no public holiday.",
            days=summary.ORDINARY_DAYS,
        ),
        told,
    )


def _peak_uplift(seen: summary.Outlook) -> _Figure:
    return _Figure(
        t("Uplift of the peak day"),
        times(seen.peak_uplift.middle),
        _bounds(_span(seen.peak_uplift, times)),
        t(
            "The peak day over the mean of the last {days} ordinary days before the cutoff: workdays and days off, no festival, no "
            "public holiday.",
            days=summary.ORDINARY_DAYS,
        ),
        "" if seen.actual.peak_day is None else t("Came: {times}", times=times(seen.actual.peak_uplift)),
    )


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
