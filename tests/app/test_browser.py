"""The dashboard in a real browser: a click on the map, and not one request to a foreign host."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
OWN = {"127.0.0.1", "localhost"}
WAIT = 30_000  # milliseconds; the machine may be busy

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium was found; 'make test' says how to get one")


@pytest.fixture(scope="module")
def address(workplace: Path) -> Iterator[str]:
    """The dashboard, started by its command on a free port, with the market of four squares."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from stmp.cli import main; main()", "app", "--market", "squares", "--port", str(port)]
    log = workplace / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=workplace, stdout=output, stderr=output, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"the dashboard did not start: {log.read_text()}")


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """The page in Chromium. After the test: no request, not even a refused one, may have gone to another host."""
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.set_default_timeout(WAIT)
        page.goto(address)
        yield page
        page.wait_for_load_state("networkidle")
        browser.close()
    hosts = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts
    assert hosts <= OWN, sorted(url for url in asked if urlsplit(url).hostname not in {*OWN, None})


def point(page: Page, east: float, south: float, name: str) -> None:
    """Move the pointer to a share of the map's width and height, until the map says which region lies there."""
    tooltip = page.locator(".deck-tooltip")
    area = page.get_by_test_id("stDeckGlJsonChart")
    area.scroll_into_view_if_needed()
    for attempt in range(60):
        box = area.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + east * box["width"] + attempt % 2, box["y"] + south * box["height"])
        page.wait_for_timeout(250)
        if tooltip.is_visible() and name in tooltip.inner_text():
            return
    pytest.fail(f"the map does not show {name} there")


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=WAIT)


def click(page: Page) -> None:
    page.mouse.down()
    page.mouse.up()


def test_a_click_on_the_map_chooses_the_district(page: Page) -> None:
    heading(page, "All districts")
    expect(page.get_by_text("Simulated data").first).to_be_visible()
    point(page, 0.35, 0.3, "Northwest")
    click(page)
    heading(page, "Northwest")
    expect(page.get_by_test_id("stMetric").first).to_contain_text("Total of 14 days")

    point(page, 0.65, 0.7, "South <east>")
    click(page)
    heading(page, "South <east>")

    page.get_by_role("combobox", name="District").click()
    page.get_by_role("option", name="Northeast").click()
    heading(page, "Northeast")

    # The map's own selection is still the last one clicked: a click there means that district again, a second one leads back.
    point(page, 0.65, 0.7, "South <east>")
    click(page)
    heading(page, "South <east>")
    click(page)
    heading(page, "All districts")
    expect(page.get_by_test_id("stException")).to_have_count(0)
