"""Regions of a market: table, facts and polygons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.validation import explain_validity

from stmp.errors import Problem
from stmp.market.schema import MANIFEST, RegionsSection
from stmp.market.tables import listed, number_problems, numbers_of, read_table


@dataclass(frozen=True)
class Regions:
    """ids in the order of the R axis; table, facts and polygons as in Market."""

    ids: tuple[str, ...]
    table: pd.DataFrame
    facts: pd.DataFrame
    polygons: Mapping[str, Any] | None


def read_regions(folder: Path, section: RegionsSection, of_panel: tuple[str, ...], problems: list[Problem]) -> Regions:
    """Regions of the table, else of the panel, in the order of ``include`` where it is given.

    ``of_panel``: the regions that have rows; empty when the panel cannot be read, and then nothing is held against it.
    """
    raw = _read_table(folder, section, problems) if section.file else None
    known = tuple(raw.index) if raw is not None else of_panel
    for region in section.new if raw is not None else ():
        if region not in known:
            problems.append(Problem(folder / MANIFEST, f"[regions] new names '{region}', which the region table lacks", "correct the id"))
    if section.include is not None:
        for source, ids in (("the region table", known if raw is not None else ()), ("the panel", of_panel)):
            for region in section.include if ids else ():
                if region not in ids:
                    message = f"[regions] include names '{region}', which {source} lacks"
                    problems.append(Problem(folder / MANIFEST, message, "correct the id"))
        known = section.include
    elif of_panel:
        # A region without any row cannot be forecast, unless its level is to be guessed.
        known = tuple(r for r in known if r in of_panel or r in section.new)
    table = pd.DataFrame(index=list(known))
    for name in ("name", "name_zh"):
        table[name] = raw[name].reindex(known).fillna(pd.Series(known, index=known)) if raw is not None and name in raw else list(known)
    for name in ("lat", "lon"):
        table[name] = numbers_of(raw[name]).reindex(known) if raw is not None and name in raw else float("nan")
    facts = pd.DataFrame(index=list(known))
    for name in section.facts:
        facts[name] = numbers_of(raw[name]).reindex(known) if raw is not None and name in raw else float("nan")
    polygons = _read_polygons(folder / section.polygons, section.polygon_id, known, problems) if section.polygons else None
    return Regions(known, table, facts, polygons)


def _read_table(folder: Path, section: RegionsSection, problems: list[Problem]) -> pd.DataFrame | None:
    file = folder / str(section.file)
    optional = ["name", "name_zh", "lat", "lon"]
    raw = read_table(file, section.columns, ["region", *section.facts], optional, problems)
    if raw.empty:
        return None
    column = section.columns.get("region", "region")
    problems += listed(file, column, "empty", list(raw.index[raw["region"].isna()]))
    raw = raw.dropna(subset="region")
    for row in raw.index[raw["region"].duplicated()]:
        problems.append(Problem(file, "the region is listed twice", "keep one row", column, int(row), str(raw.loc[row, "region"])))
    for name in (*section.facts, *(n for n in ("lat", "lon") if n in raw)):
        problems += number_problems(file, section.columns.get(name, name), raw[name], required=False, signed=True)
    return raw.drop_duplicates("region").set_index("region")


def _read_polygons(file: Path, key: str, regions: tuple[str, ...], problems: list[Problem]) -> Mapping[str, Any] | None:
    """GeoJSON of the regions, in their order, with ``properties.region_id``."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
        features = [(str(dict(f["properties"] or {}).get(key, "")), f["geometry"]) for f in content["features"]]
    except FileNotFoundError:
        problems.append(Problem(file, "there is no such file", "correct [regions] polygons in market.toml"))
        return None
    except (KeyError, TypeError, ValueError):
        problems.append(Problem(file, "not a GeoJSON FeatureCollection in UTF-8", "export the boundaries as GeoJSON"))
        return None
    found: dict[str, Any] = {}
    for number, (region, geometry) in enumerate(features, start=1):
        if region not in regions:
            continue
        fault = polygon_fault(geometry)
        if fault is not None:
            remedy = "repair the ring, for instance with shapely.make_valid, and export it again"
            problems.append(Problem(file, f"feature {number} is a broken polygon: {fault}", remedy, column=key, value=region))
        elif region in found:
            remedy = "merge the polygons of a region into one MultiPolygon"
            problems.append(Problem(file, f"feature {number} is a second polygon of its region", remedy, column=key, value=region))
        found[region] = {"type": "Feature", "properties": {"region_id": region}, "geometry": geometry}
    for region in regions:
        if region not in found:
            problems.append(Problem(file, f"no polygon has '{key}' = '{region}'", "add the polygon, or correct [regions] polygon_id"))
    return {"type": "FeatureCollection", "features": [found[r] for r in regions if r in found]}


def polygon_fault(geometry: Any) -> str | None:
    """What keeps a GeoJSON geometry from being drawn as a region; None when nothing does."""
    try:
        read = shape(geometry)
        sound = read.is_valid and not read.is_empty
        fault = None if sound else "empty" if read.is_empty else explain_validity(read)
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return f"no geometry ({error})"
    return f"a {read.geom_type}, not a polygon" if fault is None and read.geom_type not in ("Polygon", "MultiPolygon") else fault
