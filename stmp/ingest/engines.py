"""DuckDB on this machine, or Spark for logs that outgrow it: both run the same expressions and give the same numbers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from stmp.errors import StmpError
from stmp.ingest.limits import Limits
from stmp.ingest.sources import Group

BATCH = 100_000


@dataclass(frozen=True)
class Broken:
    """A line that no reader could part into fields. file: its safe name.  row: None where the engine does not tell.  lines: how many
    an open quote made one of."""

    file: str
    row: int | None
    text: str
    lines: int


class LineEnds(Exception):
    """A file mixes line ends past its head; it has to be written anew."""


class Engine(Protocol):
    """Reads groups of files as tables whose columns are named by field, and runs expressions over them."""

    def table(self, group: Group, fields: Mapping[str, str]) -> ir.Table:
        """Columns named by field."""

    def numbered(self, group: Group, fields: Mapping[str, str]) -> Iterator[ir.Table]:
        """The same with ``file``, its place, and ``row``, the header being row 1; NULL where the engine does not tell."""

    def batches(self, expression: ir.Table) -> Iterator[pa.RecordBatch]:
        """The rows, a batch at a time. Raises LineEnds."""

    def broken(self) -> list[Broken]:
        """Lines of text files that were not read by the queries so far."""

    def close(self) -> None:
        """Give back memory and processes."""


def base(place: str) -> str:
    """The last part of a path, or of Spark's URL of it: the safe name that a file is known by."""
    return place.rpartition("/")[2]


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"


