"""What many districts cost: time by their number, memory, and a map that is still quick to move.

Run by ``make bench``; ``python -m benchmarks.scale map`` leaves out the rest. Forecasts and training steps are timed at 18, 300 and 3,000
regions in one run: at most linear means that a region costs no more among many than among few. The map is that of 3,000 Voronoi cells,
drawn without a GPU, moved for two seconds and held against the same with 18.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from playwright.sync_api import Browser, Page

from benchmarks.bench import GENERAL, ROOT, STMP_COMMAND, THREADS, Row, cells, console, empty_table, peak_megabytes
from benchmarks.browser import CHROMIUM, NO_CHROMIUM, Server, chromium, opened, painted_after, served, visitor
from benchmarks.large import large_market, write_large
from stmp.config import Schema, TrainingConfig
from stmp.forecaster import STMP
from stmp.learning import Learner, Origin
from stmp.training import MarketTasks

REGIONS = (18, 300, 3000)
FORECASTS = (15, 5, 3)  # timed of each
CATEGORIES, DAYS = 10, 730
CUTOFF = pd.Timestamp("2021-11-05")
HORIZON, SAMPLES = 14, 100
STEPS = 6  # of a training, the first of which is not timed
MEMORY, PAYLOAD = 2000, 5  # limits: MB
PAGES = {  # and what is waited for: a large map is drawn a while after it came
    "": ("maps", "charts", "figures"),
    "what-if": (),
    "stock": ("charts", "figures"),
    "similarity": ("maps", "charts"),
    "accuracy": (),
    "about": (),
}
PATIENCE, MOVED = 600, 2  # seconds: until a page of many districts has been forecast on a busy machine; that a map is moved
MAP, IDEA = "[data-testid=stDeckGlJsonChart]", ".st-key-idea-0 button"
TICKS = """() => {
  const first = window.ticks === undefined
  window.ticks = []
  const tick = now => { window.ticks.push(now); requestAnimationFrame(tick) }
  if (first) requestAnimationFrame(tick)
}"""


def forecast_rows() -> Iterator[Row]:
    """A forecast from nothing, median seconds for 1,000 regions."""
    first = None
    for regions, times in zip(REGIONS, FORECASTS, strict=True):
        forecaster, market = STMP.load(GENERAL, "cpu"), large_market(regions, CATEGORIES, DAYS)
        forecaster.forecast(market, CUTOFF, 1, samples=4)
        taken = []
        for _ in range(times):
            forecaster.forget()
            began = time.perf_counter()
            forecaster.forecast(market, CUTOFF, HORIZON, samples=SAMPLES)
            taken.append(time.perf_counter() - began)
        seconds = float(np.median(taken)) / regions * 1000
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
    """What each page of a market of 3,000 districts sends to the browser and when it stands there, and how smoothly its map moves."""
    if CHROMIUM is None:
        console.print(NO_CHROMIUM)
        return
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        few, many = (Path(name) / str(regions) for regions in (REGIONS[0], REGIONS[-1]))
        for folder in (few, many):
            write_large(folder, large_market(int(folder.name), CATEGORIES, DAYS))
        with served(few) as server:
            page = patient(browser)
            opened(page, server.link(), "maps")
            floor = list(moved(page))
            page.context.close()
        with served(many) as server:
            for path in PAGES:
                page, shown = patient(browser), f"page '{path or 'forecast'}' of {REGIONS[-1]:,} districts"
                seconds, megabytes = travelled(page, server, path)
                yield Row(f"{shown}, received", megabytes, "MB", PAYLOAD)
                yield Row(f"{shown}, painted", seconds, "s")
                if path == "":
                    for (what, value), (_, bottom) in zip(moved(page), floor, strict=True):
                        yield Row(f"map {what}", value, "ms", None, f"{REGIONS[0]} districts", bottom)
                if path == "what-if":
                    yield Row(f"{shown}, its first scenario", painted_after(page, page.locator(IDEA).click, "charts"), "s")
                page.context.close()
            page = patient(browser)
            yield Row(f"page 'forecast' of {REGIONS[-1]:,} districts, forecast before, painted", travelled(page, server, "")[0], "s")
            yield Row(f"dashboard of {REGIONS[-1]:,} districts after all this", server.megabytes, "MB")


def patient(browser: Browser) -> Page:
    """A visitor who waits for a forecast of many districts."""
    page = visitor(browser)
    page.set_default_timeout(1000 * PATIENCE)
    return page


def travelled(page: Page, server: Server, path: str) -> tuple[float, float]:
    """Seconds until the page is painted, and megabytes that its websocket received."""
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    began = time.time()
    painted = opened(page, server.link(path), *PAGES[path])
    return painted - began, sum(received) / 1e6


def moved(page: Page) -> Iterator[tuple[str, float]]:
    """What was done with the map, and the median and 95th percentile, in milliseconds, of the frames meanwhile."""
    page.locator(MAP).first.scroll_into_view_if_needed()
    box = page.locator(MAP).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    yield from _frames(page, "dragged", lambda step: page.mouse.move(x + 80 * np.sin(step / 5), y + 60 * np.cos(step / 5)))
    page.mouse.up()
    yield from _frames(page, "zoomed", lambda step: page.mouse.wheel(0, 40 if step % 2 else -40))


def _frames(page: Page, what: str, move: Callable[[int], None]) -> Iterator[tuple[str, float]]:
    """``move`` again and again, and the frames meanwhile."""
    page.evaluate(TICKS)
    end, step = time.monotonic() + MOVED, 0
    while time.monotonic() < end:
        move(step)
        step += 1
    passed = np.diff(page.evaluate("window.ticks"))
    yield f"{what}, median of a frame", float(np.median(passed))
    yield f"{what}, 95th percentile of a frame", float(np.quantile(passed, 0.95))


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
