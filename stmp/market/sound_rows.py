"""A panel in Parquet without a fault, read a batch of rows at a time into its arrays.

The table of all rows, which faults are told from, takes ten times the memory of the arrays. What is not plainly sound is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from stmp.market.market import ALL, Float
from stmp.market.schema import Manifest

BATCH = 500_000  # rows
CARTS = "cart_adds"
STEP = {"D": "datetime64[D]", "h": "datetime64[h]"}
Codes = NDArray[np.int64]


class _Unsound(Exception):
    """Something that the table of all rows has to look at."""


@dataclass
class SoundRows:
    """regions, categories: those that have rows, sorted.  first, last: steps.  streams: further columns, in the order of the market's."""

    file: Path
    manifest: Manifest
    streams: tuple[str, ...]
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = (ALL,)
    first: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT"))
    last: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT"))

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> SoundRows | None:
        """Of a panel that is looked at as a whole; None where it is no Parquet file, is only used in part, or may be at fault."""
        section = manifest.panel
        if not section.file.endswith(".parquet") or section.first or section.last or manifest.regions.include is not None:
            return None
        try:
            names = parquet.read_schema(folder / section.file).names
            offered = ["region", "date", "orders", *section.past, *(n for n in ("category", CARTS) if n not in section.past)]
            there = [name for name in offered if section.columns.get(name, name) in names]
            if set(section.columns) - set(offered) or {"region", "date", "orders", *section.past} - set(there):
                return None
            streams = tuple(n for n in there if n not in ("region", "date", "category", "orders"))
            rows = cls(folder / section.file, manifest, streams)
            rows._survey("category" in there)
        except (_Unsound, OSError, pa.ArrowException):
            return None
        return rows

    def arrays(self, regions: tuple[str, ...], dates: pd.DatetimeIndex) -> dict[str, Float] | None:
        """orders and streams [R, C, D], absent rows filled as the market declares; None where a row is at fault."""
        if set(self.regions) - set(regions):
            return None
        absent = 0 if self.manifest.panel.absent == "zero" else np.nan
        shape = (len(regions), len(self.categories), len(dates))
        found = {name: np.full(shape, absent, dtype=np.float32) for name in ("orders", *self.streams)}
        try:
            opened = self._fill(found, regions)
        except (_Unsound, OSError, pa.ArrowException):
            return None
        for values in found.values():
            for region, first in enumerate(opened):  # before its first row a region is not open yet
                values[region, :, :first] = np.nan
        return found

    def _survey(self, categories: bool) -> None:
        """The regions, categories and span of the rows."""
        seen: dict[str, set[str]] = {"region": set(), "category": set()}
        spans = []
        for batch in self._batches(["region", "date", *(["category"] if categories else [])]):
            for name in seen:
                if name in batch:
                    seen[name].update(_texts(batch[name]).dictionary.to_pylist())
            steps = self._steps(batch["date"])
            spans += [steps.min(), steps.max()]
        if not spans:
            raise _Unsound
        self.regions, self.first, self.last = tuple(sorted(seen["region"])), min(spans), max(spans)
        if categories:
            self.categories = tuple(sorted(seen["category"]))

    def _fill(self, found: dict[str, Float], regions: tuple[str, ...]) -> Codes:
        """Every row into its cell -> [R] the first step of each region. The steps of a series must go forward, so none comes twice."""
        _, categories, steps = next(iter(found.values())).shape
        last, opened = np.full(len(regions) * categories, -1), np.full(len(regions), steps)
        keys = ["region", "date", *(["category"] if self.categories != (ALL,) else [])]
        for batch in self._batches([*keys, *found]):
            region = _codes(_texts(batch["region"]), regions)
            category = _codes(_texts(batch["category"]), self.categories) if "category" in batch else np.zeros_like(region)
            step = (self._steps(batch["date"]) - self.first).astype(np.int64)
            series = region * categories + category
            order = np.argsort(series, kind="stable")
            ordered, at = series[order], step[order]
            begins = np.r_[True, np.diff(ordered) > 0]
            before = np.where(begins, last[ordered], np.r_[-1, at[:-1]])
            if (at <= before).any():
                raise _Unsound
            last[ordered] = at  # the last one of each series stays
            np.minimum.at(opened, region, step)
            for name, values in found.items():
                values[region, category, step] = self._numbers(batch[name], name)
        return opened

    def _batches(self, names: list[str]) -> Iterator[dict[str, pa.Array]]:
        """Columns by our names; ids as dictionaries."""
        theirs = [self.manifest.panel.columns.get(name, name) for name in names]
        ids = [theirs[names.index(name)] for name in ("region", "category") if name in names]
        with parquet.ParquetFile(self.file, read_dictionary=ids) as opened:
            for batch in opened.iter_batches(BATCH, columns=theirs, use_threads=False):
                if len(batch):
                    yield {name: batch.column(their) for name, their in zip(names, theirs, strict=True)}

    def _steps(self, column: pa.Array) -> NDArray[np.datetime64]:
        """Whole days or hours by the clock on the wall."""
        kind = column.type
        if column.null_count or not (pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)):
            raise _Unsound
        exact = column.to_numpy(zero_copy_only=False)
        steps = exact.astype(STEP[self.manifest.frequency])
        if (steps != exact).any():
            raise _Unsound
        return np.asarray(steps)

    def _numbers(self, column: pa.Array, name: str) -> Float:
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise _Unsound
        values = column.to_numpy(zero_copy_only=False).astype(np.float64)
        signed = name in self.manifest.panel.past
        if (name == "orders" and np.isnan(values).any()) or (np.abs(values) > np.finfo(np.float32).max).any():
            raise _Unsound
        if not signed and (values < 0).any():
            raise _Unsound
        return np.asarray(values, dtype=np.float32)


def _texts(column: pa.Array) -> pa.DictionaryArray:
    if column.null_count or not pa.types.is_dictionary(column.type) or not pa.types.is_string(column.type.value_type):
        raise _Unsound
    return column


def _codes(column: pa.DictionaryArray, ids: tuple[str, ...]) -> Codes:
    """[N] positions of a column's values in ``ids``, which hold all of them."""
    place = pd.Index(ids).get_indexer(column.dictionary.to_pylist())
    return np.asarray(place[column.indices.to_numpy(zero_copy_only=False)], dtype=np.int64)
