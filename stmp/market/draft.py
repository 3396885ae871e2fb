"""A market that is changed and kept in a folder of the user's own; the folder that it came from is only read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from stmp.errors import MarketError, Problem, StmpError
from stmp.files import whole_folder
from stmp.market.additions import District, with_district, with_festivals
from stmp.market.calendar import Occurrence
from stmp.market.festivals import first_table, read_festivals, table_of
from stmp.market.load import load_market
from stmp.market.market import Market
from stmp.market.schema import MANIFEST, Manifest, read_manifest

PANEL, TABLE, POLYGONS, KNOWN = "panel.parquet", "regions.csv", "regions.geojson", "known.csv"
VERSION = re.compile(r"festivals-(\d+)\.csv")
REGION_ID = "region_id"


@dataclass(frozen=True)
class Draft:
    """source: the folder it was read from.  festivals: the whole table, also of days that the calendar does not reach yet.
    before: the source's.  notes: what was changed, for the market's account of its source."""

    source: Path
    manifest: Manifest
    market: Market
    festivals: tuple[Occurrence, ...]
    before: tuple[Occurrence, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: Path, market: Market | None = None) -> Draft:
        """``market``: what the folder holds, where it is read already. Raises MarketError."""
        manifest, market = read_manifest(folder), load_market(folder) if market is None else market
        section = manifest.calendar
        festivals = first_table(market.calendar, section)
        if section.table is not None:
            festivals = read_festivals(folder / section.table, market.regions, [])  # its faults are those of load_market
        return cls(folder, manifest, market, festivals, festivals)

    def with_district(self, district: District) -> Draft:
        """Raises StmpError."""
        count = 0 if district.days is None else district.days["date"].dt.normalize().nunique()
        note = f"{district.name} was added by hand; days of its own: {count}."
        return replace(self, market=with_district(self.market, district), notes=(*self.notes, note))

    def with_festivals(self, festivals: Sequence[Occurrence]) -> Draft:
        first, last = self.market.calendar.dates[[0, -1]]
        market = with_festivals(self.market, [o for o in festivals if first <= o.peak <= last])
        return replace(self, market=market, festivals=tuple(festivals), notes=(*self.notes, "Festivals were edited by hand."))

    def save(self, out: Path, title: str = "", *, replace_it: bool = False) -> Manifest:
        """Write the market into ``out``, all of it or nothing. Where ``out`` is the source itself, what is not written anew stays, the
        earlier versions of the festivals among it. Raises StmpError."""
        slug = re.sub(r"[^a-z0-9_-]+", "-", out.absolute().name.lower()).strip("-")
        if not slug:
            raise StmpError(f"'{out}' gives the market no name. Remedy: end the path in a folder of Latin letters or digits.")
        _refuse_target(out, replace_it)
        with whole_folder(out) as folder:
            if out.exists() and out.resolve() == self.source.resolve():
                shutil.copytree(out, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(PANEL))
            manifest = self._written(folder, slug, title or out.absolute().name)
            try:
                load_market(folder)
            except MarketError as error:
                raise MarketError([replace(p, file=out / p.file.name) for p in error.problems]) from error
        return manifest

    def _written(self, folder: Path, slug: str, title: str) -> Manifest:
        """All files of the market, and what its market.toml says."""
        market, section = self.market, self.manifest.calendar
        names = dict.fromkeys(("title", "title_zh"), title) if title != self.manifest.title else {}
        _write_panel(market, folder / PANEL)
        regions = pd.concat([market.region_table, market.facts], axis=1).rename_axis("region")
        regions.to_csv(folder / TABLE, lineterminator="\n")
        table = {"file": TABLE, "facts": tuple(map(str, market.facts.columns)), "new": market.new}
        if market.polygons is not None:
            (folder / POLYGONS).write_text(json.dumps(market.polygons, ensure_ascii=False) + "\n", encoding="utf-8")
            table |= {"polygons": POLYGONS, "polygon_id": REGION_ID}
        calendar = section.model_dump(exclude_defaults=True)
        if section.file is not None:
            calendar["file"] = "calendar" + "".join(Path(section.file).suffixes)
            _copy(self.source / section.file, folder / calendar["file"])
        if self.festivals != self.before or section.table is not None:
            calendar = {k: v for k, v in calendar.items() if k not in ("ignore", "festivals")} | {"table": self._write_table(folder)}
        known = None
        if self.manifest.known is not None:
            known = {"file": KNOWN, "covariates": self.manifest.known.covariates}
            _known(market).to_csv(folder / KNOWN, index=False, lineterminator="\n")
        content = self.manifest.model_dump(exclude={"panel", "regions", "calendar", "known"}) | names
        content |= {
            "name": slug,
            "source": " ".join([self.manifest.source, *(note for note in self.notes if note not in self.manifest.source)]),
        }
        content |= {"panel": {"file": PANEL, "absent": "missing", "past": self.manifest.panel.past}, "regions": table, "calendar": calendar}
        manifest = Manifest.model_validate(content | ({} if known is None else {"known": known}))
        (folder / MANIFEST).write_text(manifest_text(manifest), encoding="utf-8")
        return manifest

    def _write_table(self, folder: Path) -> str:
        """The name of the version in force; the first one holds what was there before any edit."""
        versions = festival_versions(folder)
        changed = self.festivals != self.before
        if not changed and self.manifest.calendar.table in versions:
            return str(self.manifest.calendar.table)
        versions = versions or [_next_version(folder, 1, self.before)]
        return _next_version(folder, len(versions) + 1, self.festivals) if changed else versions[-1]


def festival_versions(folder: Path) -> list[str]:
    """Files of a market's festival tables, the first one first."""
    found = ((int(match[1]), file.name) for file in folder.glob("festivals-*.csv") if (match := VERSION.fullmatch(file.name)))
    return [name for _, name in sorted(found)]


