"""What counting raw order lines costs, against a bare DuckDB query that only groups and sums the same file in the same run.

Run by ``make bench``; ``python -m benchmarks.ingest 50000000`` counts more lines. The peak is of a process of its own that builds the whole
market. With every hundredth line at fault the log is read a second time, to say where; that is reported, without a limit.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
from rich.console import Console

from benchmarks.bench import ROOT, STMP_COMMAND, Row, cells, empty_table, peak_megabytes
from stmp.ingest import Limits, Plan
from stmp.ingest.count import count
from stmp.ingest.inputs import open_inputs
from stmp.market.load import load_market

LINES, BLOCK = 5_000_000, 1_000_000
RATIO, MEMORY = 1.5, 2000  # limits: times the bare query; MB
REPEATS = 3
THREADS = Limits().threads
MARKET = ROOT / "assets" / "markets" / "beijing"
BOUNDARIES = ROOT / "assets" / "geo" / "beijing_18.geojson"
BARE = "SELECT district, category, CAST(order_time AS DATE) AS day, sum(quantity) FROM read_csv('{}') GROUP BY ALL"
console = Console(width=170)


def write_lines(file: Path, lines: int, faulty: bool = False) -> None:
    """Orders of two years in Beijing's districts; where ``faulty``, every hundredth has no district."""
    market = load_market(MARKET)
    rng = np.random.default_rng(0)
    with pa.OSFile(str(file), "wb") as sink:
        writer = None
        for start in range(0, lines, BLOCK):
            size = min(BLOCK, lines - start)
            seconds = np.sort(rng.integers(0, 730 * 86_400, size)) + np.datetime64("2018-01-01", "s")
            districts = np.array(market.regions)[rng.integers(0, len(market.regions), size)]
            if faulty:
                districts[::100] = ""
            categories = np.array(market.categories)[rng.integers(0, len(market.categories), size)]
            columns = [pa.array(seconds).cast(pa.string()), pa.array(districts), pa.array(categories), pa.array(rng.integers(1, 6, size))]
            table = pa.table(columns, names=["order_time", "district", "category", "quantity"])
            writer = writer or pyarrow.csv.CSVWriter(sink, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def plan_of(folder: Path, file: Path) -> Plan:
    return Plan(folder / "market", str(file), BOUNDARIES, "Asia/Shanghai", country="CN", last=date(2020, 1, 1))


def median_seconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def bare(file: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        connection.execute(BARE.format(file)).fetchall()


def counted(folder: Path, file: Path) -> None:
    plan, stage = plan_of(folder, file), folder / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    inputs = open_inputs(plan, stage)
    (orders,) = inputs.logs
    count(plan, orders, inputs.rules(plan, orders), stage)


def command(folder: Path, file: Path) -> list[str]:
    options = ["--orders", str(file), "--regions", str(BOUNDARIES), "--time-zone", "Asia/Shanghai", "--country", "CN", "--yes", "--replace"]
    return [*STMP_COMMAND, "market", "build", str(folder / "built"), *options]


def main(lines: int) -> None:
    """Measure and print one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound, faulty = folder / "sound.csv", folder / "faulty.csv"
        console.print(f"writing {lines:,} lines twice ...")
        write_lines(sound, lines)
        write_lines(faulty, lines, faulty=True)
        size = f"{lines / 1e6:g} million lines, {sound.stat().st_size / 1e9:.2g} GB"
        floor = median_seconds(lambda: bare(sound))
        table = empty_table(
            f"medians of {REPEATS} runs; {THREADS} threads, DuckDB {duckdb.__version__}, at most {Limits().memory_megabytes} MB of it"
        )
        rows = [Row(f"counting {size}", median_seconds(lambda: counted(folder, sound)), "s", None, "a bare group and sum", floor, RATIO)]
        began = time.perf_counter()
        peak = peak_megabytes(command(folder, sound))
        rows.append(Row("stmp market build, the whole", time.perf_counter() - began, "s", None, "a bare group and sum", floor))
        rows.append(Row("stmp market build, peak memory", peak, "MB", MEMORY))
        faults = median_seconds(lambda: subprocess.run(command(folder, faulty), check=True, capture_output=True))
        rows.append(Row("stmp market build, every 100th line at fault", faults, "s", None, "a bare group and sum", floor))
        for row in rows:
            table.add_row(*cells(row))
        console.print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
