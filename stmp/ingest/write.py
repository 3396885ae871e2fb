"""The files of a market beside its panel, and the last check: it is read as every other command will read it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stmp.errors import MarketError
from stmp.ingest.boundaries import screen
from stmp.ingest.count import Counted
from stmp.ingest.inputs import Inputs
from stmp.ingest.panel import Shape
from stmp.ingest.plan import Plan
from stmp.ingest.report import LogReport, Report
from stmp.market import Market
from stmp.market.load import load_market
from stmp.market.schema import MANIFEST

REJECTED, REPORT = "rejected.csv", "report.json"
PANEL, TABLE, POLYGONS, CALENDAR = "panel.parquet", "regions.csv", "regions.geojson", "calendar.csv"


def finish(plan: Plan, inputs: Inputs, counted: Sequence[Counted], shape: Shape, folder: Path) -> Report:
    """Write what the folder still lacks. Raises MarketError when the market cannot be read, as for a faulty calendar."""
    regions = inputs.regions
    regions.table.to_csv(folder / TABLE, lineterminator="\n")
    if regions.polygons is not None:
        (folder / POLYGONS).write_text(json.dumps(screen(regions), ensure_ascii=False) + "\n", encoding="utf-8")
    if plan.calendar is not None:
        shutil.copyfile(plan.calendar, folder / CALENDAR)
    (folder / MANIFEST).write_text(_manifest(plan, inputs, [one.report for one in counted]), encoding="utf-8")
    try:
        market = load_market(folder)
    except MarketError as error:
        theirs = {folder / CALENDAR: plan.calendar or plan.out, folder / TABLE: plan.regions, folder / POLYGONS: plan.regions}
        moved = [replace(p, file=theirs.get(p.file, plan.out / p.file.name)) for p in error.problems]
        raise MarketError(moved) from error
    report = _report(inputs, counted, shape, market)
    report.write(folder / REPORT)
    return report


def _manifest(plan: Plan, inputs: Inputs, reports: Sequence[LogReport]) -> str:
    """market.toml. A day that has no row is missing: what is known to be 0 is written as 0."""

    def entry(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"

    title = plan.title or plan.out.absolute().name
    logs = "; ".join(f"{log.counted:,} of {log.lines:,} lines of {Path(log.place).name} ({log.name})" for log in reports)
    rows = [
        entry("name", plan.slug),
        entry("title", title),
        entry("title_zh", plan.title_zh or title),
        entry("simulated", plan.simulated),
        entry("time_zone", plan.days_in or plan.time_zone),
        entry("frequency", "h" if plan.hourly else "D"),
        entry("unit", plan.unit),
        entry("licence", plan.licence),
        entry("source", f"Built by 'stmp market build' from {logs}; {REPORT} accounts for every line."),
        "\n[panel]",
        entry("file", PANEL),
        entry("absent", "missing"),
        "\n[regions]",
        entry("file", TABLE),
    ]
    if inputs.regions.facts:
        rows.append(entry("facts", list(inputs.regions.facts)))
    if inputs.regions.polygons is not None:
        rows.append(entry("polygons", POLYGONS))
    rows.append("\n[calendar]")
    rows += [entry("file", CALENDAR)] if plan.calendar is not None else []
    rows += [entry("country", plan.country)] if plan.country is not None else []
    return "\n".join(rows) + "\n"


def _report(inputs: Inputs, counted: Sequence[Counted], shape: Shape, market: Market) -> Report:
    calendar, days = market.calendar, market.dates.normalize().unique()
    position = calendar.dates.get_indexer(days)
    makeup = days[calendar.workday[position] & (days.dayofweek >= 5)]
    known = set(shape.regions)
    return Report(
        logs=tuple(one.report for one in counted),
        first=str(shape.first),
        last=str(shape.last),
        dark=tuple(map(str, shape.dark)),
        cells=shape.cells,
        zero_cells=shape.zeros,
        regions=len(known),
        silent=tuple(region for region in inputs.regions.table.index if region not in known),
        categories=shape.categories,
        largest_day=(str(shape.largest_day[0]), shape.largest_day[1]),
        median_day=shape.median_day,
        repairs=tuple(inputs.regions.repairs),
        outside=tuple(point for one in counted for point in one.outside),
        makeup_days=tuple(f"{day:%Y-%m-%d}" for day in makeup),
        provisional=calendar.provisional,
    )
