"""The deck: python-pptx, with native tables and charts that stay editable."""

from __future__ import annotations

import io
import math
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from lxml import etree
from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt
from reportlab.pdfbase.pdfmetrics import stringWidth

from stmp.files import whole_file
from stmp.report.brand import GREY, GROUND, INK, LINE, Brand
from stmp.report.fit import ELLIPSIS, POINTS, cut, fitted, printable
from stmp.report.grid import PADDING, Grid
from stmp.report.model import Chart, Number, Report
from stmp.report.page import HEIGHT, WIDTH, Box, Style, compose

LATIN, CHINESE = "Arial", "Microsoft YaHei"
JOINT = 0.25  # of the size: the space that viewers put between a Chinese letter and another one
SAFETY = 1.04  # a viewer with other letters may need a little more room than was measured
ALIGN = {"left": PP_ALIGN.LEFT, "center": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}
FORMATS: dict[Number, str] = {
    "volume": "#,##0",
    "units": "#,##0",
    "times": '0.00"×"',
    "percent": "0.0%",
    "signed percent": "+0.0%;−0.0%;0.0%",
    "signed volume": "+#,##0;−#,##0;0",
}
KINDS = {"line": XL_CHART_TYPE.LINE, "bar": XL_CHART_TYPE.BAR_CLUSTERED, "waterfall": XL_CHART_TYPE.COLUMN_STACKED}
LABELS = 16  # below a line; of more, every third
LABEL = 2.4  # inches of a name beside a bar or in a legend
PROPERTY = 255  # letters that a property of the file may have
BLANK = 6  # position of the layout without placeholders
PLAIN = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # the table style "No Style, No Grid"


def write_deck(report: Report, brand: Brand, path: Path) -> None:
    """Write a .pptx file, whole or not at all."""
    canvas = Deck(brand)
    compose(report, brand, canvas)
    about = canvas.document.core_properties
    about.title = printable(f"{report.title}: {report.subtitle}")[:PROPERTY]
    about.author, about.subject = printable(brand.company)[:PROPERTY], printable(report.told_origin)[:PROPERTY]
    with whole_file(path) as temporary:
        canvas.document.save(str(temporary))


