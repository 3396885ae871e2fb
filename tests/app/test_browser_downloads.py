"""What is downloaded from the page arrives, can be read, and says what it is and where it comes from."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from playwright.sync_api import expect

from app.formats import rounded
from tests.app.browser import Visit, ranked, saved
from tests.app.conftest import NAMES

ORIGIN = {
    "Market": "squares",
    "Data": "simulated",
    "As of": "2021-11-04",
    "Days": 10,
    "Seed": 5,
    "Scenario": "as the calendar has it",
}


def assert_is_picture(png: Path, svg: Path) -> None:
    """Both can be drawn, and they say what they are; of letters that are drawn as shapes, a comment in the file keeps the text."""
    head = png.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:])
    assert width > 900
    assert height > 400
    root = ElementTree.fromstring(svg.read_bytes())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = svg.read_text(encoding="utf-8")
    assert "simulated" in text
    assert "Checkpoint: runs/tiny" in text
    assert "Seed: 5" in text


def read(csv: Path) -> pd.DataFrame:
    table = pd.read_csv(csv, encoding="utf-8-sig")
    for title, told in ORIGIN.items():
        assert set(table[title]) == {told}, title
    assert all(checkpoint.startswith("runs/tiny ") for checkpoint in table["Checkpoint"])
    return table


def test_pictures_and_numbers_of_map_series_and_table(visit: Visit, tmp_path: Path) -> None:
    page = visit(market="squares", seed="5", horizon="10")
    tables = {}
    for menu in ("forecast-series", "forecast-map"):
        png, svg, csv = saved(page, menu, ("PNG", "SVG", "CSV"), tmp_path)
        assert {file.name for file in (png, svg, csv)} == {f"squares-{menu}-2021-11-04-simulated.{kind}" for kind in ("png", "svg", "csv")}
        assert_is_picture(png, svg)
        tables[menu] = read(csv)
    (csv,) = saved(page, "forecast-districts", ("CSV",), tmp_path)
    assert csv.name == "squares-forecast-districts-2021-11-04-simulated.csv"
    districts = read(csv).set_index("District")
    assert set(districts.index) == set(NAMES)
    shown = ranked(page)
    assert len(shown) == len(districts)
    for name, _, total, *_ in ([text for text in row if text] for row in shown):
        assert float(total.replace(",", "")) == pytest.approx(rounded(districts.loc[name, "Total, orders"]))
    on_map = tables["forecast-map"].set_index("District")["Total, orders"]
    pd.testing.assert_series_equal(on_map.sort_index(), districts["Total, orders"].sort_index())
    ahead = tables["forecast-series"].dropna(subset="Median, orders")
    assert list(ahead["Date"]) == [f"2021-11-{day:02}" for day in range(5, 15)]

    page.get_by_test_id("stDataFrame").last.hover()
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)  # it would carry no label
