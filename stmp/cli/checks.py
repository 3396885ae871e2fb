"""Checks of what the command line was given, before any long work starts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stmp.errors import MisfitError, ScenarioError, StmpError

if TYPE_CHECKING:
    import pandas as pd


def parse_date(text: str, option: str) -> pd.Timestamp:
    """YYYY-MM-DD -> a day. Raises BadParameter, which ends the command with 2."""
    import pandas as pd

    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII):
            raise ValueError("not YYYY-MM-DD")
        return pd.Timestamp(date.fromisoformat(text.strip()))
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no date: write YYYY-MM-DD, such as 2019-11-03 ({error})", param_hint=option) from error


def check_folder(folder: Path) -> None:
    """Raises StmpError unless ``folder`` can be made or written into: found out before the work, not after it."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise StmpError(f"{there}: this is a file, not a folder. Remedy: choose another folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise StmpError(f"{there}: this folder may not be written to. Remedy: change its permissions, or choose another folder.")


def check_file(file: Path, option: str = "--out") -> None:
    """Raises StmpError unless ``file``, given as ``option``, can be written."""
    if file.is_dir():
        raise StmpError(f"{file}: this is a folder, not a file. Remedy: name a file for {option}.")
    check_folder(file.parent)


@contextmanager
def scenario_of(file: Path | None) -> Iterator[None]:
    """Around what holds a scenario against a market: names the file that the scenario was read from, and the key at fault."""
    try:
        yield
    except MisfitError as error:
        if file is None:
            raise
        raise ScenarioError(f"{file}: {error.place}: {error.fault}") from error
