"""The dashboard in a real browser: clicks on the map and in the table, the day slider, and the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import come_to_rest
from tests.app.browser import chosen, click, drawn, pick, point, query, ranked, turn_tick

FOCUSED = """() => {
    const one = document.activeElement
    const menu = one.closest("[class*=st-key-downloads]")
    if (menu) return [...menu.classList].find(name => name.startsWith("st-key"))
    return one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText
}"""


def test_clicks_on_the_map_add_districts_and_leave_them_out(page: Page) -> None:
    chosen(page, "All districts")
    expect(page.get_by_text("Simulated data").first).to_be_visible()
    point(page, 0.35, 0.3, "Northwest")
    click(page)
    chosen(page, "Northwest")
    expect(page.get_by_test_id("stMetric").first).to_contain_text("Total of 14 days")
    assert drawn(page, "series", "chart.data.map(line => line.name).includes('Forecast, median')")

    point(page, 0.65, 0.7, "South <east>")
    click(page)
    chosen(page, "Northwest, South <east>")
    assert query(page)["districts"] == ["r0", "r3"]
    assert drawn(page, "series", "chart.data.filter(line => line.showlegend !== false).map(line => line.name)") == [
        "Northwest",
        "South <east>",
    ]

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


def test_a_tick_in_the_table_adds_a_district_and_the_list_ticks_the_table(page: Page) -> None:
    chosen(page, "All districts")
    turn_tick(page, ticked=False)
    first = next(text for text in ranked(page)[0] if text)
    chosen(page, first)
    turn_tick(page, ticked=True)
    chosen(page, "All districts")
    pick(page, first)
    chosen(page, first)
    turn_tick(page, ticked=True)  # by the list
    chosen(page, "All districts")


def test_the_day_slider_keeps_the_map_and_the_chart(page: Page) -> None:
    chosen(page, "All districts")
    for name in ("stDeckGlJsonChart", "stPlotlyChart"):
        page.get_by_test_id(name).first.evaluate("element => { element.dataset.kept = 'yes' }")
    slider = page.get_by_test_id("stMain").get_by_role("slider")
    slider.focus()
    before = point(page, 0.35, 0.3, "Northwest")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("stSlider").last).to_contain_text("Fri 5 Nov")
    come_to_rest(page)
    assert point(page, 0.36, 0.31, "Northwest") != before
    for name in ("stDeckGlJsonChart", "stPlotlyChart"):
        assert page.get_by_test_id(name).first.evaluate("element => element.dataset.kept") == "yes"


def test_all_that_is_asked_and_the_table_of_the_map_are_reached_by_the_keyboard(page: Page) -> None:
    chosen(page, "All districts")
    wanted = [
        *("Market", "Checkpoint", "year, As of", "Choose date", "Days to forecast", "As the calendar has it", "Category", "English"),
        *("Districts", "st-key-downloads-forecast-map", "Colour", "Day"),
    ]
    met: list[str] = []
    while len(met) < 60 and wanted[-1] not in met:
        page.keyboard.press("Tab")
        met.append(page.evaluate(FOCUSED))
    found = iter(met)
    assert all(any(name.startswith(one) for name in found) for one in wanted), met  # in this order

    for _ in range(len(met) - 1 - met.index("st-key-downloads-forecast-map")):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    csv = page.get_by_role("button", name="CSV", exact=True)
    expect(csv).to_be_visible()
    come_to_rest(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if csv.evaluate("button => button === document.activeElement"):
            break
    else:
        pytest.fail("the keyboard does not reach the map's files")
    expect(page.get_by_test_id("stPopoverBody").locator("tbody tr")).to_have_count(4)  # all districts: what the map says, as a table
