"""A district drawn on the map in a real browser, and its forecast."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import expect

from benchmarks.browser import come_to_rest
from tests.app.browser import Visit, figures, main, pick, query


def test_a_district_is_drawn_added_and_forecast(visit: Visit, workplace: Path) -> None:
    page = visit("change", market="squares")
    main(page).get_by_label("Id", exact=True).fill("new")
    main(page).get_by_label("Name", exact=True).fill("Newtown")
    page.keyboard.press("Tab")
    come_to_rest(page)
    add = main(page).get_by_role("button", name="Add the district")
    expect(add).to_be_disabled()
    area = page.locator(".st-key-change-map .nsewdrag")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    corners = [(0.86, 0.4), (0.95, 0.4), (0.95, 0.6), (0.86, 0.6), (0.86, 0.42)]
    for number, (east, south) in enumerate(corners):
        page.mouse.move(box["x"] + east * box["width"], box["y"] + south * box["height"], steps=6)
        if number == 0:
            page.mouse.down()
    page.mouse.up()
    expect(add).to_be_enabled()
    try:
        add.click()
        expect(main(page).get_by_text("squares-plus is chosen now, here and on the other pages.")).to_be_visible()
        main(page).get_by_role("link", name="See its forecast").click()
        expect(main(page).get_by_text("is new; known of its own: 0 days.")).to_be_visible()
        come_to_rest(page)
        assert query(page)["market"] == ["squares-plus"]
        pick(page, "Newtown")
        expect(main(page).get_by_role("heading", name="Newtown", exact=True, level=3)).to_be_visible()
        come_to_rest(page)
        assert "0 orders" not in figures(page, 4)[0]
    finally:
        shutil.rmtree(workplace / "runs" / "brought")
