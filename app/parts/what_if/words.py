"""A scenario in words: what each change says, and how far it lies from what the model learned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from app.formats import in_days, percent, short_day, signed_percent, significant, times, volume
from app.language import fact, label, stream, t
from app.parts.what_if.desk import Change
from stmp.experience import Finding
from stmp.scenario import Add, Days, Drop, Fact, Lengthen, Move, Recent

MOST_NAMED = 3


def in_words(change: Change, names: pd.Series) -> str:
    """One change as a sentence. names: of the districts, by region id."""
    match change:
        case Move():
            return t("{festival} moves from {day} to {to}", festival=label(change.festival), day=_day(change.peak), to=_day(change.to))
        case Lengthen():
            return t("{festival} of {day}, peak days: {days}", festival=label(change.festival), day=_day(change.peak), days=change.days)
        case Add():
            return t(
                "{festival} is also held on {day}, peak days: {days}",
                festival=label(change.festival),
                day=_day(change.peak),
                days=change.days,
            )
        case Drop():
            return t("{festival} of {day} is not held", festival=label(change.festival), day=_day(change.peak))
        case Days():
            return t("{days} as {date_type}", days=_span(change.first, change.last), date_type=blend(change))
        case Recent():
            return _recent(change, names)
        case Fact():
            return t(
                "{fact} of {district} is {value}", fact=fact(change.name), district=_name(change.region, names), value=volume(change.value)
            )


def name_of(changes: Sequence[Change], names: pd.Series) -> str:
    """A short name of a scenario with these changes, at least one."""
    first = changes[0]
    match first:
        case Move():
            told = t("{festival} moved to {day}", festival=label(first.festival), day=_day(first.to))
        case Add():
            told = t("{festival} also on {day}", festival=label(first.festival), day=_day(first.peak))
        case _:
            told = in_words(first, names)
    return told if len(changes) == 1 else t("{change} and more", change=told)


def blend(days: Days) -> str:
    """60 % Double 11 · peak and 40 % workday."""
    if len(days.types) == 1:
        return label(next(iter(days.types)))
    return t(" + ").join(t("{share} {date_type}", share=percent(weight), date_type=label(kind)) for kind, weight in days.types.items())


def measured(finding: Finding) -> str:
    """What was measured of a change, and how it compares."""
    share, known = _share(finding), f"{finding.known:,}"
    match finding.kind:
        case "season" | "length":
            return _held(finding)
        case "blend":
            return t(
                "The mixed representation is nearest to {date_type}, {value} as far as known date types are from their nearest. That is "
                "further than {share} of the {known} known ones.",
                date_type=label(finding.name),
                value=times(finding.value),
                share=share,
                known=known,
            )
        case "recent":
            return t(
                "{stream}: the last days are {value} the four weeks before. So strong a rise or fall is larger than {share} of those in "
                "the {known} days it learned from.",
                stream=stream(finding.name),
                value=times(finding.value),
                share=share,
                known=known,
            )
        case "fact":
            return t(
                "{fact}: {value} the median district. That is further from it than {share} of the {known} districts are.",
                fact=fact(finding.name),
                value=times(finding.value),
                share=share,
                known=known,
            )


def _held(finding: Finding) -> str:
    """How a festival was held so far."""
    festival = label(finding.name)
    if not finding.examples:
        return t("{festival} was never held in the days it learned from: it can only go by other festivals.", festival=festival)
    if finding.kind == "season":
        return t(
            "Times that {festival} was held: {examples}. The nearest was {value} days of the year away, further than {share} of the "
            "{known} shifts from one year to the next that it learned from.",
            festival=festival,
            examples=finding.examples,
            value=f"{finding.value:.0f}",
            share=_share(finding),
            known=finding.known,
        )
    return t(
        "Times that {festival} was held: {examples}. The nearest length of its peak differs by {value} days, more than {share} of "
        "the {known} differences from one time to the next that it learned from.",
        festival=festival,
        examples=finding.examples,
        value=f"{finding.value:.0f}",
        share=_share(finding),
        known=finding.known,
    )


def _share(finding: Finding) -> str:
    """The percentile, with the digit that tells 98.6 from 99."""
    return f"{significant(finding.percentile)} %"


def _recent(change: Recent, names: pd.Series) -> str:
    return t(
        "{stream} of the last {days} {change}: {categories}, {districts}",
        stream=stream(change.stream),
        days=in_days(change.days),
        change=signed_percent(change.factor - 1) if change.factor != 1 else t("unchanged"),
        categories=_listed([label(category) for category in change.categories]) or t("all categories"),
        districts=_listed([_name(region, names) for region in change.regions]) or t("all districts"),
    )


def _listed(named: Sequence[str]) -> str:
    if len(named) > MOST_NAMED:
        return t("{names} and {count} more", names=t(", ").join(named[: MOST_NAMED - 1]), count=len(named) - MOST_NAMED + 1)
    return t(", ").join(named)


def _name(region: str, names: pd.Series) -> str:
    return str(names.get(region, region))


def _day(day: date) -> str:
    return short_day(pd.Timestamp(day))


def _span(first: date, last: date) -> str:
    return _day(first) if first == last else t("{first} to {last}", first=_day(first), last=_day(last))
