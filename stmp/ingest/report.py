"""What the doctor says of the logs: every line accounted for, and what is odd about the days, regions and values."""

from __future__ import annotations

import codecs
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from stmp.ingest.engines import Broken, base
from stmp.ingest.lines import TELL, Reason

EXAMPLES = 5  # of each reason
POINTS = 5_000  # outside every polygon that the map shows
RAW = ("time", "region", "lon", "lat", "category", "quantity", "id")
HEADER = ("log", "file", "row", "reason", "column", "value", "lines", *RAW)
WRITTEN = pa.schema([(name, pa.int64() if name in ("row", "lines") else pa.string()) for name in HEADER])
BRIEF = 200  # letters of a broken line that are kept
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"


@dataclass(frozen=True)
class Example:
    """Where a rejected line stands. row: the header is row 1, and a line break within quotes makes no row."""

    file: str
    row: int | None
    value: str


@dataclass(frozen=True)
class Rejection:
    """Lines rejected for one reason."""

    reason: str
    column: str
    lines: int
    message: str
    remedy: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class LogReport:
    """lines = counted + the lines of every rejection."""

    name: str
    place: str
    files: int
    lines: int
    counted: int
    quantity: float
    mapping: Mapping[str, str]
    time_form: str
    rejections: tuple[Rejection, ...]

    @property
    def rejected(self) -> int:
        return sum(rejection.lines for rejection in self.rejections)


@dataclass(frozen=True)
class Report:
    """dark: days no order line falls on.  zero_cells: of ``cells``, those without an order.  silent: regions without a line.
    outside: [longitude, latitude] in WGS84 of points outside every polygon, the first POINTS of them."""

    logs: tuple[LogReport, ...]
    first: str
    last: str
    dark: tuple[str, ...]
    cells: int
    zero_cells: int
    regions: int
    silent: tuple[str, ...]
    categories: tuple[str, ...]
    largest_day: tuple[str, float]
    median_day: float
    repairs: tuple[str, ...]
    outside: tuple[tuple[float, float], ...]
    makeup_days: tuple[str, ...] = ()
    provisional: tuple[int, ...] = ()

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @property
    def rejected(self) -> int:
        return sum(log.rejected for log in self.logs)


@dataclass
class Rejects:
    """Writes rejected lines as they come, counts them by reason, and keeps the first of each.

    writer: of ``open_rejects``.  columns: field -> column.  names: safe name of a file -> the user's.
    """

    log: str
    writer: pyarrow.csv.CSVWriter
    columns: Mapping[str, str]
    names: Mapping[str, str]
    lines: dict[Reason, int] = field(default_factory=dict)
    examples: dict[Reason, list[Example]] = field(default_factory=dict)
    points: list[tuple[float, float]] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch, gaps: Mapping[str, Sequence[int]]) -> None:
        """A batch of ``lines.rejected``; ``gaps``: by file, of the broken lines, which its numbers of rows leave out."""
        frame = batch.to_pandas()
        frame["reason"] = frame["reason"].astype(int)
        place = frame["file"].map({file: base(file) for file in frame["file"].dropna().unique()})
        for file, rows in gaps.items():
            own = (place == file) & frame["row"].notna()
            sound = frame.loc[own, "row"].to_numpy(int)
            frame.loc[own, "row"] = sound + np.searchsorted(rows, sound, side="right")
        raw = {name: frame[f"raw_{name}"].fillna("") if f"raw_{name}" in frame else "" for name in RAW}
        told = frame["reason"].map({int(reason): TELL[reason].field for reason in TELL})
        value = pd.Series("", index=frame.index)
        for name in set(told):
            value = value.where(told != name, raw[name])
        entries = {"file": place.map(self.names), "row": frame["row"], "reason": frame["reason"], "value": value, "lines": frame["copies"]}
        self._write(pd.DataFrame({**entries, **raw}, index=frame.index))
        outside = frame[frame["reason"] == Reason.OUTSIDE].head(POINTS - len(self.points))
        self.points += [(_degrees(x), _degrees(y)) for x, y in zip(outside.get("raw_lon", ()), outside.get("raw_lat", ()), strict=True)]

    def add_broken(self, broken: Sequence[Broken]) -> None:
        """Lines that no reader could part; their text stands for a value."""
        rows = [(self.names.get(b.file, ""), b.row, int(Reason.BROKEN), b.text.strip("\r\n")[:BRIEF], b.lines) for b in broken]
        self._write(pd.DataFrame(rows, columns=["file", "row", "reason", "value", "lines"]).assign(**dict.fromkeys(RAW, "")))

    def _write(self, entries: pd.DataFrame) -> None:
        for reason in (Reason(int(code)) for code in sorted(entries["reason"].unique())):
            own = entries[entries["reason"] == reason]
            self.lines[reason] = self.lines.get(reason, 0) + int(own["lines"].sum())
            kept = self.examples.setdefault(reason, [])
            first: list[dict[Hashable, Any]] = own.head(EXAMPLES - len(kept)).fillna({"file": ""}).to_dict("records")
            kept += [Example(one["file"], None if pd.isna(one["row"]) else int(one["row"]), one["value"][:80]) for one in first]
        entries = entries.assign(log=self.log, column=entries["reason"].map({int(r): self.columns.get(TELL[r].field, "") for r in TELL}))
        entries["reason"] = entries["reason"].map({int(reason): reason.name.lower() for reason in TELL})
        table = pa.Table.from_pandas(entries[list(HEADER)].fillna({"file": ""}), schema=WRITTEN, preserve_index=False)
        texts = [_harmless(table[name]) if WRITTEN.field(name).type == pa.string() else table[name] for name in HEADER]
        self.writer.write_table(pa.Table.from_arrays(texts, schema=WRITTEN))

    def rejections(self) -> tuple[Rejection, ...]:
        """Of every reason that a line had, the most frequent first."""
        most_first = sorted(self.lines.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(
            Rejection(r.name.lower(), self.columns.get(TELL[r].field, ""), n, TELL[r].message, TELL[r].remedy, tuple(self.examples[r]))
            for r, n in most_first
        )


def gaps_of(broken: Iterable[int]) -> list[int]:
    """The rows of broken lines, each less the number of those before it. As many broken rows stand before a sound one as numbers of
    this list are at most the sound one's number among the sound."""
    return [row - before for before, row in enumerate(sorted(broken))]


def _degrees(text: str | None) -> float:
    try:
        return float((text or "").replace(",", "."))
    except ValueError:
        return float("nan")


def _harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """A spreadsheet runs what begins with = + - or @; an apostrophe makes it text. Numbers stay numbers."""
    risky = pc.and_(pc.match_substring_regex(texts, r"^\s*[=+\-@]"), pc.invert(pc.match_substring_regex(texts, NUMBER)))
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)


@contextmanager
def open_rejects(file: Path) -> Iterator[pyarrow.csv.CSVWriter]:
    """A writer of entries; spreadsheets know the encoding by its mark."""
    with file.open("wb") as stream:
        stream.write(codecs.BOM_UTF8)
        with pyarrow.csv.CSVWriter(stream, WRITTEN) as writer:
            yield writer
