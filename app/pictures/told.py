"""Charts of a report, as the presentation shows them: still, and in large letters."""

from __future__ import annotations

import math
from itertools import accumulate

import plotly.graph_objects as go

from app.pictures.palette import HISTORY
from app.pictures.timeline import amounts
from app.pictures.waterfall import broken
from stmp.report.brand import Brand, Ground
from stmp.report.model import Chart
from stmp.report.words import Words

NIGHT = Ground("#10161D", "#E6EDF4", "#B9C6D2", "#33414F", "Blues_r")  # the dark page's own, on which more is brighter
SIZE = 16  # pixels of the letters
ROOM = 1.18  # times the longest bar, so that its number stands beside it
TICKS = 6  # names below a line, at most


def told(chart: Chart, brand: Brand, words: Words, height: int) -> go.Figure:
    """A chart of the report, ``height`` pixels high."""
    figure = go.Figure()
    {"line": _lines, "bar": _bars, "waterfall": _waterfall}[chart.kind](figure, chart, brand, words)
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        font={"size": SIZE},
        barmode="overlay",
        showlegend=len(chart.series) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": SIZE}},
    )
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(tickfont={"size": SIZE}, automargin=True)
    return figure


def _lines(figure: go.Figure, chart: Chart, brand: Brand, words: Words) -> None:
    for series in chart.series:
        line = {"color": brand.colour(series.tone), "width": 3}
        figure.add_scatter(x=chart.labels, y=series.values, name=series.name, mode="lines", line=line)
    figure.update_xaxes(type="category", nticks=TICKS, tickangle=0)
    figure.update_yaxes(**amounts(max(max(series.values) for series in chart.series)))


def _bars(figure: go.Figure, chart: Chart, brand: Brand, words: Words) -> None:
    known = [0.0]
    for series in chart.series:
        known += [value for value in series.values if math.isfinite(value)]
        texts = [words.show(value, chart.number) if math.isfinite(value) else "" for value in series.values]
        colour = {"color": brand.colour(series.tone)}
        figure.add_bar(
            y=chart.labels,
            x=series.values,
            name=series.name,
            orientation="h",
            marker=colour,
            text=texts,
            textposition="outside",
            cliponaxis=False,
        )
    figure.update_xaxes(visible=False, range=[ROOM * min(known), ROOM * max(known)])
    figure.update_yaxes(type="category", autorange="reversed")


def _waterfall(figure: go.Figure, chart: Chart, brand: Brand, words: Words) -> None:
    first, *changes, last = chart.series[0].values
    texts = [words.show(first, chart.number), *(words.show(change, "signed volume") for change in changes), words.show(last, chart.number)]
    figure.add_waterfall(
        x=[broken(label) for label in chart.labels],
        y=[first, *changes, last],
        measure=["absolute", *["relative"] * len(changes), "total"],
        text=texts,
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": brand.colour("rise")}},
        decreasing={"marker": {"color": brand.colour("fall")}},
        totals={"marker": {"color": HISTORY}},
        connector={"line": {"color": HISTORY, "width": 1, "dash": "dot"}},
    )
    figure.update_xaxes(tickangle=0)
    figure.update_yaxes(**amounts(1.08 * max(accumulate([first, *changes]))))
