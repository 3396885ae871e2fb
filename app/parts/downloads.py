"""Downloads of one chart or map: its picture as PNG and SVG, its numbers as CSV.

A chart's picture is made in the browser by the chart itself, and a map's here when it is asked for; neither asks another host.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from app.exports import Origin, csv_of, file_stem, origin
from app.inputs.sidebar import Choice
from app.inputs.speech import speak
from app.language import current, t, use
from app.parts.tables import show_table
from app.pictures.printed import LIGHT, caption, escaped

CHART = {"displaylogo": False, "displayModeBar": True, "modeBarButtons": [["toImage"]]}
"""``config`` of every st.plotly_chart that has downloads: the button that makes its picture, which the page keeps out of sight."""

Draw = Callable[[str], bytes]  # "png" or "svg" -> the picture
KINDS = {"png": "image/png", "svg": "image/svg+xml"}
# Streamlit's own ways out of the page: their files would not say what is simulated and where the numbers come from.
UNSEEN = '<style>.modebar-container, .plotly-notifier, button[aria-label^="Download as CSV"] { display: none }</style>'
ROWS = 7  # of the table before it scrolls
HERE = Path(__file__).parent


@st.fragment
def downloads(
    name: str,
    title: str,
    frame: pd.DataFrame,
    choice: Choice,
    *,
    chart: str | None = None,
    draw: Draw | None = None,
    scenario: str | None = None,
) -> None:
    """A small menu: the numbers as a table, the picture as PNG and SVG, the numbers as CSV. Nothing is made until it is opened.

    name: of the files, one per page element, for example "forecast-map".  title: what the picture shows, written above it.
    frame: the numbers behind it, units in the column titles.  chart: key of the st.plotly_chart, which was given ``config=CHART``;
    or draw: makes the picture.  scenario: what to call it, where it is not the question's own.
    """
    speak()
    place = st.container(horizontal=True, horizontal_alignment="right")
    menu = place.popover(
        t("Data"), icon=":material/download:", type="tertiary", key=f"downloads-{name}", on_change="rerun", help=t("Table and downloads")
    )
    st.html(UNSEEN)
    if not menu.open:
        return
    stem, source = file_stem(name, choice), origin(choice, scenario)
    simulated = choice.question.market.about.simulated
    with menu:
        if chart is not None:
            _of_chart(name, chart, stem, t("{title} (simulated data)", title=title) if simulated else title, source)
        if draw is not None:
            for kind, mime in KINDS.items():
                file = f"{stem}.{kind}"
                made = partial(_drawn, draw, current(), kind)
                st.download_button(kind.upper(), made, file, mime, key=f"{name}-{kind}", on_click="ignore", width="stretch")
        numbers = csv_of(frame, source)
        st.download_button("CSV", numbers, f"{stem}.csv", "text/csv", key=f"{name}-csv", on_click="ignore", width="stretch")
        show_table(frame, title, ROWS)


def _drawn(draw: Draw, language: str, kind: str) -> bytes:
    """The picture in the page's language: it is made after the page has run, where nothing says which one that is."""
    use(language)
    return draw(kind)


def _of_chart(name: str, chart: str, stem: str, title: str, source: Origin) -> None:
    st.html(UNSEEN)
    buttons = st.components.v2.component(
        "picture",
        html='<button class="png">PNG</button><button class="svg">SVG</button>',
        css=(HERE / "picture.css").read_text(encoding="utf-8"),
        js=(HERE / "picture.js").read_text(encoding="utf-8"),
    )
    told = {"chart": chart, "stem": stem, "title": escaped(title), "origin": caption(source, "<br>", escaped), "template": LIGHT}
    buttons(data=told, key=f"{name}-picture")
