"""Charts of the PDF, drawn from lines, rectangles and text. Lengths are inches, sizes points."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol

from stmp.report.brand import GREY, INK, LINE, Brand
from stmp.report.fit import LEADING, POINTS, cut, fitted, printable
from stmp.report.model import Chart, Series
from stmp.report.page import Box
from stmp.report.words import Words

SIZE, SMALL = 10.0, 8.5
LEGEND = 0.32
NAMES = 2.2  # of the names beside bars, at most
TEXT = SIZE * LEADING / POINTS
FEW = 8  # labels that have room for two lines
BELOW = 2 * SMALL * LEADING / POINTS + 0.01  # of the labels


class Pen(Protocol):
    """What a chart is drawn with."""

    def measure(self, text: str, size: float, bold: bool) -> float: ...

    def rectangle(self, box: Box, colour: str) -> None: ...

    def stroke(self, points: list[tuple[float, float]], colour: str, width: float) -> None: ...

    def line(self, x: float, top: float, width: float, text: str, size: float, bold: bool, colour: str, align: str = "left") -> None: ...


def draw(pen: Pen, box: Box, chart: Chart, brand: Brand, t: Words) -> None:
    """A chart that fills the box."""
    if len(chart.series) > 1:
        _legend(pen, Box(box.x, box.y + box.height - LEGEND, box.width, LEGEND), chart.series, brand)
        box = Box(box.x, box.y, box.width, box.height - LEGEND)
    {"line": _lines, "bar": _bars, "waterfall": _waterfall}[chart.kind](pen, box, chart, brand, t)


def _legend(pen: Pen, box: Box, series: Iterable[Series], brand: Brand) -> None:
    many = list(series)
    width = box.width / len(many)
    for index, one in enumerate(many):
        left = box.x + index * width
        pen.rectangle(Box(left, box.y + 0.14, 0.22, 0.06), brand.colour(one.tone))
        pen.line(left + 0.3, box.y + 0.07, width, cut(printable(one.name), width - 0.4, SIZE, False, pen.measure), SIZE, False, INK)


def _ticks(low: float, high: float, steps: int = 4) -> list[float]:
    """Round numbers, evenly apart, around low to high."""
    rough = (high - low) / steps or 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
    return [step * i for i in range(math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9) + 1)]


def _known(chart: Chart) -> list[float]:
    return [value for series in chart.series for value in series.values if math.isfinite(value)] or [0.0]


def _frame(pen: Pen, box: Box, ticks: list[float], chart: Chart, t: Words) -> Box:
    """Numbers and gridlines of a vertical axis; what is left for the chart above its labels."""
    labels = [t.show(tick, chart.number) for tick in ticks]
    wide = max(pen.measure(label, SIZE, False) for label in labels) + 0.1
    inner = Box(box.x + wide, box.y + 0.12, box.width - wide, box.height - 0.12 - BELOW - 0.06)
    for tick, label in zip(ticks, labels, strict=True):
        y = _y(inner, tick, ticks)
        pen.stroke([(inner.x, y), (inner.x + inner.width, y)], LINE, 0.6)
        pen.line(box.x, y - TEXT / 2, wide - 0.08, label, SIZE, False, GREY, "right")
    return inner


def _y(inner: Box, value: float, ticks: list[float]) -> float:
    return inner.y + inner.height * (1 - (value - ticks[0]) / (ticks[-1] - ticks[0]))


def _below(pen: Pen, inner: Box, labels: tuple[str, ...]) -> None:
    """Names of the steps: few of them in two lines, else as many as stand side by side."""
    step = inner.width / len(labels)
    if len(labels) <= FEW:
        for index, label in enumerate(labels):
            lines, size = fitted(label, step - 0.08, BELOW, SMALL, SMALL - 2, False, pen.measure)
            for number, line in enumerate(lines):
                top = inner.y + inner.height + 0.06 + number * size * LEADING / POINTS
                pen.line(inner.x + index * step, top, step, line, size, False, GREY, "center")
        return
    widest = max(pen.measure(printable(label), SMALL, False) for label in labels) + 0.12
    every = math.ceil(min(widest, 1.6) / step)
    for index in range(0, len(labels), every):
        middle, room = inner.x + (index + 0.5) * step, step * every - 0.08
        text = cut(printable(labels[index]), room, SMALL, False, pen.measure)
        left = min(max(middle - room / 2, inner.x - 0.3), inner.x + inner.width - room + 0.1)
        pen.line(left, inner.y + inner.height + 0.08, room, text, SMALL, False, GREY, "center")


def _lines(pen: Pen, box: Box, chart: Chart, brand: Brand, t: Words) -> None:
    ticks = _ticks(min(0.0, *_known(chart)), max(_known(chart)))
    inner = _frame(pen, box, ticks, chart, t)
    step = inner.width / len(chart.labels)
    for series in chart.series:
        points = [(inner.x + (i + 0.5) * step, _y(inner, value, ticks)) for i, value in enumerate(series.values) if math.isfinite(value)]
        if points:
            pen.stroke(points, brand.colour(series.tone), 2)
    _below(pen, inner, chart.labels)


def _column(pen: Pen, left: float, wide: float, one: float, other: float, colour: str) -> None:
    pen.rectangle(Box(left, min(one, other), wide, abs(one - other)), colour)


def _bars(pen: Pen, box: Box, chart: Chart, brand: Brand, t: Words) -> None:
    """Horizontal, the first on top, each with its number; series share a bar, for only one of them has a value there."""
    known = _known(chart)
    low, high = min(0.0, *known), max(0.0, *known)
    names = [cut(printable(label), NAMES, SIZE, False, pen.measure) for label in chart.labels]
    wide = max(pen.measure(name, SIZE, False) for name in names) + 0.1
    number = max(pen.measure(t.show(value, chart.number), SIZE, False) for value in known) + 0.1
    left = box.x + wide + (number if low < 0 else 0)
    width = box.width - wide - number * (2 if low < 0 else 1)
    step = min(box.height / len(names), 0.5)
    zero = left - width * low / ((high - low) or 1)
    for index, name in enumerate(names):
        top = box.y + index * step
        pen.line(box.x, top + (step - TEXT) / 2, wide - 0.08, name, SIZE, False, INK, "right")
        for series in chart.series:
            value = series.values[index]
            if math.isfinite(value):
                end = zero + width * value / ((high - low) or 1)
                pen.rectangle(Box(min(zero, end), top + step * 0.16, abs(end - zero), step * 0.68), brand.colour(series.tone))
                place = (end + 0.06, "left") if value >= 0 else (end - 0.06 - number, "right")
                pen.line(place[0], top + (step - TEXT) / 2, number, t.show(value, chart.number), SIZE, False, INK, place[1])


def _waterfall(pen: Pen, box: Box, chart: Chart, brand: Brand, t: Words) -> None:
    first, *changes, last = chart.series[0].values
    levels = [first]
    for change in changes:
        levels.append(levels[-1] + change)
    ticks = _ticks(0.0, 1.05 * max(levels))
    inner = _frame(pen, box, ticks, chart, t)
    step = inner.width / len(chart.labels)
    spans = [(0.0, first), *pairwise(levels), (0.0, last)]
    for index, (before, after) in enumerate(spans):
        ends = index in (0, len(spans) - 1)
        tone = brand.colour("quiet" if ends else "rise" if after >= before else "fall")
        top = min(_y(inner, before, ticks), _y(inner, after, ticks))
        _column(pen, inner.x + (index + 0.18) * step, step * 0.64, _y(inner, before, ticks), _y(inner, after, ticks), tone)
        told = t.show(after, chart.number) if ends else t.show(after - before, "signed volume")
        pen.line(inner.x + index * step, top - TEXT - 0.01, step, told, SIZE, False, INK, "center")
    _below(pen, inner, chart.labels)
