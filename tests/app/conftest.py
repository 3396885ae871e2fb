"""Small markets with outlines, with points and without places; a checkpoint; the dashboard run in this process, and in a browser."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from app import offers
from benchmarks.browser import CHROMIUM, Server, chromium, opened, served, visitor
from stmp.config import ModelConfig, TrainingConfig
from stmp.market.load import load_market
from stmp.training import train
from tests.app.browser import OWN, Visit
from tests.markets import small_market, write_tables

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"
UNTIL = pd.Timestamp("2021-06-30")
TINY = TrainingConfig(
    model=ModelConfig(window=14, shots=2, skip_hidden=4, hidden=4, features=4, latent=4), steps=2, batch=2, evaluate_every=2
)
MANIFEST = """\
name = "{name}"
title = "{title}"
title_zh = "小市场"
simulated = {simulated}
time_zone = "UTC"
frequency = "D"
unit = "orders"
licence = "CC0"
source = "made for tests"
[panel]
file = "panel.csv"
absent = "missing"
[calendar]
file = "calendar.csv"
"""
REGIONS = """\
[regions]
file = "regions.csv"
facts = ["population"]
"""
NAMES = ("Northwest", "Northeast", "Southwest", "South <east>")  # in the order of the ids; the last must not become a tag in HTML


def write_market(folder: Path, name: str, title: str, simulated: bool, regions: str, seed: int = 0) -> Path:
    """A folder with a market of four regions; ``regions`` is the section of its manifest."""
    made = small_market(regions=4, seed=seed)
    folder.mkdir(parents=True)
    write_tables(made, folder)
    west, north = np.array([0, 1, 0, 1]), np.array([1, 1, 0, 0])
    table = pd.DataFrame({"name": NAMES, "lat": 39.5 + north, "lon": 116.5 + west, "population": [1e5, 2e5, 3e5, 4e5]}, index=made.regions)
    table.to_csv(folder / "regions.csv", index_label="region")
    squares = [
        {"type": "Feature", "properties": {"region": region}, "geometry": {"type": "Polygon", "coordinates": [_square(116 + x, 39 + y)]}}
        for region, x, y in zip(made.regions, west.tolist(), north.tolist(), strict=True)
    ]
    (folder / "squares.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": squares}), encoding="utf-8")
    text = MANIFEST.format(name=name, title=title, simulated=str(simulated).lower()) + regions
    (folder / "market.toml").write_text(text, encoding="utf-8")
    return folder


def _square(west: float, south: float) -> list[list[float]]:
    return [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database of plans of the test's own."""
    url = f"sqlite:///{tmp_path}/plans.sqlite"
    monkeypatch.setenv("STMP_PLANS", url)
    return url


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the markets ``squares``, ``points`` and ``sites``, and ``runs/tiny``, trained on the first."""
    folder = tmp_path_factory.mktemp("workplace")
    squares = write_market(folder / "squares", "squares", "Four squares", True, REGIONS + 'polygons = "squares.geojson"\n')
    write_market(folder / "points", "points", "Four points", False, REGIONS, seed=1)
    write_market(folder / "sites", "sites", "Four sites", False, "", seed=2)
    train(load_market(squares), folder / "runs" / "tiny", until=UNTIL, device="cpu", config=TINY)
    return folder


@pytest.fixture
def here(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workplace, as the folder the dashboard is started in and as the only place it looks for checkpoints."""
    monkeypatch.chdir(workplace)
    monkeypatch.setattr(offers, "PROJECT", workplace)
    return workplace


@pytest.fixture
def dashboard(here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """``dashboard(folder, ...)``: the page as it comes first, offering these markets; by default the three."""

    def start(*markets: Path) -> AppTest:
        folders = markets or [here / name for name in ("squares", "points", "sites")]
        monkeypatch.setattr(sys, "argv", [str(MAIN), *(part for folder in folders for part in ("--market", str(folder)))])
        return AppTest.from_file(str(MAIN), default_timeout=60).run()

    return start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    if CHROMIUM is None:
        pytest.skip("no Chromium was found; 'make test' says how to get one")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(workplace: Path, browser: Browser) -> Iterator[Server]:
    """The dashboard, started by its command, with ``squares``, ``points`` and the bundled market."""
    with served(Path("squares"), Path("points"), *offers.bundled_markets(), folder=workplace) as server:
        yield server


@pytest.fixture
def visit(server: Server, browser: Browser) -> Iterator[Visit]:
    """``visit(page, **query)``: a page as somebody sees it who was never here; ``visit(link=...)``: what a link opens; ``shows``: of maps,
    charts and figures, those that are waited for.

    After the test: no page has failed, and no request, not even a refused one, has gone to another host.
    """
    pages, asked = [], []

    def come(name: str = "", /, link: str = "", shows: Sequence[str] = ("charts",), **query: str) -> Page:
        page = visitor(browser)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        pages.append(page)
        opened(page, link or server.link(name, query), *shows)
        return page

    yield come
    for page in pages:
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        page.context.close()
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts
    assert hosts <= OWN, sorted(url for url in asked if urlsplit(url).hostname not in {*OWN, None})


@pytest.fixture
def page(visit: Visit) -> Page:
    """The forecast of the market of four squares."""
    return visit(market="squares")
