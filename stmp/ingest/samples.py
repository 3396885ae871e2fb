"""The head of a log file: how it is written, its columns and its first lines, told from no more than a megabyte."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from pyarrow import parquet
from pyarrow.lib import ArrowException

from stmp.errors import MarketError, Problem
from stmp.ingest.limits import MEGABYTE, Limits

ROWS = 500  # lines that guesses are made from
DELIMITERS = ",;\t|"
TEXTS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
BINARY = {b"PK\x03\x04": "a ZIP or Excel file", b"PAR1": "a Parquet file", b"\x1f\x8b": "a gzip file", b"SQLite format 3": "an SQLite file"}


@dataclass(frozen=True)
class Head:
    """columns: distinct names.  types: of a Parquet file's columns, else empty.  rows: the first lines, as text.
    plain: UTF-8 with one kind of line end, unpacked, so that it is read as it is.  lines: where the file itself tells how many."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str  # "text" or "parquet"
    types: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    plain: bool = True
    lines: int | None = None


def refuse(file: Path, message: str, remedy: str, **place: str | int | None) -> MarketError:
    """The error for one fault of a file."""
    return MarketError([Problem(file, message, remedy, **place)])  # type: ignore[arg-type]


def head_of(file: Path, limits: Limits, encoding: str | None = None) -> Head:
    """Raises MarketError when nothing can be made of the file."""
    if file.suffix == ".parquet":
        return _parquet(file, limits)
    if not file.name.endswith(TEXTS):
        raise refuse(file, "a file of this kind is not read", f"give {', '.join(TEXTS)} or .parquet")
    packed = file.suffix == ".gz"
    raw = first_bytes(file, limits.line_bytes)
    if not raw.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise refuse(file, "the file is empty", "give a file with a header and lines, or leave it out")
    for mark, what in BINARY.items():
        if raw.startswith(mark):
            raise refuse(file, f"this is {what} under another name", "save it as CSV in UTF-8, or give it its own ending")
    encoding = encoding or encoding_of(file, raw)
    text = _decoded(file, raw, encoding)
    ends = set(re.findall(r"\r\n|\r|\n", text.removesuffix("\r")))
    if not ends and len(raw) >= limits.line_bytes:
        message = f"the first line is longer than {limits.line_bytes:,} bytes"
        raise refuse(file, message, "break it into lines, or raise the limit line_bytes")
    plain = not packed and encoding in ("utf-8", "utf-8-sig") and len(ends) <= 1 and ends != {"\r"}
    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", lines.partition("\n")[0]).count)
    records = _records(lines, delimiter, whole=len(raw) < limits.line_bytes)
    if not records:
        raise refuse(file, "no header can be read", "begin the file with the names of its columns")
    columns, *rows = records
    return Head(_distinct(columns), tuple(map(tuple, rows)), "text", (), encoding, delimiter, plain)


def first_bytes(file: Path, count: int) -> bytes:
    """The first bytes, unpacked; no more is unpacked than is wanted."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            return stream.read(count)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refuse(file, f"the packed file is damaged: {error}", "pack it again") from error


def encoding_of(file: Path, raw: bytes) -> str:
    """UTF-8, UTF-16 or GB18030 (which holds GBK). Raises MarketError where none fits."""
    for mark, name in MARKS.items():
        if raw.startswith(mark):
            return name
    zeros = raw.count(b"\x00")
    if zeros > len(raw) // 5:
        return "utf-16-le" if raw[1::2].count(b"\x00") > zeros // 2 else "utf-16-be"
    fits = [name for name in ("utf-8", "gb18030") if _fits(raw, name)]
    if fits:
        # Short Chinese texts can pass for UTF-8, but only as letters that no language writes.
        odd = len(fits) == 2 and re.fullmatch(r"[^\u0800-\uffff]*[\u0180-\u036f][^\u0800-\uffff]*", raw.decode("utf-8", "ignore"))
        return fits[-1] if odd else fits[0]
    if b"," in raw and _mostly_utf8(raw):
        return "utf-8"  # a few damaged lines, which are rejected one by one
    raise refuse(file, "the encoding is neither UTF-8, UTF-16 nor GB18030", "name it with --encoding, or save the file as UTF-8")


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(raw: bytes) -> bool:
    return raw.decode("utf-8", errors="replace").count("\ufffd") * 100 < len(raw)


def _decoded(file: Path, raw: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)("replace").decode(raw)
    except LookupError as error:
        raise refuse(file, f"there is no encoding '{encoding}'", "use a name such as utf-8, gb18030 or cp1252") from error


def _records(text: str, delimiter: str, whole: bool) -> list[list[str]]:
    """The header and up to ROWS lines; the last line of a part of a file may be cut off and is left out."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    lines = text if whole else text.rpartition("\n")[0]
    found: list[list[str]] = []
    for record in csv.reader(io.StringIO(lines.replace("\x00", "")), delimiter=delimiter):
        if record:
            found.append([field.strip() for field in record])
        if len(found) > ROWS:
            break
    return found


def _distinct(columns: list[str]) -> tuple[str, ...]:
    """Empty names get their position, repeated ones a number."""
    found: list[str] = []
    for position, column in enumerate(columns, start=1):
        name = column or f"column {position}"
        while name.casefold() in [other.casefold() for other in found]:
            name = f"{name} ({position})"
        found.append(name)
    return tuple(found)


def _parquet(file: Path, limits: Limits) -> Head:
    try:
        with parquet.ParquetFile(file) as opened:
            facts, schema = opened.metadata, opened.schema_arrow
            size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
            if size > limits.file_megabytes * MEGABYTE:
                raise refuse(file, f"it unpacks to {size / MEGABYTE:,.0f} MB", "split it, or raise the limit file_megabytes")
            batch = next(opened.iter_batches(batch_size=ROWS), None)
    except (ArrowException, OSError) as error:
        raise refuse(file, f"cannot be read as Parquet: {error}", "write the file again") from error
    rows = [] if batch is None else [tuple("" if v is None else str(v) for v in row.values()) for row in batch.to_pylist()]
    return Head(tuple(schema.names), tuple(rows), "parquet", tuple(str(kind) for kind in schema.types), lines=facts.num_rows)
