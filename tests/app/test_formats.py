"""Numbers as a planner reads them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from app.formats import UNKNOWN, day, in_days, percent, plain, rounded, signed_percent, signed_volume, tick, times, volume, volume_range


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.1234, "0.123"),
        (7.5, "7.50"),
        (123.4, "123"),
        (999.4, "999"),
        (999.9, "1.00 k"),
        (12_345, "12.3 k"),
        (1_234_567, "1.23 M"),
        (5.6e9, "5.60 B"),
        (-12_345, "-12.3 k"),
        (math.nan, UNKNOWN),
    ],
)
def test_volumes_have_three_digits_and_a_unit(value: float, text: str) -> None:
    assert volume(value) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [("2.00 k", "2 k"), ("2.50 k", "2.5 k"), ("100 k", "100 k"), ("1.00×", "1×"), ("−0.50", "−0.5"), ("1,200", "1,200"), ("10 %", "10 %")],
)
def test_numbers_beside_an_axis_carry_no_needless_zeros(written: str, shown: str) -> None:
    assert tick(written) == shown


def test_both_ends_of_a_range_have_one_unit() -> None:
    assert volume_range(980_000, 1_310_000) == "0.98 to 1.31 M"
    assert volume_range(12, 34) == "12.0 to 34.0"
    assert volume_range(2_860, 165_000) == "3 to 165 k"
    assert volume_range(2, 1_650) == "0 to 1.65 k"
    assert volume_range(820, 1_310, 990) == "820 to 1,310"
    assert volume_range(math.nan, 1_650) == f"{UNKNOWN} to 1.65 k"


def test_one_day_is_no_plural() -> None:
    assert [in_days(count) for count in (1, 2)] == ["1 day", "2 days"]


def test_shares_and_factors() -> None:
    assert [percent(v) for v in (0, 0.0123, 0.0999, 0.1234, 2, math.nan)] == ["0 %", "1.2 %", "10 %", "12 %", "200 %", UNKNOWN]
    assert [signed_percent(v) for v in (-0.25, 0, -0.0004, 0.031, math.inf)] == ["−25 %", "0 %", "0.0 %", "+3.1 %", UNKNOWN]
    assert [signed_volume(v) for v in (-12345, 0, 678)] == ["−12.3 k", "0", "+678"]
    assert [times(v) for v in (1, 3.456, math.nan)] == ["1.00×", "3.46×", UNKNOWN]


def test_rounding_keeps_numbers_sortable() -> None:
    assert [rounded(v) for v in (0.0, 1234.5, 0.98765)] == [0, 1230, 0.988]
    assert math.isnan(rounded(math.nan))


def test_days_are_written_out() -> None:
    assert day(pd.Timestamp("2019-11-05")) == "Tue 5 Nov 2019"


def test_signs_of_markdown_mean_nothing_in_a_message() -> None:
    assert plain("a_b *c* [d](e) $f$") == r"a\_b \*c\* \[d\]\(e\) \$f\$"
