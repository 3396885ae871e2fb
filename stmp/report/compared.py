"""What a scenario changes against the calendar as planned, and which kinds of input the total comes from."""

from __future__ import annotations

import numpy as np

from stmp import comparison, summary
from stmp.forecast import Forecast
from stmp.report.model import Chart, Column, Figure, Series, Slide, Table
from stmp.report.outlook import BARS
from stmp.report.source import Source
from stmp.report.words import Words


def scenario_slide(source: Source, plan: Forecast, t: Words) -> Slide:
    """The scenario's forecast beside the plan's, day by day. Both are statistical: overrides are told of elsewhere."""
    seen, unit = comparison.effect(source.statistical, plan), t.label(source.market.about.unit)
    days = comparison.along(source.statistical, plan, "H")
    labels = tuple(f"{date:%m-%d}" for date in source.forecast.dates)
    baseline = summary.interval(plan.samples.astype(float).sum(axis=(0, 1, 2)))
    return Slide(
        "scenario",
        t("What the scenario changes"),
        t("{scenario}: {change} against the calendar as planned.", scenario=source.scenario.name, change=_percent(seen.relative.middle, t)),
        (
            Figure(t("As planned"), baseline.middle, "volume", baseline, unit),
            Figure(t("This scenario"), seen.total.middle, "volume", seen.total, unit),
            Figure(t("Change"), seen.relative.middle, "signed percent", seen.relative),
        ),
        (
            Chart(
                t("Median per day, {unit}", unit=unit),
                "line",
                labels,
                (
                    Series(t("As planned"), tuple(days["baseline"]), "quiet"),
                    Series(t("This scenario"), tuple(days["total"]), "accent"),
                ),
                "volume",
                unit,
            ),
        ),
        _noted(
            source,
            t("The scenario and the plan are drawn with the same random numbers. It shows what the model learned; it is no causal effect."),
            t,
        ),
    )


def scenario_districts_slide(source: Source, plan: Forecast, t: Words) -> Slide:
    """Which districts gain and lose."""
    names, unit = t.names(source.market.region_table), t.label(source.market.about.unit)
    rows = comparison.along(source.statistical, plan, "R").sort_values("change", ascending=False, kind="stable")
    order = rows["change"].abs().sort_values(ascending=False, kind="stable").index[:BARS]
    furthest = rows.loc[order].sort_values("change", ascending=False)
    change = furthest["change"].to_numpy()
    up, down = (tuple(np.where(keep, change, np.nan).tolist()) for keep in (change >= 0, change < 0))
    return Slide(
        "scenario-districts",
        t("Where the scenario changes it"),
        t("{count} of {all} districts gain.", count=int((rows["change"] > 0).sum()), all=len(rows)),
        blocks=(
            Chart(
                t("Change of the total, {unit}", unit=unit),
                "bar",
                tuple(str(names[i]) for i in furthest.index),
                (Series(t("More"), up, "rise"), Series(t("Less"), down, "fall")),
                "signed volume",
                unit,
            ),
            Table(
                t("Change by district"),
                (
                    Column(t("District"), "text", tuple(str(names[i]) for i in rows.index)),
                    Column(t("Change, {unit}", unit=unit), "signed volume", tuple(rows["change"])),
                    Column(t("80 % from"), "signed volume", tuple(rows["low"])),
                    Column(t("80 % to"), "signed volume", tuple(rows["high"])),
                    Column(t("Relative"), "signed percent", tuple(rows["relative"])),
                ),
            ),
        ),
        note=_noted(source, t("Medians of paired samples; they do not add up to the median of the whole change."), t),
    )


def drivers_slide(source: Source, t: Words) -> Slide:
    """From ordinary days to the scenario, one kind of input after the other."""
    unit, table = t.label(source.market.about.unit), comparison.waterfall(source.stairs)
    names = [_step_name(step.kind, t) for step in source.steps]
    last = float(table["total"].iloc[-1])
    heights = (float(table["total"].iloc[0]), *table["change"].iloc[1:].tolist(), last)
    ordinary = heights[0]
    return Slide(
        "drivers",
        t("Where the total comes from"),
        t(
            "On ordinary days alone it would be {volume} {unit}; all else adds {change}.",
            volume=t.volume(ordinary),
            unit=unit,
            change=t.show(last - ordinary, "signed volume"),
        ),
        blocks=(
            Chart(
                t("Mean total, {unit}", unit=unit),
                "waterfall",
                (*names, t("This forecast")),
                (Series(t("Adds"), heights, "accent"),),
                "volume",
                unit,
            ),
            Table(
                t("Steps"),
                (
                    Column(t("Step"), "text", tuple(names), t("This forecast")),
                    Column.summed(t("Adds, {unit}", unit=unit), "signed volume", tuple(table["change"].tolist())),
                    Column(t("80 % from"), "signed volume", tuple(table["low"].tolist())),
                    Column(t("80 % to"), "signed volume", tuple(table["high"].tolist())),
                ),
            ),
        ),
        note=_noted(
            source,
            t("Means, for means add up. Each step gives the model one more kind of input, by what it learned; no cause is proved."),
            t,
        ),
    )


def _noted(source: Source, note: str, t: Words) -> str:
    """The note, and that what is told beside it leaves out what was overridden, where anything was."""
    return f"{note} {t('Overrides by hand are not in these numbers.')}" if source.overrides else note


def _step_name(kind: str, t: Words) -> str:
    return {
        "ordinary": t("Ordinary days"),
        "holidays": t("Public holidays"),
        "festivals": t("Festivals as planned"),
        "changed": t("Changed festivals"),
        "days": t("Changed days"),
        "recent": t("Recent past"),
        "facts": t("District facts"),
    }[kind]


def _percent(share: float, t: Words) -> str:
    return t.show(share, "signed percent")
