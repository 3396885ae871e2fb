"""How long the dashboard keeps a planner waiting, in a real browser, and what its server takes of the memory.

Run by ``make bench``; ``python -m benchmarks.dashboard start forecast`` leaves out the rest. browser.py says what counts as painted, and
from when to when a time is taken. The browser draws maps without a GPU, and shares the machine's cores with the server. The limits are
those the project set itself; a run on a busy machine says nothing.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import torch
from playwright.sync_api import Page

from app.inputs.address import scenario_text
from app.pictures.places import TILE, Places, places_of
from benchmarks.bench import CHECKPOINT, MARKET, SAMPLES, Row, cells, console, empty_table
from benchmarks.browser import CHROMIUM, NO_CHROMIUM, THREADS, Query, bare, chromium, come_to_rest, opened, painted_after, served, visitor
from stmp.comparison import steps
from stmp.forecaster import STMP
from stmp.market.load import load_market
from stmp.scenario import Move, Recent, Scenario

TIMES = 24  # interactions of a kind
STARTS, VISITORS = 3, 5
SESSIONS, TURNS, EVERY = 10, 200, 20
WHAT_IF_SESSIONS = 3  # of them; the others look at the forecast page
CUTOFF, HORIZON = date(2019, 10, 28), 14  # Double 11 is the last day
PEAK = date(2019, 11, 11)
OTHER_PEAKS = [date(2019, 11, day) for day in range(1, 11)]
ASKED: Query = {"cutoff": f"{CUTOFF}", "horizon": f"{HORIZON}"}
KEYS = ("End", "ArrowLeft", "Home", "ArrowRight")  # Double 11, the day before, the whole period, the first day: no two look alike
DAY = "[data-testid=stMain] input[type=range]"
FACTOR = "[class*=st-key-change-factor] input"
ALL = ("maps", "charts", "figures")
PEAK_MOVES_TO = "[class*=st-key-change-to] [data-testid=stDateInputCalendarButton]"


def scenario(to: date, factor: float) -> Scenario:
    """Double 11 held on another day, and more or less bought of late."""
    moved = Move(festival="Double 11", peak=PEAK, to=to)
    return Scenario(name="held otherwise", festivals=(moved,), recent=(Recent(stream="orders", factor=factor),))


def waits(what: str, seconds: Sequence[float], median_limit: float, p95_limit: float | None = None) -> Iterator[Row]:
    yield Row(f"{what}, median", statistics.median(seconds), "s", median_limit)
    yield Row(f"{what}, 95th percentile", float(np.quantile(seconds, 0.95)), "s", p95_limit)


def start_rows() -> Iterator[Row]:
    """From the command, and from a second person's opening of the page, to the painted forecast; beside it a page that holds next to
    nothing."""
    cold, floor = [], []
    with chromium() as browser:
        with bare() as server:
            opened(visitor(browser), server.link(), "maps", "charts")
            for _ in range(VISITORS):
                page, began = visitor(browser), time.time()
                floor.append(opened(page, server.link(), "maps", "charts") - began)
                page.context.close()
        for _ in range(STARTS):
            with served() as server:
                cold.append(opened(visitor(browser), server.link(), *ALL) - server.began)
        with served() as server:
            opened(visitor(browser), server.link(), *ALL)
            later = []
            for day in range(1, 1 + VISITORS):  # each with a cutoff that nobody has asked for
                page, began = visitor(browser), time.time()
                later.append(opened(page, server.link(query={"cutoff": f"2019-11-{day:02}"}), *ALL) - began)
                page.context.close()
    yield Row(f"command to first forecast, median of {STARTS}", statistics.median(cold), "s", 10)
    bare_page = {"against": "a bare page with a map and a chart", "reference": statistics.median(floor), "ratio_limit": 2}
    yield Row(f"another's first forecast, median of {VISITORS}", statistics.median(later), "s", 3, **bare_page)


def what_if_rows() -> Iterator[Row]:
    """A scenario is changed: by turns its factor and the day of its peak, each to what nobody has asked for."""
    to, factor = date(2019, 11, 8), 1.0
    asked, seconds = [scenario(to, factor)], []
    with served() as server, chromium() as browser:
        page = visitor(browser)
        opened(page, server.link("what-if", {**ASKED, "what": scenario_text(asked[0])}), *ALL)
        for turn in range(TIMES):
            if turn % 2:
                to = OTHER_PEAKS[turn // 2 % len(OTHER_PEAKS)]
                change = partial(move_peak, page, to)
            else:
                factor += 0.1
                change = partial(set_factor, page, factor)
            seconds.append(painted_after(page, change, "maps", "charts"))
            asked.append(scenario(to, factor))
    yield from waits("a scenario changed", seconds, 1.0, 1.5)
    own = statistics.median(forecast_seconds(asked))
    share = {"against": "a scenario changed, median", "reference": statistics.median(seconds), "ratio_limit": 0.1}
    yield Row("the forecasts this takes, median", own, "s", **share)


def set_factor(page: Page, factor: float) -> None:
    page.locator(FACTOR).fill(f"{factor:.2f}")
    page.locator(FACTOR).press("Enter")


def move_peak(page: Page, to: date) -> None:
    page.locator(PEAK_MOVES_TO).click()
    page.get_by_role("button", name=f"{to:%A, %B} {to.day}, {to.year}").click()


def forecast_seconds(asked: Sequence[Scenario]) -> list[float]:
    """Seconds of the forecasts that each change from one scenario to the next makes, as the page does: the scenario, and its steps."""
    market, model = load_market(MARKET), STMP.load(CHECKPOINT, "cpu")
    cutoff = pd.Timestamp(CUTOFF)
    dates = pd.date_range(cutoff + pd.Timedelta(days=1), periods=HORIZON)
    known, seconds = set(), []
    for one in asked:
        needed = {
            part.scenario.model_copy(update={"name": "unnamed"}).to_toml(): part.scenario for part in steps(one, market.calendar, dates)
        }
        began = time.perf_counter()
        for key in needed.keys() - known:
            model.forecast(market, cutoff, HORIZON, needed[key], samples=SAMPLES)
        seconds.append(time.perf_counter() - began)
        known |= needed.keys()
    return seconds[1:]


def forecast_rows() -> Iterator[Row]:
    """The day slider is moved with the arrow keys; two districts are clicked on the map, one after the other, and clicked again."""
    with served() as server, chromium() as browser:
        page = visitor(browser)
        opened(page, server.link(query=ASKED), *ALL)
        days = [painted_after(page, partial(page.locator(DAY).press, key), "maps") for key in KEYS * (TIMES // len(KEYS))]
        places = clickable()
        spots = [spot for pair in zip(places[::2], places[1::2], strict=False) for spot in pair * 2][:TIMES]
        districts = [district_turned(page, spot, *ALL) for spot in spots]
    yield from waits("another day", days, 0.4)
    yield from waits("a district chosen or left out", districts, 0.4)


Spot = tuple[float, float]


def clickable() -> list[Spot]:
    """Where districts lie on the map: pixels from its middle to the right, and down."""
    places = places_of(load_market(MARKET))
    assert places is not None
    middle = mercator(places, places.centre)
    found = (mercator(places, label) for label in places.labels.values())
    return [(x - middle[0], y - middle[1]) for x, y in found]


def mercator(places: Places, place: tuple[float, float]) -> Spot:
    """Pixels of the whole world's map at the zoom of the page's map, from its upper left."""
    longitude, latitude = place
    size = TILE * 2**places.zoom
    return size * (longitude / 360 + 0.5), size * (0.5 - math.asinh(math.tan(math.radians(latitude))) / (2 * math.pi))


def district_turned(page: Page, spot: Spot, *changes: str) -> float:
    """Seconds from a click on the map to the last frame it caused. The pointer comes first, as a hand's does.

    A press that keeps the browser busy for a quarter of a second is no click to the map, and the first look for what lies under the
    pointer may take that long.
    """
    area = page.get_by_test_id("stDeckGlJsonChart").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + spot[0], box["y"] + box["height"] / 2 + spot[1])
    page.locator(".deck-tooltip:visible").wait_for()
    come_to_rest(page)
    return painted_after(page, partial(press, page), *changes)


def press(page: Page) -> None:
    page.mouse.down()
    page.mouse.up()


def memory_rows() -> Iterator[Row]:
    """Resident memory of the server while ten people look at it, one after the other."""
    spots = clickable()
    what_if = {**ASKED, "what": scenario_text(scenario(date(2019, 11, 8), 1.0))}
    with ExitStack() as stack:
        server, browser = stack.enter_context(served()), stack.enter_context(chromium())
        pages = [visitor(browser) for _ in range(SESSIONS)]
        for number, page in enumerate(pages):
            opened(page, server.link("what-if", what_if) if number < WHAT_IF_SESSIONS else server.link(query=ASKED), *ALL)
        curve = [server.megabytes]
        for turn in range(TURNS):
            number, lap = turn % SESSIONS, turn // SESSIONS
            _use(pages[number], number < WHAT_IF_SESSIONS, number, lap, spots)
            if (turn + 1) % EVERY == 0:
                curve.append(server.megabytes)
    console.print(f"MB with {SESSIONS} sessions, every {EVERY} interactions: {' '.join(f'{value:.0f}' for value in curve)}")
    half = len(curve) // 2
    yield Row(f"server with {SESSIONS} sessions open", curve[0], "MB", 1200)
    yield Row(f"server after {TURNS} interactions", curve[-1], "MB", 1200, f"after {half * EVERY}", curve[half], 1.02)


def _use(page: Page, what_if: bool, number: int, lap: int, spots: Sequence[Spot]) -> None:
    """One interaction of a session: on the what-if page a scenario that nobody has asked for, else by turns a day and a district, chosen
    and left out again."""
    if what_if:
        painted_after(page, lambda: set_factor(page, 1.1 + lap / 10 + number / 100), "charts")
    elif lap % 2:
        district_turned(page, spots[lap // 4 % len(spots)], "charts")
    else:
        painted_after(page, lambda: page.locator(DAY).press(KEYS[lap // 2 % len(KEYS)]), "maps")


SECTIONS = {"start": start_rows, "forecast": forecast_rows, "what-if": what_if_rows, "memory": memory_rows}


def main(names: list[str]) -> None:
    """Measure the sections named, or all, and print one table."""
    unknown = set(names) - set(SECTIONS)
    if unknown:
        sys.exit(f"unknown section {', '.join(sorted(unknown))}. Remedy: use {', '.join(SECTIONS)}.")
    if CHROMIUM is None:
        console.print(f"The dashboard is not measured. {NO_CHROMIUM}")
        return
    torch.set_num_threads(THREADS)
    table = empty_table(f"the dashboard: {TIMES} interactions of a kind, {THREADS} threads, headless Chromium")
    try:
        for name in names or SECTIONS:
            console.print(f"measuring: {name} ...")
            for row in SECTIONS[name]():
                table.add_row(*cells(row))
    finally:  # what was measured before something went wrong is not lost
        console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
