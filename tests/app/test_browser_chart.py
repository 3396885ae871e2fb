"""The chart of several districts in a real browser, and the map as a picture of a page in Chinese."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from app.language import CHINESE
from tests.app.browser import Visit, chosen, click, drawn, hover, query, ranked, saved

POINT = """(line => {
    const area = chart.querySelector(".nsewdrag").getBoundingClientRect()
    const { xaxis, yaxis } = chart._fullLayout
    return { x: area.x + xaxis.d2p(line.x[5]), y: area.y + yaxis.d2p(line.y[5]) }
})(chart._fullData.filter(line => line.mode === "lines+markers" && line.showlegend)[1])"""  # of the second district's medians


def test_a_click_on_the_line_of_a_district_shows_it_by_itself(visit: Visit) -> None:
    page = visit(market="squares", districts=["r0", "r3"])
    chosen(page, "Northwest, South <east>")
    label = hover(page, "series", POINT, "South <east>")
    expect(label).to_contain_text("Northwest")  # the other district's number of the day, too
    click(page)
    chosen(page, "South <east>")
    assert query(page)["districts"] == ["r3"]
    assert "Forecast, median" in str(drawn(page, "series", "chart.data.map(line => line.name)"))


def test_the_map_of_a_chinese_page_is_a_chinese_picture(visit: Visit, tmp_path: Path) -> None:
    page = visit(market="beijing", cutoff="2019-10-31", language=CHINESE)
    (svg,) = saved(page, "forecast-map", ("SVG",), tmp_path)
    text = svg.read_text(encoding="utf-8")
    districts = [next(text for text in row if text) for row in ranked(page)]
    written = [name for name in districts if f"<!-- {name} -->" in text]
    assert "朝阳区" in written
    assert "simulated" in svg.name
    assert "模拟" in text
