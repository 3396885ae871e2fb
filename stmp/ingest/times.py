"""Times as logs write them: the form is told from the first lines, read by one expression, and moved between clocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

CLOCK = r"(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?)?"
OFFSET = r"\s*(Z|[+-]\d{2}:?\d{2})?"
# Form -> pattern, and its groups for year, month, day, hour, minute, second and offset (0: none). Python, RE2 and Java read them alike.
PATTERNS: dict[str, tuple[str, tuple[int, ...]]] = {
    "iso": (r"^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$", (1, 2, 3, 4, 5, 6, 0)),
    "ymd": (r"^\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?" + CLOCK + OFFSET + r"\s*$", (1, 2, 3, 4, 5, 6, 7)),
    "compact": (r"^\s*(\d{4})(\d{2})(\d{2})(?:[ T]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?\s*$", (1, 2, 3, 4, 5, 6, 0)),
    "dmy": (r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + CLOCK + OFFSET + r"\s*$", (3, 2, 1, 4, 5, 6, 7)),
    "mdy": (r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + CLOCK + OFFSET + r"\s*$", (3, 1, 2, 4, 5, 6, 7)),
}
EPOCHS = {"seconds": r"^\d{9,10}$", "milliseconds": r"^\d{12,13}$"}
SHOWN = {
    "iso": "year-month-day",
    "ymd": "year-month-day",
    "compact": "yearmonthday",
    "dmy": "day-month-year",
    "mdy": "month-day-year",
    "seconds": "seconds since 1970",
    "milliseconds": "milliseconds since 1970",
    "typed": "a time in the file's own type",
}
FIRST, LAST = date(1990, 1, 1), date(2050, 1, 1)  # between which clocks are compared
STEP = timedelta(minutes=15)  # every offset in use is a multiple


@dataclass(frozen=True)
class TimeForm:
    """kind: a key of SHOWN.  instants: the stamps say themselves how far they are from UTC."""

    kind: str
    instants: bool = False


def guess_form(values: Sequence[str]) -> TimeForm | None:
    """The form that most of the values have; None where no form fits any. Day-month and month-day that both fit all are "dmy or mdy"."""
    values = [value for value in values if value]
    counts = {kind: sum(bool(re.match(pattern, value)) for value in values) for kind, pattern in EPOCHS.items()}
    counts |= {kind: sum(_day(kind, value) is not None for value in values) for kind in PATTERNS}
    best = max(counts.values(), default=0)
    if not best:
        return None
    kind = next(kind for kind in ("iso", *EPOCHS, "ymd", "compact", "dmy", "mdy") if counts[kind] == best)
    if kind == "dmy" and counts["mdy"] == best:
        return TimeForm("dmy or mdy")
    return TimeForm(kind, kind in EPOCHS or offset_of(kind, values))


def offset_of(kind: str, values: Sequence[str]) -> bool:
    """Whether most of the values carry an offset from UTC."""
    pattern, groups = PATTERNS[kind]
    matches = [found for value in values if (found := re.match(pattern, value))]
    return groups[6] > 0 and sum(bool(found[groups[6]]) for found in matches) * 2 > len(matches)


def _day(kind: str, value: str) -> date | None:
    pattern, groups = PATTERNS[kind]
    found = re.match(pattern, value)
    try:
        return None if found is None else date(*(int(found[group]) for group in groups[:3]))
    except ValueError:
        return None


def stamp(column: ir.Column, form: TimeForm) -> ir.TimestampColumn:
    """Timestamps without a zone: by the clock of the stamps, or of UTC where these are instants; NULL where unreadable."""
    if form.kind == "typed":
        return column.try_cast("timestamp")
    if form.kind in EPOCHS:
        text = column.cast("string")
        number = ibis.ifelse(text.re_search(EPOCHS[form.kind]), text.try_cast("int64"), ibis.null("int64"))
        return number.as_timestamp("s" if form.kind == "seconds" else "ms").cast("timestamp")
    text = column.cast("string")
    if form.kind == "iso":
        # Nearly every stamp has one of three lengths, which is checked sooner than a pattern. A bare cast would also take an offset.
        usual, pattern = text.length().isin([10, 16, 19]), PATTERNS["iso"][0]
        return ibis.cases((usual, text), (text.re_search(pattern), text), else_=ibis.null("string")).try_cast("timestamp")
    return _matched(text, form)


def _matched(text: ir.StringValue, form: TimeForm) -> ir.TimestampColumn:
    pattern, groups = PATTERNS[form.kind]
    year, month, day, hour, minute, second = (text.re_extract(pattern, group).fill_null("") for group in groups[:6])
    pad = [part.lpad(2, "0") for part in (month, day, hour, minute, second)]
    written = year + "-" + pad[0] + "-" + pad[1] + " " + pad[2] + ":" + pad[3] + ":" + pad[4]
    offset = text.re_extract(pattern, groups[6]).fill_null("") if groups[6] else ibis.literal("")
    right_kind = (offset != "") if form.instants else (offset == "")
    local = ibis.ifelse(text.re_search(pattern) & right_kind, written, ibis.null("string")).try_cast("timestamp")
    if not form.instants:
        return local
    size = offset.substr(1, 2).try_cast("int64") * 60 + offset.right(2).try_cast("int64")
    east = ibis.cases((offset == "Z", 0), (offset.left(1) == "-", -size), else_=size)
    return local - east.as_interval("m")


@cache
def shifts(stamps: str, days: str) -> tuple[tuple[datetime, int], ...]:
    """(from when on, seconds to add) to turn the clock of one zone into that of another; empty for the same clock.

    A stamp in the hour that autumn repeats is taken for the first of the two; one in the hour that spring skips, for the time after it.
    """
    if stamps == days:
        return ()
    clock = pd.date_range(FIRST, LAST, freq=STEP)
    here = clock.tz_localize(stamps, ambiguous=np.ones(len(clock), dtype=bool), nonexistent="shift_forward")
    seconds = pd.Series((here.tz_convert(days).tz_localize(None) - clock).total_seconds().astype(int), index=clock)
    starts = seconds[seconds != seconds.shift()]
    found = tuple((when.to_pydatetime(), int(by)) for when, by in starts.items())  # type: ignore[attr-defined]
    return () if all(by == 0 for _, by in found) else found


def on_clock(when: ir.TimestampColumn, stamps: str, days: str) -> ir.TimestampColumn:
    """The same moments by the clock whose midnights part the days."""
    changes = shifts(stamps, days)
    return _between(when, changes) if changes else when


def _between(when: ir.TimestampColumn, changes: Sequence[tuple[datetime, int]]) -> ir.TimestampColumn:
    """A tree of comparisons, as deep as the logarithm of the number of changes."""
    if len(changes) == 1:
        return when + ibis.interval(seconds=changes[0][1])
    middle = len(changes) // 2
    return ibis.ifelse(when < ibis.literal(changes[middle][0]), _between(when, changes[:middle]), _between(when, changes[middle:]))
