"""From a plan to a market folder: all of it or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from stmp.errors import MarketError, Problem, StmpError
from stmp.ingest.count import Counted, account, count
from stmp.ingest.inputs import Inputs, open_inputs
from stmp.ingest.panel import Tallies
from stmp.ingest.plan import Plan
from stmp.ingest.report import Report, open_rejects
from stmp.ingest.write import PANEL, REJECTED, finish
from stmp.market.schema import MANIFEST


def build(
    plan: Plan,
    confirm: Callable[[Inputs], bool] = lambda inputs: True,
    accept: Callable[[Report], bool] = lambda report: True,
    progress: Callable[[str], None] = lambda text: None,
) -> Report | None:
    """Count the lines and write the market. ``confirm`` sees what the columns are taken for, ``accept`` the doctor's report; where either
    says no, nothing is written and None is returned. Raises StmpError; then, too, nothing is left behind."""
    _refuse_target(plan)
    with _stage(plan.out) as stage:
        progress("looking at the files")
        inputs = open_inputs(plan, stage)
        _refuse_twice(inputs)
        if not confirm(inputs):
            return None
        folder = stage / "market"
        folder.mkdir()
        report = _fill(plan, inputs, stage, folder, progress)
        if not accept(report):
            return None
        _move(plan, stage, folder)
    return report


def look(plan: Plan) -> Inputs:
    """What the columns are taken for; nothing is counted. Raises StmpError."""
    with tempfile.TemporaryDirectory() as stage:
        return open_inputs(plan, Path(stage))


def _refuse_target(plan: Plan) -> None:
    if not plan.out.exists() or (plan.out.is_dir() and not any(plan.out.iterdir())):
        return
    if not (plan.out / MANIFEST).is_file():
        raise StmpError(f"{plan.out}: this is there already and is no market. Remedy: name a new folder.")
    if not plan.replace:
        raise StmpError(f"{plan.out}: this market is there already. Remedy: name a new folder, or say --replace.")


@contextmanager
def _stage(out: Path) -> Iterator[Path]:
    """A hidden folder beside the market's, so that moving into place is one step; gone at the end, whatever happens."""
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{out.absolute().name}-", dir=out.absolute().parent))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move(plan: Plan, stage: Path, folder: Path) -> None:
    folder.chmod(0o755)
    if plan.out.exists():
        os.replace(plan.out, stage / "before")
    os.replace(folder, plan.out)


def _refuse_twice(inputs: Inputs) -> None:
    """A file that lies there under two names would be counted twice."""
    for understood in inputs.logs:
        files = [pair for group in understood.log.groups for pair in zip(group.files, group.safe, strict=True)]
        sizes: dict[int, list[tuple[Path, Path]]] = {}
        for pair in files:
            sizes.setdefault(pair[1].stat().st_size, []).append(pair)
        seen: dict[bytes, Path] = {}
        problems = []
        for file, safe in (pair for alike in sizes.values() if len(alike) > 1 for pair in alike):
            with safe.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").digest()
            if digest in seen:
                problems.append(Problem(file, f"it is the same as {seen[digest].name}, byte for byte", "remove one of the two"))
            seen.setdefault(digest, file)
        if problems:
            raise MarketError(problems)


def _fill(plan: Plan, inputs: Inputs, stage: Path, folder: Path, progress: Callable[[str], None]) -> Report:
    """Write every file of the market into ``folder``."""
    tallies = Tallies(stage / "spill", plan.limits)
    counted: list[Counted] = []
    days: list[date] | None = None
    try:
        with open_rejects(folder / REJECTED) as writer:
            for understood in inputs.logs:
                progress(f"counting the lines of {understood.log.name}")
                rules = inputs.rules(plan, understood, days)
                tally = count(plan, understood, rules, stage)
                progress(f"looking up what was rejected of {understood.log.name}")
                counted.append(account(plan, understood, rules, stage, tally, tallies, writer))
                _refuse_nothing(counted[-1])
                days = days or tallies.days(tally.file)
        progress("writing the market")
        files = [one.file for one in counted]
        carts = files[1] if len(files) > 1 else None
        shape = tallies.write_panel(files[0], carts, folder / PANEL, hourly=plan.hourly, dark_is_zero=plan.dark_is_zero)
    finally:
        tallies.close()
    return finish(plan, inputs, counted, shape, folder)


def _refuse_nothing(counted: Counted) -> None:
    """A log of which no line is left makes no market; what became of its lines is the fault."""
    report = counted.report
    if report.counted:
        return
    problems = []
    for rejection in report.rejections:
        example = rejection.examples[0]
        file, message = Path(example.file or report.place), f"{rejection.message}, in {rejection.lines:,} lines"
        problems.append(Problem(file, message, rejection.remedy, rejection.column or None, example.row, example.value))
    raise MarketError(problems or [Problem(Path(report.place), "it holds no line", "give a log with lines below the header")])
