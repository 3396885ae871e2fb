"""A page with nothing but the map of a market: what the map of the dashboard is held against (scale.py). Its argument is the folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pydeck as pdk
import streamlit as st

from stmp.market.load import load_market


@st.cache_resource
def outlines(folder: str) -> dict[str, object]:
    polygons = load_market(Path(folder)).polygons
    assert polygons is not None
    return dict(polygons)


layer = pdk.Layer(
    "GeoJsonLayer", outlines(sys.argv[1]), get_fill_color=[90, 140, 190], get_line_color=[255, 255, 255], line_width_min_pixels=1
)
view = pdk.ViewState(longitude=116.45, latitude=40.25, zoom=7.4)
st.pydeck_chart(pdk.Deck([layer], initial_view_state=view, map_provider=None), height=430)
