"""Numbers, days and messages as a planner reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pandas as pd
from babel.dates import format_date

from app.language import CHINESE, ENGLISH, current, t, tn

Show = Callable[[float], str]

UNKNOWN = "–"
STEPS = {ENGLISH: ((1e9, " B"), (1e6, " M"), (1e3, " k")), CHINESE: ((1e8, " 亿"), (1e4, " 万"))}
DAY = {ENGLISH: "EEE d MMM y", CHINESE: "y年M月d日 EEE"}
SHORT_DAY = {ENGLISH: "EEE d MMM", CHINESE: "M月d日 EEE"}


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


def volume(value: float, digits: int = 3) -> str:
    """1234567 -> 1.23 M, 12345 -> 12.3 k, 123.4 -> 123; in Chinese 123 万, 1.23 万, 123."""
    size, sign = _step(value)
    return significant(value / size, digits) + sign


def tick(shown: str) -> str:
    """A number beside an axis: without the zeros that only say how exact it is. 2.00 k -> 2 k, 2.50 k -> 2.5 k."""
    return re.sub(r"\.0+(?!\d)|(?<=\.)(\d*[1-9])0+(?!\d)", r"\1", shown)


def volume_range(low: float, high: float, beside: float | None = None) -> str:
    """Both bounds in the unit of the upper one, or of the number that they stand beside, and equally exact: 0.98 to 1.31 M, 3 to 165 k."""
    size, sign = _step(high if beside is None else beside)
    upper = significant(high / size)
    lower = f"{low / size:,.{len(upper.partition('.')[2])}f}" if math.isfinite(low) else UNKNOWN
    return t("{low} to {high}", low=lower if re.search("[^0.]", lower) else "0", high=upper + sign)


def _step(value: float) -> tuple[float, str]:
    """The largest unit that leaves a digit before the point, and its sign."""
    return next(((size, sign) for size, sign in STEPS[current()] if abs(value) >= size * 0.9995), (1.0, ""))


def times(value: float) -> str:
    """1.234 -> 1.23×."""
    return f"{value:.2f}×" if math.isfinite(value) else UNKNOWN


def percent(value: float) -> str:
    """0.1234 -> 12 %, 0.0123 -> 1.2 %."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{100 * value:.1f} %" if 0 < abs(value) < 0.0995 else f"{100 * value:.0f} %"


def signed_percent(value: float) -> str:
    """0.1234 -> +12 %, -0.0123 -> −1.2 %, -0.0001 -> 0.0 %."""
    if not math.isfinite(value):
        return UNKNOWN
    return _sign(value if abs(value) >= 0.0005 else 0) + percent(abs(value))


def signed_volume(value: float) -> str:
    """12345 -> +12.3 k, -12345 -> −12.3 k."""
    return _sign(value) + volume(abs(value))


def _sign(value: float) -> str:
    return {-1: "−", 0: "", 1: "+"}[(value > 0) - (value < 0)]


def day(date: pd.Timestamp) -> str:
    """Tue 12 Nov 2019, 2019年11月12日 周二."""
    return format_date(date, DAY[current()], locale=current())


def short_day(date: pd.Timestamp) -> str:
    """Tue 12 Nov, 11月12日 周二."""
    return format_date(date, SHORT_DAY[current()], locale=current())


def in_days(count: int) -> str:
    """1 day, 14 days, 14 天."""
    return tn("{count} day", "{count} days", count, count=count)


def plain(text: str) -> str:
    """Text that Markdown leaves as it is: names and messages may hold any sign."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|$~<>:])", r"\\\1", text).replace("\n", "  \n")