def _next_version(folder: Path, number: int, festivals: Sequence[Occurrence]) -> str:
    name = f"festivals-{number}.csv"
    table_of(festivals).to_csv(folder / name, index=False, lineterminator="\n")
    return name


def _refuse_target(out: Path, replace_it: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / MANIFEST).is_file():
        raise StmpError(f"{out}: this is there already and is no market. Remedy: name a new folder.")
    if not replace_it:
        raise StmpError(f"{out}: this market is there already. Remedy: name a new folder, or say --replace.")


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError as error:
        raise MarketError([Problem(source, "there is no such file", "correct the path in market.toml")]) from error


def _write_panel(market: Market, file: Path) -> None:
    """A row for each cell with a value, region by region, so that a large market is not held twice."""
    streams = {"orders": market.orders, **market.past}
    schema = pa.schema(
        [("region", pa.string()), ("category", pa.string()), ("date", pa.timestamp("ms")), *((name, pa.float64()) for name in streams)]
    )
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for row, region in enumerate(market.regions):
            category, step = np.nonzero(~np.isnan(market.orders[row]))
            columns = {
                "region": [region] * len(step),
                "category": np.array(market.categories, dtype=object)[category],
                "date": market.dates[step],
                **{name: values[row, category, step].astype(np.float64) for name, values in streams.items()},
            }
            writer.write_table(pa.Table.from_pandas(pd.DataFrame(columns), schema=schema, preserve_index=False))


def _known(market: Market) -> pd.DataFrame:
    """region, date and the columns known ahead."""
    index = pd.MultiIndex.from_product([market.regions, market.calendar.dates], names=["region", "date"])
    return pd.DataFrame({name: values.ravel() for name, values in market.known.items()}, index=index).dropna(how="all").reset_index()


def manifest_text(manifest: Manifest) -> str:
    """``market.toml``, without what is as it is by default."""
    content = manifest.model_dump(exclude_defaults=True)
    sections = {key: value for key, value in content.items() if isinstance(value, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in content.items() if key not in sections]
    for key, section in sections.items():
        lines += ["", *_section(key, section)]
    return "\n".join(lines) + "\n"


def _section(name: str, content: dict[str, object]) -> Iterator[str]:
    yield f"[{name}]"
    later: list[str] = []
    for key, value in content.items():
        if isinstance(value, dict):
            later += ["", *_section(f"{name}.{key}", value)] if value else []
        elif isinstance(value, tuple) and value and isinstance(value[0], dict):
            for one in value:
                later += ["", f"[[{name}.{key}]]", *(f"{k} = {_toml(v)}" for k, v in one.items() if v is not None)]
        elif value is not None:
            yield f"{key} = {_toml(value)}"
    yield from later


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
