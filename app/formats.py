"""Numbers, days and messages as a planner reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pandas as pd

Show = Callable[[float], str]

UNKNOWN = "–"
STEPS = ((1e9, " B"), (1e6, " M"), (1e3, " k"))


def significant(value: float, digits: int = 3) -> str:
    """Rounded to ``digits`` significant digits, without an exponent; digits before the point are never cut."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else UNKNOWN
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded(value, digits)))))
    return f"{value:,.{decimals}f}"


def rounded(value: float, digits: int = 3) -> float:
    """The number itself, rounded to ``digits`` significant digits, for tables that are sorted."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def volume(value: float) -> str:
    """1234567 -> 1.23 M, 12345 -> 12.3 k, 123.4 -> 123."""
    for size, sign in STEPS:
        if abs(value) >= size * 0.9995:
            return significant(value / size) + sign
    return significant(value)


def volume_range(low: float, high: float) -> str:
    """Both bounds in the unit of the upper one: 1.02 to 1.31 M."""
    for size, sign in STEPS:
        if abs(high) >= size * 0.9995:
            return f"{significant(low / size)} to {significant(high / size)}{sign}"
    return f"{significant(low)} to {significant(high)}"


def times(value: float) -> str:
    """1.234 -> 1.23×."""
    return f"{value:.2f}×" if math.isfinite(value) else UNKNOWN


def percent(value: float) -> str:
    """0.1234 -> 12 %, 0.0123 -> 1.2 %."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{100 * value:.1f} %" if 0 < abs(value) < 0.0995 else f"{100 * value:.0f} %"


def signed_percent(value: float) -> str:
    """0.1234 -> +12 %, -0.0123 -> −1.2 %."""
    if not math.isfinite(value):
        return UNKNOWN
    return {-1: "−", 0: "", 1: "+"}[(value > 0) - (value < 0)] + percent(abs(value))


def day(date: pd.Timestamp) -> str:
    """Tue 12 Nov 2019."""
    return f"{date:%a} {date.day} {date:%b %Y}"


def short_day(date: pd.Timestamp) -> str:
    """Tue 12 Nov."""
    return f"{date:%a} {date.day} {date:%b}"


def plain(text: str) -> str:
    """Text that Markdown leaves as it is: names and messages may hold any sign."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|$~<>:])", r"\\\1", text).replace("\n", "  \n")
