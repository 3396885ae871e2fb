"""What the browser tests share: how a page is asked, clicked and read. The fixtures ``visit`` and ``page`` are in conftest.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from app.parts.tables import HEADER, ROW
from benchmarks.browser import come_to_rest

WAIT = 30_000  # milliseconds; the machine may be busy
OPENED, SOON = 3, 10_000  # times that a list is opened, and milliseconds until it must be there
OWN = {"127.0.0.1", "localhost"}

Visit = Callable[..., Page]

expect.set_options(timeout=WAIT)


def main(page: Page) -> Locator:
    """The page beside the sidebar."""
    return page.get_by_test_id("stMain")


def sidebar(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar")


def query(page: Page) -> dict[str, list[str]]:
    """What the address holds."""
    return parse_qs(urlsplit(page.url).query)


def holds(page: Page, name: str, text: str) -> None:
    """The run that puts this into the address has begun, and what it shows is painted."""
    page.wait_for_function("([name, text]) => new URLSearchParams(location.search).getAll(name).includes(text)", arg=[name, text])
    come_to_rest(page)


def chosen(page: Page, name: str) -> None:
    """The heading of the answer names the districts, and all parts of the page have followed."""
    expect(page.get_by_role("heading", name=name, exact=True, level=3).first).to_be_visible()
    come_to_rest(page)


def choose(page: Page, box: str, option: str) -> None:
    """An option of a box that opens, in the sidebar or beside it; the page is not waited for."""
    wanted = page.get_by_role("option", name=option)
    for _ in range(OPENED):
        main(page).evaluate("element => element.scrollTo({ top: 0, behavior: 'instant' })")  # a list closes when the page scrolls
        page.get_by_role("combobox", name=box).click()
        try:
            wanted.click(timeout=SOON)
            return
        except TimeoutError:  # a run that came in between has closed the list
            page.keyboard.press("Escape")
    raise AssertionError(f"{box} offers no {option}")


def pick(page: Page, name: str) -> None:
    """A district in the list."""
    choose(page, "Districts: a click", name)
    page.keyboard.press("Escape")


def set_day(page: Page, key: str, day: str) -> None:
    """A day of the month that the calendar of the widget shows first; ``day`` as it is called there, such as "November 1, 2021"."""
    page.locator(f"[class*=st-key-{key}]").get_by_test_id("stDateInputCalendarButton").click()
    page.get_by_role("button", name=day).click()


def point(page: Page, east: float, south: float, name: str) -> str:
    """Move the pointer to a share of the map's width and height, until the map says that the region lies there -> all that it says."""
    tooltip = page.locator(".deck-tooltip")
    area = page.get_by_test_id("stDeckGlJsonChart").first
    area.scroll_into_view_if_needed()
    for attempt in range(60):
        box = area.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + east * box["width"] + attempt % 2, box["y"] + south * box["height"])
        page.wait_for_timeout(250)  # the map looks for what is below the pointer when it moves
        if tooltip.is_visible() and name in tooltip.inner_text():
            return tooltip.inner_text()
    pytest.fail(f"the map does not show {name} there")


def click(page: Page) -> None:
    page.mouse.down()
    page.mouse.up()


def figures(page: Page) -> list[str]:
    """The key figures as they are read: label, value and interval of each."""
    return main(page).get_by_test_id("stMetric").all_inner_texts()


def rows(table: Locator) -> list[list[str]]:
    """The texts of a table's cells, in full, with an empty one for the box of a row that can be ticked."""
    expect(table.locator("tbody tr").first).to_be_attached()
    return [[text.strip() for text in row.locator("td").all_inner_texts()] for row in table.locator("tbody tr").all()]


def ranked(page: Page) -> list[list[str]]:
    """The rows of the ranked table from the district's name on, the largest first."""
    return rows(main(page).locator("[class*=st-key-ranking]"))


def turn_tick(page: Page, ticked: bool) -> None:
    """A click on the box of the ranked table's first row, which is first waited for to be ``ticked``, and then not to be any more."""
    first = main(page).locator("[class*=st-key-ranking] tbody tr").first
    expect(first).to_have_attribute("aria-selected", str(ticked).lower())
    come_to_rest(page)  # what stands above grows no more
    table = main(page).locator("[class*=st-key-ranking]").get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + HEADER + ROW / 2)
    expect(first).to_have_attribute("aria-selected", str(not ticked).lower())


def drawn(page: Page, key: str, expression: str) -> object:
    """``expression`` of the chart with this key, which it calls ``chart``."""
    return page.locator(f".st-key-{key} .js-plotly-plot").evaluate(f"chart => ({expression})")


def saved(page: Page, menu: str, kinds: tuple[str, ...], folder: Path) -> list[Path]:
    """The files of these kinds that a menu gives."""
    button = page.locator(f".st-key-downloads-{menu}").get_by_role("button", name=re.compile("^(Data|数据)"))
    button.scroll_into_view_if_needed()
    files = []
    for kind in kinds:
        wanted = page.get_by_role("button", name=kind, exact=True)
        if not wanted.is_visible():  # the picture of a chart is made by a click beside the menu, which closes it
            button.click()
        with page.expect_download(timeout=WAIT) as download:
            wanted.click()
        files.append(folder / download.value.suggested_filename)
        download.value.save_as(files[-1])
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    return files
