"""Reading the files of a market and checking them: every fault of every file, with its row, before anything is used."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import parquet

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandera.pandas as pa
from pandera.errors import SchemaErrors

from stmp.errors import Problem

MOST_ROWS = 5  # faults of one kind that are listed row by row; the rest are counted

FAULTS = {  # kind: (message, remedy)
    "unreadable": ("the date cannot be read", "write it as YYYY-MM-DD, for hourly data YYYY-MM-DD HH:MM"),
    "not a number": ("not a number", "write a plain number"),
    "negative": ("the value is negative", "correct the value, or remove the row"),
    "infinite": ("the value is infinite", "write a finite number"),
    "duplicate": ("the row repeats an earlier one", "keep one row for each region, category and date"),
    "empty": ("the value is empty", "fill in the value, or remove the row"),
    "backwards": ("the date lies before that of the row above", "sort the rows by date"),
    "not 0 or 1": ("the value is neither 0 nor 1", "write 1 for a working day, make-up days included, and 0 for a day off"),
}
ZONE = re.compile(r"(?<=:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)$")  # of a time of day


def read_table(
    file: Path, columns: Mapping[str, str], wanted: Iterable[str], optional: Iterable[str], problems: list[Problem]
) -> pd.DataFrame:
    """The wanted columns under our names, as text from a CSV, as typed from Parquet but for ids, which are text; the index is the line
    in the file, blank ones counted.

    Faults are added to ``problems``; a file that cannot be read, or lacks a column, gives an empty frame.
    """
    wanted = list(wanted)
    optional = [name for name in optional if name not in wanted]
    empty = pd.DataFrame(columns=wanted)
    for ours in columns:
        if ours not in wanted and ours not in optional:
            known = ", ".join([*wanted, *optional])
            problems.append(Problem(file, f"the mapping names '{ours}', which this file does not take", f"map one of {known}"))
    try:
        if file.suffix == ".parquet":
            frame = parquet.read_table(file).to_pandas(ignore_metadata=True)  # an index of pandas is columns like others
        else:
            # Spreadsheets begin UTF-8 with a byte order mark, which "utf-8-sig" takes away.
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig", skip_blank_lines=False)
    except FileNotFoundError:
        problems.append(Problem(file, "there is no such file", "correct the path in market.toml"))
        return empty
    except (pd.errors.EmptyDataError, pd.errors.ParserError, OSError, EOFError, zlib.error, ValueError) as error:
        problems.append(Problem(file, f"cannot be read: {error}", "give a CSV in UTF-8, a CSV.gz or a Parquet file with a header"))
        return empty
    if not isinstance(frame.index, pd.RangeIndex):
        problems.append(Problem(file, "the rows have more fields than the header", "name every column, or remove the commas at the ends"))
        return empty
    frame.index = pd.RangeIndex(2, len(frame) + 2)  # the header is line 1
    frame = frame.dropna(how="all")
    if frame.empty:
        problems.append(Problem(file, "the file holds no rows", "fill the file, or correct the path in market.toml"))
        return empty
    missing = [name for name in wanted if columns.get(name, name) not in frame.columns]
    for name in missing:
        theirs = columns.get(name, name)
        have = ", ".join(map(str, frame.columns))
        problems.append(Problem(file, "the column is missing", f"add it, or map it in market.toml; the file has {have}", column=theirs))
    names = [n for n in [*wanted, *optional] if columns.get(n, n) in frame.columns]
    picked = frame[[columns.get(n, n) for n in names]].set_axis(names, axis=1)
    for name in picked.columns.intersection(["region", "category"]):
        picked[name] = picked[name].astype(object).where(picked[name].isna(), picked[name].astype(str))
    return empty if missing else picked


def dates_of(texts: pd.Series, hourly: bool) -> pd.Series:
    """Timestamps by the clock on the wall, without a zone; NaT where unreadable."""
    unique = pd.Series(texts.unique())
    local = unique.map(lambda value: ZONE.sub("", value) if isinstance(value, str) else value)
    parsed = pd.to_datetime(local, errors="coerce", format="ISO8601")
    if parsed.dt.tz is not None:
        parsed = parsed.dt.tz_localize(None)
    parsed = parsed.dt.floor("h") if hourly else parsed.where(parsed == parsed.dt.normalize())
    return texts.map(dict(zip(unique, parsed, strict=True))).astype("datetime64[ns]")


def numbers_of(texts: pd.Series) -> pd.Series:
    """Floats; NaN where empty or unreadable (``number_problems`` tells which)."""
    return pd.to_numeric(texts, errors="coerce").astype(float)


def number_problems(file: Path, column: str, texts: pd.Series, *, required: bool, signed: bool = False) -> list[Problem]:
    """Faults of a numeric column: empty where required, not a number, infinite, negative where no sign is allowed."""
    checks = [
        pa.Check(lambda s: texts[s.index].isna() | s.notna(), error="not a number"),
        pa.Check(lambda s: ~(s.abs() > np.finfo(np.float32).max), error="infinite"),
    ]
    if not signed:
        checks.append(pa.Check(lambda s: ~(s < 0), error="negative"))
    if required:
        checks.append(pa.Check(lambda _: texts.notna(), error="empty"))
    return check_column(file, column, numbers_of(texts), texts, checks)


def check_column(file: Path, column: str, values: pd.Series, texts: pd.Series, checks: list[pa.Check]) -> list[Problem]:
    """Run Pandera checks on one column and turn what fails into problems with rows."""
    for check in checks:
        check.ignore_na = False
    schema = pa.SeriesSchema(checks=checks, nullable=True)
    try:
        schema.validate(values, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        found: list[Problem] = []
        for kind in cases["check"].unique():
            rows = sorted(int(i) for i in cases.loc[cases["check"] == kind, "index"].dropna())
            found += listed(file, column, str(kind), rows, texts)
        return found
    return []


def date_problems(file: Path, column: str, dates: pd.Series, texts: pd.Series) -> list[Problem]:
    """Dates that are empty or unreadable."""
    rows = dates.index[dates.isna()]
    found = listed(file, column, "empty", [row for row in rows if pd.isna(texts[row])])
    return found + listed(file, column, "unreadable", [row for row in rows if pd.notna(texts[row])], texts)


def listed(file: Path, column: str, kind: str, rows: list[int], texts: pd.Series | None = None) -> list[Problem]:
    """One problem per row, up to MOST_ROWS, then one that counts the rest. ``kind`` is a key of FAULTS."""
    message, remedy = FAULTS[kind]
    found = []
    for row in rows[:MOST_ROWS]:
        value = None if texts is None or pd.isna(texts[row]) else str(texts[row])
        found.append(Problem(file, message, remedy, column=column, row=int(row), value=value))
    if len(rows) > MOST_ROWS:
        found.append(Problem(file, f"{message}, in {len(rows) - MOST_ROWS} more rows", remedy, column=column))
    return found
