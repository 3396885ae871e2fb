"""New days of a market: held against what is there, and written into its panel, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.errors import MarketError, Problem
from stmp.files import one_writer, whole_file
from stmp.market.load import load_market, market_of, read_panel
from stmp.market.market import Float, Market
from stmp.market.panel_file import PanelFile
from stmp.market.read_regions import read_regions
from stmp.market.schema import MANIFEST, Manifest, read_manifest
from stmp.market.tables import MOST_ROWS

KEYS = ["region", "category", "date"]
Places = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class Rows:
    """New rows under our names: KEYS, orders and other streams. The index of ``frame`` is the line in ``file``, if ``numbered``."""

    frame: pd.DataFrame
    file: Path
    numbered: bool = True

    @property
    def streams(self) -> list[str]:
        return [name for name in self.frame.columns if name not in KEYS]

    def problem(self, row: int, column: str | None, message: str, remedy: str, value: object = None) -> Problem:
        return Problem(self.file, message, remedy, column, int(row) if self.numbered else None, None if value is None else str(value))


@dataclass(frozen=True)
class Arrival:
    """What new rows have made of a market.

    market: as it is now.  appended: rows of steps after its former end.  filled: rows of earlier cells that were missing.  replaced,
    same: rows of cells that were there, with another value and with the same.  steps: after the former end.  dark: those without any row.
    lacking: region -> cells it has no row of on the other ones, where absent rows are missing.  without: streams that the rows lack.
    left_out: rows of regions that the market does not include.
    """

    market: Market
    appended: int
    filled: int
    replaced: int
    same: int
    steps: pd.DatetimeIndex
    dark: pd.DatetimeIndex
    lacking: dict[str, int]
    without: tuple[str, ...]
    left_out: int

    @property
    def changed(self) -> bool:
        return bool(self.appended or self.filled or self.replaced)


def read_rows(folder: Path, file: Path) -> Rows:
    """A table of new days in the columns of the market's own panel. Raises MarketError."""
    if not file.is_file():
        raise MarketError([Problem(file, "there is no such file", "correct the path")])
    problems: list[Problem] = []
    frame = read_panel(folder, _with_panel(read_manifest(folder), file), problems)
    if problems:
        raise MarketError(problems)
    return Rows(frame, file)


def append(folder: Path, rows: Rows, *, replace_others: bool = False) -> Arrival:
    """Write new days into the market's panel. A cell that is there with the same value is left alone; one with another value is refused,
    or replaced. Raises MarketError with every fault, and then nothing is changed."""
    with one_writer(folder):
        manifest, before = read_manifest(folder), load_market(folder)
        rows, left_out = _included(manifest, before, rows)
        problems = _strangers(folder, manifest, before, rows)
        state = _compared(before, rows)
        if not replace_others:
            problems += _others(before, manifest, rows, state)
        if problems:
            raise MarketError(problems)
        after = before
        changed = rows.frame[(state != "same").any(axis=1)]
        if len(changed):
            after = _written(folder, manifest, before, replace(rows, frame=changed))
        return _arrival(before, after, rows, state, left_out)


def _with_panel(manifest: Manifest, file: Path) -> Manifest:
    """The manifest with another panel, of any days."""
    section = manifest.panel.model_copy(update={"file": str(file.absolute()), "first": None, "last": None})
    return manifest.model_copy(update={"panel": section})


def _included(manifest: Manifest, before: Market, rows: Rows) -> tuple[Rows, int]:
    """The rows of the regions that a market with ``include`` takes, and the number of the others."""
    if manifest.regions.include is None:
        return rows, 0
    inside = rows.frame["region"].isin(before.regions)
    return replace(rows, frame=rows.frame[inside]), int((~inside).sum())


def _strangers(folder: Path, manifest: Manifest, before: Market, rows: Rows) -> list[Problem]:
    """Regions, categories, streams and days that the market cannot take: a slip of the pen must not make a new district."""
    frame, columns = rows.frame, manifest.panel.columns
    listed = read_regions(folder, manifest.regions, (), []).ids
    known = {"region": {*before.regions, *listed}, "category": set(before.categories)}
    others = {
        "region": "correct the id; 'stmp market add-district' adds a district",
        "category": "correct the name, or build the market anew with all of its days",
    }
    problems = []
    for name, remedy in others.items():
        for value, own in frame[~frame[name].isin(known[name])].groupby(name):
            message = f"the market has no such {name}, in {len(own)} rows"
            problems.append(rows.problem(own.index[0], columns.get(name, name), message, remedy, value))
    for name in set(rows.streams) - {"orders", *before.past}:
        remedy = "remove the column, or build the market anew with all of its days"
        problems.append(Problem(rows.file, "the market has no such column", remedy, columns.get(name, name)))
    first, last = before.dates[0], pd.Timestamp(manifest.panel.last or date.max)
    bounds = (
        (frame["date"] < first, f"the day lies before the market's first, {first:%Y-%m-%d}", "build the market anew"),
        (frame["date"].dt.normalize() > last, f"{MANIFEST} ends the panel on {manifest.panel.last}", "remove 'last' there"),
    )
    for outside, message, remedy in bounds:
        for row in frame.index[outside][:1]:
            problems.append(rows.problem(row, columns.get("date", "date"), message, remedy, _told(frame["date"][row], manifest)))
    return problems


