"""From a source to the report: the story, slide by slide."""

from __future__ import annotations

from stmp.report.compared import drivers_slide, scenario_districts_slide, scenario_slide
from stmp.report.given import assumptions_slide, origin, provenance_slide
from stmp.report.model import Report, Slide
from stmp.report.outlook import categories_slide, districts_slide, fans_slide, map_slide, series_slide, summary_slide
from stmp.report.planned import overrides_slide
from stmp.report.source import Source
from stmp.report.stocked import stock_slides
from stmp.report.tested import accuracy_slide
from stmp.report.words import CHINESE, ENGLISH, Words


def build(source: Source, language: str = ENGLISH) -> Report:
    """The report of a source in one of ``words.LANGUAGES``."""
    t, about, dates = Words(language), source.market.about, source.forecast.dates
    changed: tuple[Slide, ...] = ()
    if source.plan is not None:
        changed = scenario_slide(source, source.plan, t), scenario_districts_slide(source, source.plan, t)
    return Report(
        language,
        about.title_zh if language == CHINESE else about.title,
        t("Forecast of {first} to {last}", first=t.day(dates[0]), last=t.day(dates[-1])),
        origin(source, t),
        t("Simulated data") if about.simulated else "",
        (
            summary_slide(source, t),
            *([overrides_slide(source, t)] if source.overrides else []),
            map_slide(source, t),
            series_slide(source, t),
            fans_slide(source, t),
            districts_slide(source, t),
            categories_slide(source, t),
            *changed,
            drivers_slide(source, t),
            *stock_slides(source, t),
            accuracy_slide(source, t),
            assumptions_slide(source, t),
            provenance_slide(source, t),
        ),
    )
