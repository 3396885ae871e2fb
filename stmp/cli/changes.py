"""``stmp market add-district`` and ``stmp market festivals``: a market of one's own, made of another that is only read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from stmp.cli.build import DatumName, option
from stmp.cli.checks import check_folder
from stmp.cli.output import say
from stmp.errors import StmpError

SourceArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Market folder to begin from.", show_default=False)]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the market into.", show_default=False)]
TitleOption = Annotated[str, typer.Option("--title", metavar="TEXT", help="Of the market. Default: the folder's name.", show_default=False)]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Put it in the place of the market that is there, which may be DIR itself.")]


def market_add_district(
    source: SourceArgument,
    out: OutArgument,
    region: Annotated[str, option("--id", "Id of the district, one that the market does not have.", "ID")],
    name: Annotated[str, option("--name", "What it is called.", "TEXT")],
    name_zh: Annotated[str, option("--name-zh", "The same in Chinese.", "TEXT")] = "",
    outline: Annotated[Path | None, option("--outline", "Its polygon: GeoJSON, GeoPackage or Shapefile.", "PATH")] = None,
    datum: Annotated[DatumName, typer.Option("--datum", help="Of the outline.")] = DatumName.WGS84,
    crs: Annotated[str | None, option("--crs", "Coordinate system of an outline that names none, such as EPSG:4490.", "CODE")] = None,
    at: Annotated[str | None, option("--at", "Where it lies, in a market without outlines.", "LON,LAT")] = None,
    facts: Annotated[list[str] | None, option("--fact", "A fact of the market's, as population=120000.", "NAME=NUMBER")] = None,
    days: Annotated[Path | None, option("--days", "CSV of its own days, if there are any: date, category, orders.", "PATH")] = None,
    title: TitleOption = "",
    replace: ReplaceOption = False,
) -> None:
    """Add a district with a few days of history, or none: its level is then guessed from its facts and the other districts."""
    known = dict(_fact(text) for text in facts or [])
    point = None if at is None else _point(at)
    check_folder(out.parent)
    from stmp.ingest import Datum, Limits
    from stmp.ingest.boundaries import read_outline
    from stmp.market.additions import District, read_days
    from stmp.market.draft import Draft

    draft = Draft.of(source)
    district = District(
        id=region,
        name=name,
        name_zh=name_zh,
        outline=None if outline is None else read_outline(outline, Limits(), crs=crs, datum=Datum(datum.value)),
        point=point,
        facts=known,
        days=None if days is None else read_days(days, draft.market),
    )
    draft.with_district(district).save(out, title, replace_it=replace)
    say(f"Wrote {out}. Forecast it with: stmp forecast pretrained/stmp-base --market {out} --cutoff {draft.market.cutoff:%Y-%m-%d}")


def market_festivals(
    source: SourceArgument,
    out: Annotated[Path | None, typer.Argument(metavar="[OUT]", help="Folder to write the market into.", show_default=False)] = None,
    table: Annotated[Path | None, option("--table", "CSV to take the festivals from, as this command prints it.", "PATH")] = None,
    title: TitleOption = "",
    replace: ReplaceOption = False,
) -> None:
    """Print a market's festivals as CSV, a row for each time one is held; with --table, write a market that has those of a CSV.

    A market keeps the earlier versions of its table. The column regions names those that held it, where not all did.
    """
    if (table is None) != (out is None):
        raise typer.BadParameter("give both OUT and --table, or neither", param_hint="--table")
    from stmp.errors import MarketError, Problem
    from stmp.market.draft import Draft
    from stmp.market.festivals import read_festivals, table_of

    draft = Draft.of(source)
    if table is None or out is None:
        say(table_of(draft.festivals).to_csv(index=False, lineterminator="\n").rstrip("\n"))
        return
    check_folder(out.parent)
    problems: list[Problem] = []
    festivals = read_festivals(table, draft.market.regions, problems)
    if problems:
        raise MarketError(problems)
    manifest = draft.with_festivals(festivals).save(out, title, replace_it=replace)
    say(f"Wrote {out}; {manifest.calendar.table or 'its calendar'} holds the {len(festivals)} times that a festival is held.")


def _fact(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise StmpError(f"'{text}' is no fact. Remedy: write NAME=NUMBER, such as population=120000.") from error


def _point(text: str) -> tuple[float, float]:
    if not re.fullmatch(r"\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*", text, re.ASCII):
        raise StmpError(f"'{text}' is no place. Remedy: write longitude, then latitude, in degrees, as --at 116.4,39.9.")
    lon, lat = map(float, text.split(","))
    return lon, lat
