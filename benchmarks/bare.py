"""A page with one map, one chart and nothing else: what any page of the framework costs who opens it first, and no page can go below."""

from __future__ import annotations

import plotly.graph_objects as go
import pydeck as pdk
import streamlit as st

SQUARE = {"type": "Polygon", "coordinates": [[[116, 39], [117, 39], [117, 40], [116, 40], [116, 39]]]}

layer = pdk.Layer("GeoJsonLayer", {"type": "Feature", "geometry": SQUARE, "properties": {}}, get_fill_color=[43, 123, 186])
view = pdk.ViewState(longitude=116.5, latitude=39.5, zoom=7)
st.pydeck_chart(pdk.Deck([layer], initial_view_state=view, map_provider=None), height=430)
st.plotly_chart(go.Figure(go.Scatter(y=[1, 3, 2])))
