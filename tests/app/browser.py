"""What the browser tests share: how a page is asked, clicked and read. The fixtures ``visit`` and ``page`` are in conftest.py.

Whatever reads the page waits until it has come to rest; whatever asks something of it waits until it is answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from app.parts.tables import HEADER, ROW
from benchmarks.browser import come_to_rest

WAIT = 30_000  # milliseconds; the machine may be busy
STEPS, STEP = 120, 250  # of a pointer that is moved until the page has seen it; milliseconds between them
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"  # two of them are drawn
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
    """The address holds this, and what the page shows is painted."""
    page.wait_for_function("([name, text]) => new URLSearchParams(location.search).getAll(name).includes(text)", arg=[name, text])
    come_to_rest(page)


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """What is done within changes what the address holds; afterwards the page shows the answer."""
    come_to_rest(page)  # a run would close the list or the calendar that is opened
    before = page.url
    yield
    page.wait_for_function("before => location.href !== before", arg=before)
    come_to_rest(page)


def chosen(page: Page, name: str) -> None:
    """The heading of the answer names the districts, and all parts of the page have followed."""
    expect(page.get_by_role("heading", name=name, exact=True, level=3).first).to_be_visible()
    come_to_rest(page)


def choose(page: Page, box: str, option: str) -> None:
    """An option of a box that opens, in the sidebar or beside it."""
    with answered(page):
        opener = page.get_by_role("combobox", name=box)
        main(page).evaluate("element => element.scrollTo({ top: 0, behavior: 'instant' })")
        opener.scroll_into_view_if_needed()
        page.evaluate(FRAMES)  # the list would close when the page hears that it was scrolled
        opener.click()
        page.get_by_role("option", name=option).click()


def pick(page: Page, name: str) -> None:
    """A district in the list."""
    choose(page, "Districts: a click", name)
    page.keyboard.press("Escape")


def set_day(page: Page, key: str, day: str) -> None:
    """A day of the month that the calendar of the widget shows first; ``day`` as it is called there, such as "November 1, 2021"."""
    with answered(page):
        page.locator(f"[class*=st-key-{key}]").get_by_test_id("stDateInputCalendarButton").click()
        page.get_by_role("button", name=day).click()


def point(page: Page, east: float, south: float, name: str) -> str:
    """Move the pointer to a share of the map's width and height, until the map says that the region lies there -> all that it says."""
    come_to_rest(page)
    page.mouse.move(0, 0)  # what the map said before, of where the pointer was then, must not be read
    expect(page.locator(".deck-tooltip:visible")).to_have_count(0)
    area = page.get_by_test_id("stDeckGlJsonChart").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    return pointed(page, box["x"] + east * box["width"], box["y"] + south * box["height"], ".deck-tooltip", name)


def hover(page: Page, key: str, spot: str, name: str) -> Locator:
    """Move the pointer to where a chart has ``spot``, an expression with ``x`` and ``y`` in pixels of the page, until the chart tells of
    ``name`` there -> the texts of its labels."""
    come_to_rest(page)
    page.locator(f".st-key-{key}").scroll_into_view_if_needed()
    where = drawn(page, key, spot)
    assert isinstance(where, dict)
    pointed(page, where["x"], where["y"], f".st-key-{key} .hoverlayer", name)
    come_to_rest(page)
    return page.locator(f".st-key-{key} .hoverlayer")


def pointed(page: Page, x: float, y: float, label: str, name: str) -> str:
    """Move the pointer about a place, until the label that it calls up holds the name -> all that the label says.

    A picture that was busy when the pointer came looks again only when it moves.
    """
    for step in range(STEPS):
        page.mouse.move(x - step % 2, y)
        page.wait_for_timeout(STEP)
        told = page.locator(f"{label}:visible").evaluate_all("labels => labels.map(label => label.innerText ?? label.textContent).join()")
        if name in told and step % 2 == 0:
            return told
    pytest.fail(f"nothing tells of {name} there")


def click(page: Page) -> None:
    page.mouse.down()
    page.mouse.up()


def figures(page: Page, count: int) -> list[str]:
    """The key figures as they are read, as many as there must be: label, value and interval of each."""
    metrics = main(page).get_by_test_id("stMetric")
    expect(metrics).to_have_count(count)
    come_to_rest(page)
    return metrics.all_inner_texts()


def rows(table: Locator) -> list[list[str]]:
    """The texts of a table's cells, in full, with an empty one for the box of a row that can be ticked."""
    expect(table.locator("tbody tr").first).to_be_attached()
    come_to_rest(table.page)
    return table.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.innerText.trim()))"
    )


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
    expect(page.locator(f".st-key-{key} .js-plotly-plot .main-svg").first).to_be_attached()
    come_to_rest(page)
    return page.locator(f".st-key-{key} .js-plotly-plot").evaluate(f"chart => ({expression})")


def saved(page: Page, menu: str, kinds: tuple[str, ...], folder: Path) -> list[Path]:
    """The files of these kinds that a menu gives."""
    button = page.locator(f".st-key-downloads-{menu}").get_by_role("button", name=re.compile("^(Data|数据)"))
    button.scroll_into_view_if_needed()
    files = []
    for kind in kinds:
        wanted = page.get_by_role("button", name=kind, exact=True)
        come_to_rest(page)
        if not wanted.is_visible():  # the picture of a chart is made by a click beside the menu, which closes it
            button.click()
        with page.expect_download(timeout=WAIT) as download:
            wanted.click()
        files.append(folder / download.value.suggested_filename)
        download.value.save_as(files[-1])
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    return files