def _positions(market: Market, frame: pd.DataFrame) -> Places:
    """[3, rows] place of each row on the axes R, C and D; -1 where the market does not reach."""
    axes: tuple[pd.Index[Any], ...] = (pd.Index(market.regions), pd.Index(market.categories), market.dates)
    return np.stack([axis.get_indexer(pd.Index(frame[name])) for name, axis in zip(KEYS, axes, strict=True)])


def _compared(before: Market, rows: Rows) -> pd.DataFrame:
    """[rows, streams] what the market has: "later" than its end, "missing", the "same" or an "other" value."""
    frame, where = rows.frame, _positions(before, rows.frame)
    there = (where >= 0).all(axis=0)
    states = {}
    for name in (stream for stream in rows.streams if stream == "orders" or stream in before.past):
        old = np.full(len(frame), np.nan, np.float32)
        old[there] = _cube(before, name)[tuple(where[:, there])]
        new = frame[name].to_numpy(np.float32)
        state = np.where(np.isnan(new) | (new == old), "same", np.where(np.isnan(old), "missing", "other"))
        states[name] = np.where((frame["date"] > before.dates[-1]) & ~np.isnan(new), "later", state)
    return pd.DataFrame(states, index=frame.index)


def _cube(market: Market, name: str) -> Float:
    return market.orders if name == "orders" else market.past[name]


def _others(before: Market, manifest: Manifest, rows: Rows, state: pd.DataFrame) -> list[Problem]:
    """Cells that are there with another value."""
    problems = []
    for name in map(str, state.columns):
        column, others = manifest.panel.columns.get(name, name), state.index[state[name] == "other"]
        remedy = "correct the value, or replace the market's by it (--replace)"
        for row in others[:MOST_ROWS]:
            one = rows.frame.loc[row]
            old = _cube(before, name)[tuple(_positions(before, rows.frame.loc[[row]])[:, 0])]
            message = f"the market has {old:.10g} for {one['region']}, {one['category']} on {_told(one['date'], manifest)}"
            problems.append(rows.problem(row, column, message, remedy, f"{one[name]:.10g}"))
        if len(others) > MOST_ROWS:
            problems.append(Problem(rows.file, f"the market has another value, in {len(others) - MOST_ROWS} more rows", remedy, column))
    return problems


def _told(step: pd.Timestamp, manifest: Manifest) -> str:
    return f"{step:%Y-%m-%d}" if manifest.frequency == "D" else f"{step:%Y-%m-%d %H:%M}"


def _written(folder: Path, manifest: Manifest, before: Market, rows: Rows) -> Market:
    """The market with the rows in its panel, which is replaced only once it has been read as every other command will read it."""
    target = folder / manifest.panel.file
    panel = PanelFile.read(target)
    problems: list[Problem] = []
    old = read_panel(folder, _with_panel(manifest, target), problems)
    panel.take(rows.frame, old, manifest)
    with whole_file(target) as temporary:
        panel.write(temporary)
        section = manifest.panel.model_copy(update={"file": str(temporary.absolute())})
        try:
            after = market_of(folder, manifest.model_copy(update={"panel": section}))
        except MarketError as error:
            raise MarketError([replace(p, file=rows.file) if p.file == temporary.absolute() else p for p in error.problems]) from error
        _refuse_side_effects(before, after, rows)
    return after


def _refuse_side_effects(before: Market, after: Market, rows: Rows) -> None:
    """No cell changes that no row names: where absent rows are zero, an earlier first row would make zeros of all days after it."""
    regions, categories = (pd.Index(a).get_indexer(pd.Index(b)) for a, b in _axes(before, after))
    then = after.orders[np.ix_(regions, categories, np.arange(len(before.dates)))]
    moved = ~((then == before.orders) | (np.isnan(then) & np.isnan(before.orders)))
    named = _positions(before, rows.frame)
    moved[tuple(named[:, (named >= 0).all(axis=0)])] = False
    if moved.any():
        region = before.regions[int(np.argwhere(moved)[0][0])]
        message = f"a row before the first one of {region} would make {int(moved.sum())} cells 0 that are missing"
        raise MarketError([Problem(rows.file, message, "give every day from the first row on, or leave that row out")])


def _axes(before: Market, after: Market) -> Iterable[tuple[Sequence[str], Sequence[str]]]:
    return (after.regions, before.regions), (after.categories, before.categories)


def _arrival(before: Market, after: Market, rows: Rows, state: pd.DataFrame, left_out: int) -> Arrival:
    frame = rows.frame
    steps = after.dates[after.dates > before.dates[-1]]
    there = pd.DatetimeIndex(frame["date"].unique())
    known = steps.intersection(there)
    lacking = {}
    if before.about.absent == "missing":
        count = frame[frame["date"].isin(known)].groupby("region").size()
        expected = len(known) * len(before.categories)
        lacking = {r: expected - int(count.get(r, 0)) for r in before.regions if count.get(r, 0) < expected}
    kinds = ("other", "later", "missing", "same")  # of a row, the first that one of its streams is
    row_kinds = np.select([(state == kind).any(axis=1) for kind in kinds], kinds, "same")
    counts = {kind: int((row_kinds == kind).sum()) for kind in kinds}
    return Arrival(
        market=after,
        appended=counts["later"],
        filled=counts["missing"],
        replaced=counts["other"],
        same=counts["same"],
        steps=steps,
        dark=steps.difference(there),
        lacking=lacking,
        without=tuple(name for name in ("orders", *before.past) if name not in rows.streams),
        left_out=left_out,
    )
