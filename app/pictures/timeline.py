"""What all charts over days share: festival phases shaded and named, the cutoff, axes, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from unicodedata import east_asian_width

import pandas as pd
import plotly.graph_objects as go

from app.formats import tick, volume
from app.language import label, t
from app.pictures.palette import FESTIVAL, HISTORY, round_ticks
from stmp.market import Calendar

HALF_DAY = pd.Timedelta(hours=12)
LETTER = 1 / 70  # width of a letter above the chart, as a share of the chart
WHOLE_HEIGHT = {"y0": 0, "y1": 1, "yref": "paper"}
ABOVE = {"y": 1, "yref": "paper", "showarrow": False, "font": {"size": 11}}

Part = dict[str, object]  # of a figure


@dataclass(frozen=True)
class Phase:
    """Consecutive days of one festival phase."""

    festival: str
    phase: str
    first: pd.Timestamp
    last: pd.Timestamp


def phases(calendar: Calendar, dates: pd.DatetimeIndex) -> Iterator[Phase]:
    """The festival phases that ``dates``, consecutive days, run through."""
    types = [calendar.types[day] for day in calendar.dates.get_indexer(dates)]
    for kind, days in groupby(zip(types, dates, strict=True), key=lambda pair: pair[0]):
        if kind.kind == "festival":
            run = [date for _, date in days]
            yield Phase(kind.name, kind.phase, run[0], run[-1])


def lay_out(figure: go.Figure, first: pd.Timestamp, dates: pd.DatetimeIndex, festival_phases: Iterable[Phase], height: int) -> None:
    """Shade the phases from ``first`` to the end of ``dates``, the days forecast, mark the cutoff before them, and set the time axis."""
    last, cutoff = dates[-1] + HALF_DAY, dates[0] - HALF_DAY
    shades, names = _shaded(festival_phases, first, last)
    line = {"type": "line", "x0": cutoff, "x1": cutoff, "line": {"color": HISTORY, "width": 1, "dash": "dash"}, **WHOLE_HEIGHT}
    as_of = {"x": cutoff, "text": t("as of"), "xanchor": "right", "yanchor": "top", "xshift": -3, **ABOVE}
    figure.update_layout(
        shapes=[*shades, line],  # all at once: each that is added by itself costs as much as all of them
        annotations=[*figure.layout.annotations, *names, as_of],
        height=height,
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
        hovermode="x unified",
        clickmode="event",  # nothing is chosen in a chart that does not say so
        dragmode="zoom",
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "x": 0, "font": {"size": 11}},
    )
    figure.update_xaxes(tickformat=t("%-d %b\n%Y"), hoverformat=t("%a %-d %b %Y"), range=[first, last])


def amounts(highest: float) -> dict[str, object]:
    """A vertical axis from 0 to ``highest``, its numbers written as everywhere."""
    ticks = round_ticks(0, highest)
    return {"range": [0, max(highest, ticks[1]) * 1.04], "tickvals": ticks, "ticktext": [tick(volume(value)) for value in ticks]}


def hovered(values: Iterable[float], what: str) -> dict[str, object]:
    """The text of a line's points under the pointer."""
    return {"text": [volume(value) for value in values], "hovertemplate": f"%{{text}} {what}<extra></extra>"}


def _shaded(festival_phases: Iterable[Phase], first: pd.Timestamp, last: pd.Timestamp) -> tuple[list[Part], list[Part]]:
    """Grounds of the phases, and the names of their peaks and openings."""
    shades: list[Part] = []
    named: list[tuple[pd.Timestamp, str]] = []
    for phase in festival_phases:
        strong = phase.phase in ("peak", "opening")
        ground = {"fillcolor": FESTIVAL.format(0.30 if strong else 0.12), "line": {"width": 0}, "layer": "below"}
        shades.append({"type": "rect", "x0": phase.first - HALF_DAY, "x1": phase.last + HALF_DAY, **ground, **WHOLE_HEIGHT})
        if strong:
            named.append((phase.last, label(phase.festival if phase.phase == "peak" else phase.phase)))
    return shades, _names(named, first, last)


def _names(named: Iterable[tuple[pd.Timestamp, str]], first: pd.Timestamp, last: pd.Timestamp) -> list[Part]:
    """Names above their days and within the chart; those that would lie upon each other stand together."""

    def ends(day: pd.Timestamp, name: str) -> tuple[float, float]:
        """Where a name begins and ends, as shares of the chart's width."""
        width = LETTER * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in name)
        left = min((day - first) / (last - first) - width / 2, 1 - width)
        return left, left + width

    written: list[tuple[pd.Timestamp, str]] = []
    for day, name in named:
        while written and ends(day, name)[0] < ends(*written[-1])[1]:
            name = t(", ").join((written.pop()[1], name))
        written.append((day, name))

    def placed(day: pd.Timestamp, name: str) -> Part:
        at_edge = ends(day, name)[1] > 1 - 1e-9
        return {"text": name, "yanchor": "bottom", "x": last if at_edge else day, "xanchor": "right" if at_edge else "center", **ABOVE}

    return [placed(day, name) for day, name in written]
