"""The inputs of a plan opened and understood, before a line is counted: what the user confirms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from stmp.errors import MarketError, Problem
from stmp.ingest.boundaries import Regions, read_boundaries
from stmp.ingest.database import is_database, open_database
from stmp.ingest.datum import Datum
from stmp.ingest.fields import guess, settle
from stmp.ingest.lines import Rules
from stmp.ingest.places import Locator
from stmp.ingest.plan import Plan
from stmp.ingest.sources import Log, open_log
from stmp.ingest.times import EPOCHS, PATTERNS, SHOWN, TimeForm, guess_form, offset_of

PLACE = ("region", "lon", "lat")
COMMA, THREE = re.compile(r"^-?\d+,\d+$"), re.compile(r"^-?\d{1,3},\d{3}$")


@dataclass(frozen=True)
class Understood:
    """A log and what its columns are taken to mean. samples: field -> the first values."""

    log: Log
    fields: dict[str, str]
    form: TimeForm
    comma: bool
    samples: dict[str, tuple[str, ...]]

    @property
    def points(self) -> bool:
        """Whether its lines lie at points, not in regions by id."""
        return {"lon", "lat"} <= set(self.fields) and "region" not in self.fields

    def told(self, field: str) -> str:
        """What is known of a field's form."""
        if field == "time":
            return SHOWN[self.form.kind] + (", with an offset from UTC" if self.form.instants and self.form.kind not in EPOCHS else "")
        return "decimals with a comma" if field in ("quantity", "lon", "lat") and self.comma else ""


@dataclass(frozen=True)
class Inputs:
    """logs: orders, and cart additions where there are any."""

    logs: tuple[Understood, ...]
    regions: Regions

    def rules(self, plan: Plan, understood: Understood, order_days: Sequence[date] | None = None) -> Rules:
        days = plan.days_in or plan.time_zone
        place = None
        if understood.points:
            assert plan.datum is not None  # refused by open_inputs otherwise
            assert self.regions.polygons is not None
            locator = Locator(list(self.regions.table.index), self.regions.polygons, plan.datum)
            place = partial(locator.expression, spark=plan.engine == "spark")
        stamps = "UTC" if understood.form.instants else plan.time_zone
        hourly, most, ids = plan.hourly, plan.limits.quantity, list(self.regions.table.index)
        return Rules(understood.form, stamps, days, hourly, understood.comma, most, plan.first, plan.last, ids, place, order_days)


def open_inputs(plan: Plan, stage: Path) -> Inputs:
    """Everything looked at. Raises MarketError with the faults of all files at once."""
    problems: list[Problem] = []
    logs: list[Understood] = []
    for name, place in (("orders", plan.orders), ("carts", plan.carts)):
        if place is None:
            continue
        try:
            if is_database(place):
                log = open_database(name, place, stage, plan.limits)
            else:
                log = open_log(name, Path(place), stage, plan.limits, plan.encoding)
            logs.append(understand(log, plan, problems))
        except MarketError as error:
            problems += error.problems
    regions = None
    try:
        named = plan.maps.get("regions", {})
        regions = read_boundaries(plan.regions, named, plan.limits, crs=plan.crs, datum=plan.boundary_datum or Datum.WGS84)
    except MarketError as error:
        problems += error.problems
    if plan.calendar is not None and not plan.calendar.is_file():
        problems.append(Problem(plan.calendar, "there is no such file", "correct the path given as --calendar"))
    if any(log.points for log in logs):
        problems += _point_problems(plan, regions)
    if problems or regions is None:
        raise MarketError(problems)
    return Inputs(tuple(logs), regions)


def _point_problems(plan: Plan, regions: Regions | None) -> list[Problem]:
    found = []
    for datum, file, option in ((plan.datum, Path(plan.orders), "--datum"), (plan.boundary_datum, plan.regions, "--regions-datum")):
        if datum is None:
            remedy = f"name it with {option}, one of {', '.join(Datum)}; a map in GCJ-02 is 500 m off"
            found.append(Problem(file, "points are joined to polygons, and the datum is not named", remedy))
    if regions is not None and regions.polygons is None:
        found.append(Problem(plan.regions, "points need polygons, and this is a table", "give boundaries, or map a region column"))
    return found


