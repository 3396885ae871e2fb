"""Past and forecast of the chosen districts, day by day."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.inputs.chosen import choose
from app.language import label, t
from app.parts.downloads import CHART, downloads
from app.pictures.palette import COMPARED
from app.pictures.series import Daily, apart, compared, series, stacked
from app.pictures.timeline import Phase, phases
from app.reading import Reading

KEY = "series"
TOGETHER, STACKED, APART = "together", "stacked", "apart"


def past_and_forecast(reading: Reading, districts: Sequence[str]) -> None:
    """Series with bands, what came, festival phases, and the plan where a what-if differs from it; categories together or not."""
    unit = label(reading.market.about.unit)
    title = t("{name}: {unit} per day", name=reading.name(districts), unit=unit)
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    head.subheader(t("Day by day"), anchor=False, width="content")
    how = _ask_categories(reading, head)
    dailies = _of_districts(reading, districts) if how == TOGETHER else _of_categories(reading, districts)
    days = pd.date_range(dailies[0].history.index[0], reading.forecast.dates[-1])
    figure = _picture(how, dailies, list(phases(reading.calendar, days)), unit)
    alt = t("Past, forecast bands and actual {unit} per day: {name}", unit=unit, name=reading.name(districts))

    def clicked() -> None:
        for point in st.session_state[KEY].selection.points:  # none where the selection was cleared, for the figure changed
            choose([districts[point["customdata"][0]]])

    st.plotly_chart(figure, key=KEY, on_select=clicked, selection_mode="points", config=CHART, alt=alt)
    st.caption(_told(how, len(districts)))
    with head:  # after the chart, which is waited for
        downloads("forecast-series", title, pd.concat([d.frame(unit) for d in dailies]), reading.choice, chart=KEY)


def _picture(how: str, dailies: Sequence[Daily], festival_phases: Sequence[Phase], unit: str) -> go.Figure:
    if how == STACKED:
        return stacked(dailies, festival_phases, unit)
    if how == APART:
        return apart(dailies, festival_phases, unit)
    if len(dailies) > 1:
        return compared(dailies, festival_phases, unit)
    return series(dailies[0], festival_phases, unit)


def _told(how: str, chosen: int) -> str:
    """How the chart is to be read."""
    if how == STACKED:
        return t("Stacked are what was bought and, after the cutoff, the means of the samples: means add up, medians do not.")
    if how == APART:
        return t("Each category has a scale of its own. Bands hold the middle 50, 80 and 95 % of the joint samples.")
    if chosen > len(COMPARED):
        return t("Drawn are the first {drawn} of {chosen} districts; the key figures hold them all.", drawn=len(COMPARED), chosen=chosen)
    if chosen > 1:
        return t("Medians with their 80 % bands; circles are what came. A click on a line shows its district by itself.")
    return t("Bands hold the middle 50, 80 and 95 % of the joint samples.")


def _ask_categories(reading: Reading, place: st.delta_generator.DeltaGenerator) -> str:
    if len(reading.categories) == 1:
        return TOGETHER
    words = {TOGETHER: t("Together"), STACKED: t("Stacked"), APART: t("Apart")}
    return str(
        place.segmented_control(
            t("Categories"),
            list(words),
            default=TOGETHER,
            required=True,
            format_func=words.get,
            key="categories-shown",
            label_visibility="collapsed",
            persist_state="session",
        )
    )


def _of_districts(reading: Reading, districts: Sequence[str]) -> list[Daily]:
    if len(districts) < 2:
        return [reading.daily(districts)]
    return [reading.daily([district]) for district in districts[: len(COMPARED)]]


def _of_categories(reading: Reading, districts: Sequence[str]) -> list[Daily]:
    """The largest categories first; where there are more than colours, the smallest as one."""
    sizes = reading.forecast.samples[reading.rows(districts)].mean(axis=(0, 2, 3))
    ranked = sorted(reading.categories, key=lambda category: -sizes[category])
    alone = ranked if len(ranked) <= len(COMPARED) else ranked[: len(COMPARED) - 1]
    found = [reading.daily(districts, [category], reading.category_name(category)) for category in alone]
    rest = ranked[len(alone) :]
    return [*found, *([reading.daily(districts, rest, t("{count} other categories", count=len(rest)))] if rest else [])]
