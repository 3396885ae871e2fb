"""A table of a database, streamed to a file that every engine reads: SQLite through Python itself, PostgreSQL through psycopg."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import parquet

from stmp.errors import StmpError
from stmp.ingest.limits import MEGABYTE, Limits
from stmp.ingest.samples import head_of, refuse
from stmp.ingest.sources import Group, Log, open_log

ROWS = 50_000  # at a time


def is_database(place: str) -> bool:
    """Whether a URL of a database is named, not a path."""
    return "://" in place


def open_database(name: str, url: str, stage: Path, limits: Limits) -> Log:
    """The table named after ``#``, or the only one there is. Raises MarketError and StmpError."""
    parts = urlsplit(url)
    shown = url.replace(f":{parts.password}@", ":***@") if parts.password else url
    if parts.scheme == "sqlite":
        source = Path(unquote(parts.path).removeprefix("/"))
        file = _from_sqlite(source, unquote(parts.fragment), stage / f"{name}.parquet", limits)
        return Log(name, shown, (Group(head_of(file, limits), (source,), (file,)),))
    if parts.scheme in ("postgresql", "postgres"):
        file = _from_postgres(url.partition("#")[0], shown, unquote(parts.fragment), stage / f"{name}-table.csv", limits)
        log = open_log(name, file, stage, limits, "utf-8")
        return Log(name, shown, tuple(Group(group.head, (Path(shown),), group.safe) for group in log.groups))
    raise StmpError(
        f"{shown}: a database of this kind is not read. Remedy: give sqlite:///FILE#TABLE or postgresql://USER@HOST/NAME#TABLE."
    )


def _from_sqlite(source: Path, table: str, target: Path, limits: Limits) -> Path:
    if not source.is_file():
        raise refuse(source, "there is no such file", "write sqlite:///FILE#TABLE, with a fourth slash for a path from the root")
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
            known = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")]
            table = table or (known[0] if len(known) == 1 else "")
            if table not in known:
                message = f"there is no table '{table}'" if table else f"it has {len(known)} tables"
                raise refuse(source, message, f"end the URL in # and one of {', '.join(known)}")
            rows = connection.execute(f'SELECT * FROM "{table.replace(chr(34), 2 * chr(34))}"')
            schema = pa.schema([(column[0], pa.string()) for column in rows.description])
            size = 0
            with parquet.ParquetWriter(target, schema) as writer:
                while block := rows.fetchmany(ROWS):
                    columns = [pa.array(map(_text, values), pa.string()) for values in zip(*block, strict=True)]
                    written = pa.Table.from_arrays(columns, schema=schema)
                    size += written.nbytes
                    if size > limits.file_megabytes * MEGABYTE:
                        raise refuse(source, f"the table holds more than {limits.file_megabytes:,} MB", "raise the limit file_megabytes")
                    writer.write_table(written)
    except sqlite3.Error as error:
        raise refuse(source, f"cannot be read as SQLite: {error}", "check the file") from error
    return target


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _from_postgres(url: str, shown: str, table: str, target: Path, limits: Limits) -> Path:
    if not table:
        raise StmpError(f"{shown}: no table is named. Remedy: end the URL in # and the table's name.")
    copy = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')").format(sql.Identifier(*table.split(".")))
    size = 0
    try:
        with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(copy) as blocks, target.open("wb") as out:
            for block in blocks:
                size += len(block)
                if size > limits.file_megabytes * MEGABYTE:
                    raise StmpError(f"{shown}: it holds more than {limits.file_megabytes:,} MB. Remedy: raise the limit file_megabytes.")
                out.write(block)
    except psycopg.Error as error:
        raise StmpError(f"{shown}: {str(error).strip()}. Remedy: check the URL, the table and what the user may read.") from error
    return target
