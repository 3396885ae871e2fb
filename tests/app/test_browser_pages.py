"""What-if, similarity and accuracy in a real browser, used as a planner uses them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from app.formats import signed_volume, volume
from benchmarks.browser import come_to_rest
from tests.app.browser import Visit, choose, chosen, drawn, figures, holds, main, query, rows, saved, set_day, sidebar

SPOTS = "[...chart._fullData.at(-1).x]"  # of the points of a plane, from left to right


def steps(page: Page) -> tuple[list[float], list[str]]:
    """Heights of the waterfall's bars, and what stands above them."""
    heights = drawn(page, "scenarios-steps", "[...chart.data[0].y]")
    above = drawn(page, "scenarios-steps", "[...chart.querySelectorAll('.bartext')].map(text => text.textContent)")
    return heights, above


def test_an_idea_is_opened_and_changed_and_stands_beside_another_scenario(visit: Visit, tmp_path: Path) -> None:
    page = visit("what-if", shows=[], market="squares")
    main(page).get_by_role("button", name="Late moved to Sun 14 Nov").click()
    expect(main(page).get_by_text("Late moves from Thu 11 Nov to Sun 14 Nov")).to_be_visible()
    holds(page, "edited", "0")
    first = figures(page, 3)  # the baseline's total; the scenario's, and its change
    set_day(page, "change-to", "November 8, 2021")
    expect(main(page).get_by_text("Late moves from Thu 11 Nov to Mon 8 Nov")).to_be_visible()
    second = figures(page, 3)
    assert second[0] == first[0]
    assert second[1:] != first[1:]

    main(page).get_by_role("button", name="New", exact=True).click()
    holds(page, "edited", "1")
    main(page).get_by_role("button", name="Change the recent past").click()
    expect(main(page).get_by_text("Cart additions of the last 7 days")).to_be_visible()
    side_by_side = figures(page, 5)
    assert len(query(page)["what"]) == 2
    for key in ("delta-map-0-squares", "delta-map-1-squares"):
        expect(page.locator(f".st-key-{key} canvas").first).to_be_visible()

    # The steps of the waterfall add up to its last bar, which is the mean of the scenario's total.
    heights, above = steps(page)
    assert sum(heights[:-1]) == pytest.approx(heights[-1])
    assert above == [volume(heights[0]), *(signed_volume(round(change)) for change in heights[1:-1]), volume(heights[-1])]
    (csv,) = saved(page, "what-if-steps", ("CSV",), tmp_path)
    table = pd.read_csv(csv, encoding="utf-8-sig")
    assert table["Mean total, orders"].iloc[-1] == pytest.approx(heights[-1])
    assert set(table["Data"]) == {"simulated"}
    median = float(re.findall(r"[\d.]+(?= k orders)", side_by_side[3])[0]) * 1000
    assert heights[-1] == pytest.approx(median, rel=0.02)


def test_another_district_is_compared_and_umap_is_drawn_on_demand(visit: Visit) -> None:
    page = visit("similarity", market="squares")
    before = drawn(page, "plane-regions", SPOTS)
    expect(main(page).get_by_role("heading", name="Districts like Northwest")).to_be_visible()
    choose(page, "Most like", "Southwest")
    expect(main(page).get_by_role("heading", name="Districts like Southwest")).to_be_visible()
    holds(page, "like-regions", "r2")
    nearest = [row[0] for row in rows(main(page).get_by_test_id("stDataFrame").filter(has_text="Overlap").last)]
    assert sorted(nearest) == sorted(["Northwest", "Northeast", "South <east>"])
    expect(main(page).get_by_text("each with the ellipse that holds 80 % of its posterior")).to_be_visible()
    main(page).get_by_role("radio", name="UMAP").click()
    expect(main(page).get_by_text("UMAP keeps who is near whom.")).to_be_visible()
    assert drawn(page, "plane-regions", SPOTS) != before
    expect(main(page).get_by_role("heading", name="Districts like Southwest")).to_be_visible()


def test_festival_days_are_chosen_in_a_stored_backtest(visit: Visit) -> None:
    page = visit("accuracy", market="beijing")
    types = "chart.data[0].y"
    every = drawn(page, "accuracy-label", types)
    assert {"workday", "Double 11 · peak"} <= set(every)
    main(page).locator(".st-key-accuracy-kind").get_by_role("radio", name="Festival days").click()
    expect(main(page).locator(".st-key-accuracy-kind").get_by_role("radio", name="Festival days")).to_be_checked()
    page.wait_for_function(
        "count => document.querySelector('.st-key-accuracy-label .js-plotly-plot')?.data?.[0].y.length < count", arg=len(every)
    )
    festivals = drawn(page, "accuracy-label", types)
    assert "workday" not in festivals
    assert {name.split(" · ")[0] for name in festivals} == {"New Year Goods", "Women's Day", "618", "Double 11", "Double 12"}
    past = main(page).locator(".st-key-accuracy-festivals .js-plotly-plot")
    expect(past).to_be_attached()


def test_a_backtest_is_stopped_and_nothing_that_was_set_is_lost(visit: Visit) -> None:
    page = visit("accuracy", shows=[], market="squares", cutoff="2021-11-01", horizon="1", seed="3", category="c1", districts="r2")
    main(page).get_by_role("slider", name="Windows").press("End")
    expect(main(page).get_by_text("184 windows of 1 day,")).to_be_visible()
    come_to_rest(page)
    asked = {name: texts for name, texts in query(page).items() if name != "districts"}  # which this page does not show
    main(page).get_by_role("button", name="Make the backtest").click()
    progress = main(page).get_by_text(re.compile(r"\d+ of 736 forecasts"))
    expect(progress).to_be_visible()

    # The page is left and found again while it works.
    sidebar(page).get_by_role("link", name="Forecast").click()
    chosen(page, "Southwest")
    assert {name: query(page)[name] for name in asked} == asked
    sidebar(page).get_by_role("link", name="Accuracy").click()
    expect(progress).to_be_visible()
    main(page).get_by_role("button", name="Stop").click()
    ended = main(page).get_by_text(re.compile(r"Stopped after (\d+) of 184 windows; these are kept\."))
    expect(ended).to_be_visible()
    come_to_rest(page)
    assert {name: query(page)[name] for name in asked} == asked
    kept = int(re.findall(r"after (\d+) of", ended.inner_text())[0])
    assert kept < 184
    expect(main(page).get_by_text(re.compile(rf"\b{kept} windows? of 1 day\.")).first).to_be_visible()
    main(page).get_by_text("Make a backtest here").click()
    expect(main(page).get_by_text("184 windows of 1 day,")).to_be_visible()
