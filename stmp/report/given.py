"""What the numbers rest on: assumptions, overrides, and where everything comes from."""

from __future__ import annotations

import math

from stmp.plans import Figures
from stmp.report.changes import changes
from stmp.report.model import Column, Lines, Slide, Table
from stmp.report.source import Source
from stmp.report.words import CHINESE, Words
from stmp.scenario import Scenario

HASH = 12  # letters of a hash that tell two apart
SAME = 1e-4  # of a total: what another machine may make of the same question


def origin(source: Source, t: Words) -> dict[str, str]:
    """What every slide tells of its numbers, title -> text. What people have named stands last, for it may be long."""
    market, forecast = source.market, source.forecast
    return {
        t("Market"): market.about.name,
        t("Data"): t("simulated") if market.about.simulated else t("real"),
        t("Data until"): f"{market.dates[-1]:%Y-%m-%d}",
        t("As of"): f"{forecast.cutoff:%Y-%m-%d}",
        t("Checkpoint"): f"{source.checkpoint} {source.card.weights_sha256[:HASH]}",
        t("Seed"): str(forecast.seed),
        **_plan(source, t),
        t("Scenario"): _scenario(source, t),
    }


def assumptions_slide(source: Source, t: Words) -> Slide:
    """What was taken for granted and what was changed by hand."""
    names, count = t.names(source.market.region_table), len(source.overrides)
    told = [*_calendar(source, t), *changes(source.scenario, names, t), *_limits(source, t)]
    return Slide(
        "assumptions",
        t("Assumptions and overrides"),
        t("{count} overrides by hand are included in the numbers.", count=count) if count else t("No number was overridden by hand."),
        blocks=(Lines(t("Assumptions"), tuple(told)),),
        note=t("A what-if shows what the model learned from the past; it is no causal effect."),
    )


def provenance_slide(source: Source, t: Words) -> Slide:
    """All that is needed to make the same numbers again."""
    market, card, forecast = source.market, source.card, source.forecast
    learned = (
        t("simulated markets of every kind") if card.general else t("{market} until {day}", market=card.market, day=card.trained_until)
    )
    rows = {
        t("Market"): market.about.title_zh if t.language == CHINESE else market.about.title,
        t("Source of the data"): t.label(market.about.source),
        t("Data until"): f"{market.dates[-1]:%Y-%m-%d}",
        t("Data digest"): market.digest,
        t("As of"): f"{forecast.cutoff:%Y-%m-%d}",
        t("Days forecast"): t("{first} to {last}", first=f"{forecast.dates[0]:%Y-%m-%d}", last=f"{forecast.dates[-1]:%Y-%m-%d}"),
        t("Scenario"): _scenario(source, t),
        **_as_saved(source, t),
        t("Checkpoint"): source.checkpoint,
        t("Weights, SHA-256"): card.weights_sha256,
        t("Learned from"): learned,
        t("Seed"): str(forecast.seed),
        t("Joint samples"): str(forecast.samples.shape[-1]),
    }
    return Slide(
        "provenance",
        t("Where the numbers come from"),
        t("All numbers are simulated; none is a real sale.") if market.about.simulated else t("The numbers rest on real data."),
        blocks=(Table("", (Column(t("What"), "text", tuple(rows)), Column(t("Which"), "text", tuple(rows.values())))),),
    )


def _scenario(source: Source, t: Words) -> str:
    return t("as the calendar has it") if source.scenario == Scenario() else source.scenario.name


def _calendar(source: Source, t: Words) -> list[str]:
    """The festivals held on the days forecast."""
    dates = source.forecast.dates
    held = [o for o in source.calendar.occurrences if dates[0] <= o.peak <= dates[-1]]
    told = [t("{festival} is held on {day}.", festival=t.label(o.festival), day=t.day(o.peak)) for o in held]
    return told or [t("No festival has its peak on the days forecast.")]


def _limits(source: Source, t: Words) -> list[str]:
    """What a reader must know of the calendar and the checkpoint."""
    told = []
    if any(date.year in source.calendar.provisional for date in source.forecast.dates):
        told.append(t("The public holidays of these days had not been announced; the calendar guesses them."))
    if source.card.general:
        told.append(t("The checkpoint learned from simulated markets; it knows this one by its past alone."))
    elif f"{source.forecast.cutoff:%Y-%m-%d}" < source.card.trained_until:
        told.append(t("The checkpoint learned from days until {until}, past the cutoff.", until=source.card.trained_until))
    told.append(t("Stock is put into the districts once, for the whole period."))
    return told


def _plan(source: Source, t: Words) -> dict[str, str]:
    """Which plan this is of; nothing where it is a forecast alone."""
    if source.saved is not None:
        return {t("Plan"): t("{plan}, version {number}", plan=source.saved.plan, number=source.saved.version.number)}
    return {t("Plan"): t("not saved")} if source.overrides else {}


def _as_saved(source: Source, t: Words) -> dict[str, str]:
    """Who saved the plan and when, and what it came to then, where the data or the checkpoint give something else by now."""
    told = _plan(source, t)
    if source.saved is None:
        return told
    version, unit = source.saved.version, t.label(source.market.about.unit)
    told[t("Saved")] = t("{moment} UTC by {author}", moment=f"{version.made_at:%Y-%m-%d %H:%M}", author=version.author)
    if version.content.note:
        told[t("Note")] = version.content.note
    if not math.isclose(Figures.of(source.forecast).total.middle, version.content.planned.total.middle, rel_tol=SAME):
        told[t("Total when it was saved")] = t("{volume} {unit}", volume=t.volume(version.content.planned.total.middle), unit=unit)
    return told
