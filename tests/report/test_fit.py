"""Text and tables stay inside their boxes, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from stmp.report.fit import LEADING, POINTS, cut, fitted, printable
from stmp.report.grid import PADDING, grid
from stmp.report.model import Column, Table
from stmp.report.words import Words

TEXTS = st.text(st.sampled_from("Wi m北京，。-…\n\t"), max_size=120)


def measure(text: str, size: float, bold: bool) -> float:
    return sum(1.0 if ord(letter) > 0x2E80 else stringWidth(letter, "Helvetica", 1) for letter in text) * size / POINTS


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.floats(0.3, 5), st.floats(0.2, 2))
def test_no_line_is_wider_and_no_text_higher_than_its_box(text: str, width: float, height: float) -> None:
    lines, size = fitted(text, width, height, 20, 8, False, measure)
    assert 8 <= size <= 20
    assert all(measure(line, size, False) <= width + 1e-9 for line in lines)
    assert len(lines) == 1 or len(lines) * size * LEADING / POINTS <= height + 1e-6
    told = "".join(lines).replace(" ", "")
    whole = printable(text).replace(" ", "")
    assert told == whole or (size < 8.5 and told.endswith("…"))


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert fitted("What to expect", 5, 1, 28, 16, True, measure) == (["What to expect"], 28)
    assert cut("Long name", 0.5, 10, False, measure) == "Long…"


def test_wide_letters_break_between_each_other_and_signs_stay_with_them() -> None:
    lines, _ = fitted("北京十八区，全部", 5 * 20 / POINTS, 2, 20, 20, False, measure)
    assert lines == ["北京十八", "区，全部"]


def test_control_signs_and_lone_surrogates_are_left_out() -> None:
    assert printable("a\x00b\ud800c\r\nd") == "a b c d"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.lists(TEXTS, min_size=1, max_size=3), st.booleans())
def test_a_table_stays_inside_its_box_and_says_what_it_leaves_out(rows: int, names: list[str], summed: bool) -> None:
    values = tuple(float(i) for i in range(rows))
    numbers = Column.summed("Units", "units", values) if summed else Column("Units", "units", values)
    table = Table("t", (Column(names[0], "text", tuple(names[i % len(names)] for i in range(rows))), numbers))
    found = grid(table, 4, 3, Words(), measure)
    assert found.height <= 3 + 1e-6
    assert sum(found.widths) <= 4 + 1e-9
    assert found.total == summed
    shown = [row for row in found.rows if "more in the workbook" not in row[0]]
    left = rows + summed - len(shown)
    assert (len(shown) < len(found.rows)) == (left > 0)
    if left:
        assert any(row[0] == f"and {left} more in the workbook" for row in found.rows)
    for row in shown:
        assert all(measure(text, found.size, False) <= width - 2 * PADDING + 1e-9 for text, width in zip(row, found.widths, strict=True))


def test_columns_of_a_table_are_of_one_length() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Table("t", (Column("a", "units", (1.0,)), Column("b", "units", ())))
