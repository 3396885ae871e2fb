"""Plans in words."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from app.formats import plain, short_day, signed_percent, volume, volume_range
from app.language import label, t
from app.parts.what_if.words import in_words
from stmp.plans import VALUE, Difference, Figures, Override
from stmp.scenario import Scenario
from stmp.summary import Interval

HASH = 12  # letters of a hash


def moment(time: datetime) -> str:
    """When something was saved."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def span(first: date, last: date) -> str:
    """A day, or from one to another."""
    start, end = (short_day(pd.Timestamp(day)) for day in (first, last))
    return start if first == last else t("{first} to {last}", first=start, last=end)


def bounded(interval: Interval) -> str:
    """12.3 k (10.1 to 15.0 k)."""
    return t("{volume} ({bounds})", volume=volume(interval.middle), bounds=volume_range(interval.low, interval.high, interval.middle))


def district(region: str | None, names: pd.Series) -> str:
    return t("All districts") if region is None else str(names.get(region, region))


def category(name: str | None) -> str:
    return t("All categories") if name is None else label(name)


def asked(override: Override, unit: str) -> str:
    """+10 %, or 300 orders."""
    if override.kind == VALUE:
        return t("{volume} {unit}", volume=volume(override.amount), unit=unit)
    return signed_percent(override.amount / 100)


def scenario_name(scenario: Scenario) -> str:
    return t("as the calendar has it") if scenario == Scenario() else scenario.name


def difference(found: Difference, names: pd.Series, unit: str) -> tuple[str, str, str]:
    """One part in which versions differ: what it is called, and as each of them has it; as Markdown."""
    titles = {
        "scenario": t("Scenario"),
        "cutoff": t("As of"),
        "horizon": t("Days to forecast"),
        "overrides": t("Overrides"),
        "checkpoint": t("Checkpoint"),
        "data_digest": t("Data"),
        "seed": t("Seed"),
        "samples": t("Samples"),
        "statistical": t("Statistical forecast"),
        "planned": t("Plan"),
        "note": t("Note"),
    }
    return titles[found.part], _written(found.before, names, unit), _written(found.after, names, unit)


def _written(value: object, names: pd.Series, unit: str) -> str:
    match value:
        case Scenario():
            changes = [*value.festivals, *value.days, *value.recent, *value.facts]
            return plain("\n".join([scenario_name(value), *(in_words(change, names) for change in changes)]))
        case Figures():
            return plain(t("{volume} {unit}", volume=bounded(value.total), unit=unit))
        case tuple():
            return plain("\n".join(_override(override, names, unit) for override in value) or t("none"))
        case date():
            return plain(f"{value:%Y-%m-%d}")
        case str():
            return plain(value if len(value) != 64 else value[:HASH])
        case _:
            return plain(str(value))


def _override(override: Override, names: pd.Series, unit: str) -> str:
    return t(
        "{district}, {category}, {days}: {asked} ({reason}, {author})",
        district=district(override.region, names),
        category=category(override.category),
        days=span(override.first, override.last),
        asked=asked(override, unit),
        reason=override.reason,
        author=override.author,
    )
