"""A market with something new in it: a district with few days or none, or other festivals. Nothing here writes a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Geod
from shapely.geometry import shape

from stmp.errors import MarketError, Problem, StmpError
from stmp.market.calendar import Occurrence
from stmp.market.market import ALL, Float, Market
from stmp.market.read_regions import polygon_fault
from stmp.market.tables import MOST_ROWS, date_problems, dates_of, listed, number_problems, numbers_of, read_table

AREA = "area_km2"  # the fact that an outline tells


@dataclass(frozen=True)
class District:
    """outline: GeoJSON geometry in WGS84.  point: longitude, latitude.  facts: by the market's names; what is not named is unknown.
    days: as ``read_days`` gives them, or None."""

    id: str
    name: str
    name_zh: str = ""
    outline: Mapping[str, Any] | None = None
    point: tuple[float, float] | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    days: pd.DataFrame | None = None


def with_district(market: Market, district: District) -> Market:
    """The market with one more region, the last, that is to be forecast though it has few days or none. Raises StmpError."""
    _refuse(market, district)
    outline = None if district.outline is None else shape(dict(district.outline))
    inside = None if outline is None else outline.representative_point()
    lon, lat = district.point or ((np.nan, np.nan) if inside is None else (inside.x, inside.y))
    known = dict(district.facts)
    if outline is not None and AREA in market.facts and AREA not in known:
        known[AREA] = round(abs(Geod(ellps="WGS84").geometry_area_perimeter(outline)[0]) / 1e6, 3)
    row = {"name": district.name, "name_zh": district.name_zh or district.name, "lat": lat, "lon": lon}
    table = pd.concat([market.region_table, pd.DataFrame(row, index=[district.id])])
    facts = pd.concat(
        [market.facts, pd.DataFrame({name: known.get(str(name), np.nan) for name in market.facts.columns}, index=[district.id])]
    )
    orders, past = _panel(market, district.days)
    added = hashlib.sha256(repr((district, None if district.days is None else district.days.to_csv())).encode()).hexdigest()
    return replace(
        market,
        regions=(*market.regions, district.id),
        orders=orders,
        past=past,
        known={name: _row_more(values) for name, values in market.known.items()},
        region_table=table,
        facts=facts,
        polygons=_polygons(market, district),
        digest=f"{market.digest} {added}",
        new=(*market.new, district.id),
    )


def with_festivals(market: Market, festivals: Sequence[Occurrence]) -> Market:
    """The market with these festivals and no others."""
    told = hashlib.sha256(repr([(o, o.regions) for o in festivals]).encode()).hexdigest()
    return replace(market, calendar=market.calendar.with_occurrences(festivals), digest=f"{market.digest} {told}")


def read_days(file: Path, market: Market) -> pd.DataFrame:
    """A district's own days: date, category, orders and, where the file has them, the market's streams. Raises MarketError with every
    fault and its row."""
    problems: list[Problem] = []
    parted = market.categories != (ALL,)
    raw = read_table(file, {}, ["date", *(["category"] if parted else []), "orders"], ["category", *market.past], problems)
    if problems:
        raise MarketError(problems)
    dates = dates_of(raw["date"], market.about.frequency == "h")
    problems += date_problems(file, "date", dates, raw["date"])
    frame = pd.DataFrame({"date": dates, "category": raw.get("category", ALL)})
    first, last = market.dates[0], market.dates[-1]
    for row in raw.index[(dates < first) | (dates > last)][:MOST_ROWS]:
        message, remedy = f"the market has no such day: it holds {first:%Y-%m-%d} to {last:%Y-%m-%d}", "correct the day, or remove the row"
        problems.append(Problem(file, message, remedy, "date", int(row), str(raw.loc[row, "date"])))
    for row in raw.index[~frame["category"].isin(market.categories)][:MOST_ROWS]:
        remedy = f"use one of {', '.join(market.categories)}"
        problems.append(Problem(file, "unknown category", remedy, "category", int(row), str(frame.loc[row, "category"])))
    problems += listed(file, "date", "duplicate", list(raw.index[frame.duplicated()]), raw["date"])
    for name in [n for n in ("orders", *market.past) if n in raw]:
        problems += number_problems(file, name, raw[name], required=name == "orders")
        frame[name] = numbers_of(raw[name])
    if problems:
        raise MarketError(problems)
    return frame


def _refuse(market: Market, district: District) -> None:
    about = f"district '{district.id}'"
    if not district.id.strip() or not district.name.strip():
        raise StmpError(f"{about}: it has no id or no name. Remedy: give it both.")
    if district.id in market.regions:
        raise StmpError(f"{about}: {market.about.name} has a district of this id already. Remedy: give it another id.")
    unknown = sorted(set(district.facts) - set(map(str, market.facts.columns)))
    if unknown:
        names = ", ".join(map(str, market.facts.columns)) or "none"
        raise StmpError(f"{about}: {market.about.name} has no fact '{unknown[0]}'. Remedy: use one of: {names}.")
    wrong = [name for name, value in district.facts.items() if not np.isfinite(value) or value < 0]
    if wrong:
        raise StmpError(f"{about}: the fact '{wrong[0]}' is no number from 0 on. Remedy: correct it, or leave it out.")
    fault = None if district.outline is None else polygon_fault(district.outline)
    if fault is not None:
        raise StmpError(f"{about}: its outline is no polygon that can be drawn: {fault}. Remedy: draw the ring anew.")
    if district.outline is None and market.polygons is not None:
        raise StmpError(f"{about}: the districts of {market.about.name} have outlines, and it has none. Remedy: give it one.")
    bounds = [] if district.outline is None else [shape(dict(district.outline)).bounds]
    bounds += [] if district.point is None else [(*district.point, *district.point)]
    for west, south, east, north in bounds:
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise StmpError(f"{about}: it does not lie on the earth. Remedy: write longitude, then latitude, in degrees.")


def _panel(market: Market, days: pd.DataFrame | None) -> tuple[Float, dict[str, Float]]:
    """Orders and streams with one more region. On a day with any row of it, absent categories are what the market declares."""
    orders, past = _row_more(market.orders), {name: _row_more(values) for name, values in market.past.items()}
    if days is None:
        return orders, past
    step = market.dates.get_indexer(pd.DatetimeIndex(days["date"]))
    where = pd.Index(market.categories).get_indexer(pd.Index(days["category"])), step
    for name, values in {"orders": orders, **past}.items():
        if name in days:
            if market.about.absent == "zero":
                values[-1][:, np.unique(step)] = 0
            values[-1][where] = days[name].to_numpy(np.float32)
    return orders, past


def _row_more(values: Float) -> Float:
    """[R, ...] -> [R + 1, ...], the last one missing."""
    return np.concatenate([values, np.full((1, *values.shape[1:]), np.nan, dtype=np.float32)])


def _polygons(market: Market, district: District) -> Mapping[str, Any] | None:
    if market.polygons is None:
        return None
    added = {"type": "Feature", "properties": {"region_id": district.id}, "geometry": dict(district.outline or {})}
    return {**market.polygons, "features": [*market.polygons["features"], added]}
