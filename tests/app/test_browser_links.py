"""The address of a view, opened by somebody who was never here, shows the same numbers; where it cannot, the page says so."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import come_to_rest
from tests.app.browser import Visit, choose, chosen, figures, holds, main, pick, query, rows, set_day, sidebar

STALE = "This is not quite what the link shows"


def forecast_asked(visit: Visit) -> Page:
    """Everything in the sidebar is set, and two districts are chosen."""
    page = visit(market="squares")
    choose(page, "Market", "Four points")
    holds(page, "market", "points")
    set_day(page, "cutoff", "November 1, 2021")
    holds(page, "cutoff", "2021-11-01")
    horizon = sidebar(page).get_by_role("slider", name="Days to forecast")
    horizon.press("ArrowLeft")
    holds(page, "horizon", "13")
    sidebar(page).get_by_text("A festival held otherwise").click()
    holds(page, "scenario", "festival")
    sidebar(page).get_by_role("radio", name="Drop").click()
    holds(page, "scenario-action", "drop")
    choose(page, "Category", "c1")
    holds(page, "category", "c1")
    sidebar(page).get_by_text("More", exact=True).click()
    seed = sidebar(page).get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seed.press("Enter")
    holds(page, "seed", "7")
    pick(page, "Southwest")
    chosen(page, "Southwest")
    pick(page, "Northwest")
    chosen(page, "Southwest, Northwest")
    expect(main(page)).to_contain_text("What if: Late dropped.")
    return page


def what_if_asked(visit: Visit) -> Page:
    """Two scenarios, the first an idea held on another day, the second of the recent past; and a district."""
    page = visit("what-if", shows=[], market="squares", cutoff="2021-11-01", seed="3")
    main(page).get_by_role("button", name="Late moved to").click()
    holds(page, "edited", "0")
    set_day(page, "change-to", "November 8, 2021")
    expect(main(page).get_by_text("Late moves from Thu 11 Nov to Mon 8 Nov")).to_be_visible()
    main(page).get_by_role("button", name="New", exact=True).click()
    holds(page, "edited", "1")
    main(page).get_by_role("button", name="Change the recent past").click()
    expect(main(page).get_by_text("Cart additions of the last 7 days")).to_be_visible()
    pick(page, "Southwest")
    chosen(page, "Southwest")
    assert len(query(page)["what"]) == 2
    return page


def shown(page: Page) -> list[list[str]]:
    """What is read off the page: headings, the five figures, notes, the table, and the sidebar's own words."""
    told = figures(page, 5)
    expect(main(page).get_by_test_id("stDataFrame").first).to_be_visible()
    come_to_rest(page)
    notes = [re.sub(r", \d+ ms", "", text) for text in main(page).get_by_test_id("stCaptionContainer").all_inner_texts()]
    tables = [row for table in main(page).get_by_test_id("stDataFrame").all() for row in rows(table)]
    asked = [box.input_value() for box in sidebar(page).locator("input:not([type=radio])").all()]
    return [main(page).get_by_role("heading").all_inner_texts(), told, notes, *tables, asked]


@pytest.mark.parametrize("asked", [forecast_asked, what_if_asked])
def test_a_link_shows_the_same_figures_in_a_fresh_browser(visit: Visit, asked: Visit) -> None:
    page = asked(visit)
    again = visit(link=page.url)
    assert shown(again) == shown(page)
    assert query(again) == query(page)
    expect(main(again).get_by_text(STALE)).to_have_count(0)


def test_a_link_from_before_the_checkpoint_or_the_data_changed_says_so(visit: Visit) -> None:
    page = visit(market="squares", checkpoint="0123456789ab", data="0123456789ab")
    notice = main(page).get_by_test_id("stAlert").filter(has_text=STALE)
    expect(notice).to_contain_text("The market's data have changed since the link was made, so the numbers may differ.")
    expect(notice).to_contain_text("The checkpoint of the link, 0123456789ab, is not here; another one answers.")
    figures(page, 4)
    assert query(page)["checkpoint"] != ["0123456789ab"]
