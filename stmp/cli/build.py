"""``stmp market build``: what is asked on the terminal, shown and confirmed; the work is done by stmp.ingest."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stmp.cli.checks import check_folder, parse_date
from stmp.cli.output import console, errors, say
from stmp.errors import StmpError

if TYPE_CHECKING:
    from stmp.ingest.inputs import Inputs
    from stmp.ingest.report import LogReport, Report

ABSENT = {"category": "all lines are one category", "quantity": "every line counts 1", "id": "repeats are not looked for"}
FEW = 8  # entries of a list that are written out


class Choice(StrEnum):
    """Base of what an option may be."""


class DatumName(Choice):
    """As stmp.ingest.datum.Datum, which is slow to import."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


class Dates(Choice):
    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


class Decimal(Choice):
    POINT = "point"
    COMMA = "comma"


class Frequency(Choice):
    DAY = "D"
    HOUR = "h"


class DarkDays(Choice):
    MISSING = "missing"
    ZERO = "zero"


class EngineName(Choice):
    DUCKDB = "duckdb"
    SPARK = "spark"


def option(name: str, explained: str, metavar: str | None = None) -> Any:
    """An option whose default, where it is none, is not shown."""
    return typer.Option(name, metavar=metavar, help=explained, show_default=False)


def market_build(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the market into.", show_default=False)],
    orders: Annotated[str, option("--orders", "Order lines: CSV, CSV.gz, Parquet, a folder of them, or sqlite:///FILE#TABLE.", "PATH|URL")],
    regions: Annotated[Path, option("--regions", "Boundaries: GeoJSON, GeoPackage or Shapefile; or a CSV of regions.", "PATH")],
    time_zone: Annotated[
        str, option("--time-zone", "Zone whose clock the stamps show, or which parts the days if stamps carry offsets.", "ZONE")
    ],
    carts: Annotated[str | None, option("--carts", "Cart additions, written like orders.", "PATH|URL")] = None,
    calendar: Annotated[Path | None, option("--calendar", "CSV of days: date, workday, holiday, festival.", "PATH")] = None,
    country: Annotated[str | None, option("--country", "ISO code whose public holidays and festivals to take, such as CN.", "CODE")] = None,
    maps: Annotated[
        list[str] | None,
        option("--map", "What a column means: time=paid_at, carts.time=added_at, regions.region=adcode; '-' for none.", "FIELD=COLUMN"),
    ] = None,
    days_in: Annotated[str | None, option("--days-in", "Zone whose midnights part the days, if not --time-zone.", "ZONE")] = None,
    datum: Annotated[DatumName | None, option("--datum", "Of longitude and latitude in the logs.")] = None,
    regions_datum: Annotated[DatumName | None, option("--regions-datum", "Of the boundaries.")] = None,
    crs: Annotated[str | None, option("--crs", "Coordinate system of boundaries that name none, such as EPSG:4490.", "CODE")] = None,
    dates: Annotated[Dates | None, option("--dates", "Order of year, month and day, if the lines do not tell.")] = None,
    decimal: Annotated[Decimal | None, option("--decimal", "Sign of decimals, if the lines do not tell.")] = None,
    encoding: Annotated[str | None, option("--encoding", "Of text files, if not UTF-8, UTF-16 or GB18030.", "NAME")] = None,
    frequency: Annotated[Frequency, typer.Option("--frequency", help="Steps of the market: days or hours.")] = Frequency.DAY,
    dark_days: Annotated[
        DarkDays, typer.Option("--dark-days", help="A day without any order line: missing data, or zero, as of a shop that was shut.")
    ] = DarkDays.MISSING,
    first: Annotated[str | None, option("--from", "First day to take. Default: 1990-01-01.", "DATE")] = None,
    last: Annotated[str | None, option("--until", "Last day to take. Default: tomorrow.", "DATE")] = None,
    title: Annotated[str | None, option("--title", "Of the market. Default: the folder's name.", "TEXT")] = None,
    title_zh: Annotated[str | None, option("--title-zh", "The same in Chinese.", "TEXT")] = None,
    unit: Annotated[str, typer.Option("--unit", metavar="WORD", help="What a quantity counts.")] = "orders",
    licence: Annotated[str, typer.Option("--licence", metavar="TEXT", help="Of the data.")] = "not stated",
    simulated: Annotated[bool, typer.Option("--simulated", help="The lines are no real sales; every picture will say so.")] = False,
    engine: Annotated[EngineName, typer.Option("--engine", help="Where to count.")] = EngineName.DUCKDB,
    master: Annotated[str, typer.Option("--master", metavar="URL", help="Of the Spark cluster.")] = "local[*]",
    limit: Annotated[list[str] | None, option("--limit", "Raise or lower a limit, such as memory_megabytes=1000.", "NAME=NUMBER")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the market that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """Count raw order lines by region, category and day into a market; every line that is left out is named with its reason."""
    earliest, latest = (_day(text, name) for text, name in ((first, "--from"), (last, "--until")))
    check_folder(out.parent)
    from stmp.ingest import Datum, Limits, Plan, build
    from stmp.ingest.fields import parse_maps

    days = {name: day for name, day in (("first", earliest), ("last", latest)) if day is not None}
    plan = Plan(
        out=out,
        orders=orders,
        regions=regions,
        time_zone=time_zone,
        carts=carts,
        calendar=calendar,
        country=country,
        maps=parse_maps(maps or []),
        days_in=days_in,
        datum=None if datum is None else Datum(datum.value),
        boundary_datum=None if regions_datum is None else Datum(regions_datum.value),
        crs=crs,
        dates=None if dates is None else dates.value,
        decimal=None if decimal is None else decimal.value,
        encoding=encoding,
        hourly=frequency is Frequency.HOUR,
        dark_is_zero=dark_days is DarkDays.ZERO,
        title=title,
        title_zh=title_zh,
        unit=unit,
        licence=licence,
        simulated=simulated,
        engine=engine.value,
        master=master,
        replace=replace,
        limits=Limits.parse(limit or []),
        **days,
    )

    report = build(plan, lambda inputs: confirm(inputs, yes), lambda report: accept(report, yes, "Build the market"), tell_step)
    if report is None:
        raise StmpError("nothing was written. Remedy: name what differs, for instance with --map FIELD=COLUMN.")
    say(f"Wrote {out}; {out / 'rejected.csv'} holds the {report.rejected:,} rejected lines. See it with: stmp market check {out}")


def confirm(inputs: Inputs, yes: bool) -> bool:
    """Show what the columns are taken for, and ask."""
    show_inputs(inputs)
    return yes or typer.confirm("Is this what the columns mean?", default=True)


def accept(report: Report, yes: bool, to_do: str) -> bool:
    """Show what became of the lines, and ask whether to go on without the rejected ones."""
    show_report(report)
    return yes or not report.rejected or typer.confirm(f"{to_do} without {report.rejected:,} lines?", default=True)


def tell_step(step: str) -> None:
    """Say on a terminal what is being done."""
    if errors.is_terminal:
        errors.print(f"{step} ...", markup=False, style="dim")


def _day(text: str | None, name: str) -> date | None:
    return None if text is None else parse_date(text, name).date()


def show_inputs(inputs: Inputs) -> None:
    """What each column is taken for, with the first values."""
    from rich.table import Table

    for understood in inputs.logs:
        head = understood.log.head
        kind = f"{head.encoding}, parted by {head.delimiter!r}" if head.kind == "text" else "Parquet"
        table = Table(title=f"{understood.log.name}: {understood.log.place} ({kind})", title_justify="left")
        for name in ("field", "column", "first values", "read as"):
            table.add_column(name)
        for field, column in understood.fields.items():
            table.add_row(field, column, ", ".join(value[:30] for value in understood.samples.get(field, ())), understood.told(field))
        console.print(table, markup=False)
        ignored = [column for column in head.columns if column not in understood.fields.values()]
        if ignored:
            say(f"not used: {listed(ignored)}")
        for field, meaning in ABSENT.items():
            if field not in understood.fields:
                say(f"no {field}: {meaning}")
    regions = inputs.regions
    shape = "polygons" if regions.polygons is not None else "no polygons"
    say(f"regions: {len(regions.table)}, {shape}, id from '{regions.mapping['region']}': {listed(list(regions.table.index))}")


def show_report(report: Report) -> None:
    """The doctor's report."""
    for log in report.logs:
        say(f"{log.name}: {log.lines:,} lines, {log.counted:,} counted ({log.quantity:,.10g} in all), {log.rejected:,} rejected")
        if log.rejections:
            _show_rejections(log)
    (largest, most), usual = report.largest_day, report.median_day
    say(f"days: {report.first} to {report.last}; the median day has {usual:,.0f}, the largest, {largest}, has {most:,.0f}")
    dark = f"{len(report.dark)} without any order line: {listed(report.dark)}. Were they shut? Then say --dark-days zero"
    say(f"days without data: {dark}" if report.dark else "days without data: none")
    say(f"cells at zero: {report.zero_cells:,} of {report.cells:,}")
    if report.makeup_days:
        say(f"working days at weekends: {listed(report.makeup_days)}")
    if report.provisional:
        say(f"holidays not announced yet, a guess: {listed(list(map(str, report.provisional)))}")
    if report.silent:
        say(f"regions without a line, which are left out: {listed(report.silent)}")
    for repair in report.repairs:
        say(f"boundaries: {repair}")


def _show_rejections(log: LogReport) -> None:
    from rich.table import Table

    table = Table("lines", "column", "what is wrong", "what to do", "for instance")
    for rejection in log.rejections:
        first = rejection.examples[0]
        place = Path(first.file).name + (f" row {first.row}" if first.row is not None else "")
        table.add_row(f"{rejection.lines:,}", rejection.column, rejection.message, rejection.remedy, f"{place}: {first.value[:30]!r}")
    console.print(table, markup=False)


def listed(entries: list[str] | tuple[str, ...]) -> str:
    """The first FEW, and how many more there are."""
    rest = f" and {len(entries) - FEW} more" if len(entries) > FEW else ""
    return ", ".join(entries[:FEW]) + rest
