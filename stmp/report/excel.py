"""The workbook: a sheet per slide with numbers in full and their formats; totals that are sums are formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from stmp.files import whole_file
from stmp.report.brand import Brand
from stmp.report.fit import printable
from stmp.report.model import Chart, Column, Fan, Fans, Figure, Map, Number, Report, Slide, Table, Value
from stmp.report.words import Words

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a spreadsheet may take for the beginning of a formula
LONGEST = 31  # letters of a sheet's name
WIDEST, NARROWEST = 60, 10  # letters of a column
FORMATS: dict[Number, str] = {
    "volume": "#,##0",
    "units": "#,##0",
    "times": '0.00"×"',
    "percent": "0.0%",
    "signed percent": "+0.0%;-0.0%;0.0%",
    "signed volume": "+#,##0;-#,##0;0",
    "day": "yyyy-mm-dd",
    "text": "General",
}


def harmless(text: str) -> str:
    """Text that no spreadsheet computes: what begins like a formula is led in by an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write_workbook(report: Report, brand: Brand, path: Path) -> None:
    """Write an .xlsx file, whole or not at all."""
    t = Words(report.language)
    with (
        whole_file(path) as temporary,
        xlsxwriter.Workbook(str(temporary), {"strings_to_formulas": False, "strings_to_urls": False}) as book,
    ):
        book.set_properties(
            {"title": printable(report.title), "company": printable(brand.company), "comments": printable(report.told_origin)}
        )
        taken: set[str] = set()
        for slide in report.slides:
            _sheet(book, _name(slide.title, taken), report, slide, brand, t)


def tables(slide: Slide, t: Words) -> Iterator[Table]:
    """All numbers of a slide as tables: its figures, its tables, and what its charts and pictures are drawn from."""
    if slide.figures:
        yield _of_figures(slide.figures, t)
    for block in slide.blocks:
        match block:
            case Table():
                yield block
            case Chart():
                yield _of_chart(block, t)
            case Map():
                yield _of_map(block, t)
            case Fans():
                yield from (_of_fan(panel, block.unit, t) for panel in block.panels)


def _sheet(book: Any, name: str, report: Report, slide: Slide, brand: Brand, t: Words) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "font_size": 14, "font_color": brand.accent})
    grey, strong = book.add_format({"font_color": "#55606C"}), book.add_format({"bold": True})
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, harmless(printable(slide.title)), head)
    warning = f"{report.warning} · " if report.warning else ""
    sheet.write_string(1, 0, harmless(printable(warning + report.told_origin)), grey)
    row, widths = 2, {0: NARROWEST}
    for line in (slide.lead, *(line for block in slide.blocks for line in getattr(block, "lines", ())), slide.note):
        if line:
            sheet.write_string(row, 0, harmless(printable(line)))
            row += 1
    for table in tables(slide, t):
        row += 1
        if table.title:
            sheet.write_string(row, 0, harmless(printable(table.title)), strong)
            row += 1
        row = _table(book, sheet, table, row, widths)
    for column, width in widths.items():
        sheet.set_column(column, column, width)


def _table(book: Any, sheet: Any, table: Table, top: int, widths: dict[int, int]) -> int:
    """Write a table from the row ``top`` down; the row below it."""
    ground = {"bg_color": "#F3F5F8", "bold": True}
    for index, column in enumerate(table.columns):
        right = {} if column.number == "text" else {"align": "right"}
        sheet.write_string(top, index, harmless(printable(column.title)), book.add_format({**ground, **right, "text_wrap": True}))
        plain = book.add_format({"num_format": FORMATS[column.number]})
        for offset, value in enumerate(column.values, start=1):
            _value(sheet, top + offset, index, value, plain)
        texts = [value for value in column.values if isinstance(value, str)]
        widths[index] = min(WIDEST, max(widths.get(index, NARROWEST), 2 + max(map(len, texts), default=0), 2 + len(column.title) // 2))
        if table.has_total:
            total = book.add_format({**ground, "num_format": FORMATS[column.number]})
            _total(sheet, top, index, column, total)
    return top + 1 + table.rows + table.has_total


def _total(sheet: Any, top: int, index: int, column: Column, look: Any) -> None:
    """The last cell of a column: a sum as a formula, with its value for readers that do not compute."""
    row = top + 1 + len(column.values)
    if column.adds and column.values:
        span = f"{xl_rowcol_to_cell(top + 1, index)}:{xl_rowcol_to_cell(row - 1, index)}"
        sheet.write_formula(row, index, f"=SUM({span})", look, column.total)
    else:
        _value(sheet, row, index, column.total, look)


def _value(sheet: Any, row: int, index: int, value: Value, look: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, index, harmless(printable(value)), look)
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(row, index, value.to_pydatetime(), look)
    elif value is None or not math.isfinite(value):
        sheet.write_blank(row, index, None, look)
    else:
        sheet.write_number(row, index, value, look)


def _of_figures(figures: tuple[Figure, ...], t: Words) -> Table:
    """A row per figure. Each is of a kind of its own, so its numbers have no format."""

    def bound(figure: Figure, which: int) -> float:
        return math.nan if figure.bounds is None else figure.bounds[which]

    return Table(
        t("Key figures"),
        (
            Column(t("Figure"), "text", tuple(figure.label for figure in figures)),
            Column(t("Unit or day"), "text", tuple(figure.text or figure.unit for figure in figures)),
            Column(t("Value"), "text", tuple(figure.value for figure in figures)),
            Column(t("80 % from"), "text", tuple(bound(figure, 0) for figure in figures)),
            Column(t("80 % to"), "text", tuple(bound(figure, 2) for figure in figures)),
        ),
    )


def _of_chart(chart: Chart, t: Words) -> Table:
    return Table(
        chart.title,
        (Column(t("What"), "text", chart.labels), *(Column(series.name, chart.number, series.values) for series in chart.series)),
    )


def _of_map(block: Map, t: Words) -> Table:
    ids = list(block.values)
    return Table(
        block.title,
        (
            Column(t("District"), "text", tuple(block.names[i] for i in ids)),
            Column(block.unit, block.number, tuple(block.values[i] for i in ids)),
        ),
    )


def _of_fan(panel: Fan, unit: str, t: Words) -> Table:
    """A row per day, past and to come."""
    days = panel.history.index.append(panel.dates)
    quantiles = np.quantile(panel.samples, [0.1, 0.5, 0.9], axis=1)
    known = pd.concat([panel.history, panel.actual]).to_numpy()

    def coming(values: np.ndarray) -> tuple[float, ...]:
        return (*[math.nan] * len(panel.history), *values.tolist())

    columns = [
        Column(t("Day"), "day", tuple(days)),
        Column(t("Past or actual, {unit}", unit=unit), "volume", tuple(known.tolist())),
        Column(t("Median, {unit}", unit=unit), "volume", coming(quantiles[1])),
        Column(t("80 % from"), "volume", coming(quantiles[0])),
        Column(t("80 % to"), "volume", coming(quantiles[2])),
    ]
    if panel.plan is not None:
        columns.append(Column(t("As planned"), "volume", coming(panel.plan.to_numpy())))
    return Table(panel.name, tuple(columns))


def _name(title: str, taken: set[str]) -> str:
    """A name that a workbook takes: none of []:*?/\\, no two alike, at most 31 letters."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:LONGEST] or "-"
    found, number = plain, 2
    while found.lower() in taken:
        found, number = f"{plain[: LONGEST - 4]} {number}", number + 1
    taken.add(found.lower())
    return found
