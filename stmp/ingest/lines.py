"""The aggregation, written once for every engine: lines of a log to a count and a sum for each region, category and step.

A line is counted or rejected, never both, and a rejected one has one reason: the first of Reason's order that it has. Time and quantity
are judged line by line, the rest after lines that agree have been put together, which is where the time goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
from ibis import _

from stmp.ingest.times import TimeForm, on_clock, stamp
from stmp.market.market import ALL

QUANTITY = "decimal(18, 4)"  # sums of decimals are exact, so every engine and every order of the lines gives the same
TOTAL = "decimal(38, 4)"
Place = Callable[[ir.FloatingValue, ir.FloatingValue], ir.StringValue]


class Reason(IntEnum):
    """Why a line was not counted."""

    COUNTED = 0
    BROKEN = 1
    REPEATED = 2
    NO_TIME = 3
    BAD_TIME = 4
    NO_QUANTITY = 5
    BAD_QUANTITY = 6
    NEGATIVE = 7
    ABSURD = 8
    NO_PLACE = 9
    BAD_PLACE = 10
    OUTSIDE = 11
    UNKNOWN_REGION = 12
    NO_CATEGORY = 13
    TOO_EARLY = 14
    TOO_LATE = 15
    NO_ORDERS = 16


class Told(NamedTuple):
    """field: whose column and value are shown.  message, remedy: in the user's words."""

    field: str
    message: str
    remedy: str


TELL = {
    Reason.BROKEN: Told("", "the line has too few or too many fields, a stray quote, or bytes of another encoding", "mend the line"),
    Reason.REPEATED: Told("id", "the line repeats an earlier one", "nothing, if the log was written twice; else map no id"),
    Reason.NO_TIME: Told("time", "the time is empty", "fill it in"),
    Reason.BAD_TIME: Told("time", "the time cannot be read in the form that the log's other lines have", "write it like the others"),
    Reason.NO_QUANTITY: Told("quantity", "the quantity is empty", "fill it in, or map no quantity to count lines"),
    Reason.BAD_QUANTITY: Told("quantity", "the quantity is not a number", "write a plain number, or name the decimal sign with --decimal"),
    Reason.NEGATIVE: Told("quantity", "the quantity is negative: a return or a correction", "nothing, if returns are not to be forecast"),
    Reason.ABSURD: Told("quantity", "the quantity is larger than one line can have", "correct it, or raise the limit quantity"),
    Reason.NO_PLACE: Told("region", "the region is empty", "fill it in"),
    Reason.BAD_PLACE: Told("lon", "the longitude or latitude is empty or not a number", "write both in degrees"),
    Reason.OUTSIDE: Told("lon", "the point lies outside every polygon", "check the datum, and whether the boundaries are complete"),
    Reason.UNKNOWN_REGION: Told("region", "no boundary or table row has this region", "add the region, or correct the id"),
    Reason.NO_CATEGORY: Told("category", "the category is empty", "fill it in, or map no category"),
    Reason.TOO_EARLY: Told("time", "the day lies before the first one that is taken", "correct it, or name an earlier day with --from"),
    Reason.TOO_LATE: Told("time", "the day lies after the last one that is taken", "correct it, or name a later day with --until"),
    Reason.NO_ORDERS: Told("time", "the day has no order line at all", "give orders and cart additions of the same days"),
}


@dataclass(frozen=True)
class Rules:
    """How the columns are read, and what is let through.

    form: of the time.  stamps, days: the zone whose clock the stamps show, and the one whose midnights part the days.  comma: decimals
    are written with one.  regions: known ids.  order_days: days that have order lines, where the log is another one.
    """

    form: TimeForm
    stamps: str
    days: str
    hourly: bool
    comma: bool
    most: int
    first: date
    last: date
    regions: Sequence[str]
    place: Place | None = None
    order_days: Sequence[date] | None = None


def read(table: ir.Table, rules: Rules) -> ir.Table:
    """Columns named by field -> step, region, category, quantity and fault, beside what else the table has under names of its own."""
    when = on_clock(stamp(table.time, rules.form), rules.stamps, rules.days)
    step = when.truncate("h") if rules.hourly else when.date()
    cases = [(table.time.isnull(), Reason.NO_TIME), (when.isnull(), Reason.BAD_TIME)]
    quantity = ibis.literal(1).cast(QUANTITY)
    if "quantity" in table.columns:
        quantity = number(table.quantity, QUANTITY, rules.comma)
        cases += [
            (quantity.isnull() & table.quantity.isnull(), Reason.NO_QUANTITY),
            (quantity.isnull(), Reason.BAD_QUANTITY),
            (quantity < 0, Reason.NEGATIVE),
            (quantity > rules.most, Reason.ABSURD),
        ]
    if rules.place is not None:
        lon, lat = (number(table[name], "float64", rules.comma) for name in ("lon", "lat"))
        cases.append((lon.isnull() | lat.isnull(), Reason.BAD_PLACE))
        region = rules.place(lon, lat)
    else:
        region = text(table.region)
    category = text(table.category) if "category" in table.columns else ibis.literal(ALL)
    fault = ibis.cases(*((found, int(reason)) for found, reason in cases), else_=int(Reason.COUNTED)).cast("int8")
    return table.mutate(step=step, region=region, category=category, quantity=quantity, fault=fault)


