"""Where everything stands on a page of 16 to 9; the deck and the PDF are the same pages, drawn on two canvases. Lengths are inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from stmp.report import pictures
from stmp.report.brand import GREY, GROUND, INK, LINE, WARNING, WARNING_GROUND, Brand
from stmp.report.fit import LEADING, POINTS
from stmp.report.grid import Grid, grid
from stmp.report.model import Block, Chart, Fans, Figure, Lines, Map, Report, Slide, Table
from stmp.report.words import Words

WIDTH, HEIGHT = 13.333, 7.5
MARGIN = 0.6
INNER = WIDTH - 2 * MARGIN
GAP = 0.35
FOOT = 7.0
TABLE_LEAST, TABLE_MOST = 0.36, 0.6  # shares of the width that a table beside a picture may take
BULLET = "•  "


@dataclass(frozen=True)
class Box:
    """x and y of the upper left corner, from the page's."""

    x: float
    y: float
    width: float
    height: float

    def below(self, height: float) -> Box:
        """What is left after a strip of ``height`` at the top."""
        return Box(self.x, self.y + height, self.width, self.height - height)

    def top(self, height: float) -> Box:
        """A strip of ``height`` at the top."""
        return Box(self.x, self.y, self.width, height)


@dataclass(frozen=True)
class Style:
    """Of one text: points, the fewest points it may shrink to, and how it stands in its box."""

    size: float
    smallest: float
    bold: bool = False
    colour: str = INK
    align: Literal["left", "center", "right"] = "left"
    middle: bool = False


class Canvas(Protocol):
    """What pages are drawn on. Texts are fitted into their boxes."""

    def begin(self, title: str) -> None:
        """A new page."""

    def measure(self, text: str, size: float, bold: bool) -> float:
        """Width of a text."""

    def rectangle(self, box: Box, colour: str) -> None:
        """Filled, without an edge."""

    def text(self, box: Box, text: str, style: Style) -> None:
        """One paragraph."""

    def picture(self, box: Box, png: bytes, told: str) -> None:
        """As large as fits, in the middle of the box. told: what it shows, in words."""

    def chart(self, box: Box, chart: Chart) -> None:
        """A chart that fills the box."""

    def table(self, box: Box, table: Grid) -> None:
        """From the box's upper left corner."""


TITLE, LEAD, NOTE = Style(28, 16, bold=True), Style(16, 10, colour=GREY), Style(11, 8, colour=GREY, middle=True)
HEAD, FOOTER, BADGE = (
    Style(13, 9, bold=True),
    Style(9, 6.5, colour=GREY),
    Style(12, 8, bold=True, colour=WARNING, align="center", middle=True),
)
LABEL, BIG, BELOW = Style(12, 8, colour=GREY), Style(26, 12, bold=True), Style(12, 8, colour=GREY)


def compose(report: Report, brand: Brand, canvas: Canvas) -> None:
    """Draw the cover and every slide."""
    t, count = Words(report.language), len(report.slides) + 1
    _cover(report, brand, canvas)
    for number, slide in enumerate(report.slides, start=2):
        _slide(report, slide, f"{number} / {count}", brand, canvas, t)


def figure_texts(figure: Figure, t: Words) -> tuple[str, str]:
    """The large text of a figure, and the small one below it."""
    unit = f" {figure.unit}" if figure.unit else ""
    value = t.show(figure.value, figure.number) + unit
    bounds = "" if figure.bounds is None else t("80 %: {span}", span=t.span(figure.bounds.low, figure.bounds.high, figure.number))
    if not figure.text:
        return value, bounds
    return figure.text, t("{value} ({bounds})", value=value, bounds=bounds) if bounds else value


def _cover(report: Report, brand: Brand, canvas: Canvas) -> None:
    canvas.begin(report.title)
    canvas.rectangle(Box(0, 0, 0.3, HEIGHT), brand.colour("accent"))
    if brand.logo is not None:
        canvas.picture(Box(MARGIN + 0.3, 0.6, 3.2, 1.0), brand.logo.read_bytes(), brand.company)
    left, wide = MARGIN + 0.3, INNER - 0.6
    canvas.text(Box(left, 1.75, wide, 0.5), brand.company, Style(18, 12, colour=GREY))
    canvas.text(Box(left, 2.3, wide, 1.4), report.title, Style(44, 20, bold=True))
    canvas.text(Box(left, 3.75, wide, 0.6), report.subtitle, Style(22, 12, colour=GREY))
    if report.warning:
        _badge(Box(left, 4.6, 2.4, 0.42), report.warning, canvas)
    canvas.text(Box(left, 6.2, wide, 0.75), report.told_origin, Style(12, 8, colour=GREY))


