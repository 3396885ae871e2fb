"""A table made to fit its box: widths, one size for all, as many rows as there is room for. Lengths are inches, sizes points."""

from __future__ import annotations

from dataclasses import dataclass

from stmp.report.fit import LEADING, POINTS, Measure, cut, fitted, printable
from stmp.report.model import Column, Table
from stmp.report.words import Words

LARGEST, SMALLEST, STEP = 13.0, 9.0, 0.5
PADDING = 0.07  # left and right in a cell
SPARE = 0.01  # of a column beyond its widest text
ABOVE = 0.05  # above and below a line together
WIDEST = 4.0  # of a column that a table is made smaller for; wider ones give way
NARROWEST = 0.7
STRETCH = 1.5  # times its own width, that a table may be spread


@dataclass(frozen=True)
class Grid:
    """Texts as they fit. right: columns of numbers.  head: lines of each column's title.  rows: the last is the total where ``total``.
    spanned: the row whose first text runs over the whole table and tells how many were left out.
    """

    widths: tuple[float, ...]
    right: tuple[bool, ...]
    head: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    spanned: int | None
    total: bool
    size: float
    head_height: float
    row_height: float

    @property
    def height(self) -> float:
        return self.head_height + self.row_height * len(self.rows)


def grid(table: Table, width: float, height: float, t: Words, measure: Measure) -> Grid:
    """``table`` within width and height; rows that find no room are left out, and the last line says how many."""
    right = tuple(column.number != "text" for column in table.columns)
    texts = [[printable(t.show(value, column.number)) for value in column.values] for column in table.columns]
    last = [_total(column, t) for column in table.columns] if table.has_total else None
    shown = table.rows + (last is not None)
    size = LARGEST
    while size > SMALLEST:
        wanted = _wanted(table, texts, last, right, size, measure)
        if _row(size) * shown + _head(size, 2) <= height and sum(min(one, WIDEST) for one in wanted) <= width:
            break
        size -= STEP
    widths = _widths(_wanted(table, texts, last, right, size, measure), right, width)
    titles = [
        tuple(fitted(column.title, inner - 2 * PADDING, _head(size, 2), size, SMALLEST - 2, True, measure)[0])
        for column, inner in zip(table.columns, widths, strict=True)
    ]
    head = _head(size, max(map(len, titles)))
    room = max(1, int((height - head) / _row(size) + 1e-6))
    rows, spanned = [list(row) for row in zip(*texts, strict=True)], None
    if shown > room:
        spanned = max(0, room - 1 - (last is not None))
        rows = rows[:spanned]
    if last is not None:
        rows.append(last)
    fit = [[cut(text, inner - 2 * PADDING, size, False, measure) for text, inner in zip(row, widths, strict=True)] for row in rows]
    if spanned is not None:
        told = t("and {count} more in the workbook", count=table.rows - spanned)
        lacking = measure(told, size, False) + 2 * PADDING - sum(widths)
        widths = (widths[0] + max(0.0, min(lacking, width - sum(widths))), *widths[1:])
        fit.insert(spanned, [cut(told, sum(widths) - 2 * PADDING, size, False, measure), *[""] * (len(widths) - 1)])
    return Grid(widths, right, tuple(titles), tuple(map(tuple, fit)), spanned, last is not None, size, head, _row(size))


def _row(size: float) -> float:
    return size * LEADING / POINTS + ABOVE


def _head(size: float, lines: int) -> float:
    return lines * size * LEADING / POINTS + ABOVE


def _total(column: Column, t: Words) -> str:
    return "" if column.total is None else printable(t.show(column.total, column.number))


def _wanted(
    table: Table, texts: list[list[str]], last: list[str] | None, right: tuple[bool, ...], size: float, measure: Measure
) -> list[float]:
    """The width each column would have: its widest text, and half its title."""
    found = []
    for index, column in enumerate(table.columns):
        cells = [*texts[index], *([] if last is None else [last[index]])]
        widest = max((measure(text, size, True) for text in cells), default=0.0)
        title = max([measure(word, size, True) for word in column.title.split()] or [0.0])
        half = 0.55 * measure(column.title, size, True)
        found.append(max(widest, title, half) + 2 * PADDING + SPARE)
    return found


def _widths(wanted: list[float], right: tuple[bool, ...], width: float) -> tuple[float, ...]:
    """Of text, the widest columns give way first; what is left over is shared out, so that a narrow table does not hug the edge."""
    if sum(wanted) <= width:
        factor = min(STRETCH, width / sum(wanted))
        return tuple(factor * one for one in wanted)
    room = width - sum(one for one, number in zip(wanted, right, strict=True) if number)
    texts = sorted(one for one, number in zip(wanted, right, strict=True) if not number)
    widest = NARROWEST
    for place, one in enumerate(texts):
        widest = max(room / (len(texts) - place), NARROWEST)  # what each column from here on may have
        if one > widest:
            break
        room -= one
    narrowed = [one if number else min(one, widest) for one, number in zip(wanted, right, strict=True)]
    factor = min(1.0, width / sum(narrowed))
    return tuple(factor * one for one in narrowed)
