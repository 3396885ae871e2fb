"""How alike all districts are to one of them, on the city map; ranked where they have no place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from app.exports import origin
from app.formats import plain
from app.inputs.sidebar import Choice
from app.language import t, title
from app.parts.downloads import CHART, downloads
from app.pictures.bars import ranked_bars
from app.pictures.legend import legend
from app.pictures.many import told_largest
from app.pictures.maps import LAYER, region_map
from app.pictures.measures import Measure
from app.pictures.palette import likeness
from app.pictures.places import Places
from app.pictures.printed_map import print_map

HEIGHT = 430


def city(choice: Choice, names: pd.Series, cosines: pd.Series, chosen: str, choose: Callable[[str], None]) -> None:
    """``cosines`` with the chosen region, by region id, in colours; a click holds the others against the region clicked."""
    market, places = choice.question.market, choice.loaded.places
    key = f"alike-{market.about.name}"
    pictured = {"chart": key} if places is None else {"draw": partial(_print, choice, places, names, cosines, chosen)}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(t("On the map"), anchor=False, width="content")
        numbers = pd.DataFrame({t("District"): names, t("Cosine with {name}", name=names[chosen]): cosines})
        downloads("alike-map", t("Districts like {name}", name=names[chosen]), numbers, choice, **pictured)
    if places is None:
        _bars(key, names, cosines, chosen, choose)
    else:
        _map(key, places, names, cosines, chosen, choose)


def _measure() -> Measure:
    return Measure("cosine", t("Cosine"), t("cosine: 1 alike, 0 unrelated, −1 opposite"), _show, around_zero=True, sized=False)


def _show(cosine: float) -> str:
    return f"{cosine:.2f}".replace("-", "−")


def _map(key: str, places: Places, names: pd.Series, cosines: pd.Series, chosen: str, choose: Callable[[str], None]) -> None:
    def clicked() -> None:
        for feature in st.session_state[key].selection.objects.get(LAYER, []):
            choose(feature["properties"]["region_id"])

    nothing = pd.Series("", index=cosines.index)
    deck = region_map(places, names, cosines, nothing, _measure(), likeness(), [chosen])
    alt = t("Map of the districts: how alike they are to {name}", name=names[chosen])
    st.pydeck_chart(deck, key=key, on_select=clicked, height=HEIGHT, alt=alt)
    st.html(legend(_measure(), likeness(), missing=False))
    if places.missing:
        st.caption(t("Without a place: {names}", names=t(", ").join(plain(names[region]) for region in places.missing)))


def _bars(key: str, names: pd.Series, cosines: pd.Series, chosen: str, choose: Callable[[str], None]) -> None:
    def clicked() -> None:
        for point in st.session_state[key].selection.points:
            choose(point["customdata"][0])

    st.caption(t("The districts of this market have no place on a map, so they are ranked."))
    if told := told_largest(len(cosines)):
        st.caption(told)
    figure = ranked_bars(names, cosines, _measure(), likeness(), [chosen])
    alt = t("Bars of the districts: how alike they are to {name}", name=names[chosen])
    st.plotly_chart(figure, key=key, on_select=clicked, selection_mode="points", config=CHART, alt=alt)


def _print(choice: Choice, places: Places, names: pd.Series, cosines: pd.Series, chosen: str, kind: str) -> bytes:
    """The map as a picture."""
    alike = t("Districts like {name}", name=names[chosen])
    told = t("{market}: {picture}", market=title(choice.question.market.about), picture=alike)
    return print_map(kind, places, names, cosines, _measure(), likeness(), [chosen], told, origin(choice))
