"""Pictures of every page and state, to be looked at: both languages, both themes, a usual and a narrow window, in full height,
the first page in a very wide one, too; the slides of a presentation as the window shows them.

Run by ``make screenshots``, into runs/screenshots; ``python -m benchmarks.screenshots accuracy what-if`` takes those alone whose names
begin so. ``python -m benchmarks.guide`` makes the pictures of docs/guide.md anew.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count, product
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, Page

from app.inputs.address import scenario_text
from benchmarks.bench import MARKET
from benchmarks.browser import CHROMIUM, NO_CHROMIUM, ROOT, SIZE, Query, Server, chromium, come_to_rest, opened, served, visitor
from stmp.scenario import Move, Recent, Scenario

OUT = ROOT / "runs" / "screenshots"
NARROW = (1024, 768)
TALLEST = 8000  # pixels
PAUSE = 1000  # milliseconds; a page comes to rest more than once, for what it waits for on the server is not painted yet

View = tuple[str, str, tuple[int, int]]  # language, theme, size
EVERY: list[View] = list(product(("en", "zh"), ("light", "dark"), (SIZE, NARROW)))
TWO: list[View] = [("en", "light", SIZE), ("zh", "dark", NARROW)]
WIDE: list[View] = [("en", "light", (1920, 1080)), ("zh", "dark", (1920, 1080))]

ASKED: Query = {"cutoff": "2019-10-21", "horizon": "21"}  # three weeks before Double 11, which is the last of the days
SCENARIOS = [
    Scenario(name="Double 11 three days earlier", festivals=(Move(festival="Double 11", peak=date(2019, 11, 11), to=date(2019, 11, 8)),)),
    Scenario(name="Twice the recent purchases", recent=(Recent(stream="orders", factor=2.0),)),
]
TOGETHER: Query = {**ASKED, "what": [scenario_text(scenario) for scenario in SCENARIOS], "edited": "0"}
HELD_OTHERWISE: Query = {**ASKED, "scenario": "festival", "scenario-action": "move", "scenario-to": "2019-11-08"}
STRANGE: Query = {"cutoff": "1999-01-01", "market": "atlantis", "checkpoint": "000000000000", "districts": "nowhere"}


@dataclass(frozen=True)
class Shot:
    """A page to look at, and what its address holds."""

    name: str
    page: str = ""
    query: Query = field(default_factory=dict)


PAGES = [
    Shot("forecast"),
    Shot("forecast-districts", "", {**ASKED, "districts": ["110105", "110108", "110115"], "category": "Phones"}),
    Shot("what-if", "what-if", TOGETHER),
    Shot("what-if-empty", "what-if"),
    Shot("plans", "plans", ASKED),
    Shot("plans-saved", "plans", {**ASKED, "plan": "1"}),
    Shot("stock", "stock", ASKED),
    Shot("similarity", "similarity", ASKED),
    Shot("similarity-date-types", "similarity", {**ASKED, "compare": "date-types"}),
    Shot("accuracy", "accuracy"),
    Shot("about", "about"),
    Shot("bring", "bring"),
    Shot("change", "change"),
]
PRESENTED = Shot("present", "present", {**ASKED, **HELD_OTHERWISE})
AT_WORK = "state-at-work"
LINKS = [Shot("state-held-otherwise", "", HELD_OTHERWISE), Shot("state-strange-link", "", STRANGE)]


def no_checkpoint(folder: Path) -> tuple[Path, Path]:
    """A checkout in which nothing was trained."""
    for part in ("app", "stmp", "assets/fonts"):
        shutil.copytree(ROOT / part, folder / part)
    return MARKET, folder


def damaged_checkpoint(folder: Path) -> tuple[Path, Path]:
    damaged = folder / "runs" / "damaged" / "checkpoint.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{", encoding="utf-8")
    return MARKET, ROOT


def points(folder: Path) -> tuple[Path, Path]:
    return _market(folder, without=r"polygons = .*?\n.*?\n"), ROOT


def no_places(folder: Path) -> tuple[Path, Path]:
    return _market(folder, without=r"\[regions\].*(?=\[calendar\])"), ROOT


def short_market(folder: Path) -> tuple[Path, Path]:
    return _market(folder, panel=lambda panel: panel[panel["date"] < "2015-02-01"]), ROOT


def faulty_market(folder: Path) -> tuple[Path, Path]:
    return _market(folder, panel=lambda panel: panel.replace({"orders": {"56": "many"}, "date": {"2015-01-11": "11/1/2015"}})), ROOT


def _market(folder: Path, without: str = "^$", panel: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame) -> Path:
    """The bundled market elsewhere, ``without`` what this pattern finds in its manifest, its panel changed."""
    manifest = (MARKET / "market.toml").read_text(encoding="utf-8").replace("../../geo", str(ROOT / "assets" / "geo"))
    (folder / "market.toml").write_text(re.sub(without, "", manifest, flags=re.DOTALL), encoding="utf-8")
    shutil.copy(MARKET / "calendar.csv", folder)
    panel(pd.read_csv(MARKET / "panel.csv.gz", dtype=str)).to_csv(folder / "panel.csv.gz", index=False)
    return folder


STATES = (no_checkpoint, damaged_checkpoint, points, no_places, short_market, faulty_market)
"""Each prepares an empty folder, in which the dashboard is then started, and gives the market to offer and the checkout to start."""


def main(wanted: Sequence[str]) -> None:
    """Take the pictures whose names begin with one of ``wanted``, or all."""
    if CHROMIUM is None:
        sys.exit(NO_CHROMIUM)
    OUT.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as own:
        os.environ["STMP_PLANS"] = f"sqlite:///{own}/plans.sqlite"  # not the plans of whoever takes the pictures
        with served() as server:
            if _is_wanted(AT_WORK, wanted):
                take_at_work(browser, server)
            if _is_wanted("plans-saved", wanted):
                save_a_plan(browser, server)
            if _is_wanted(PRESENTED.name, wanted):
                take_slides(browser, server)
            for shots, views in ((PAGES, EVERY), (PAGES[:1], WIDE), (LINKS, TWO)):
                for shot in filter(lambda shot: _is_wanted(shot.name, wanted), shots):
                    take(browser, server, shot, views)
        for state in STATES:
            shot = Shot(f"state-{state.__name__.replace('_', '-')}")
            if _is_wanted(shot.name, wanted):
                with tempfile.TemporaryDirectory() as folder:
                    market, code = state(Path(folder))
                    with served(market, folder=Path(folder), code=code) as server:
                        take(browser, server, shot, TWO)


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or name.startswith(tuple(wanted))


def take_at_work(browser: Browser, server: Server) -> None:
    """What the first visitor of a server sees while it makes the first forecast."""
    page = visitor(browser)
    page.goto(server.link())
    page.get_by_test_id("stSpinner").wait_for()
    _keep(page, AT_WORK, "en", "light", SIZE)


def save_a_plan(browser: Browser, server: Server) -> None:
    """What the page of plans is about once there is one."""
    page = visitor(browser)
    opened(page, server.link("plans", HELD_OTHERWISE))
    for box, text in {"Your name": "Li Wei", "Name of the plan": "Double 11, three days earlier"}.items():
        page.get_by_role("textbox", name=box).fill(text)
        page.keyboard.press("Enter")
        come_to_rest(page)
    page.get_by_role("button", name="Save as a new plan").click()
    come_to_rest(page)
    page.context.close()


def take_slides(browser: Browser, server: Server) -> None:
    """Every slide, one after the other."""
    for language, theme, size in EVERY:
        page = visitor(browser, size, theme)
        opened(page, server.link(PRESENTED.page, {**PRESENTED.query, "language": language}))
        step = page.locator(".st-key-slide-next button")
        for number in count(1):
            _settle(page)
            _picture(page, f"{PRESENTED.name}-{number}", language, theme, size)
            if step.is_disabled():
                break
            page.keyboard.press("ArrowRight")
        page.context.close()


def take(browser: Browser, server: Server, shot: Shot, views: Sequence[View]) -> None:
    """One picture of each view."""
    for language, theme, size in views:
        page = visitor(browser, size, theme)
        show(page, server, shot, language)
        _keep(page, shot.name, language, theme, size)


def _keep(page: Page, name: str, language: str, theme: str, size: tuple[int, int]) -> None:
    _picture(page, name, language, theme, size)
    page.context.close()


def _picture(page: Page, name: str, language: str, theme: str, size: tuple[int, int]) -> None:
    file = OUT / f"{name}-{language}-{theme}-{size[0]}.png"
    page.screenshot(path=file)
    print(file)


def show(page: Page, server: Server, shot: Shot, language: str = "en") -> None:
    """Open a page, and make its window as high as all that is on it."""
    opened(page, server.link(shot.page, {**shot.query, "language": language}))
    _settle(page)
    height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
    assert page.viewport_size is not None
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(height, TALLEST)})
    _settle(page)


def _settle(page: Page) -> None:
    for _ in range(2):
        page.wait_for_timeout(PAUSE)
        come_to_rest(page)


if __name__ == "__main__":
    main(sys.argv[1:])
