"""Where it is bought: the map of the districts, or their bars where they have no place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from app.exports import origin
from app.formats import day, plain, short_day, volume_range
from app.inputs.chosen import follow, listen, turn
from app.language import label, t, title
from app.parts.downloads import CHART, downloads
from app.pictures.bars import ranked_bars
from app.pictures.legend import legend
from app.pictures.many import BORDERED, told_largest
from app.pictures.maps import LAYER, region_map
from app.pictures.measures import Measure, measures
from app.pictures.palette import Scale
from app.pictures.places import Places
from app.pictures.printed_map import print_map
from app.reading import Reading

WHOLE = -1  # the whole period, among the positions of days
HEIGHT = 430


@dataclass(frozen=True)
class _View:
    """What is looked at: a measure's ``column`` of ``table``, on a day (position on the H axis; WHOLE is the period), as blocks or flat.

    scale: the same for all days, so that they can be compared.
    """

    column: str
    day: int
    blocks: bool
    table: pd.DataFrame
    scale: Scale

    def measure(self, reading: Reading) -> Measure:
        return _offered(reading)[self.column]

    @property
    def values(self) -> pd.Series:
        return self.table[self.column]


def where(reading: Reading, districts: Sequence[str]) -> None:
    """A measure and a day, and every district in its colour; a click adds the district or leaves it out."""
    places = reading.choice.loaded.places
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    head.subheader(t("By district"), anchor=False, width="content")
    told_apart = places is not None and places.outlines and len(places.geometry) <= BORDERED
    blocks = told_apart and head.toggle(t("Height shows it, too"), key="blocks", persist_state="session")
    view = _ask(reading, blocks)
    if places is None:
        _bars(reading, view, districts)
        pictured = {"chart": _bars_key(reading)}
    else:
        _map(reading, places, view, districts)
        pictured = {"draw": partial(_print, reading, places, view, districts)}
    with head:
        downloads("forecast-map", _title(reading, view), _numbers(reading, view), reading.choice, **pictured)


def _offered(reading: Reading) -> dict[str, Measure]:
    has_actuals = bool(pd.notna(reading.actual).any())
    return {measure.column: measure for measure in measures(reading.market, has_actuals)}


def _ask(reading: Reading, blocks: bool) -> _View:
    dates, offered = reading.forecast.dates, _offered(reading)
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    with left:
        column = st.selectbox(t("Colour"), list(offered), format_func=lambda c: offered[c].title, key="measure", persist_state="session")
    picked = WHOLE
    if len(dates) > 1:
        picked = right.select_slider(
            t("Day"),
            [WHOLE, *range(len(dates))],
            format_func=lambda position: t("Whole period") if position == WHOLE else short_day(dates[position]),
            key=f"day-{dates[0]:%Y%m%d}-{len(dates)}",
        )
    measure = offered[column]
    if picked == WHOLE:
        return _View(column, picked, blocks, reading.table, measure.scale(reading.table[column]))
    scale = measure.scale(pd.concat([table[column] for table in reading.tables]))
    return _View(column, picked, blocks, reading.tables[picked], scale)


def _map(reading: Reading, places: Places, view: _View, districts: Sequence[str]) -> None:
    measure, table, unit = view.measure(reading), view.table, label(reading.market.about.unit)
    shape = "blocks" if view.blocks else "map"  # each with a view of its own: a view that changes under one key would jump
    key = f"{shape}-{reading.market.about.name}"
    ranges = [
        t("80 %: {span} {unit}", span=volume_range(low, high, middle), unit=unit)
        for low, high, middle in zip(table["low"], table["high"], table["total"], strict=True)
    ]
    details = pd.Series(ranges, index=table.index)
    deck = region_map(places, reading.names, view.values, details, measure, view.scale, districts, view.blocks)

    def clicked() -> None:
        found = st.session_state[key].selection.objects.get(LAYER, [])
        follow((one["properties"]["region_id"] for one in found), key)

    listen(key)
    alt = t("Map of the districts: {measure}", measure=measure.title)
    st.pydeck_chart(deck, key=key, on_select=clicked, selection_mode="multi-object", height=HEIGHT, alt=alt)
    st.html(legend(measure, view.scale, missing=bool(view.values.isna().any())))
    if places.missing:
        missing = t(", ").join(plain(reading.names[region]) for region in places.missing)
        st.caption(t("Without a place: {names}", names=missing))


def _bars_key(reading: Reading) -> str:
    return f"bars-{reading.market.about.name}"


def _bars(reading: Reading, view: _View, districts: Sequence[str]) -> None:
    measure, key = view.measure(reading), _bars_key(reading)

    def clicked() -> None:
        for point in st.session_state[key].selection.points:  # none where the selection was cleared, for the figure changed
            turn(point["customdata"][0])

    st.caption(t("The districts of this market have no place on a map, so they are ranked."))
    if told := told_largest(len(view.values)):
        st.caption(told)
    figure = ranked_bars(reading.names, view.values, measure, view.scale, districts)
    alt = t("Bars of the districts: {measure}", measure=measure.title)
    st.plotly_chart(figure, key=key, on_select=clicked, selection_mode="points", config=CHART, alt=alt)


def _title(reading: Reading, view: _View) -> str:
    dates, measure = reading.forecast.dates, view.measure(reading)
    if view.day == WHOLE:
        return t("{measure} by district, {first} to {last}", measure=measure.title, first=day(dates[0]), last=day(dates[-1]))
    return t("{measure} by district on {day}", measure=measure.title, day=day(dates[view.day]))


def _numbers(reading: Reading, view: _View) -> pd.DataFrame:
    """All measures of the day or the period, a row per district."""
    table, unit, dates = view.table, label(reading.market.about.unit), reading.forecast.dates
    shown = dates[[0, -1]] if view.day == WHOLE else dates[[view.day, view.day]]
    numbers = {t("{title}, {unit}", title=measure.title, unit=measure.unit): table[column] for column, measure in _offered(reading).items()}
    return pd.DataFrame(
        {
            t("District"): reading.names,
            t("First day"): f"{shown[0]:%Y-%m-%d}",
            t("Last day"): f"{shown[1]:%Y-%m-%d}",
            **numbers,
            t("80 % from, {unit}", unit=unit): table["low"],
            t("80 % to, {unit}", unit=unit): table["high"],
        }
    )


def _print(reading: Reading, places: Places, view: _View, districts: Sequence[str], kind: str) -> bytes:
    """The map as a picture."""
    told = t("{market}: {picture}", market=title(reading.market.about), picture=_title(reading, view))
    measure, source = view.measure(reading), origin(reading.choice)
    return print_map(kind, places, reading.names, view.values, measure, view.scale, districts, told, source)
