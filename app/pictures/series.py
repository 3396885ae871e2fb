"""Past, forecast and what came, day by day: one line with its bands, several side by side, stacked, or apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from app.formats import volume
from app.language import t
from app.pictures.palette import ACTUAL, COMPARED, FORECAST, HISTORY, PLAN, faded
from app.pictures.printed import escaped
from app.pictures.timeline import Phase, amounts, hovered, lay_out

SHARES = (0.95, 0.80, 0.50)
OPACITY = (0.14, 0.20, 0.30)
COMPARED_SHARE = 0.80  # of the one band of each of several lines
HEIGHT, HOURS_HEIGHT = 520, 360
PANEL = 112  # pixels of one of several panels


@dataclass(frozen=True)
class Daily:
    """Some districts and categories together: history and what came by date, [H, S] samples of the days (or a day's hours) ``dates``,
    and the median of the plan where a what-if differs from it.
    """

    name: str
    history: pd.Series
    samples: NDArray[np.floating]
    dates: pd.DatetimeIndex
    actual: pd.Series
    plan: pd.Series | None = None

    def highest(self, share: float = SHARES[0]) -> float:
        """Of what is drawn with a band that holds this share."""
        known = [self.history.max(), self.actual.max(), float(np.quantile(self.samples, (1 + share) / 2, axis=1).max())]
        return float(np.nanmax([*known, 0.0, *([] if self.plan is None else [self.plan.max()])]))

    def frame(self, unit: str) -> pd.DataFrame:
        """One row per day, past and to come: the numbers that the chart shows."""
        levels = {t("Median, {unit}", unit=unit): 0.5}
        for share in SHARES[::-1]:
            levels |= {
                t("{share} % from, {unit}", share=round(100 * share), unit=unit): (1 - share) / 2,
                t("{share} % to, {unit}", share=round(100 * share), unit=unit): (1 + share) / 2,
            }
        frame = pd.DataFrame(np.quantile(self.samples, list(levels.values()), axis=1).T, index=self.dates, columns=list(levels))
        frame.insert(0, t("Mean, {unit}", unit=unit), self.samples.mean(axis=1))
        if self.plan is not None:
            frame[t("As planned, median, {unit}", unit=unit)] = self.plan
        came = pd.concat([self.history, self.actual]).rename(t("Past or actual, {unit}", unit=unit))
        joined = pd.concat([came, frame], axis=1)
        form = "%Y-%m-%d" if (joined.index == joined.index.normalize()).all() else "%Y-%m-%d %H:%M"
        joined.insert(0, t("Date"), joined.index.strftime(form))
        joined.insert(0, t("Name"), self.name)
        return joined.reset_index(drop=True)


def series(daily: Daily, festival_phases: Iterable[Phase], unit: str) -> go.Figure:
    """One line with its 50, 80 and 95 % bands."""
    figure = go.Figure()
    _bands(figure, daily)
    lay_out(figure, daily.history.index[0], daily.dates, festival_phases, HEIGHT)
    figure.update_yaxes(title=t("{unit} per day", unit=unit), **amounts(daily.highest()))
    return figure


def hours(daily: Daily, unit: str) -> go.Figure:
    """The 24 values of one day with their bands; ``daily.history`` are the hours of such a day in the past."""
    figure = go.Figure()
    _bands(figure, daily, past=t("Usual"))
    figure.update_layout(
        height=HOURS_HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="x unified", legend={"orientation": "h", "y": -0.15}
    )
    figure.update_xaxes(tickformat="%H:%M", hoverformat="%H:%M", dtick=3 * 3_600_000)
    figure.update_yaxes(title=t("{unit} per hour", unit=unit), **amounts(daily.highest()))
    return figure


def compared(dailies: Sequence[Daily], festival_phases: Iterable[Phase], unit: str) -> go.Figure:
    """One line per district, as many as there are colours: past, median with its 80 % band, and dots for what came.

    A click chooses a district: ``customdata`` begins with its position. The pointer tells the day's numbers of all of them.
    """
    figure, drawn = go.Figure(), dailies[: len(COMPARED)]
    past = [daily.history for daily in drawn]
    medians = [pd.Series(np.median(daily.samples, axis=1), index=daily.dates) for daily in drawn]
    came = [daily.actual for daily in drawn]
    for position, (daily, (colour, dash)) in enumerate(zip(drawn, COMPARED, strict=False)):
        same: dict[str, Any] = {"legendgroup": daily.name}
        _band(figure, daily, COMPARED_SHARE, faded(colour, 0.18), showlegend=False, name=daily.name, **same)
        thin, thick, dots = {"color": colour, "width": 1.2}, {"color": colour, "width": 2.5, "dash": dash}, {"color": colour, "size": 5}
        for values, look in (
            (past, {"mode": "lines+markers", "line": thin, "marker": {"size": 6, "opacity": 0}, "showlegend": False}),
            (medians, {"mode": "lines+markers", "line": thick, "marker": dots, "name": daily.name}),
            (came, {"mode": "markers", "marker": {**dots, "symbol": "circle-open"}, "showlegend": False}),
        ):
            told = _told_together(values, drawn, position, values is came)
            figure.add_scatter(x=values[position].index, y=values[position], **look, **told, **same)
    lay_out(figure, past[0].index[0], drawn[0].dates, festival_phases, HEIGHT)
    figure.update_layout(hovermode="closest", clickmode="event+select")
    figure.update_yaxes(title=t("{unit} per day", unit=unit), **amounts(max(daily.highest(COMPARED_SHARE) for daily in drawn)))
    return figure


def _told_together(values: Sequence[pd.Series], dailies: Sequence[Daily], position: int, came: bool) -> dict[str, Any]:
    """The text of a line's points under the pointer: the day's numbers of all lines, its own set off; ``came``: that they are actual."""
    written = np.array([[volume(value) for value in line] for line in values], object).T  # [days, lines]
    lines = [f"%{{customdata[{i + 1}]}} {escaped(daily.name)}" for i, daily in enumerate(dailies)]
    lines[position] = f"<b>{lines[position]}</b>"
    day = f"%{{x|{t('%a %-d %b %Y')}}}"
    return {
        "customdata": np.column_stack([np.full(len(written), position, object), written]),
        "hovertemplate": "<br>".join([t("{day}, actual", day=day) if came else day, *lines]) + "<extra></extra>",
    }


def stacked(dailies: Sequence[Daily], festival_phases: Iterable[Phase], unit: str) -> go.Figure:
    """Categories one on the other: what was bought, then the means of the samples, for means add up where medians do not."""
    figure = go.Figure()
    top = sum((daily.history.fillna(0) for daily in dailies), start=pd.Series(0.0, index=dailies[0].history.index)).max()
    means = np.sum([daily.samples.mean(axis=1) for daily in dailies], axis=0)
    for daily, (colour, _) in zip(dailies, COMPARED, strict=False):
        parts = ((daily.history.index, daily.history, False), (daily.dates, daily.samples.mean(axis=1), True))
        for dates, values, shown in parts:
            figure.add_scatter(
                x=dates,
                y=values,
                name=daily.name,
                legendgroup=daily.name,
                showlegend=shown,
                mode="lines",
                line={"width": 0.5, "color": colour},
                fillcolor=faded(colour, 0.85 if shown else 0.5),
                stackgroup="forecast" if shown else "past",
                **hovered(values, daily.name),
            )
    lay_out(figure, dailies[0].history.index[0], dailies[0].dates, festival_phases, HEIGHT)
    figure.update_yaxes(title=t("{unit} per day", unit=unit), **amounts(max(float(top), float(means.max()))))
    return figure


def apart(dailies: Sequence[Daily], festival_phases: Iterable[Phase], unit: str) -> go.Figure:
    """Categories in panels of their own, one below the other, each with its bands and its own scale."""
    figure = make_subplots(rows=len(dailies), shared_xaxes=True, vertical_spacing=0.12 / len(dailies))
    for row, daily in enumerate(dailies, start=1):
        _bands(figure, daily, row=row, col=1, showlegend=row == 1)
        figure.update_yaxes(row=row, nticks=3, **amounts(daily.highest()))
        figure.add_annotation(
            x=0, xref="paper", y=daily.highest(), yref=f"y{row}", text=daily.name, showarrow=False, xanchor="left", font={"size": 12}
        )
    lay_out(figure, dailies[0].history.index[0], dailies[0].dates, festival_phases, PANEL * len(dailies) + 90)
    figure.update_layout(hovermode="x")
    return figure


def _bands(figure: go.Figure, daily: Daily, showlegend: bool = True, past: str | None = None, **panel: int) -> None:
    for share, opacity in zip(SHARES, OPACITY, strict=True):
        name = t("{share} % band", share=round(100 * share))
        _band(figure, daily, share, faded(FORECAST, opacity), name=name, showlegend=showlegend, **panel)
    _line(figure, daily.history, past or t("Past"), {"color": HISTORY, "width": 1.5}, showlegend=showlegend, **panel)
    median = pd.Series(np.median(daily.samples, axis=1), index=daily.dates)
    _line(figure, median, t("Forecast, median"), {"color": FORECAST, "width": 2.5}, showlegend=showlegend, **panel)
    if daily.plan is not None:
        dots = {"color": PLAN, "width": 1.5, "dash": "dot"}
        _line(figure, daily.plan, t("As planned, median"), dots, showlegend=showlegend, **panel)
    if daily.actual.notna().any():
        _line(figure, daily.actual, t("Actual"), {"color": ACTUAL, "width": 1.5}, mode="lines+markers", showlegend=showlegend, **panel)


def _line(figure: go.Figure, values: pd.Series, name: str, line: dict[str, object], mode: str = "lines", **more: Any) -> None:
    figure.add_scatter(x=values.index, y=values, name=name, mode=mode, line=line, marker={"size": 5}, **hovered(values, name), **more)


def _band(figure: go.Figure, daily: Daily, share: float, colour: str, **more: Any) -> None:
    low, high = np.quantile(daily.samples, [(1 - share) / 2, (1 + share) / 2], axis=1)
    days = [*daily.dates, *daily.dates[::-1]]
    figure.add_scatter(
        x=days, y=[*high, *low[::-1]], mode="lines", fill="toself", fillcolor=colour, line={"width": 0}, hoverinfo="skip", **more
    )
