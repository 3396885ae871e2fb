"""Where a new district lies: drawn on the map, given by its corners, or in a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
import streamlit as st
from shapely.geometry import Polygon

from app.language import named, t
from app.loading import Loaded
from app.parts.bring.files import kept
from app.parts.own_words import file_uploader
from app.pictures.outlines import outlines
from app.pictures.places import Places
from stmp.errors import StmpError
from stmp.ingest import Datum, Limits
from stmp.ingest.boundaries import MAPS, read_outline

DRAW, CORNERS, FILE = "draw", "corners", "file"
KEY = "change-map"
BARE = {"displayModeBar": False}
LIMITS = Limits(boundary_megabytes=100, vertices=100_000)
LEAST_CORNERS = 3
ROUGH = 1 / 300  # of the drawn outline's extent: a hand is not steadier

Geometry = Mapping[str, Any]


def ask_outline(loaded: Loaded) -> Geometry | None:
    """A GeoJSON polygon in WGS84; None until there is one. Raises StmpError."""
    words = {DRAW: t("Draw it"), CORNERS: t("Type its corners"), FILE: t("Upload it")}
    how = st.segmented_control(t("Outline"), list(words), default=DRAW, required=True, format_func=words.get, key="change-how")
    outline = _typed() if how == CORNERS else _uploaded() if how == FILE else None
    if loaded.places is None:
        return outline
    # A picture that changes forgets what was drawn on it, so that nothing is added to it while somebody draws.
    figure = outlines(loaded.places, named(loaded.market.region_table), outline)
    alt = t("Outlines of the districts of {market}", market=loaded.market.about.name)
    if how != DRAW:
        st.plotly_chart(figure, key=f"{KEY}-shown", config=BARE, alt=alt)
        return outline
    st.caption(t("Draw around the district with the pointer pressed; draw again to replace it."))
    drawn = st.plotly_chart(figure, key=KEY, on_select="rerun", selection_mode=("lasso", "box"), config=BARE, alt=alt)
    return _drawn(drawn.selection)


def _drawn(selection: Any) -> Geometry | None:
    """The last outline drawn with either tool, without the trembling of the hand."""
    for part in [*selection.get("lasso", []), *selection.get("box", [])][:1]:
        x, y = list(part["x"]), list(part["y"])
        if len(x) == 2:  # a box is told by two corners
            x, y = [x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]]
        if len(x) >= LEAST_CORNERS:
            return _geometry(list(zip(x, y, strict=True)), smooth=True)
    return None


def _typed() -> Geometry | None:
    text = st.text_area(
        t("Corners"),
        key="change-corners",
        placeholder="116.40, 39.90\n116.55, 39.90\n116.55, 40.02",
        help=t("One corner on a line: longitude, then latitude, in degrees (WGS84)."),
    )
    lines = [line for line in text.splitlines() if line.strip()]
    return corners_of(lines) if lines else None


def corners_of(lines: Sequence[str]) -> Geometry:
    """The polygon of lines with longitude and latitude. Raises StmpError that names the line."""
    points = [place_of(line, f"line {number} of the corners") for number, line in enumerate(lines, start=1)]
    if len(points) < LEAST_CORNERS:
        raise StmpError(f"{len(points)} corners enclose nothing. Remedy: give at least {LEAST_CORNERS}.")
    return _geometry(points)


def place_of(text: str, about: str) -> tuple[float, float]:
    """Longitude and latitude. Raises StmpError that begins with what the text is about."""
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*", text, re.ASCII)
    if match is None:
        raise StmpError(f"{about}: '{text.strip()}' is no place. Remedy: write longitude, then latitude, as 116.40, 39.90.")
    return float(match[1]), float(match[2])


def _geometry(points: Sequence[tuple[float, float]], *, smooth: bool = False) -> Geometry:
    """Of a line that crosses itself, its largest part."""
    ring = Polygon(points)
    if smooth:
        west, south, east, north = ring.bounds
        ring = ring.simplify(ROUGH * max(east - west, north - south))
    parts = [part for part in shapely.get_parts(shapely.make_valid(ring)) if part.geom_type == "Polygon"]
    whole = max((p for part in parts for p in shapely.get_parts(part)), key=lambda part: part.area, default=ring)
    geometry: Geometry = json.loads(shapely.to_geojson(shapely.set_precision(whole, 1e-5)))
    return geometry


def _uploaded() -> Geometry | None:
    left, right = st.columns([3, 1])
    kinds = sorted({ending.removeprefix(".") for ending in (*MAPS, ".shx", ".dbf", ".prj", ".cpg")})
    files = file_uploader(t("File with the outline"), kinds, "change-file", left, accept_multiple_files=True)
    explained = t("A map in GCJ-02 lies 500 m off, so this is never assumed.")
    datum = right.selectbox(t("Datum"), list(Datum), key="change-datum", format_func=lambda one: one.value, help=explained)
    return read_outline(kept("regions", files, (*MAPS, ".shx", ".dbf", ".prj", ".cpg")), LIMITS, datum=datum) if files else None


def has_outlines(places: Places | None) -> bool:
    """Whether a district must have one, too."""
    return places is not None and places.outlines
