"""Limits on what is read, so that no file can fill the memory or the disk; each can be changed by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from stmp.errors import StmpError

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Every limit is a whole number.

    files: in one folder.  file_megabytes: of one file, unpacked.  unpacked_ratio: bytes that one packed byte may become.
    line_bytes: of one line.  categories, regions: different ones.  boundary_megabytes: of their file.  vertices: of all polygons
    together.  quantity: of one line.
    panel_rows: region, category and step.  memory_megabytes: what DuckDB may hold before it moves to the disk.  threads: of DuckDB.
    """

    files: int = 10_000
    file_megabytes: int = 100_000
    unpacked_ratio: int = 200
    line_bytes: int = 1_000_000
    categories: int = 1_000
    regions: int = 20_000
    boundary_megabytes: int = 1_000
    vertices: int = 20_000_000
    quantity: int = 1_000_000
    panel_rows: int = 200_000_000
    memory_megabytes: int = 1_000
    threads: int = 2

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Limits:
        """From ``name=number`` texts. Raises StmpError."""
        known = [field.name for field in fields(cls)]
        changed: dict[str, int] = {}
        for text in texts:
            name, _, value = (part.strip() for part in text.partition("="))
            if name not in known or not value.isdecimal() or int(value) < 1:
                raise StmpError(f"'{text}' is no limit. Remedy: write NAME=NUMBER; the names are {', '.join(known)}.")
            changed[name] = int(value)
        return replace(cls(), **changed)