class Deck:
    """A ``page.Canvas`` of slides."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.document: Any = Presentation()
        self.document.slide_width, self.document.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self._slide: Any = None

    def begin(self, title: str) -> None:
        self._slide = self.document.slides.add_slide(self.document.slide_layouts[BLANK])
        self._slide.name = printable(title)

    def measure(self, text: str, size: float, bold: bool) -> float:
        return SAFETY * _length(text, bold) * size / POINTS

    def rectangle(self, box: Box, colour: str) -> None:
        shape = self._slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_place(box))
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(colour)
        shape.line.fill.background()
        shape._element.remove(shape._element.find(qn("p:style")))  # the theme's shadow

    def text(self, box: Box, text: str, style: Style) -> None:
        if not text.strip():
            return
        lines, size = fitted(text, box.width, box.height, style.size, style.smallest, style.bold, self.measure)
        frame = self._slide.shapes.add_textbox(*_place(box)).text_frame
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE if style.middle else MSO_ANCHOR.TOP
        shown = (" " if " " in text else "").join(lines) if lines[-1].endswith(ELLIPSIS) else printable(text)
        _write(frame.paragraphs[0], shown, size, style.bold, style.colour, style.align)

    def picture(self, box: Box, png: bytes, told: str) -> None:
        with Image.open(io.BytesIO(png)) as image:
            wide, high = image.size
        scale = min(box.width / wide, box.height / high)
        width, height = wide * scale, high * scale
        left, top = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
        picture = self._slide.shapes.add_picture(io.BytesIO(png), *_place(Box(left, top, width, height)))
        picture._element.nvPicPr.cNvPr.set("descr", printable(told))

    def chart(self, box: Box, chart: Chart) -> None:
        data: Any = CategoryChartData(number_format=FORMATS[chart.number])  # type: ignore[no-untyped-call]
        data.categories = [cut(printable(label), LABEL, 11, False, self.measure) for label in chart.labels]
        colours = []
        for name, values, colour in _series(chart, self.brand):
            data.add_series(
                cut(printable(name), LABEL, 11, False, self.measure),
                [None if value is None or math.isnan(value) else value for value in values],
            )
            colours.append(colour)
        frame = self._slide.shapes.add_chart(KINDS[chart.kind], *_place(box), data)
        frame._element.nvGraphicFramePr.cNvPr.set("descr", printable(chart.title))
        _dress(frame.chart, chart, colours)

    def table(self, box: Box, table: Grid) -> None:
        count = len(table.rows)
        frame = self._slide.shapes.add_table(count + 1, len(table.widths), *_place(Box(box.x, box.y, sum(table.widths), table.height)))
        made = frame.table
        frame._element.graphic.graphicData.tbl.tblPr.find(qn("a:tableStyleId")).text = PLAIN
        for column, width in zip(made.columns, table.widths, strict=True):
            column.width = Inches(width)
        made.rows[0].height = Inches(table.head_height)
        for index, title in enumerate(table.head):
            _cell(made.cell(0, index), " ".join(title), table.size, True, GREY, table.right[index], GROUND, MSO_ANCHOR.BOTTOM)
        for number, row in enumerate(table.rows, start=1):
            made.rows[number].height = Inches(table.row_height)
            last = table.total and number == count
            for index, text in enumerate(row):
                ground = GROUND if last else None
                _cell(made.cell(number, index), text, table.size, last, INK, table.right[index], ground, MSO_ANCHOR.MIDDLE)
        if table.spanned is not None:
            made.cell(table.spanned + 1, 0).merge(made.cell(table.spanned + 1, len(table.widths) - 1))


@lru_cache(maxsize=4096)
def _length(text: str, bold: bool) -> float:
    """Of a line of size 1."""
    joints = sum(_wide(one) != _wide(other) for one, other in pairwise(text))
    return sum(_width(letter, bold) for letter in text) + JOINT * joints


@cache
def _wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"


@cache
def _width(letter: str, bold: bool) -> float:
    """Of a letter of size 1, as Arial and the usual Chinese letters have it."""
    if _wide(letter):
        return 1.0
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return 0.8
    return float(stringWidth(letter, "Helvetica-Bold" if bold else "Helvetica", 1))


def _place(box: Box) -> tuple[int, int, int, int]:
    return Inches(box.x), Inches(box.y), Inches(box.width), Inches(box.height)


def _rgb(colour: str) -> Any:
    return RGBColor.from_string(colour[1:].upper())  # type: ignore[no-untyped-call]


def _write(paragraph: Any, text: str, size: float, bold: bool, colour: str, align: str) -> None:
    paragraph.alignment = ALIGN[align]
    run = paragraph.add_run()
    run.text = text
    _letters(run.font, size, bold, colour)


def _letters(font: Any, size: float, bold: bool, colour: str) -> None:
    """Latin and Chinese typeface: a viewer takes the second for Chinese letters."""
    font.size, font.bold, font.name = Pt(size), bold, LATIN
    font.color.rgb = _rgb(colour)
    etree.SubElement(font._element, qn("a:ea")).set("typeface", CHINESE)


def _cell(cell: Any, text: str, size: float, bold: bool, colour: str, right: bool, ground: str | None, anchor: Any) -> None:
    cell.margin_left = cell.margin_right = Inches(PADDING)
    cell.margin_top = cell.margin_bottom = Inches(0.01)
    cell.vertical_anchor = anchor
    cell.text_frame.word_wrap = True
    _write(cell.text_frame.paragraphs[0], text, size, bold, colour, "right" if right else "left")
    if ground is None:
        cell.fill.background()
    else:
        cell.fill.solid()
        cell.fill.fore_color.rgb = _rgb(ground)


def _series(chart: Chart, brand: Brand) -> list[tuple[str, list[float | None], str | None]]:
    """Name, values and colour of each series; of a waterfall, the unseen base first."""
    if chart.kind != "waterfall":
        return [(series.name, list(series.values), brand.colour(series.tone)) for series in chart.series]
    first, *changes, last = chart.series[0].values
    base: list[float | None] = [None]
    rise: list[float | None] = [None]
    fall: list[float | None] = [None]
    level = first
    for change in changes:
        base.append(min(level, level + change))
        rise.append(change if change >= 0 else None)
        fall.append(-change if change < 0 else None)
        level += change
    totals = [first, *[None] * len(changes), last]
    return [
        ("", [*base, None], None),
        (chart.series[0].name, totals, brand.colour("quiet")),
        ("+", [*rise, None], brand.colour("rise")),
        ("−", [*fall, None], brand.colour("fall")),
    ]


def _dress(made: Any, chart: Chart, colours: list[str | None]) -> None:
    """Fonts, colours, axes, legend and labels."""
    _letters(made.font, 11, False, GREY)
    made.has_title = False
    many = len(chart.series) > 1
    made.has_legend = many
    if many:
        made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    plot, bars = made.plots[0], chart.kind != "line"
    if bars:
        plot.gap_width = 45
        plot.overlap = 100 if many or chart.kind == "waterfall" else 0
    for series, colour in zip(plot.series, colours, strict=True):
        _paint(series, colour, bars)
    if chart.kind in ("bar", "waterfall"):
        _value_labels(plot, chart)
    value, category = made.value_axis, made.category_axis
    value.has_major_gridlines = chart.kind != "bar"
    value.visible = chart.kind not in ("bar", "waterfall")
    if value.has_major_gridlines:
        value.major_gridlines.format.line.color.rgb = _rgb(LINE)
    value.format.line.fill.background()
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = FORMATS[chart.number], False
    category.format.line.color.rgb = _rgb(LINE)
    category.major_tick_mark = XL_TICK_MARK.NONE
    category.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if chart.kind == "line":
        skip = etree.SubElement(category._element, qn("c:tickLblSkip"))
        skip.set("val", "3" if len(chart.labels) > LABELS else "1")
        category._element.find(qn("c:noMultiLvlLbl")).addprevious(skip)
    if chart.kind == "bar":
        category.reverse_order = True


def _paint(series: Any, colour: str | None, bars: bool) -> None:
    if colour is None:
        series.format.fill.background()
    elif bars:
        series.invert_if_negative = False
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = _rgb(colour)
    else:
        series.smooth = False
        series.format.line.width, series.format.line.color.rgb = Pt(2.5), _rgb(colour)


def _value_labels(plot: Any, chart: Chart) -> None:
    """The number at each bar; none at the unseen base of a waterfall."""
    seen = list(plot.series)[1:] if chart.kind == "waterfall" else list(plot.series)
    for series in seen:
        labels = series.data_labels
        labels.show_value = True
        fall = chart.kind == "waterfall" and series.name == "−"
        rise = chart.kind == "waterfall" and series.name == "+"
        labels.number_format = "−#,##0" if fall else "+#,##0" if rise else FORMATS[chart.number]
        labels.number_format_is_linked = False
        if chart.kind == "bar":
            labels.position = XL_LABEL_POSITION.OUTSIDE_END
        _letters(labels.font, 10, False, INK)
