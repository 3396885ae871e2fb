"""One slide of the report, full width and in large letters."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from app.pictures.told import NIGHT, told
from stmp.report import Report
from stmp.report import pictures as drawn
from stmp.report.brand import PAPER, Brand
from stmp.report.model import Block, Chart, Fans, Lines, Map, Slide, Table, Value
from stmp.report.page import figure_texts
from stmp.report.words import Words

ROWS, FEW_ROWS = 12, 10  # of a table, and of one below figures; the workbook has the rest
WIDE, HALF, HIGH, LOW = 13.0, 6.4, 4.8, 3.4  # inches that pictures are drawn in
PIXELS = 110  # of a chart, for an inch of a picture
STILL = {"staticPlot": True}


def show(report: Report, slide: Slide, brand: Brand) -> None:
    """Title, what it says, its figures and blocks, and where the numbers come from."""
    words = Words(report.language)
    warning = f'<span class="warning">{escape(report.warning)}</span>' if report.warning else ""
    st.html(f'<div class="told">{_logo(brand)}<h1>{escape(slide.title)}{warning}</h1><p>{escape(slide.lead)}</p></div>')
    if slide.figures:
        shown = ((figure.label, *figure_texts(figure, words)) for figure in slide.figures)
        cards = "".join(
            f"<div><span>{escape(name)}</span><strong>{escape(big)}</strong><span>{escape(below)}</span></div>"
            for name, big, below in shown
        )
        st.html(f'<div class="figures" style="--accent: {brand.accent}">{cards}</div>')
    width, height = WIDE if len(slide.blocks) == 1 else HALF, LOW if slide.figures else HIGH
    rows = FEW_ROWS if slide.figures else ROWS
    for column, block in zip(st.columns(len(slide.blocks), gap="large"), slide.blocks, strict=True):
        with column:
            _block(block, brand, words, width, height, rows)
    st.html(f'<div class="told"><p class="note">{escape(slide.note)}</p><p class="origin">{escape(report.told_origin)}</p></div>')


def _logo(brand: Brand) -> str:
    if brand.logo is None:
        return ""
    kind, _ = mimetypes.guess_type(brand.logo)
    coded = base64.b64encode(brand.logo.read_bytes()).decode()
    return f'<img class="logo" alt="{escape(brand.company)}" src="data:{kind};base64,{coded}">'


def _block(block: Block, brand: Brand, words: Words, width: float, height: float, rows: int) -> None:
    ground = NIGHT if st.context.theme.type == "dark" else PAPER
    if block.title:
        st.html(f'<div class="told"><h2>{escape(block.title)}</h2></div>')
    match block:
        case Table():
            st.html(_table(block, words, rows))
        case Chart():
            st.plotly_chart(told(block, brand, words, round(PIXELS * height)), config=STILL, alt=block.title)
        case Fans():
            picture = drawn.fans(block, width, height, brand, words, ground)
            st.image(picture, width="stretch", alt=block.title or block.panels[0].name)
        case Map():
            st.image(drawn.map_of(block, width, height, words, ground), width="stretch", alt=block.title)
        case Lines():
            st.html('<div class="told"><ul>' + "".join(f"<li>{escape(line)}</li>" for line in block.lines) + "</ul></div>")


def _table(table: Table, words: Words, most: int) -> str:
    """The first rows in HTML, written as in the deck, the total last."""
    kinds = ["name" if column.number == "text" else "number" for column in table.columns]
    rows = [[words.show(value, column.number) for value, column in zip(row, table.columns, strict=True)] for row in _rows(table)]
    head = "".join(f'<th class="{kind}">{escape(column.title)}</th>' for kind, column in zip(kinds, table.columns, strict=True))
    body = "".join(_row(row, kinds) for row in rows[:most])
    if table.rows > most:
        more = words("and {count} more in the workbook", count=table.rows - most)
        body += f'<tr><td colspan="{len(kinds)}">{escape(more)}</td></tr>'
    if table.has_total:
        totals = ["" if column.total is None else words.show(column.total, column.number) for column in table.columns]
        body += f"<tfoot>{_row(totals, kinds)}</tfoot>"
    return f'<div class="told"><table><thead><tr>{head}</tr></thead>{body}</table></div>'


def _rows(table: Table) -> Iterator[tuple[Value, ...]]:
    return zip(*(column.values for column in table.columns), strict=True)


def _row(cells: Sequence[str], kinds: Sequence[str]) -> str:
    inside = "".join(f'<td class="{kind}">{escape(cell)}</td>' for cell, kind in zip(cells, kinds, strict=True))
    return f"<tr>{inside}</tr>"