def _slide(report: Report, slide: Slide, number: str, brand: Brand, canvas: Canvas, t: Words) -> None:
    canvas.begin(slide.title)
    canvas.rectangle(Box(0, 0, WIDTH, 0.12), brand.colour("accent"))
    right = WIDTH - MARGIN
    if brand.logo is not None:
        canvas.picture(Box(right - 1.5, 0.3, 1.5, 0.55), brand.logo.read_bytes(), brand.company)
        right -= 1.5 + GAP
    if report.warning:
        _badge(Box(right - 1.7, 0.42, 1.7, 0.36), report.warning, canvas)
        right -= 1.7 + GAP
    canvas.text(Box(MARGIN, 0.3, right - MARGIN, 0.62), slide.title, TITLE)
    canvas.text(Box(MARGIN, 0.95, INNER, 0.5), slide.lead, LEAD)
    top = 1.6
    if slide.figures:
        _figures(Box(MARGIN, top, INNER, 1.25), slide.figures, brand, canvas, t)
        top += 1.25 + 0.22
    bottom = 6.42 if slide.note else FOOT - 0.12
    _blocks(Box(MARGIN, top, INNER, bottom - top), slide.blocks, brand, canvas, t)
    if slide.note:
        canvas.text(Box(MARGIN, 6.46, INNER, 0.44), slide.note, NOTE)
    canvas.rectangle(Box(MARGIN, FOOT, INNER, 0.012), LINE)
    canvas.text(Box(MARGIN, FOOT + 0.05, INNER - 1, 0.36), report.told_origin, FOOTER)
    canvas.text(Box(WIDTH - MARGIN - 1, FOOT + 0.05, 1, 0.3), number, Style(9, 7, colour=GREY, align="right"))


def _badge(box: Box, warning: str, canvas: Canvas) -> None:
    canvas.rectangle(box, WARNING_GROUND)
    canvas.text(box, warning, BADGE)


def _figures(box: Box, figures: tuple[Figure, ...], brand: Brand, canvas: Canvas, t: Words) -> None:
    """Side by side, each on a ground of its own."""
    width = (box.width - GAP * (len(figures) - 1)) / len(figures)
    for index, figure in enumerate(figures):
        left = box.x + index * (width + GAP)
        canvas.rectangle(Box(left, box.y, width, box.height), GROUND)
        canvas.rectangle(Box(left, box.y, 0.07, box.height), brand.colour("accent"))
        big, below = figure_texts(figure, t)
        for offset, height, text, style in ((0.1, 0.25, figure.label, LABEL), (0.36, 0.52, big, BIG), (0.9, 0.3, below, BELOW)):
            canvas.text(Box(left + 0.22, box.y + offset, width - 0.34, height), text, style)


def _blocks(box: Box, blocks: tuple[Block, ...], brand: Brand, canvas: Canvas, t: Words) -> None:
    """Alone, or two side by side: a table gets what it needs, what is beside it the rest."""
    if len(blocks) < 2:
        for block in blocks:
            _block(box, block, brand, canvas, t)
        return
    first, second = blocks
    share = 0.5
    if isinstance(second, Table) and not isinstance(first, Table):
        wanted = sum(grid(second, box.width, box.height, t, canvas.measure).widths)
        share = 1 - min(max(wanted / box.width, TABLE_LEAST), TABLE_MOST)
    width = (box.width - GAP) * share
    _block(Box(box.x, box.y, width, box.height), first, brand, canvas, t)
    _block(Box(box.x + width + GAP, box.y, box.width - GAP - width, box.height), second, brand, canvas, t)


def _block(box: Box, block: Block, brand: Brand, canvas: Canvas, t: Words) -> None:
    if block.title:
        canvas.text(box.top(0.3), block.title, HEAD)
        box = box.below(0.34)
    match block:
        case Table():
            canvas.table(box, grid(block, box.width, box.height, t, canvas.measure))
        case Chart():
            canvas.chart(box, block)
        case Fans():
            canvas.picture(box, pictures.fans(block, box.width, box.height, brand, t), block.title or t("Past and forecast, day by day"))
        case Map():
            canvas.picture(box, pictures.map_of(block, box.width, box.height, t), block.title)
        case Lines():
            _lines(box, block, canvas)


def _lines(box: Box, block: Lines, canvas: Canvas) -> None:
    """One below the other, each in as many lines as it needs; what finds no room is made smaller."""
    style, height = Style(15, 8), box.height / max(1, len(block.lines))
    longest = max((canvas.measure(BULLET + line, style.size, False) for line in block.lines), default=0.0)
    needed = (int(longest / box.width) + 1) * style.size * LEADING / POINTS + 0.1
    for index, line in enumerate(block.lines):
        step = min(height, needed)
        canvas.text(Box(box.x, box.y + index * step, box.width, step), BULLET + line, style)
