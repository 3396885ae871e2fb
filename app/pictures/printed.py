"""Pictures that leave the page: a white ground in both themes, and where the numbers come from."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from app.language import CHINESE, ENGLISH, current

INK, GREY, GRID = "#1B2430", "#55606C", "#D5DBE1"
AXIS = {"gridcolor": GRID, "linecolor": GRID, "zerolinecolor": GRID, "automargin": True}
TIED = "\N{NO-BREAK SPACE}"
LINE = {ENGLISH: 130, CHINESE: 75}  # letters of a line that tells where the numbers come from
LIGHT: dict[str, Any] = {  # a template of plotly
    "layout": {
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "font": {"color": INK, "family": "Source Sans, sans-serif", "size": 12},
        "title": {"font": {"size": 18}, "subtitle": {"font": {"size": 11}}},
        "xaxis": AXIS,
        "yaxis": AXIS,
    }
}


def escaped(text: str) -> str:
    """Text that plotly shows as it is."""
    return escape(text, quote=False)


def caption(origin: Mapping[str, str], line_break: str, write: Callable[[str], str] = str) -> str:
    """Where numbers come from, in lines that are not too long, broken between two things they say."""
    told = " · ".join(f"{title}: {text}".replace(" ", TIED) for title, text in origin.items())
    return line_break.join(write(line.replace(TIED, " ")) for line in textwrap.wrap(told, LINE[current()]))