def understand(log: Log, plan: Plan, problems: list[Problem]) -> Understood:
    """Guesses completed by what the plan names; what cannot be settled is added to ``problems``."""
    file = log.groups[0].files[0]
    columns = log.columns
    guessed = guess(columns)
    named = plan.maps.get(log.name, {})
    fields, missing = settle(guessed, named, columns)
    if "region" in fields and not ({"lon", "lat"} & set(named)):
        fields = {field: column for field, column in fields.items() if field not in ("lon", "lat")}
    have = f"the columns are {', '.join(columns)}"
    problems += [Problem(file, "the column is missing", f"map one that is there; {have}", column=column) for column in missing]
    if "time" not in fields:
        problems.append(Problem(file, f"no column seems to hold the time; {have}", _remedy(log, "--map time=COLUMN")))
    if "region" not in fields and not {"lon", "lat"} <= set(fields):
        remedy = _remedy(log, "--map region=COLUMN, or --map lon=COLUMN --map lat=COLUMN")
        problems.append(Problem(file, f"no column seems to hold the place; {have}", remedy))
    samples = {field: _values(log, column) for field, column in fields.items() if column in columns}
    form = _form(log, fields, samples, plan, problems)
    comma = _comma(file, fields, samples, plan, problems)
    shown = {field: tuple(value for value in values if value)[:3] for field, values in samples.items()}
    return Understood(log, fields, form, comma, shown)


def _remedy(log: Log, option: str) -> str:
    """A file without a header is the likeliest reason for names that mean nothing."""
    bare = sum(bool(re.fullmatch(r"[\d\s.,:/+-]+", column)) for column in log.head.columns)
    return f"add a header line, for the first line looks like data; or {option}" if bare else f"name it: {option}"


def _values(log: Log, column: str) -> list[str]:
    position = log.head.columns.index(column)
    return [row[position] for row in log.head.rows if position < len(row)]


def _form(log: Log, fields: dict[str, str], samples: dict[str, list[str]], plan: Plan, problems: list[Problem]) -> TimeForm:
    file, column = log.groups[0].files[0], fields.get("time")
    nothing = TimeForm("iso")
    if column is None or "time" not in samples:
        return nothing
    if log.head.kind == "parquet":
        kind = log.head.types[log.head.columns.index(column)]
        if kind.startswith(("timestamp", "date")):
            return TimeForm("typed", instants="tz=" in kind)
    form = guess_form(samples["time"])
    if form is None:
        if samples["time"]:
            remedy = "write times as 2019-11-11 20:01:59, or as seconds since 1970"
            problems.append(Problem(file, "no time can be read in the first lines", remedy, column, value=samples["time"][0][:80]))
        return nothing
    if plan.dates is not None and form.kind not in EPOCHS and form.kind != "compact":
        kind = "iso" if plan.dates == "ymd" and form.kind == "iso" else plan.dates
        return replace(form, kind=kind, instants=offset_of(kind, samples["time"]))
    if form.kind not in PATTERNS and form.kind not in EPOCHS:
        remedy = "say which with --dates dmy or --dates mdy"
        problems.append(Problem(file, "the first lines do not tell days from months", remedy, column, value=samples["time"][0]))
    return form


def _comma(file: Path, fields: dict[str, str], samples: dict[str, list[str]], plan: Plan, problems: list[Problem]) -> bool:
    """Whether decimals are written with a comma; 1,234 alone can be either, and then the user has to say."""
    if plan.decimal is not None:
        return plan.decimal == "comma"
    values = [value for field in ("quantity", "lon", "lat") for value in samples.get(field, []) if COMMA.match(value)]
    if values and all(THREE.match(value) for value in values):
        remedy = "say which with --decimal comma or --decimal point"
        problems.append(Problem(file, "a comma may part decimals or thousands", remedy, fields.get("quantity"), value=values[0]))
    return bool(values)
