"""A scenario's changes and a planner's overrides in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pandas as pd

from stmp.plans import VALUE, Override
from stmp.report.words import Words
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Recent, Scenario

MOST_NAMED = 3
Change = Move | Lengthen | Add | Drop | Days | Recent | Fact


def changes(scenario: Scenario, names: pd.Series, t: Words) -> Iterator[str]:
    """Each change as a sentence. names: of the districts, by region id."""
    parts: tuple[Change, ...] = (*scenario.festivals, *scenario.days, *scenario.recent, *scenario.facts)
    for part in parts:
        yield _in_words(part, names, t)


def what_is_overridden(override: Override, names: pd.Series, t: Words) -> str:
    """District, category and days of an override."""
    return t(
        "{district}, {category}, {days}",
        district=t("All districts") if override.region is None else names.get(override.region, override.region),
        category=t("all categories") if override.category is None else t.label(override.category),
        days=_span(override.first, override.last, t),
    )


def what_is_asked(override: Override, unit: str, t: Words) -> str:
    """+10 %, or 12,345 orders."""
    if override.kind == VALUE:
        return t("{volume} {unit}", volume=t.show(override.amount, "units"), unit=unit)
    return t.show(override.amount / 100, "signed percent")


def _in_words(change: Change, names: pd.Series, t: Words) -> str:
    match change:
        case Move():
            return t(
                "{festival} moves from {day} to {to}", festival=t.label(change.festival), day=_day(change.peak, t), to=_day(change.to, t)
            )
        case Lengthen():
            return t(
                "{festival} of {day}, peak days: {days}", festival=t.label(change.festival), day=_day(change.peak, t), days=change.days
            )
        case Add():
            return t(
                "{festival} is also held on {day}, peak days: {days}",
                festival=t.label(change.festival),
                day=_day(change.peak, t),
                days=change.days,
            )
        case Drop():
            return t("{festival} of {day} is not held", festival=t.label(change.festival), day=_day(change.peak, t))
        case Days():
            return t("{days} as {date_type}", days=_span(change.first, change.last, t), date_type=_blend(change, t))
        case Recent():
            return t(
                "{stream} of the last {days} days {change}: {categories}, {districts}",
                stream=_stream(change.stream, t),
                days=change.days,
                change=t.show(change.factor - 1, "signed percent"),
                categories=_listed([t.label(category) for category in change.categories], t) or t("all categories"),
                districts=_listed([str(names.get(region, region)) for region in change.regions], t) or t("all districts"),
            )
        case Fact():
            return t(
                "{fact} of {district} is {value}",
                fact=t.label(change.name).replace("_", " "),
                district=names.get(change.region, change.region),
                value=t.volume(change.value),
            )


def _blend(days: Days, t: Words) -> str:
    """60 % Double 11 · peak + 40 % workday."""
    if len(days.types) == 1:
        return t.label(next(iter(days.types)))
    parts = [(t.show(weight, "percent"), t.label(kind)) for kind, weight in days.types.items()]
    return t(" + ").join(t("{share} {date_type}", share=share, date_type=kind) for share, kind in parts)


def _stream(name: str, t: Words) -> str:
    return {"orders": t("Purchases"), "cart_adds": t("Cart additions")}.get(name, name)


def _listed(named: Sequence[str], t: Words) -> str:
    if len(named) > MOST_NAMED:
        return t("{names} and {count} more", names=t(", ").join(named[: MOST_NAMED - 1]), count=len(named) - MOST_NAMED + 1)
    return t(", ").join(named)


def _day(day: date, t: Words) -> str:
    return t.short_day(pd.Timestamp(day))


def _span(first: date, last: date, t: Words) -> str:
    return _day(first, t) if first == last else t("{first} to {last}", first=_day(first, t), last=_day(last, t))
