"""The deck, the PDF and the workbook hold the numbers of the one report, each read back from the file."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest
from PIL import Image
from pptx import Presentation
from pptx.util import Inches

from stmp.report import WRITERS, Brand, Report, build
from stmp.report.excel import harmless, tables
from stmp.report.model import Chart, Fans, Lines, Map, Table
from stmp.report.page import HEIGHT, WIDTH, figure_texts
from stmp.report.words import Words
from tests.markets import small_market
from tests.report.sources import LATER, OVERRIDE, saved_plan, source


def written(report: Report, folder: Path, suffix: str, brand: Brand | None = None) -> Path:
    path = folder / f"report{suffix}"
    WRITERS[suffix](report, brand or Brand(), path)
    return path


@pytest.fixture(scope="module", params=["en", "zh"])
def report(request: pytest.FixtureRequest) -> Report:
    return build(source(LATER, overrides=(OVERRIDE,), tested=True), request.param)


@pytest.fixture(scope="module")
def crowded() -> Report:
    """Fifty districts without a place, with long names that hold signs of every kind."""
    market = small_market(regions=50, categories=12)
    names = [f"District of the very long name number {i}, in the north-east & <beyond> {'北京' * (i % 9)}" for i in range(50)]
    table = market.region_table.assign(name=names, name_zh=names, lat=math.nan, lon=math.nan)
    about = replace(market.about, title="A market whose title is so long that it cannot stand in one line " * 3)
    scenario = LATER.model_copy(update={"name": "=SUM(1) a scenario \x0b with a name that nobody would read to its end " * 12})
    override = replace(OVERRIDE, reason="Why she knows better, at length: " * 15, author="An author whose name is as long as may be " * 4)
    made = source(scenario, market=replace(market, region_table=table, about=about), overrides=(override,) * 30, supply=40_000)
    saved = saved_plan(made, note="What was agreed, and with whom.\n" * 320)._replace(
        plan="A plan 👩‍👩‍👧 of عيد الأضحى with a very long name " * 4
    )
    return build(replace(made, saved=saved))


def deck_of(path: Path) -> list:
    return list(Presentation(str(path)).slides)


def texts(slide: object) -> list[str]:
    """What stands on a slide, its tables included."""
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return found


def test_the_deck_holds_the_figures_and_tables_of_the_report(report: Report, tmp_path: Path) -> None:
    t = Words(report.language)
    slides = deck_of(written(report, tmp_path, ".pptx"))
    assert len(slides) == len(report.slides) + 1
    assert report.title in texts(slides[0])
    compared = 0
    for made, slide in zip(report.slides, slides[1:], strict=True):
        shown = texts(slide)
        assert {made.title, made.lead} <= set(shown)
        for figure in made.figures:
            assert {figure.label, *filter(None, figure_texts(figure, t))} <= set(shown)
        for block in made.blocks:
            match block:
                case Table():
                    for column in block.columns:
                        assert {t.show(value, column.number) for value in (*column.values, column.total or "")} <= set(shown)
                        compared += len(column.values)
                case Lines():
                    assert all(any(line in text for text in shown) for line in block.lines)
                case Map() | Fans():
                    assert any(shape.shape_type == 13 for shape in slide.shapes)  # a picture
    assert compared > 100


def test_charts_of_the_deck_are_native_and_hold_the_numbers(report: Report, tmp_path: Path) -> None:
    slides = deck_of(written(report, tmp_path, ".pptx"))[1:]
    kinds = []
    for made, slide in zip(report.slides, slides, strict=True):
        charts = [shape.chart for shape in slide.shapes if shape.has_chart]
        blocks = [block for block in made.blocks if isinstance(block, Chart)]
        assert len(charts) == len(blocks)
        for chart, block in zip(charts, blocks, strict=True):
            kinds.append(block.kind)
            plot = chart.plots[0]
            assert list(plot.categories) == list(block.labels)
            if block.kind == "waterfall":
                _, ends, rise, fall = ([value or 0 for value in series.values] for series in plot.series)
                drawn = [end + up - down for end, up, down in zip(ends, rise, fall, strict=True)]
                assert drawn == pytest.approx(block.series[0].values)
                continue
            for series, wanted in zip(plot.series, block.series, strict=True):
                assert series.name == wanted.name
                values = [math.nan if value is None else value for value in series.values]
                assert values == pytest.approx(list(wanted.values), nan_ok=True)
    assert set(kinds) == {"line", "bar", "waterfall"}


def test_the_pdf_holds_the_figures_and_tables_of_the_report(report: Report, tmp_path: Path) -> None:
    t = Words(report.language)
    pages = [re.sub(r"\s", "", page.extract_text()) for page in pypdf.PdfReader(written(report, tmp_path, ".pdf")).pages]
    assert len(pages) == len(report.slides) + 1
    for made, page in zip(report.slides, pages[1:], strict=True):
        told = [made.title, *(text for figure in made.figures for text in (figure.label, *figure_texts(figure, t)))]
        for block in made.blocks:
            if isinstance(block, Table):
                told += [t.show(value, column.number) for column in block.columns for value in column.values]
            if isinstance(block, Chart) and block.kind == "bar":
                told += [t.show(value, block.number) for series in block.series for value in series.values if math.isfinite(value)]
        missing = [text for text in told if re.sub(r"\s", "", text) not in page]
        assert missing == []


def test_the_workbook_holds_the_numbers_in_full_and_sums_as_formulas(report: Report, tmp_path: Path) -> None:
    path, t = written(report, tmp_path, ".xlsx"), Words(report.language)
    values, formulas = (openpyxl.load_workbook(path, data_only=only) for only in (True, False))
    assert len(values.sheetnames) == len(report.slides)
    sums = 0
    for made, sheet, computed in zip(report.slides, values.worksheets, formulas.worksheets, strict=True):
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        for table in tables(made, t):
            titles = [column.title for column in table.columns]
            (top,) = (i for i, row in enumerate(rows) if row[: len(titles)] == titles and _same(rows, i, table))
            for index, column in enumerate(table.columns):
                below = computed.cell(top + 2 + table.rows, index + 1).value
                if column.adds:
                    sums += 1
                    letter = openpyxl.utils.get_column_letter(index + 1)
                    assert below == f"=SUM({letter}{top + 2}:{letter}{top + 1 + table.rows})"
                    assert rows[top + 1 + table.rows][index] == pytest.approx(math.fsum(column.values))
                elif column.total is not None:
                    assert _plain(below) == pytest.approx(_plain(column.total))
    assert sums == 7  # the drivers' step, and stock, lost and left over in two tables


def _same(rows: list[list], top: int, table: Table) -> bool:
    """Whether the cells below the titles are the table's."""
    for index, column in enumerate(table.columns):
        found = [_plain(row[index]) for row in rows[top + 1 : top + 1 + table.rows]]
        if found != pytest.approx([_plain(value) for value in column.values]):
            return False
    return True


