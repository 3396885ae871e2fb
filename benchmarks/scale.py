"""What many districts cost: time by their number, memory, and a map that is still quick to move.

Run by ``make bench``; ``python -m benchmarks.scale map`` leaves out the rest. Forecasts and training steps are timed at 18, 300 and 3,000
regions in one run: at most linear means that a region costs no more among many than among few. The map is that of 3,000 Voronoi cells,
drawn without a GPU and held against a bare page with nothing but their unsimplified outlines.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from playwright.sync_api import Page

from benchmarks.bench import GENERAL, ROOT, STMP_COMMAND, THREADS, Row, cells, console, empty_table, peak_megabytes
from benchmarks.browser import CHROMIUM, NO_CHROMIUM, Server, bare, chromium, opened, served, visitor
from benchmarks.large import large_market, write_large
from stmp.config import Schema, TrainingConfig
from stmp.forecaster import STMP
from stmp.learning import Learner, Origin
from stmp.training import MarketTasks

REGIONS = (18, 300, 3000)
CATEGORIES, DAYS = 10, 730
CUTOFF = pd.Timestamp("2021-11-05")
HORIZON, SAMPLES = 14, 100
STEPS = 6  # of a training, the first of which is not timed
MEMORY, PAYLOAD = 2000, 5  # limits: MB
PAGES = ("", "what-if", "stock", "similarity", "accuracy", "about")
DRAGS = 15  # moves of the pointer while frames are timed
MAP = "[data-testid=stDeckGlJsonChart]"


def forecast_rows() -> Iterator[Row]:
    """A forecast from nothing, seconds for 1,000 regions."""
    first = None
    for regions in REGIONS:
        forecaster, market = STMP.load(GENERAL, "cpu"), large_market(regions, CATEGORIES, DAYS)
        forecaster.forecast(market, CUTOFF, 1, samples=4)
        forecaster.forget()
        began = time.perf_counter()
        forecaster.forecast(market, CUTOFF, HORIZON, samples=SAMPLES)
        seconds = (time.perf_counter() - began) / regions * 1000
        what = f"forecast of {regions:,} x {CATEGORIES} x {HORIZON} x {SAMPLES}, a thousand regions"
        yield Row(what, seconds, "s", None, f"among {REGIONS[0]}" if first else "", first, 1 if first else None)
        first = first or seconds


def training_rows() -> Iterator[Row]:
    """A training step: of markets of any size, as an episode draws as many regions from all; and of more in an episode."""
    first = None
    for regions in REGIONS:
        seconds = a_step(regions, TrainingConfig().spatial_regions)
        against = f"of {REGIONS[0]}" if first else ""
        yield Row(
            f"training step, a market of {regions:,} regions", seconds, "s", None, against, first, regions / REGIONS[0] if first else None
        )
        first = first or seconds
    few, many = (a_step(regions, regions) / regions * 1000 for regions in REGIONS[:2])
    yield Row(f"training step, {REGIONS[1]} regions in an episode, a thousand", many, "s", None, f"{REGIONS[0]} in an episode", few, 1)


def a_step(regions: int, in_an_episode: int) -> float:
    """Median seconds of a step of the spatial view."""
    market, device = large_market(regions, 3, 400), torch.device("cpu")
    config = TrainingConfig(steps=STEPS, spatial_regions=in_an_episode, evaluate_every=10_000)
    tasks = MarketTasks(market, Schema.of(market), config, device, seed=0)
    times = []
    with tempfile.TemporaryDirectory() as folder:
        learner = Learner(tasks, Origin.of(market), Schema.of(market), config, device, 0, Path(folder))
        for step in range(0, 2 * STEPS, 2):  # the even steps
            learner.step = step
            began = time.perf_counter()
            learner._one_step()
            times.append(time.perf_counter() - began)
    return float(np.median(times[1:]))


def memory_rows() -> Iterator[Row]:
    """Peak memory of the command that forecasts the largest market, from its files to a folder of Parquet."""
    with tempfile.TemporaryDirectory() as name:
        market = Path(name) / "large"
        write_large(market, large_market(REGIONS[-1], CATEGORIES, DAYS))
        options = ["--market", str(market), "--cutoff", f"{CUTOFF:%Y-%m-%d}", "--horizon", str(HORIZON), "--samples", str(SAMPLES)]
        out = ["--device", "cpu", "--out", f"{name}/forecast"]
        began = time.perf_counter()
        value = peak_megabytes([*STMP_COMMAND, "forecast", str(GENERAL), *options, *out])
    what = f"stmp forecast of {REGIONS[-1]:,} x {CATEGORIES} x {HORIZON} x {SAMPLES}, {DAYS} days of history"
    yield Row(f"{what}, peak memory", value, "MB", MEMORY)
    yield Row(f"{what}, the whole", time.perf_counter() - began, "s")


def map_rows() -> Iterator[Row]:
    """What travels to the browser for each page of a market of 3,000 districts, and how fast its map moves."""
    if CHROMIUM is None:
        console.print(NO_CHROMIUM)
        return
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name) / "large"
        write_large(folder, large_market(REGIONS[-1], 2, 400))
        with bare("bare_map.py", str(folder)) as server:
            page = visitor(browser)
            opened(page, server.link(), "maps")
            floor = frames(page)
            page.context.close()
        with served(folder) as server:
            for path in PAGES:
                page = visitor(browser)
                seconds, megabytes = travelled(page, server, path)
                yield Row(f"page '{path or 'forecast'}' of {REGIONS[-1]:,} districts, received", megabytes, "MB", PAYLOAD)
                yield Row(f"page '{path or 'forecast'}', painted", seconds, "s")
                if not path:
                    moved = frames(page)
                    for what, value, bottom in zip(("median", "95th percentile"), moved, floor, strict=True):
                        yield Row(f"map moved, {what} of a frame", value, "ms", None, "a bare map of the same districts", bottom)
                page.context.close()


def travelled(page: Page, server: Server, path: str) -> tuple[float, float]:
    """Seconds until the page is painted, and megabytes that its websocket received."""
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    began = time.time()
    painted = opened(page, server.link(path))
    return painted - began, sum(received) / 1e6


def frames(page: Page) -> tuple[float, float]:
    """Median and 95th percentile, in milliseconds, of the frames while the map is dragged to and fro."""
    page.locator(MAP).first.scroll_into_view_if_needed()
    box = page.locator(MAP).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(
        "() => { window.ticks = []; const tick = now => { ticks.push(now); requestAnimationFrame(tick) }; requestAnimationFrame(tick) }"
    )
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(DRAGS):
        page.mouse.move(x + 80 * np.sin(step / 5), y + 60 * np.cos(step / 5))
    page.mouse.up()
    passed = np.diff(page.evaluate("() => window.ticks"))
    return float(np.median(passed)), float(np.quantile(passed, 0.95))


def spark_rows() -> Iterator[Row]:
    """Spark on this machine against DuckDB, the same five million lines; only reported. Needs Java and requirements-spark.txt."""
    from benchmarks.ingest import LINES, command, write_lines

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_lines(folder / "orders.csv", LINES)
        seconds = {}
        for engine in ("duckdb", "spark"):
            began = time.perf_counter()
            subprocess.run([*command(folder, folder / "orders.csv"), "--engine", engine], check=True, capture_output=True, cwd=ROOT)
            seconds[engine] = time.perf_counter() - began
    yield Row(
        f"stmp market build --engine spark, {LINES / 1e6:g} million lines",
        seconds["spark"],
        "s",
        None,
        "--engine duckdb",
        seconds["duckdb"],
    )


SECTIONS = {"forecast": forecast_rows, "training": training_rows, "memory": memory_rows, "map": map_rows}
ASKED_FOR = {"spark": spark_rows}  # not by ``make bench``: a Java and another 300 MB are needed for it


def main(names: list[str]) -> None:
    """Measure the sections named, or all but Spark's, and print one table."""
    known = SECTIONS | ASKED_FOR
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"unknown section {', '.join(sorted(unknown))}. Remedy: use {', '.join(known)}.")
    torch.set_num_threads(THREADS)
    table = empty_table(f"one run each; {THREADS} threads, torch {torch.__version__}")
    for name in names or SECTIONS:
        console.print(f"measuring: {name} ...")
        for row in known[name]():
            console.print(" | ".join(cells(row)))
            table.add_row(*cells(row))
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
