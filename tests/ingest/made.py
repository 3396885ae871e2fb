"""Small logs and boundaries, and the plan that builds a market of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from stmp.ingest import Plan, Report, build

HEADER = ("order_time", "district", "category", "quantity")
SQUARES = {"a": (116.0, 39.0), "b": (117.0, 39.0), "c": (118.0, 39.0)}  # id -> south-western corner of one degree


def square(west: float, south: float, size: float = 1.0) -> list[list[list[float]]]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def write_boundaries(folder: Path, shapes: dict[str, object] | None = None) -> Path:
    """GeoJSON of id -> geometry; three squares in a row by default."""
    known = shapes or {name: {"type": "Polygon", "coordinates": square(*corner)} for name, corner in SQUARES.items()}
    features = [{"type": "Feature", "properties": {"district": name}, "geometry": shape} for name, shape in known.items()]
    file = folder / "districts.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def write_log(file: Path, lines: Iterable[Sequence[object]], header: Sequence[str] = HEADER, encoding: str = "utf-8") -> Path:
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
    return file


def plan_of(folder: Path, orders: Path | str, **changes: object) -> Plan:
    """Days in Shanghai until the end of 2020, the squares as regions."""
    regions = folder / "districts.geojson"
    if "regions" not in changes and not regions.exists():
        write_boundaries(folder)
    plan = Plan(folder / "market", str(orders), regions, "Asia/Shanghai", country="CN", last=date(2020, 12, 31))
    return replace(plan, **changes)  # type: ignore[arg-type]


def built(plan: Plan) -> Report:
    report = build(plan)
    assert report is not None
    return report


def panel_of(plan: Plan) -> pd.DataFrame:
    return pd.read_parquet(plan.out / "panel.parquet")


def cells(plan: Plan, column: str = "orders") -> dict[tuple[str, str, str], float]:
    """(region, category, date) -> value, of cells that are neither 0 nor missing."""
    frame = panel_of(plan)
    frame = frame[frame[column] > 0]
    times = frame["date"].dt.strftime("%Y-%m-%d %H:%M").str.removesuffix(" 00:00")
    return dict(zip(zip(frame["region"], frame["category"], times, strict=True), frame[column], strict=True))


def reasons(report: Report, log: int = 0) -> dict[str, int]:
    return {rejection.reason: rejection.lines for rejection in report.logs[log].rejections}


def rejected_rows(plan: Plan) -> list[dict[str, str]]:
    with (plan.out / "rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def assert_accounted(report: Report, plan: Plan, lines: int, log: int = 0) -> None:
    """Lines in = lines counted + lines rejected, in the report and in the file that can be downloaded."""
    told = report.logs[log]
    assert told.lines == lines
    assert told.counted + told.rejected == lines
    held: Counter[str] = Counter()
    for row in rejected_rows(plan):
        if row["log"] == told.name:
            held[row["reason"]] += int(row["lines"])
    assert dict(held) == reasons(report, log)
