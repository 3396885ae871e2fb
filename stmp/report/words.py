"""The words and numbers of a report in its language: English text is the key, the gettext catalogue in ``locale/`` holds the others."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from babel.dates import format_date
from babel.messages.pofile import read_po

from stmp.market.calendar import SEPARATOR
from stmp.report.model import Number, Value

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = (ENGLISH, CHINESE)
CATALOGUE = Path(__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES" / "report.po"
DATA = "data"  # gettext context of what markets name: categories, festivals, phases, holidays
UNKNOWN = "–"
STEPS = {ENGLISH: ((1e9, " B"), (1e6, " M"), (1e3, " k")), CHINESE: ((1e8, " 亿"), (1e4, " 万"))}
DAY = {ENGLISH: "EEE d MMM y", CHINESE: "y年M月d日 EEE"}
SHORT_DAY = {ENGLISH: "EEE d MMM", CHINESE: "M月d日 EEE"}


@dataclass(frozen=True)
class Words:
    """One of LANGUAGES. Called with a text, it says that text: ``t("Total of {days} days", days=14)``."""

    language: str = ENGLISH

    def __call__(self, text: str, /, **values: object) -> str:
        found = catalogue(self.language).get((None, text), text)
        return found.format(**values) if values else found

    def label(self, text: str) -> str:
        """What a market names, such as ``Phones`` or ``Double 11 · peak``; a part that the catalogue does not know stays as it is."""
        known = catalogue(self.language)
        return SEPARATOR.join(known.get((DATA, part), part) for part in text.split(SEPARATOR))

    def names(self, region_table: pd.DataFrame) -> pd.Series:
        """Names of the regions by id, no two alike; a region without one in this language keeps that of the other."""
        columns = ("name_zh", "name") if self.language == CHINESE else ("name", "name_zh")
        first, second = (region_table[column].astype(str) for column in columns)
        names = first.where(first != region_table.index, second)
        return names.where(~names.duplicated(keep=False), names + " (" + names.index.astype(str) + ")")

    def show(self, value: Value, number: Number) -> str:
        """A value as it is read."""
        if isinstance(value, str):
            return value
        if isinstance(value, pd.Timestamp):
            return self.short_day(value)
        if value is None or not math.isfinite(value):
            return UNKNOWN
        sign = "+" if value > 0 else "−" if value < 0 else ""
        match number:
            case "volume":
                return self.volume(value)
            case "units":
                return f"{value:,.0f}"
            case "times":
                return f"{value:.2f}×"
            case "percent":
                return _percent(value)
            case "signed percent":
                return (sign if abs(value) >= 0.0005 else "") + _percent(abs(value))
            case "signed volume":
                return sign + self.volume(abs(value))
            case _:
                return str(value)

    def volume(self, value: float) -> str:
        """1234567 -> 1.23 M, 12345 -> 12.3 k, 123.4 -> 123; in Chinese 123 万, 1.23 万, 123."""
        size, sign = self._step(value)
        return _significant(value / size) + sign

    def span(self, low: float, high: float, number: Number) -> str:
        """Both bounds; volumes in the unit of the upper one, and equally exact: 0.98 to 1.31 M, 3 to 165 k."""
        t = self
        if number != "volume" or not math.isfinite(low + high):
            return t("{low} to {high}", low=self.show(low, number), high=self.show(high, number))
        size, sign = self._step(high)
        upper = _significant(high / size)
        lower = f"{low / size:,.{len(upper.partition('.')[2])}f}"
        return t("{low} to {high}", low=lower if re.search("[^0.]", lower) else "0", high=upper + sign)

    def day(self, date: pd.Timestamp) -> str:
        """Tue 12 Nov 2019, 2019年11月12日 周二."""
        return str(format_date(date, DAY[self.language], locale=self.language))

    def short_day(self, date: pd.Timestamp) -> str:
        """Tue 12 Nov, 11月12日 周二."""
        return str(format_date(date, SHORT_DAY[self.language], locale=self.language))

    def _step(self, value: float) -> tuple[float, str]:
        """The largest unit that leaves a digit before the point, and its sign."""
        return next(((size, sign) for size, sign in STEPS[self.language] if abs(value) >= size * 0.9995), (1.0, ""))


def _percent(value: float) -> str:
    """With a digit after the point where it is small, or near to all."""
    return f"{100 * value:.1f} %" if 0 < abs(value) < 0.0995 or 0.99 < abs(value) < 1 else f"{100 * value:.0f} %"


def _significant(value: float, digits: int = 3) -> str:
    """Rounded to ``digits`` significant digits, without an exponent; digits before the point are never cut."""
    if value == 0:
        return "0"
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(rounded))))}f}"


@cache
def catalogue(language: str) -> Mapping[tuple[str | None, str], str]:
    """(context, English text) -> translation; empty for English."""
    if language == ENGLISH:
        return {}
    with CATALOGUE.open("rb") as file:
        return {(m.context, str(m.id)): str(m.string) for m in read_po(file) if m.id and m.string}