def _plain(value: object) -> object:
    """Days as text, text that a spreadsheet must not compute as it is written, and what is no number as None."""
    if isinstance(value, str):
        return value if value.startswith("'") else harmless(value)
    if isinstance(value, datetime | pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value


def test_every_page_tells_where_its_numbers_come_from_and_that_they_are_simulated(report: Report, tmp_path: Path) -> None:
    told = ("0123456789ab", "2021-12-31", "2021-11-05", "Late, three days later", "tiny")
    pages = [" ".join(texts(slide)) for slide in deck_of(written(report, tmp_path, ".pptx"))]
    pages += [page.extract_text() for page in pypdf.PdfReader(written(report, tmp_path, ".pdf")).pages]
    book = openpyxl.load_workbook(written(report, tmp_path, ".xlsx"))
    pages += [" ".join(str(cell.value) for row in sheet.iter_rows(max_row=2) for cell in row) for sheet in book.worksheets]
    assert len(pages) == 3 * len(report.slides) + 2
    for page in (re.sub(r"\s+", "", page) for page in pages):
        assert all(part.replace(" ", "") in page for part in told)
        assert report.warning.replace(" ", "") in page


def test_nothing_leaves_the_page_or_stands_on_something_else(crowded: Report, tmp_path: Path) -> None:
    for slide in deck_of(written(crowded, tmp_path, ".pptx")):
        placed = [shape for shape in slide.shapes if shape.shape_type != 1]  # rectangles are grounds
        boxes = [(s.left, s.top, s.left + s.width, s.top + s.height) for s in slide.shapes]
        for left, top, right, bottom in boxes:
            assert 0 <= left < right <= Inches(WIDTH) + 1
            assert 0 <= top < bottom <= Inches(HEIGHT) + 1
        for i, one in enumerate(placed):
            for other in placed[:i]:
                apart = (
                    one.left + one.width <= other.left + 10
                    or other.left + other.width <= one.left + 10
                    or one.top + one.height <= other.top + 10
                    or other.top + other.height <= one.top + 10
                )
                assert apart, (one.name, other.name)


def test_a_crowded_market_leaves_through_every_way(crowded: Report, tmp_path: Path) -> None:
    assert len(pypdf.PdfReader(written(crowded, tmp_path, ".pdf")).pages) == len(crowded.slides) + 1
    deck = [" ".join(texts(slide)) for slide in deck_of(written(crowded, tmp_path, ".pptx"))]
    assert any("more in the workbook" in page for page in deck)
    assert all("…" in page for page in deck[1:])  # the scenario's name is cut
    book = openpyxl.load_workbook(written(crowded, tmp_path, ".xlsx"))
    districts = book["All districts"]
    (note,) = (row[1].value for row in book["Where the numbers come from"].iter_rows() if row[0].value == "Note")
    assert len(note) > 10_000  # in full
    assert sum("District of the very long name" in str(row[0].value) for row in districts.iter_rows(min_row=25)) >= 50


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_no_cell_of_the_workbook_is_computed_from_text(text: str, tmp_path: Path) -> None:
    market = small_market(regions=2, categories=1)
    table = market.region_table.assign(name=[text, "plain"], name_zh=[text, "plain"])
    scenario = LATER.model_copy(update={"name": text})
    made = build(source(scenario, market=replace(market, region_table=table)))
    book = openpyxl.load_workbook(written(made, tmp_path, ".xlsx"))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert len(cells) > 100
    computed = [
        cell.value for cell in cells if cell.value.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) and not cell.value.startswith("=SUM(")
    ]
    assert computed == []
    assert any(cell.value == f"'{text.strip()}" for cell in cells)


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_a_failure_leaves_the_old_file(suffix: str, report: Report, tmp_path: Path) -> None:
    path = tmp_path / f"report{suffix}"
    path.write_text("old")
    broken = replace(report, slides=(*report.slides, None))
    with pytest.raises(AttributeError):
        WRITERS[suffix](broken, Brand(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_brand_is_on_every_page(report: Report, tmp_path: Path) -> None:
    Image.new("RGB", (300, 80), "#aa3355").save(tmp_path / "logo.png")
    (tmp_path / "brand.toml").write_text('company = "Example & Sons"\nlogo = "logo.png"\naccent = "#aa3355"\n', encoding="utf-8")
    brand = Brand.read(tmp_path / "brand.toml")
    slides = deck_of(written(report, tmp_path, ".pptx", brand))
    assert "Example & Sons" in texts(slides[0])
    for slide in slides:
        assert any(shape.shape_type == 13 and shape._element.nvPicPr.cNvPr.get("descr") == "Example & Sons" for shape in slide.shapes)
        assert any(shape.shape_type == 1 and shape.fill.fore_color.rgb == (0xAA, 0x33, 0x55) for shape in slide.shapes)
    assert len(pypdf.PdfReader(written(report, tmp_path, ".pdf", brand)).pages[4].images) == 1
