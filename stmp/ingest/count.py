"""One log counted by an engine, and every line of it that was not counted accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
from pyarrow.csv import CSVWriter

from stmp.errors import StmpError
from stmp.ingest import lines
from stmp.ingest.datum import Datum, convert
from stmp.ingest.engines import Broken, DuckDB, Engine, LineEnds, Spark
from stmp.ingest.inputs import Understood
from stmp.ingest.lines import Reason, Rules
from stmp.ingest.panel import Tallies, write_tally
from stmp.ingest.plan import Plan
from stmp.ingest.report import LogReport, Rejects, gaps_of
from stmp.ingest.sources import Log, one_line_end

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Tally:
    """log: as it was read in the end.  file: its groups.  broken: lines that no reader could part."""

    log: Log
    file: Path
    broken: tuple[Broken, ...]


@dataclass(frozen=True)
class Counted:
    """outside: [longitude, latitude] in WGS84 of points outside every polygon."""

    file: Path
    report: LogReport
    outside: Points


def count(plan: Plan, understood: Understood, rules: Rules, stage: Path) -> Tally:
    """Raises StmpError when the lines of a file cannot be told apart."""
    log, file = understood.log, stage / f"{understood.log.name}.tally.parquet"
    try:
        return _tally(plan, log, understood, rules, stage, file)
    except LineEnds:
        log = one_line_end(log, stage, plan.limits)
    try:
        return _tally(plan, log, understood, rules, stage, file)
    except LineEnds as error:
        raise StmpError(f"{log.place}: its lines cannot be told apart. Remedy: write the log again as CSV in UTF-8.") from error


def _tally(plan: Plan, log: Log, understood: Understood, rules: Rules, stage: Path, file: Path) -> Tally:
    engine = _engine(plan, stage)
    try:
        whole = _whole(engine, log, understood)
        whole = lines.once(whole) if "id" in understood.fields else whole
        write_tally(engine.batches(lines.tally(whole, rules)), file, plan.limits)
        return Tally(log, file, tuple(engine.broken()))
    finally:
        engine.close()


def _engine(plan: Plan, stage: Path) -> Engine:
    return Spark(plan.master, plan.limits) if plan.engine == "spark" else DuckDB(stage / "spill", plan.limits)


def _whole(engine: Engine, log: Log, understood: Understood) -> ir.Table:
    """All lines; as text where there are several groups of files, for they may hold the same column in different types."""
    tables = [engine.table(group, understood.fields) for group in log.groups]
    if len(tables) == 1:
        return tables[0]
    return ibis.union(*(table.select(**{name: lines.text(table[name]) for name in table.columns}) for table in tables))


def account(plan: Plan, understood: Understood, rules: Rules, stage: Path, tally: Tally, tallies: Tallies, writer: CSVWriter) -> Counted:
    """The report of a log; its rejected lines go to ``writer``. The log is read a second time only where something was rejected."""
    reasons = tallies.reasons(tally.file).set_index("reason")
    good = int(reasons["lines"].get(int(Reason.COUNTED), 0))
    repeated = int(reasons["repeated"].sum()) if len(reasons) else 0
    names = {safe.name: str(file) for group in tally.log.groups for file, safe in zip(group.files, group.safe, strict=True)}
    rejects = Rejects(understood.log.name, writer, understood.fields, names)
    rejects.add_broken(tally.broken)
    skipped: dict[str, list[int]] = defaultdict(list)
    for broken in tally.broken:
        if broken.row is not None:
            skipped[broken.file].append(broken.row)
    gaps = {file: gaps_of(rows) for file, rows in skipped.items()}
    if repeated or len(reasons.index.difference([int(Reason.COUNTED)])):
        _look_up(plan, tally.log, understood, rules, stage, rejects, gaps, repeated > 0)
    rejections = rejects.rejections()
    quantity = float(reasons["quantity"].get(int(Reason.COUNTED), 0))
    files = sum(len(group.files) for group in tally.log.groups)
    whole = good + sum(rejection.lines for rejection in rejections)
    form = understood.told("time")
    report = LogReport(tally.log.name, tally.log.place, files, whole, good, quantity, understood.fields, form, rejections)
    return Counted(tally.file, report, _outside(rejects.points, plan.datum))


def _look_up(
    plan: Plan,
    log: Log,
    understood: Understood,
    rules: Rules,
    stage: Path,
    rejects: Rejects,
    gaps: Mapping[str, Sequence[int]],
    repeated: bool,
) -> None:
    engine = _engine(plan, stage)
    try:
        for group in log.groups:
            for table in engine.numbered(group, understood.fields):
                for batch in engine.batches(lines.rejected(table, rules)):
                    rejects.add(batch, gaps)
        if repeated:
            for batch in engine.batches(lines.repeats(_whole(engine, log, understood), rules)):
                rejects.add(batch, {})
    finally:
        engine.close()


def _outside(points: Sequence[tuple[float, float]], datum: Datum | None) -> Points:
    if datum is None or not points:
        return ()
    given = np.array(points, dtype=float)
    lon, lat = convert(given[:, 0], given[:, 1], datum, Datum.WGS84)
    sound = np.isfinite(lon) & np.isfinite(lat)
    return tuple((round(float(x), 5), round(float(y), 5)) for x, y in zip(lon[sound], lat[sound], strict=True))
