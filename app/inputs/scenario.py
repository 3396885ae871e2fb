"""The scenario in the sidebar: as the calendar has it, days given a date type, or a festival held otherwise."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import short_day
from stmp.market import Calendar, DateType
from stmp.scenario import Add, Days, Drop, Move, Scenario

PLANNED, DATE_TYPE, FESTIVAL = "As the calendar has it", "Days of another date type", "A festival held otherwise"
HOLD, MOVE, DROP = "Hold again", "Move", "Drop"


def ask_scenario(calendar: Calendar, dates: pd.DatetimeIndex, key: str) -> Scenario:
    """Widgets for what differs on the days to forecast; ``key`` sets apart those of other markets, cutoffs and horizons."""
    kind = st.radio("Scenario", [PLANNED, DATE_TYPE, FESTIVAL], key="scenario")
    if kind == DATE_TYPE:
        return _ask_date_type(calendar, dates, key)
    if kind == FESTIVAL and calendar.festivals:
        return _ask_festival(calendar, dates, key)
    if kind == FESTIVAL:
        st.caption("The calendar of this market names no festival.")
    return Scenario()


def _ask_date_type(calendar: Calendar, dates: pd.DatetimeIndex, key: str) -> Scenario:
    labels = [t.label for t in sorted(set(calendar.types), key=by_kind)]
    peaks = [label for label in labels if label.endswith("peak")]
    middle = dates[len(dates) // 2].date()
    first, last = middle, middle
    if len(dates) > 1:
        bounds = {"min_value": dates[0].date(), "max_value": dates[-1].date()}
        first, last = st.slider("Days", value=(middle, middle), format="D MMM", key=f"days-{key}", **bounds)
    label = st.selectbox("Treat them as", labels, index=labels.index(peaks[-1]) if peaks else 0, key=f"type-{key}")
    return Scenario(name=f"{_span(first, last)} as {label}", days=(Days(first=first, last=last, types={label: 1.0}),))


def _ask_festival(calendar: Calendar, dates: pd.DatetimeIndex, key: str) -> Scenario:
    action = st.segmented_control("What happens", [HOLD, MOVE, DROP], default=HOLD, required=True, key="festival-action", width="stretch")
    bounds = {"min_value": dates[0].date(), "max_value": dates[-1].date()}
    middle = dates[len(dates) // 2].date()
    if action == HOLD:
        festival = st.selectbox("Festival", calendar.festivals, index=len(calendar.festivals) - 1, key=f"festival-{key}")
        peak = st.date_input("Peak begins on", middle, key=f"hold-{key}", **bounds)
        days = int(st.number_input("Peak days", 1, 7, 1, key=f"peak-days-{key}"))
        return Scenario(
            name=f"{festival} also on {short_day(pd.Timestamp(peak))}", festivals=(Add(festival=festival, peak=peak, days=days),)
        )
    held = [o for o in calendar.occurrences if dates[0] <= o.peak <= dates[-1]]
    if not held:
        st.caption("No festival has its peak on the days to forecast. Choose another cutoff or a longer horizon, or hold one again.")
        return Scenario()
    chosen = st.selectbox("Festival", held, format_func=lambda o: f"{o.festival}, {short_day(o.peak)}", key=f"held-{key}")
    day = chosen.peak.date()
    if action == DROP:
        return Scenario(name=f"{chosen.festival} dropped", festivals=(Drop(festival=chosen.festival, peak=day),))
    to = st.date_input("Peak moves to", day, key=f"move-{key}-{day}", **bounds)
    if to == day:
        return Scenario()
    moved = Move(festival=chosen.festival, peak=day, to=to)
    return Scenario(name=f"{chosen.festival} moved to {short_day(pd.Timestamp(to))}", festivals=(moved,))


def by_kind(kind: DateType) -> tuple[int, str, int]:
    """Workday, day off, then festivals by name in the order of their phases, then holidays."""
    return (
        ("workday", "day off", "festival", "holiday").index(kind.kind),
        kind.name,
        ("", "opening", "run-up", "peak", "after").index(kind.phase),
    )


def _span(first: object, last: object) -> str:
    start, end = pd.Timestamp(str(first)), pd.Timestamp(str(last))
    return short_day(start) if start == end else f"{short_day(start)} to {short_day(end)}"
