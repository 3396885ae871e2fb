"""Spark gives the same panel as DuckDB, bit for bit; skipped where no Spark or no Java is there."""

from __future__ import annotations

import importlib.util
import random
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.ingest import Datum
from tests.ingest.made import HEADER, built, plan_of, reasons, rejected_rows, write_log

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="Spark is not installed: pip install 'stmp[spark]'"),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java for Spark: apt-get install default-jre-headless"),
]


def folder_of_lines(folder: Path) -> Path:
    """Text files of two layouts with every kind of fault, and a Parquet file of floats and typed times."""
    rng = random.Random(5)
    times = [
        "2020-03-01 08:00:00",
        "2020-03-07 23:59:59.5",
        "2020-03-08T00:00",
        "2020-03-08",
        "2020-02-30",
        "2020",
        "12:30",
        "",
        "9999-01-01",
    ]
    choices = (times, ["a", " b", "c", "x", ""], ["food", 'a "b"\nc', ""], ["1", "2.5", "0.0001", "-1", "", "1e2", "nan", "many"])
    lines = [tuple(rng.choice(options) for options in choices) for _ in range(3000)]
    folder.mkdir()
    write_log(folder / "1.csv", [*lines[:1500], ("2020-03-01", "a"), ("2020-03-01", "a", "food", "1", "2")])
    write_log(folder / "2.csv", [(q, c, d, t) for t, d, c, q in lines[1500:]], header=HEADER[::-1], encoding="gbk")
    frame = pd.DataFrame({"order_time": pd.date_range("2020-03-01", periods=500, freq="7min"), "district": "a", "category": "food"})
    frame.assign(quantity=np.round(np.random.default_rng(0).uniform(0, 9, 500), 2)).to_parquet(folder / "3.parquet")
    return folder


def test_both_engines_give_the_same_panel_and_reject_the_same_lines(tmp_path: Path) -> None:
    orders = folder_of_lines(tmp_path / "log")
    plan = plan_of(tmp_path, orders, time_zone="UTC", days_in="America/New_York", decimal="point", out=tmp_path / "duckdb")
    spark = replace(plan, engine="spark", master="local[2]", out=tmp_path / "spark")
    reports = [built(plan), built(spark)]
    assert (plan.out / "panel.parquet").read_bytes() == (spark.out / "panel.parquet").read_bytes()
    assert (reports[0].logs[0].lines, reasons(reports[0])) == (reports[1].logs[0].lines, reasons(reports[1]))

    def without_rows(market: Path) -> list[tuple[str, ...]]:
        return sorted(tuple(v for k, v in row.items() if k not in ("row", "value")) for row in rejected_rows(replace(plan, out=market)))

    assert without_rows(plan.out) == without_rows(spark.out)


def test_both_engines_join_the_same_points_and_count_repeats_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points = zip(rng.uniform(115.5, 119.5, 400), rng.uniform(38.8, 40.2, 400), rng.integers(0, 200, 400), strict=True)
    lines = [(f"{1583020800 + int(n) * 9000}", f"{x:.3f}", f"{y:.3f}", n) for x, y, n in points]
    file = write_log(tmp_path / "orders.csv", [*lines, *lines[:50]], header=("ts", "lng", "lat", "line_id"))
    plan = plan_of(
        tmp_path, file, datum=Datum.GCJ02, boundary_datum=Datum.WGS84, hourly=True, last=date(2020, 12, 31), out=tmp_path / "duckdb"
    )
    spark = replace(plan, engine="spark", master="local[2]", out=tmp_path / "spark")
    reports = [built(plan), built(spark)]
    assert (plan.out / "panel.parquet").read_bytes() == (spark.out / "panel.parquet").read_bytes()
    assert reasons(reports[0]) == reasons(reports[1])
    assert {"outside", "repeated"} <= set(reasons(reports[0]))
