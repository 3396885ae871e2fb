"""The same pages as a PDF: reportlab, with the bundled letters. Charts are drawn as lines and text, sharp at any size."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas as Sheet

from stmp.files import whole_file
from stmp.report import letters
from stmp.report.brand import GREY, GROUND, INK, LINE, Brand
from stmp.report.fit import LEADING, POINTS, fitted
from stmp.report.grid import PADDING, Grid
from stmp.report.model import Chart, Report
from stmp.report.page import HEIGHT, WIDTH, Box, Style, compose
from stmp.report.plot import draw
from stmp.report.words import Words

ASCENT = 0.86  # of the size: from the top of a line to where letters stand


def write_pdf(report: Report, brand: Brand, path: Path) -> None:
    """Write a .pdf file, whole or not at all."""
    with whole_file(path) as temporary:
        canvas = Pages(temporary, brand, Words(report.language))
        canvas.sheet.setTitle(f"{report.title}: {report.subtitle}")
        canvas.sheet.setAuthor(brand.company)
        canvas.sheet.setSubject(report.told_origin)
        compose(report, brand, canvas)
        canvas.sheet.save()


class Pages:
    """A ``page.Canvas`` of PDF pages."""

    def __init__(self, path: Path, brand: Brand, t: Words) -> None:
        self.brand, self.t = brand, t
        self.regular, self.bold = letters.registered()
        self.sheet: Any = Sheet(
            str(path), pagesize=(WIDTH * POINTS, HEIGHT * POINTS), invariant=1, lang="zh-CN" if t.language == "zh" else "en"
        )
        self._begun = False

    def begin(self, title: str) -> None:
        if self._begun:
            self.sheet.showPage()
        self._begun = True
        self.sheet.bookmarkPage(title)
        self.sheet.addOutlineEntry(title, title)

    def measure(self, text: str, size: float, bold: bool) -> float:
        return letters.measure(text, size, bold)

    def rectangle(self, box: Box, colour: str) -> None:
        self.sheet.setFillColor(HexColor(colour))
        self.sheet.rect(box.x * POINTS, self._up(box.y + box.height), box.width * POINTS, box.height * POINTS, stroke=0, fill=1)

    def text(self, box: Box, text: str, style: Style) -> None:
        if not text.strip():
            return
        lines, size = fitted(text, box.width, box.height, style.size, style.smallest, style.bold, self.measure)
        step = size * LEADING / POINTS
        top = box.y + (max(box.height - step * len(lines), 0) / 2 if style.middle else 0)
        for index, line in enumerate(lines):
            self.line(box.x, top + index * step, box.width, line, size, style.bold, style.colour, style.align)

    def line(self, x: float, top: float, width: float, text: str, size: float, bold: bool, colour: str, align: str = "left") -> None:
        """One line whose box begins at ``top``; ``width`` is what it is aligned in."""
        self.sheet.setFillColor(HexColor(colour))
        self.sheet.setFont(self.bold if bold else self.regular, size)
        height = self._up(top + size * ASCENT * LEADING / POINTS)
        if align == "right":
            self.sheet.drawRightString((x + width) * POINTS, height, text)
        elif align == "center":
            self.sheet.drawCentredString((x + width / 2) * POINTS, height, text)
        else:
            self.sheet.drawString(x * POINTS, height, text)

    def stroke(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        """A line through points, ``width`` points thick."""
        path = self.sheet.beginPath()
        path.moveTo(points[0][0] * POINTS, self._up(points[0][1]))
        for x, y in points[1:]:
            path.lineTo(x * POINTS, self._up(y))
        self.sheet.setStrokeColor(HexColor(colour))
        self.sheet.setLineWidth(width)
        self.sheet.drawPath(path, stroke=1, fill=0)

    def picture(self, box: Box, png: bytes, told: str) -> None:
        image = ImageReader(io.BytesIO(png))
        wide, high = image.getSize()
        scale = min(box.width / wide, box.height / high)
        width, height = wide * scale, high * scale
        left, top = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
        self.sheet.drawImage(image, left * POINTS, self._up(top + height), width * POINTS, height * POINTS, mask="auto")

    def chart(self, box: Box, chart: Chart) -> None:
        draw(self, box, chart, self.brand, self.t)

    def table(self, box: Box, table: Grid) -> None:
        width, step = sum(table.widths), table.size * LEADING / POINTS
        self.rectangle(Box(box.x, box.y, width, table.head_height), GROUND)
        left = box.x
        for title, wide, right in zip(table.head, table.widths, table.right, strict=True):
            top = box.y + table.head_height - step * len(title) - 0.03
            for index, line in enumerate(title):
                align = "right" if right else "left"
                self.line(left + PADDING, top + index * step, wide - 2 * PADDING, line, table.size, True, GREY, align)
            left += wide
        for number, row in enumerate(table.rows):
            top, last = box.y + table.head_height + number * table.row_height, table.total and number == len(table.rows) - 1
            if last:
                self.rectangle(Box(box.x, top, width, table.row_height), GROUND)
            left = box.x
            for text, wide, right in zip(row, table.widths, table.right, strict=True):
                align = "right" if right else "left"
                inset = (table.row_height - step) / 2
                self.line(left + PADDING, top + inset, wide - 2 * PADDING, text, table.size, last, INK, align)
                left += wide
            self.rectangle(Box(box.x, top + table.row_height - 0.005, width, 0.005), LINE)

    def _up(self, y: float) -> float:
        """Inches from the page's top -> points from its bottom."""
        return (HEIGHT - y) * POINTS
