"""What planners changed by hand: the statistical forecast, the overrides with their reasons, and the sum with and without them."""

from __future__ import annotations

import math

from stmp.plans import effects
from stmp.report.changes import what_is_asked, what_is_overridden
from stmp.report.model import Column, Figure, Slide, Table
from stmp.report.source import Source
from stmp.report.words import Words
from stmp.summary import interval


def overrides_slide(source: Source, t: Words) -> Slide:
    """The total without and with the overrides, and a row for each of them."""
    unit = t.label(source.market.about.unit)
    before, after = (interval(one.samples.sum(axis=(0, 1, 2), dtype=float)) for one in (source.statistical, source.forecast))
    change = after.middle - before.middle
    return Slide(
        "overrides",
        t("What was changed by hand"),
        t(
            "The statistical forecast says {statistical} {unit}; with what was changed by hand it is {planned}.",
            statistical=t.volume(before.middle),
            unit=unit,
            planned=t.volume(after.middle),
        ),
        (
            Figure(t("Statistical forecast"), before.middle, "volume", before, unit),
            Figure(t("Overrides"), change, "signed volume", None, unit, _share(change, before.middle, t)),
            Figure(t("Plan"), after.middle, "volume", after, unit),
        ),
        (_table(source, before.middle, after.middle, unit, t),),
        t(
            "An override shifts the samples of its districts, categories and days: the interval moves with the median, it does not narrow. "
            "Overrides act in order; where they overlap, their effects do not add up."
        ),
    )


def _share(change: float, before: float, t: Words) -> str:
    return t.show(change / before if before else math.nan, "signed percent")


def _table(source: Source, before: float, after: float, unit: str, t: Words) -> Table:
    found, names, overrides = effects(source.statistical, source.overrides), t.names(source.market.region_table), source.overrides
    everything = t("All districts, categories and days")
    return Table(
        t("Overrides"),
        (
            Column(t("What"), "text", tuple(what_is_overridden(one, names, t) for one in overrides), everything),
            Column(t("Override"), "text", tuple(what_is_asked(one, unit, t) for one in overrides)),
            Column(t("Statistical"), "volume", tuple(found["statistical"].tolist()), before),
            Column(t("With overrides"), "volume", tuple(found["planned"].tolist()), after),
            Column(t("Reason"), "text", tuple(one.reason for one in overrides)),
            Column(t("By"), "text", tuple(one.author for one in overrides)),
        ),
    )
