"""The scenario in the sidebar: as the calendar has it, days given a date type, or a festival held otherwise."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from app.formats import short_day
from app.inputs import address
from app.language import CHINESE, current, label, t
from stmp.market import Calendar, DateType
from stmp.scenario import Add, Days, Drop, Move, Scenario

PLANNED, DATE_TYPE, FESTIVAL = "planned", "date-type", "festival"
HOLD, MOVE, DROP = "hold", "move", "drop"
LONGEST_PEAK = 7  # days


def ask_scenario(calendar: Calendar, dates: pd.DatetimeIndex) -> Scenario:
    """Widgets for what differs on the days to forecast."""
    kinds = {PLANNED: t("As the calendar has it"), DATE_TYPE: t("Days of another date type"), FESTIVAL: t("A festival held otherwise")}
    address.settle_text_option("scenario", kinds, PLANNED)
    kind = st.radio(t("Scenario"), list(kinds), format_func=kinds.get, key="scenario", persist_state="session")
    if kind == DATE_TYPE:
        return _ask_date_type(calendar, dates)
    if kind == FESTIVAL and calendar.festivals:
        return _ask_festival(calendar, dates)
    if kind == FESTIVAL:
        st.caption(t("The calendar of this market names no festival."))
    return Scenario()


def _ask_date_type(calendar: Calendar, dates: pd.DatetimeIndex) -> Scenario:
    labels = [kind.label for kind in sorted(set(calendar.types), key=by_kind)]
    peaks = [text for text in labels if text.endswith("peak")]
    low, middle, high = (day.date() for day in dates[[0, len(dates) // 2, -1]])
    first, last = middle, middle
    if low < high:
        address.settle_days("scenario-days", low, high, (middle, middle))
        form = "M月D日" if current() == CHINESE else "D MMM"
        first, last = st.slider(t("Days"), low, high, format=form, key="scenario-days", persist_state="session")
    address.settle_text_option("scenario-as", labels, peaks[-1] if peaks else labels[0])
    shown = {text: label(text) for text in labels}
    kind = st.selectbox(t("Treat them as"), labels, format_func=shown.get, key="scenario-as", persist_state="session")
    name = t("{days} as {date_type}", days=_span(first, last), date_type=shown[kind])
    return Scenario(name=name, days=(Days(first=first, last=last, types={kind: 1.0}),))


def _ask_festival(calendar: Calendar, dates: pd.DatetimeIndex) -> Scenario:
    actions = {HOLD: t("Hold again"), MOVE: t("Move"), DROP: t("Drop")}
    address.settle_text_option("scenario-action", actions, HOLD)
    action = st.segmented_control(
        t("What happens"),
        list(actions),
        required=True,
        format_func=actions.get,
        key="scenario-action",
        persist_state="session",
        width="stretch",
    )
    if action == HOLD:
        return _ask_held_again(calendar, dates)
    held = {f"{o.festival} {o.peak:%Y-%m-%d}": o for o in calendar.occurrences if dates[0] <= o.peak <= dates[-1]}
    if not held:
        st.caption(t("No festival has its peak on the days to forecast. Choose another cutoff or a longer horizon, or hold one again."))
        return Scenario()
    address.settle_text_option("scenario-held", held, next(iter(held)))
    shown = {text: t("{festival}, {day}", festival=label(o.festival), day=short_day(o.peak)) for text, o in held.items()}
    chosen = held[st.selectbox(t("Festival"), list(held), format_func=shown.get, key="scenario-held", persist_state="session")]
    festival, peak = chosen.festival, chosen.peak.date()
    if action == DROP:
        return Scenario(name=t("{festival} dropped", festival=label(festival)), festivals=(Drop(festival=festival, peak=peak),))
    to = _ask_day("scenario-to", t("Peak moves to"), dates, peak)
    if to == peak:
        return Scenario()
    name = t("{festival} moved to {day}", festival=label(festival), day=short_day(pd.Timestamp(to)))
    return Scenario(name=name, festivals=(Move(festival=festival, peak=peak, to=to),))


def _ask_held_again(calendar: Calendar, dates: pd.DatetimeIndex) -> Scenario:
    address.settle_text_option("scenario-festival", calendar.festivals, calendar.festivals[-1])
    shown = {festival: label(festival) for festival in calendar.festivals}
    festival = st.selectbox(t("Festival"), list(shown), format_func=shown.get, key="scenario-festival", persist_state="session")
    peak = _ask_day("scenario-peak", t("Peak begins on"), dates, dates[len(dates) // 2].date())
    address.settle_number("scenario-peak-days", 1, LONGEST_PEAK, 1)
    days = int(st.number_input(t("Peak days"), 1, LONGEST_PEAK, key="scenario-peak-days", persist_state="session"))
    name = t("{festival} also on {day}", festival=shown[festival], day=short_day(pd.Timestamp(peak)))
    return Scenario(name=name, festivals=(Add(festival=festival, peak=peak, days=days),))


def _ask_day(key: str, title: str, dates: pd.DatetimeIndex, default: date) -> date:
    first, last = dates[0].date(), dates[-1].date()
    address.settle_day(key, first, last, default)
    return st.date_input(title, min_value=first, max_value=last, format="YYYY-MM-DD", key=key, persist_state="session")


def by_kind(kind: DateType) -> tuple[int, str, int]:
    """Workday, day off, then festivals by name in the order of their phases, then holidays."""
    return (
        ("workday", "day off", "festival", "holiday").index(kind.kind),
        kind.name,
        ("", "opening", "run-up", "peak", "after").index(kind.phase),
    )


def _span(first: date, last: date) -> str:
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    return short_day(start) if start == end else t("{first} to {last}", first=short_day(start), last=short_day(end))
