"""What the numbers rest on: assumptions, overrides, and where everything comes from."""

from __future__ import annotations

from stmp.plans import effects
from stmp.report.changes import changes, what_is_asked, what_is_overridden
from stmp.report.model import Column, Lines, Slide, Table
from stmp.report.source import Source
from stmp.report.words import CHINESE, Words
from stmp.scenario import Scenario

HASH = 12  # letters of a hash that tell two apart


def origin(source: Source, t: Words) -> dict[str, str]:
    """What every slide tells of its numbers, title -> text. The scenario stands last, for its name may be long."""
    market, forecast = source.market, source.forecast
    return {
        t("Market"): market.about.name,
        t("Data"): t("simulated") if market.about.simulated else t("real"),
        t("Data until"): f"{market.dates[-1]:%Y-%m-%d}",
        t("As of"): f"{forecast.cutoff:%Y-%m-%d}",
        t("Checkpoint"): f"{source.checkpoint} {source.card.weights_sha256[:HASH]}",
        t("Seed"): str(forecast.seed),
        t("Scenario"): _scenario(source, t),
    }


def assumptions_slide(source: Source, t: Words) -> Slide:
    """What was taken for granted and what was changed by hand."""
    names, count = t.names(source.market.region_table), len(source.overrides)
    told = [*_calendar(source, t), *changes(source.scenario, names, t), *_limits(source, t)]
    blocks: list[Lines | Table] = [Lines(t("Assumptions"), tuple(told))]
    if count:
        blocks.append(_overrides(source, t))
    return Slide(
        "assumptions",
        t("Assumptions and overrides"),
        t("{count} overrides by hand are included in the numbers.", count=count) if count else t("No number was overridden by hand."),
        blocks=tuple(blocks),
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
        t("Source of the data"): market.about.source,
        t("Data until"): f"{market.dates[-1]:%Y-%m-%d}",
        t("Data digest"): market.digest,
        t("As of"): f"{forecast.cutoff:%Y-%m-%d}",
        t("Days forecast"): t("{first} to {last}", first=f"{forecast.dates[0]:%Y-%m-%d}", last=f"{forecast.dates[-1]:%Y-%m-%d}"),
        t("Scenario"): _scenario(source, t),
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


def _overrides(source: Source, t: Words) -> Table:
    """Each override with what the forecast says without and with it."""
    table, names = effects(source.statistical, source.overrides), t.names(source.market.region_table)
    unit = t.label(source.market.about.unit)
    return Table(
        t("Overrides"),
        (
            Column(t("What"), "text", tuple(what_is_overridden(one, names, t) for one in source.overrides)),
            Column(t("Override"), "text", tuple(what_is_asked(one, unit, t) for one in source.overrides)),
            Column(t("Statistical"), "volume", tuple(table["statistical"].tolist())),
            Column(t("With overrides"), "volume", tuple(table["planned"].tolist())),
            Column(t("Reason"), "text", tuple(one.reason for one in source.overrides)),
            Column(t("By"), "text", tuple(one.author for one in source.overrides)),
        ),
    )
