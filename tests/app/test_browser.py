"""The dashboard in a real browser: clicks, the day slider, downloads, and not one request to a foreign host."""

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
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from app.formats import rounded
from app.parts.ranking import HEADER, ROW
from tests.app.conftest import NAMES

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


def click(page: Page) -> None:
    page.mouse.down()
    page.mouse.up()


def settled(page: Page) -> None:
    """No run is under way, and what arrived last is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=WAIT)
    page.wait_for_timeout(700)


def chosen(page: Page, name: str) -> None:
    """The heading of the answer names the districts, and all parts of the page have followed."""
    expect(page.get_by_role("heading", name=name, exact=True, level=3).first).to_be_visible(timeout=WAIT)
    settled(page)


def pick(page: Page, name: str) -> None:
    """A district in the list."""
    page.get_by_test_id("stMain").evaluate("element => element.scrollTo(0, 0)")  # a list closes when the page scrolls
    page.wait_for_timeout(500)
    page.get_by_role("combobox", name="Districts").click()
    page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")


def tick_first(page: Page) -> None:
    """A click on the box of the table's first row."""
    table = page.get_by_test_id("stDataFrame").last
    table.scroll_into_view_if_needed()
    before, box = None, table.bounding_box()
    while box != before:  # what stands above may still grow
        page.wait_for_timeout(300)
        before, box = box, table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + HEADER + ROW / 2)


def cells(page: Page, row: int) -> list[str]:
    """The texts of a row of the table, from the district's name on."""
    found = page.get_by_test_id("stDataFrame").last.locator("tbody tr").nth(row).locator("td").all_inner_texts()
    texts = [text.strip() for text in found]
    return texts[next(at for at, text in enumerate(texts) if text in NAMES) :]


def test_clicks_on_the_map_add_districts_and_leave_them_out(page: Page) -> None:
    chosen(page, "All districts")
    expect(page.get_by_text("Simulated data").first).to_be_visible()
    point(page, 0.35, 0.3, "Northwest")
    click(page)
    chosen(page, "Northwest")
    expect(page.get_by_test_id("stMetric").first).to_contain_text("Total of 14 days")

    point(page, 0.65, 0.7, "South <east>")
    click(page)
    chosen(page, "Northwest, South <east>")
    assert parse_qs(urlsplit(page.url).query)["districts"] == ["r0", "r3"]

    pick(page, "Northeast")
    chosen(page, "Northwest, South <east>, Northeast")
    point(page, 0.35, 0.3, "Northwest")
    click(page)
    chosen(page, "South <east>, Northeast")
    page.get_by_role("button", name="Remove South <east>").click()
    chosen(page, "Northeast")

    # The map's own selection still holds South <east>: a click there means it again.
    point(page, 0.65, 0.7, "South <east>")
    click(page)
    chosen(page, "Northeast, South <east>")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_tick_in_the_table_adds_a_district_and_the_list_ticks_the_table(page: Page) -> None:
    chosen(page, "All districts")
    tick_first(page)
    first = cells(page, 0)[0]
    chosen(page, first)
    tick_first(page)
    chosen(page, "All districts")
    pick(page, first)
    chosen(page, first)
    tick_first(page)  # it was ticked by the list
    chosen(page, "All districts")


def test_the_day_slider_keeps_the_map_and_the_chart(page: Page) -> None:
    chosen(page, "All districts")
    for name in ("stDeckGlJsonChart", "stPlotlyChart"):
        page.get_by_test_id(name).first.evaluate("element => { element.dataset.kept = 'yes' }")
    slider = page.get_by_test_id("stMain").get_by_role("slider")
    slider.focus()
    point(page, 0.35, 0.3, "Northwest")
    before = page.locator(".deck-tooltip").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("stSlider").last).to_contain_text("Fri 5 Nov")
    page.wait_for_timeout(1500)
    point(page, 0.36, 0.31, "Northwest")
    assert page.locator(".deck-tooltip").inner_text() != before
    for name in ("stDeckGlJsonChart", "stPlotlyChart"):
        assert page.get_by_test_id(name).first.evaluate("element => element.dataset.kept") == "yes"


def saved(page: Page, menu: str, kind: str, folder: Path) -> Path:
    """The file that a menu's button gives."""
    button = page.locator(f".st-key-downloads-{menu}").get_by_role("button", name="Data")
    button.scroll_into_view_if_needed()
    button.click()
    expect(page.get_by_role("button", name=kind, exact=True)).to_be_visible(timeout=WAIT)
    settled(page)
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name=kind, exact=True).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    if page.get_by_role("button", name=kind, exact=True).is_visible():
        button.click()
    expect(page.get_by_role("button", name=kind, exact=True)).to_have_count(0, timeout=WAIT)
    settled(page)
    return file


def test_pictures_and_numbers_can_be_downloaded(page: Page, tmp_path: Path) -> None:
    chosen(page, "All districts")
    for menu in ("forecast-series", "forecast-map"):
        png, svg = (saved(page, menu, kind, tmp_path) for kind in ("PNG", "SVG"))
        assert png.name == f"squares-{menu}-2021-11-04-simulated.png"
        assert png.read_bytes().startswith(b"\x89PNG")
        text = svg.read_text(encoding="utf-8")
        assert "<svg" in text
        assert "simulated" in text
        assert "Checkpoint: runs/tiny" in text
    table = pd.read_csv(saved(page, "forecast-districts", "CSV", tmp_path), encoding="utf-8-sig").set_index("District")
    assert set(table.index) == set(NAMES)
    for row in range(len(table)):
        name, _, total, *_ = cells(page, row)
        assert float(total.replace(",", "")) == pytest.approx(rounded(table.loc[name, "Total, orders"]))
    assert set(table["Data"]) == {"simulated"}
    page.get_by_test_id("stDataFrame").last.hover()
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)  # it would carry no label
    series = pd.read_csv(saved(page, "forecast-series", "CSV", tmp_path), encoding="utf-8-sig")
    assert len(series) == 60 + 14
