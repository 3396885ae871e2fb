"""Where it is bought: the map of the districts, or their bars where they have no place."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import plain, short_day, volume_range
from app.inputs.chosen import follow
from app.pictures.bars import ranked_bars
from app.pictures.legend import legend
from app.pictures.maps import LAYER, region_map
from app.pictures.measures import Measure, measures
from app.pictures.palette import Scale
from app.pictures.places import Places
from app.reading import Reading

WHOLE = "Whole period"
HEIGHT = 430


def where(reading: Reading, district: str | None) -> None:
    """A measure and a day, and every district in its colour; a click chooses the district."""
    measure, day = _ask(reading)
    if day is None:
        table = reading.table()
        scale = measure.scale(table[measure.column])
    else:  # one scale for all days, so that they can be compared
        tables = [reading.table([position]) for position in range(len(reading.forecast.dates))]
        table = tables[day]
        scale = measure.scale(pd.concat([t[measure.column] for t in tables]))
    places = reading.choice.loaded.places
    if places is None:
        _bars(reading, table, measure, scale, district)
    else:
        _map(reading, places, table, measure, scale, district)


def _ask(reading: Reading) -> tuple[Measure, int | None]:
    """The measure, and the position of the day on the H axis; None is the whole period."""
    dates = reading.forecast.dates
    offered = {m.title: m for m in measures(reading.market, has_actuals=bool(pd.notna(reading.actual).any()))}
    left, right = st.columns([2, 3], gap="medium")
    title = left.selectbox("Colour", list(offered), key="measure")
    labels = [WHOLE, *(short_day(date) for date in dates)]
    picked = right.select_slider("Day", labels, key=f"day-{dates[0]:%Y%m%d}-{len(dates)}")
    return offered[title], None if picked == WHOLE else labels.index(picked) - 1


def _map(reading: Reading, places: Places, table: pd.DataFrame, measure: Measure, scale: Scale, district: str | None) -> None:
    values, key = table[measure.column], f"map-{reading.market.about.name}"
    details = [
        f"80 %: {volume_range(low, high)} {reading.market.about.unit}" for low, high in zip(table["low"], table["high"], strict=True)
    ]
    deck = region_map(places, reading.names, values, pd.Series(details, index=table.index), measure, scale, district)

    def clicked() -> None:
        found = st.session_state[key].selection.objects.get(LAYER)
        follow(found[0]["properties"]["region_id"] if found else None, key)

    st.pydeck_chart(deck, key=key, on_select=clicked, height=HEIGHT, alt=f"Map: {measure.title} by district")
    st.html(legend(measure, scale, missing=bool(values.isna().any())))
    if places.missing:
        st.caption("Without a place: " + ", ".join(plain(reading.names[region]) for region in places.missing))


def _bars(reading: Reading, table: pd.DataFrame, measure: Measure, scale: Scale, district: str | None) -> None:
    key = f"bars-{reading.market.about.name}"

    def clicked() -> None:
        points = st.session_state[key].selection.points
        if points:  # the selection is also cleared when the figure changes, which is no click
            follow(points[0]["customdata"][0], key)

    st.caption("The districts of this market have no place on a map, so they are ranked.")
    figure = ranked_bars(reading.names, table[measure.column], measure, scale, district)
    st.plotly_chart(
        figure,
        key=key,
        on_select=clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Bars: {measure.title} by district",
    )