class DuckDB:
    """In memory up to a limit, then in a folder on the disk."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.limits = limits
        self.connection = ibis.duckdb.connect()
        settings = {
            "memory_limit": f"{limits.memory_megabytes}MB",
            "threads": str(limits.threads),
            "temp_directory": str(folder),
            "TimeZone": "UTC",
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        for setting, value in settings.items():
            self.connection.raw_sql(f"SET {setting} = {_text(value)}")

    def table(self, group: Group, fields: Mapping[str, str]) -> ir.Table:
        return self.connection.sql(f"SELECT {self._fields(fields)} FROM {self._reader(group, group.safe, ', store_rejects = true')}")

    def numbered(self, group: Group, fields: Mapping[str, str]) -> Iterator[ir.Table]:
        self.connection.raw_sql("SET preserve_insertion_order = true")
        for file in group.safe:
            reader = self._reader(group, (file,), ", ignore_errors = true")
            place = f"{_text(str(file))} AS file, row_number() OVER () + 1 AS row"
            yield self.connection.sql(f"SELECT {place}, {self._fields(fields)} FROM {reader}")

    @staticmethod
    def _fields(fields: Mapping[str, str]) -> str:
        return ", ".join(f"{_name(column)} AS {_name(field)}" for field, column in fields.items())

    def _reader(self, group: Group, files: tuple[Path, ...], errors: str) -> str:
        places = "[" + ", ".join(_text(str(file)) for file in files) + "]"
        if group.head.kind == "parquet":
            return f"read_parquet({places})"
        columns = "{" + ", ".join(f"{_text(column)}: 'VARCHAR'" for column in group.head.columns) + "}"
        form = f"header = true, delim = {_text(group.head.delimiter)}, quote = '\"', escape = '\"', nullstr = ''"
        return f"read_csv({places}, auto_detect = false, columns = {columns}, {form}, max_line_size = {self.limits.line_bytes}{errors})"

    def batches(self, expression: ir.Table) -> Iterator[pa.RecordBatch]:
        try:
            yield from expression.to_pyarrow_batches(chunk_size=BATCH)
        except duckdb.InvalidInputException as error:
            if "state machine" in str(error):
                raise LineEnds from error
            raise StmpError(f"the log cannot be read: {error}. Remedy: mend the line named.") from error
        except duckdb.OutOfMemoryException as error:
            raise StmpError(f"{error}. Remedy: raise the limit memory_megabytes, or free space on the disk.") from error

    def broken(self) -> list[Broken]:
        connection = self.connection.con
        if not connection.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall():
            return []
        rows = connection.sql(
            "SELECT scan.file_path, error.line, any_value(error.csv_line) FROM reject_errors AS error "
            "JOIN reject_scans AS scan USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return [Broken(base(file), row, line or "", 1 + (line or "").rstrip("\r\n").count("\n")) for file, row, line in rows]

    def close(self) -> None:
        self.connection.disconnect()


class Spark:
    """A cluster, or local[*]; an optional extra. Lines of a file that is read in parts have no number."""

    def __init__(self, master: str, limits: Limits) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise StmpError("Spark is not installed. Remedy: pip install 'stmp[spark]', and a Java of version 17 or later.") from error
        settings = {
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.sql.csv.parser.columnPruning.enabled": "false",  # else a line with too many fields passes for a sound one
            "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
            "spark.sql.legacy.parquet.nanosAsLong": "true",  # Spark knows no nanoseconds; _read makes them microseconds
            "spark.driver.memory": f"{limits.memory_megabytes}m",
            "spark.log.level": "ERROR",
        }
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers need what this process has
        builder = SparkSession.builder.appName("stmp market build").master(master)
        for setting, value in settings.items():
            builder = builder.config(setting, value)
        try:
            self.session: Any = builder.getOrCreate()
        except Exception as error:  # whatever Java says
            raise StmpError(f"Spark does not start: {error}. Remedy: check --master, and that a Java of version 17 is there.") from error
        self.connection = ibis.pyspark.connect(self.session)
        self._broken: dict[str, Any] = {}
        self._tables = 0

    def table(self, group: Group, fields: Mapping[str, str]) -> ir.Table:
        return self._table(self._read(group), fields)

    def numbered(self, group: Group, fields: Mapping[str, str]) -> Iterator[ir.Table]:
        from pyspark.sql import functions as f

        placed = self._read(group).withColumn("_row", f.lit(None).cast("bigint"))
        yield self._table(placed, {"file": "_file", "row": "_row", **fields})

    def _read(self, group: Group) -> Any:
        """Every column under the file's own name, and ``_file``."""
        from pyspark.sql import functions as f

        places = [str(file) for file in group.safe]
        if group.head.kind == "parquet":
            frame = self.session.read.parquet(*places).withColumn("_file", f.input_file_name())
            for column, kind in zip(group.head.columns, group.head.types, strict=True):
                if kind.startswith("timestamp[ns"):
                    frame = frame.withColumn(column, f.timestamp_micros(f.expr(f"{_quoted(column)} div 1000")))
            return frame
        schema = ", ".join(f"{_quoted(column)} STRING" for column in group.head.columns)
        options = {"header": True, "sep": group.head.delimiter, "quote": '"', "escape": '"', "multiLine": True, "mode": "PERMISSIVE"}
        reader = self.session.read.options(**options, columnNameOfCorruptRecord="_broken", enforceSchema=True)
        frame = reader.schema(f"{schema}, _broken STRING").csv(places).withColumn("_file", f.input_file_name())
        # Spark reads nothing of a line whose columns are not asked for, and then finds no fault with it.
        every = f.array(*(f.col(_quoted(column)) for column in group.head.columns))
        self._broken[str(group.safe[0])] = frame.filter(f.col("_broken").isNotNull()).select("_file", "_broken", every)
        sound = frame.filter(f.col("_broken").isNull())
        texts = [f.nullif(f.col(_quoted(column)), f.lit("")).alias(column) for column in group.head.columns]
        return sound.select("_file", *texts)

    def _table(self, frame: Any, fields: Mapping[str, str]) -> ir.Table:
        from pyspark.sql import functions as f

        self._tables += 1
        name = f"log_{self._tables}"
        frame.select(*(f.col(_quoted(column)).alias(field) for field, column in fields.items())).createOrReplaceTempView(name)
        return self.connection.table(name)

    def batches(self, expression: ir.Table) -> Iterator[pa.RecordBatch]:
        yield from expression.to_pyarrow_batches(chunk_size=BATCH)

    def broken(self) -> list[Broken]:
        rows = [row for frame in self._broken.values() for row in frame.toLocalIterator()]
        return [Broken(base(file), None, text, 1) for file, text, _ in rows]

    def close(self) -> None:
        self.session.stop()
