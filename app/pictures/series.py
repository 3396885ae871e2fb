"""Past, forecast bands and what came, as one chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.pictures.palette import ACTUAL, FESTIVAL, FORECAST, HISTORY, PLAN
from stmp.market import Calendar

SHARES = (0.95, 0.80, 0.50)
OPACITY = (0.14, 0.20, 0.30)
HEIGHT = 500
LETTER = 1 / 70  # width of a letter above the chart, as a share of the chart
HALF_DAY = pd.Timedelta(hours=12)


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


def series(
    history: pd.Series,
    samples: NDArray[np.floating],
    dates: pd.DatetimeIndex,
    actual: pd.Series,
    plan: pd.Series | None,
    festival_phases: Iterable[Phase],
    unit: str,
) -> go.Figure:
    """History and actuals by date, [H, S] samples of the days ``dates``, and the median of the plan where a what-if differs from it."""
    figure = go.Figure()
    for share, opacity in zip(SHARES, OPACITY, strict=True):
        low, high = np.quantile(samples, [(1 - share) / 2, (1 + share) / 2], axis=1)
        figure.add_scatter(
            x=[*dates, *dates[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            fillcolor=_faded(FORECAST, opacity),
            line={"width": 0},
            hoverinfo="skip",
            name=f"{share:.0%} band",
        )
    figure.add_scatter(
        x=history.index, y=history, name="Past", mode="lines", line={"color": HISTORY, "width": 1.5}, hovertemplate=_hover("past")
    )
    figure.add_scatter(
        x=dates,
        y=np.median(samples, axis=1),
        name="Forecast, median",
        mode="lines",
        line={"color": FORECAST, "width": 2.5},
        hovertemplate=_hover("median"),
    )
    if plan is not None:
        dashes = {"color": PLAN, "width": 1.5, "dash": "dot"}
        figure.add_scatter(x=plan.index, y=plan, name="As planned, median", mode="lines", line=dashes, hovertemplate=_hover("as planned"))
    if actual.notna().any():
        figure.add_scatter(
            x=actual.index,
            y=actual,
            name="Actual",
            mode="lines+markers",
            line={"color": ACTUAL, "width": 1.5},
            marker={"size": 5},
            hovertemplate=_hover("actual"),
        )
    _shade(figure, festival_phases, history.index[0], dates[-1] + HALF_DAY)
    figure.add_vline(x=dates[0] - HALF_DAY, line={"color": HISTORY, "width": 1, "dash": "dash"})
    figure.add_annotation(
        x=dates[0] - HALF_DAY, y=1, yref="paper", text="as of ", showarrow=False, xanchor="right", yanchor="top", font={"size": 11}
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
        hovermode="x unified",
        legend={"orientation": "h", "y": -0.1, "yanchor": "top", "x": 0, "font": {"size": 11}},
        yaxis={"title": f"{unit} per day", "rangemode": "tozero", "tickformat": "~s"},
        xaxis={"tickformat": "%-d %b\n%Y", "hoverformat": "%a %-d %b %Y", "range": [history.index[0], dates[-1] + HALF_DAY]},
    )
    return figure


def _shade(figure: go.Figure, festival_phases: Iterable[Phase], first: pd.Timestamp, last: pd.Timestamp) -> None:
    """Shade the phases; name their peaks and openings above, those too near for two names with one."""
    named: list[tuple[pd.Timestamp, str]] = []
    for phase in festival_phases:
        strong = phase.phase in ("peak", "opening")
        colour = FESTIVAL.format(0.30 if strong else 0.12)
        figure.add_vrect(x0=phase.first - HALF_DAY, x1=phase.last + HALF_DAY, fillcolor=colour, line_width=0, layer="below")
        if strong:
            name = phase.festival if phase.phase == "peak" else phase.phase
            if named and phase.first - named[-1][0] < (last - first) / 9:
                name = f"{named.pop()[1]}, {name}"
            named.append((phase.last, name))
    for day, name in named:
        at_edge = day + len(name) * LETTER * (last - first) / 2 > last
        anchor = {"x": last, "xanchor": "right"} if at_edge else {"x": day, "xanchor": "center"}
        figure.add_annotation(y=1, yref="paper", text=name, showarrow=False, yanchor="bottom", font={"size": 11}, **anchor)


def _hover(name: str) -> str:
    return f"%{{y:,.3s}} {name}<extra></extra>"


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
