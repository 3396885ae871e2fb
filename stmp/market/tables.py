"""Reading the files of a market and checking them: every fault of every file, with its row, before anything is used."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandera.pandas as pa
from pandera.errors import SchemaErrors

from stmp.errors import Problem

MOST_ROWS = 5  # faults of one kind that are listed row by row; the rest are counted

REMEDIES = {
    "unreadable": "write it as YYYY-MM-DD, for hourly data YYYY-MM-DD HH:MM",
    "not a number": "write a plain number",
    "negative": "correct the value, or remove the row",
    "infinite": "write a finite number",
    "duplicate": "keep one row for each region, category and date",
    "empty": "fill in the value, or remove the row",
    "backwards": "sort the rows by date",
}


def read_table(
    file: Path, columns: Mapping[str, str], wanted: Iterable[str], optional: Iterable[str], problems: list[Problem]
) -> pd.DataFrame:
    """The wanted columns under our names, as text from a CSV, as typed from Parquet; the index is the line in the file.

    Faults are added to ``problems``; an unreadable file gives an empty frame.
    """
    wanted, optional = list(wanted), list(optional)
    empty = pd.DataFrame(columns=wanted)
    for ours in columns:
        if ours not in wanted and ours not in optional:
            known = ", ".join([*wanted, *optional])
            problems.append(Problem(file, f"the mapping names '{ours}', which this file does not take", f"map one of {known}"))
    try:
        if file.suffix == ".parquet":
            frame = pd.read_parquet(file)
        else:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8")
    except FileNotFoundError:
        problems.append(Problem(file, "there is no such file", "correct the path in market.toml"))
        return empty
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, OSError, ValueError) as error:
        problems.append(Problem(file, f"cannot be read: {error}", "give a CSV in UTF-8, a CSV.gz or a Parquet file with a header"))
        return empty
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
    picked.index = pd.RangeIndex(2, len(picked) + 2)  # the header is line 1
    return empty if missing else picked


def dates_of(texts: pd.Series, hourly: bool) -> pd.Series:
    """Timestamps without a zone; NaT where unreadable."""
    unique = pd.Series(texts.unique())
    parsed = pd.to_datetime(unique, errors="coerce", format="ISO8601")
    if parsed.dt.tz is not None:
        parsed = parsed.dt.tz_localize(None)
    parsed = parsed.dt.floor("h") if hourly else parsed.where(parsed == parsed.dt.normalize())
    return texts.map(dict(zip(unique, parsed, strict=True))).astype("datetime64[ns]")


def numbers_of(texts: pd.Series) -> pd.Series:
    """Floats; NaN where empty or unreadable (``number_checks`` tells which)."""
    return pd.to_numeric(texts, errors="coerce").astype(float)


def number_problems(file: Path, column: str, texts: pd.Series, *, required: bool, signed: bool = False) -> list[Problem]:
    """Faults of a numeric column: empty where required, not a number, infinite, negative where no sign is allowed."""
    checks = [
        pa.Check(lambda s: texts[s.index].isna() | s.notna(), error="not a number"),
        pa.Check(lambda s: ~np.isinf(s), error="infinite", ignore_na=False),
    ]
    if not signed:
        checks.append(pa.Check(lambda s: ~(s < 0), error="negative", ignore_na=False))
    if required:
        checks.append(pa.Check(lambda _: texts.notna(), error="empty", ignore_na=False))
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


def listed(file: Path, column: str, kind: str, rows: list[int], texts: pd.Series | None = None) -> list[Problem]:
    """One problem per row, up to MOST_ROWS, then one that counts the rest. ``kind`` is a key of REMEDIES."""
    messages = {
        "unreadable": "the date cannot be read",
        "not a number": "not a number",
        "negative": "the value is negative",
        "infinite": "the value is infinite",
        "duplicate": "the row repeats an earlier one",
        "empty": "the value is empty",
        "backwards": "the date lies before that of the row above",
    }
    found = [
        Problem(file, messages[kind], REMEDIES[kind], column=column, row=row, value=None if texts is None else str(texts.loc[row]))
        for row in rows[:MOST_ROWS]
    ]
    if len(rows) > MOST_ROWS:
        found.append(Problem(file, f"{messages[kind]}, in {len(rows) - MOST_ROWS} more rows", REMEDIES[kind], column=column))
    return found