def tally(table: ir.Table, rules: Rules) -> ir.Table:
    """``lines`` and ``quantity`` by reason, region, category and step, of rejected lines by reason alone; ``repeated``: copies that
    were left out of a table made by ``once``."""
    copies = table.copies.sum() if "copies" in table.columns else _.count()
    fine = read(table, rules).group_by("fault", "region", "category", "step")
    judged = judge(fine.agg(lines=_.count(), copies=copies, quantity=_.quantity.sum()), rules)
    good = judged.reason == 0
    keys = {name: ibis.ifelse(good, judged[name], ibis.null(judged[name].type())) for name in ("region", "category", "step")}
    numbers = {"lines": ibis.ifelse(good, judged.lines, judged.copies), "repeated": ibis.ifelse(good, judged.copies - judged.lines, 0)}
    kept = judged.select("reason", "quantity", **keys, **numbers)
    return kept.group_by("reason", "region", "category", "step").agg(
        lines=_.lines.sum().cast("int64"), repeated=_.repeated.sum().cast("int64"), quantity=_.quantity.sum().cast(TOTAL)
    )


def judge(lines: ir.Table, rules: Rules) -> ir.Table:
    """``reason`` of lines that were read, or of groups of them; ids and categories without blanks at their ends."""
    trimmed = lines.mutate(region=_trimmed(lines.region), category=_trimmed(lines.category))
    day = trimmed.step.cast("date")
    missing = (trimmed.region.isnull()) | (trimmed.region == "")
    cases = [
        (trimmed.fault != 0, trimmed.fault),
        (missing, int(Reason.OUTSIDE if rules.place is not None else Reason.NO_PLACE)),
        (trimmed.category.isnull() | (trimmed.category == ""), int(Reason.NO_CATEGORY)),
        (day < ibis.literal(rules.first), int(Reason.TOO_EARLY)),
        (day > ibis.literal(rules.last), int(Reason.TOO_LATE)),
    ]
    if rules.place is None:
        cases.insert(2, (~trimmed.region.isin(list(rules.regions)), int(Reason.UNKNOWN_REGION)))
    if rules.order_days is not None:
        cases.append((~day.isin([ibis.literal(d) for d in rules.order_days]), int(Reason.NO_ORDERS)))
    return trimmed.mutate(reason=ibis.cases(*cases, else_=int(Reason.COUNTED)).cast("int8"))


def _trimmed(text: ir.StringValue) -> ir.StringValue:
    """Without blanks at its ends; looking at the ends first is several times faster than trimming every text."""
    return ibis.ifelse((text.left(1) <= " ") | (text.right(1) <= " "), text.strip(), text)


def rejected(table: ir.Table, rules: Rules) -> ir.Table:
    """Every rejected line of a numbered table, with its reason and what it holds, as text under ``raw_`` and the field's name."""
    judged = judge(read(_with_raw(table), rules), rules)
    return judged.filter(judged.reason != 0).select("file", "row", "reason", *_raw(table), copies=ibis.literal(1, "int64"))


def repeats(table: ir.Table, rules: Rules) -> ir.Table:
    """Lines that were counted once and stand there more often, with the number of copies that were left out."""
    more = once(table).filter(_.copies > 1)
    judged = judge(read(_with_raw(more), rules), rules)
    place = {"file": ibis.null("string"), "row": ibis.null("int64"), "reason": ibis.literal(int(Reason.REPEATED), "int8")}
    return judged.filter(judged.reason == 0).select(**place, **{name: judged[name] for name in _raw(table)}, copies=judged.copies - 1)


def _raw(table: ir.Table) -> list[str]:
    return [f"raw_{name}" for name in table.columns if name not in ("file", "row", "copies")]


def _with_raw(table: ir.Table) -> ir.Table:
    return table.mutate(**{raw: table[raw.removeprefix("raw_")].cast("string") for raw in _raw(table)})


def once(table: ir.Table) -> ir.Table:
    """Lines that agree in every field, the id among them, become one, with ``copies`` of it."""
    return table.group_by(list(table.columns)).agg(copies=_.count())


def number(column: ir.Column, kind: str, comma: bool) -> ir.NumericValue:
    """A number; NULL where unreadable. With a decimal comma a point is no part of a number, nor is a comma without one."""
    if column.type().is_string() and comma:
        return column.replace(".", "x").replace(",", ".").try_cast(kind)
    # Floats become decimals over their text, whose shortest form every engine rounds alike.
    return (column.cast("string") if column.type().is_floating() else column).try_cast(kind)


def text(column: ir.Column) -> ir.StringValue:
    """As text; whole numbers in a column of floats without their decimals."""
    if column.type().is_floating():
        return ibis.ifelse(column == column.floor(), column.try_cast("int64").cast("string"), column.cast("string"))
    return column.cast("string")
