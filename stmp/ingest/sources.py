"""Where the lines of a log lie: files found, each looked at, and made readable for an engine."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stmp.errors import MarketError, Problem
from stmp.ingest.limits import MEGABYTE, Limits
from stmp.ingest.samples import TEXTS, Head, head_of, refuse

CHUNK = 1 << 20
SMALL = 50 * MEGABYTE  # unpacked bytes below which no ratio is held against a packed file


@dataclass(frozen=True)
class Group:
    """Files written alike, read with one query.  safe: names without wildcards, in the build's own folder, as ``files``."""

    head: Head
    files: tuple[Path, ...]
    safe: tuple[Path, ...]


@dataclass(frozen=True)
class Log:
    """All lines of one log.  name: "orders" or "carts".  place: what the user named."""

    name: str
    place: str
    groups: tuple[Group, ...]

    @property
    def head(self) -> Head:
        """Of the first file that holds lines."""
        return next((group.head for group in self.groups if group.head.rows), self.groups[0].head)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that every file has."""
        return tuple(c for c in self.head.columns if all(c in group.head.columns for group in self.groups))


def open_log(name: str, place: Path, stage: Path, limits: Limits, encoding: str | None = None) -> Log:
    """Look at every file. Raises MarketError with the faults of all of them."""
    heads: dict[Path, Head] = {}
    problems: list[Problem] = []
    for file in find(place, limits):
        try:
            heads[file] = head_of(file, limits, encoding)
        except MarketError as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(file, f"cannot be opened: {error.strerror}", "check the file and its permissions"))
    if problems:
        raise MarketError(problems)
    alike: dict[tuple[object, ...], list[Path]] = {}
    for file, head in heads.items():
        alike.setdefault((head.kind, head.columns, head.types, head.delimiter), []).append(file)
    groups, number = [], 0
    for files in alike.values():
        safe = []
        for file in files:
            number += 1
            safe.append(_readable(file, heads[file], stage / f"{name}-{number:06d}", limits))
        # The head of a file that holds lines tells more than that of one which holds none.
        head = next((heads[file] for file in files if heads[file].rows), heads[files[0]])
        groups.append(Group(head, tuple(files), tuple(safe)))
    return Log(name, str(place), tuple(groups))


def one_line_end(log: Log, stage: Path, limits: Limits) -> Log:
    """The log with every text file written anew with one kind of line end; for files that mix them past their head."""
    groups = []
    for group in log.groups:
        plain = replace(group.head, plain=False)
        again = [_readable(file, plain, stage / f"{safe.stem}-anew", limits) for file, safe in zip(group.files, group.safe, strict=True)]
        groups.append(replace(group, safe=tuple(again)) if group.head.kind == "text" else group)
    return replace(log, groups=tuple(groups))


def find(place: Path, limits: Limits) -> list[Path]:
    """The file, or the files within a folder and its folders, by name; hidden ones are left out. Raises MarketError."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise refuse(place, "there is no such file or folder", "correct the path")
    inside = [f for f in sorted(place.rglob("*")) if not any(p.startswith((".", "_")) for p in f.relative_to(place).parts)]
    files = [file for file in inside if file.is_file()]
    outside = [file for file in files if not file.resolve().is_relative_to(place.resolve())]
    if outside:
        raise MarketError([Problem(f, "this link leads out of the folder", "copy the file into the folder") for f in outside])
    files = [file for file in files if file.name.endswith((*TEXTS, ".parquet"))]
    if not files:
        raise refuse(place, "the folder holds no log", f"give files that end in {', '.join(TEXTS)} or .parquet")
    if len(files) > limits.files:
        raise refuse(place, f"the folder holds {len(files):,} files", f"join them to {limits.files:,}, or raise the limit files")
    return files


def _readable(file: Path, head: Head, safe: Path, limits: Limits) -> Path:
    """A link under a name without wildcards, or a copy in UTF-8, unpacked, with one kind of line end."""
    if head.kind == "parquet":
        target = safe.with_suffix(".parquet")
        target.symlink_to(file.resolve())
        return target
    target = safe.with_suffix(".csv")
    if head.plain:
        if file.stat().st_size > limits.file_megabytes * MEGABYTE:
            raise _too_large(file, limits)
        target.symlink_to(file.resolve())
        return target
    with target.open("wb") as out:
        for chunk in _one_end(_utf8(file, head.encoding, limits)):
            out.write(chunk)
    return target


def _too_large(file: Path, limits: Limits) -> MarketError:
    return refuse(file, f"it holds more than {limits.file_megabytes:,} MB, unpacked", "split it, or raise the limit file_megabytes")


def _utf8(file: Path, encoding: str, limits: Limits) -> Iterator[bytes]:
    """The file in chunks of UTF-8; bytes that mean nothing in their encoding become U+FFFD, which makes their line a broken one."""
    decoder = None if encoding in ("utf-8", "utf-8-sig") else codecs.getincrementaldecoder(encoding)("replace")
    for chunk in _unpacked(file, limits):
        yield chunk if decoder is None else decoder.decode(chunk).encode()
    if decoder is not None:
        yield decoder.decode(b"", final=True).encode()


def _unpacked(file: Path, limits: Limits) -> Iterator[bytes]:
    packed, total = file.suffix == ".gz", 0
    most = limits.file_megabytes * MEGABYTE
    size = file.stat().st_size
    try:
        with gzip.open(file) if packed else file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if total > most:
                    raise _too_large(file, limits)
                if packed and total > max(SMALL, size * limits.unpacked_ratio):
                    times = f"more than {limits.unpacked_ratio} times its size"
                    raise refuse(file, f"it unpacks to {times}, as no log does", "check the file, or raise the limit unpacked_ratio")
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refuse(file, f"the packed file is damaged: {error}", "pack it again") from error


def _one_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Line ends \\r\\n and \\r become \\n, also where a pair is torn by the end of a chunk."""
    torn = b""
    for chunk in chunks:
        whole = torn + chunk
        torn = b"\r" if whole.endswith(b"\r") else b""
        yield whole.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield b"\n" if torn else b""
