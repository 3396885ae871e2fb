"""A market of as many regions as one asks for, with boundaries: what scale is measured and tested on.

``python -m benchmarks.large runs/large`` writes one of 3,000 regions as a folder, for the dashboard or the commands.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely import MultiPoint, Point, STRtree, box, set_precision, voronoi_polygons

from stmp.files import whole_file
from stmp.market import About, Market, Occurrence
from stmp.market.calendar import Calendar

REGIONS, CATEGORIES, DAYS = 3000, 10, 730
AT_ONCE = 100  # regions that are written at once
AREA = (115.4, 39.4, 117.5, 41.1)  # longitude and latitude of the corners
MANIFEST = """\
name = "{name}"
title = "{title}"
title_zh = "{title_zh}"
simulated = true
time_zone = "Asia/Shanghai"
frequency = "D"
unit = "orders"
licence = "CC0"
source = "{source}"

[panel]
file = "panel.parquet"
absent = "zero"

[regions]
file = "regions.csv"
facts = ["population"]
polygons = "regions.geojson"
polygon_id = "region_id"

[calendar]
file = "calendar.csv"
"""


def large_market(regions: int = REGIONS, categories: int = CATEGORIES, days: int = DAYS, seed: int = 0) -> Market:
    """Poisson orders and carts with a weekly season, and a festival each 11 November; Voronoi cells for districts."""
    random = np.random.default_rng(seed)
    dates = pd.date_range(end="2021-12-31", periods=days)
    ahead = pd.date_range(dates[0], dates[-1] + pd.Timedelta(days=60))
    peaks = [pd.Timestamp(year, 11, 11) for year in sorted({*dates.year}) if pd.Timestamp(year, 11, 11) in ahead]
    held, nobody = tuple(Occurrence("Late", peak) for peak in peaks), np.full(len(ahead), "")
    calendar = Calendar(ahead, np.asarray(ahead.dayofweek < 5), nobody, held, pd.DataFrame(index=ahead))
    week = 1 + 0.2 * np.sin(2 * np.pi * dates.dayofweek.to_numpy() / 7)
    week[dates.get_indexer(pd.DatetimeIndex(peaks))] *= 3
    orders, carts = (np.empty((regions, categories, days), dtype=np.float32) for _ in range(2))
    for category in range(categories):  # one by one: Poisson draws take twice the memory of what is kept
        level = random.uniform(5, 200, (regions, 1))
        orders[:, category], carts[:, category] = random.poisson(level * week), random.poisson(3 * level * week)
    names = tuple(f"D{number:04d}" for number in range(regions))
    points = random.uniform(AREA[:2], AREA[2:], (regions, 2))
    table = pd.DataFrame({"name": names, "name_zh": names, "lat": points[:, 1], "lon": points[:, 0]}, index=list(names))
    facts = pd.DataFrame({"population": random.uniform(1e4, 1e6, regions)}, index=list(names))
    labels = tuple(f"category {number}" for number in range(categories))
    titles = ("A market of many districts", "有许多区的市场")
    about = About("large", *titles, True, "D", "Asia/Shanghai", "orders", "CC0", "drawn for benchmarks")
    past, digest = {"cart_adds": carts}, f"large {regions} {categories} {days} {seed}"
    return Market(about, names, labels, dates, orders, past, calendar, {}, table, facts, _boundaries(names, points, random), digest)


def _boundaries(names: tuple[str, ...], points: np.ndarray, random: np.random.Generator) -> dict[str, Any]:
    """Voronoi cells of the points as GeoJSON, their straight sides bent as real boundaries are, the same on both sides."""
    area = box(*AREA)
    cells = [cell.intersection(area) for cell in voronoi_polygons(MultiPoint(points), extend_to=area).geoms]
    tree = STRtree(cells)
    mine = [cells[int(tree.query(Point(point), predicate="within")[0])] for point in points]
    sides: dict[tuple[tuple[float, float], ...], list[tuple[float, float]]] = {}
    features = []
    for name, cell in zip(names, mine, strict=True):
        ring = list(set_precision(cell, 1e-9).exterior.coords)
        bent = [corner for pair in pairwise(ring) for corner in _bent(pair, sides, random)]
        geometry = {"type": "Polygon", "coordinates": [[*bent, bent[0]]]}
        features.append({"type": "Feature", "properties": {"region_id": name}, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def _bent(pair: Any, sides: dict[Any, list[tuple[float, float]]], random: np.random.Generator) -> list[tuple[float, float]]:
    """The first corner of a side and the points on the way to the second."""
    key, (a, b) = tuple(sorted(pair)), (np.array(corner) for corner in sorted(pair))
    if key not in sides:
        across = np.array([-(b - a)[1], (b - a)[0]])
        steps = np.linspace(0, 1, 8)[1:-1]
        sides[key] = [tuple(a + (b - a) * s + across * random.uniform(-0.01, 0.01)) for s in steps]
    between = sides[key] if tuple(pair[0]) == key[0] else sides[key][::-1]
    return [pair[0], *between]


def write_large(folder: Path, market: Market) -> None:
    """The market as a folder that ``load_market`` reads."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    categories, days = len(market.categories), len(market.dates)
    with whole_file(folder / "panel.parquet") as temporary:
        writer = None
        for first in range(0, len(market.regions), AT_ONCE):  # all rows at once take many times the arrays
            inside = slice(first, first + AT_ONCE)
            ids = market.regions[inside]
            codes = np.repeat(np.arange(len(ids), dtype=np.int32), categories * days)
            of_category = np.tile(np.repeat(np.arange(categories, dtype=np.int32), days), len(ids))
            columns = {
                "region": pa.DictionaryArray.from_arrays(codes, list(ids)),
                "category": pa.DictionaryArray.from_arrays(of_category, list(market.categories)),
                "date": pa.array(np.tile(market.dates.to_numpy("datetime64[ms]"), len(ids) * categories)),
                "orders": pa.array(market.orders[inside].ravel()),
                "cart_adds": pa.array(market.past["cart_adds"][inside].ravel()),
            }
            table = pa.table(columns)
            writer = writer or pq.ParquetWriter(temporary, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    market.region_table.join(market.facts).rename_axis("region").to_csv(folder / "regions.csv")
    (folder / "regions.geojson").write_text(json.dumps(market.polygons), encoding="utf-8")
    festival = np.full(len(market.calendar.dates), "", dtype=object)
    for occurrence in market.calendar.occurrences:
        festival[market.calendar.index(occurrence.peak) or 0] = occurrence.festival
    calendar = {"date": market.calendar.dates, "workday": market.calendar.workday.astype(int), "holiday": "", "festival": festival}
    pd.DataFrame(calendar).to_csv(folder / "calendar.csv", index=False)
    about = market.about
    manifest = MANIFEST.format(name=about.name, title=about.title, title_zh=about.title_zh, source=about.source)
    (folder / "market.toml").write_text(manifest, encoding="utf-8")


if __name__ == "__main__":
    write_large(Path(sys.argv[1]), large_market())
