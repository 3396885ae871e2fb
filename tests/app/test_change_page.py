"""The page that adds a district or festivals to a market, which becomes one of the user's own and is forecast at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import shape
from streamlit.testing.v1 import AppTest

from app import offers
from app.parts.change.district import typed_days
from app.parts.change.festivals import read_edited
from app.parts.change.outline import _drawn, corners_of
from app.parts.change.saving import _free
from app.pictures.outlines import outlines
from app.pictures.places import places_of
from stmp.errors import StmpError
from stmp.market.additions import District
from stmp.market.draft import Draft, festival_versions
from stmp.market.festivals import table_of
from stmp.market.load import load_market

CORNERS = "118.0, 39.0\n119.0, 39.0\n119.0, 40.0\n118.0, 40.0"


@pytest.fixture
def page(dashboard: Callable[..., AppTest], here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page, with the market of four squares; what is saved goes to a folder of this test."""
    monkeypatch.setattr(offers, "BROUGHT", tmp_path / "brought")
    dashboard(here / "squares")

    def script(folder: str) -> None:
        from pathlib import Path

        import streamlit as st

        from app import offers
        from app.inputs import address
        from app.inputs.speech import settle_language
        from app.views.change import page

        address.follow()
        settle_language()
        home = st.Page(lambda: None, title="Forecast", default=True)
        st.navigation([home], position="hidden")
        page((Path(folder), *offers.brought_markets()), home)

    return AppTest.from_function(script, default_timeout=60, args=(str(here / "squares"),)).run()


@pytest.fixture(scope="module")
def wider(workplace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market of four squares with a fifth that has no day."""
    out = tmp_path_factory.mktemp("brought") / "wider"
    district = District("new", "New town", outline=corners_of(CORNERS.splitlines()), facts={"population": 250000})
    Draft.of(workplace / "squares").with_district(district).save(out, "Wider")
    return out


def pressed(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def button(page: AppTest, label: str) -> bool:
    """Whether it can be pressed."""
    return not next(one for one in page.button if one.label == label).disabled


def filled(page: AppTest) -> AppTest:
    page.text_input("change-id").set_value("new")
    page.text_input("change-name").set_value("New town")
    page.segmented_control("change-how").set_value("corners").run()
    page.text_area("change-corners").set_value(CORNERS)
    page.number_input("change-fact-population").set_value(250000)
    return page.run()


def test_it_says_what_is_missing(page: AppTest) -> None:
    assert not page.exception
    assert page.info[0].value == "A district needs an id, a name and, where the others have one, an outline."
    assert not button(page, "Add the district")
    assert not button(page, "Save the festivals")


def test_a_district_is_added_to_a_copy_that_is_chosen_at_once(page: AppTest, here: Path, tmp_path: Path) -> None:
    before = {file.name: file.read_bytes() for file in (here / "squares").iterdir()}
    filled(page)
    assert not page.exception
    assert button(page, "Add the district")
    pressed(page, "Add the district")
    assert not page.exception
    assert page.success[0].value.replace("\\", "") == "squares-plus is chosen now, here and on the other pages."
    out = tmp_path / "brought" / "squares-plus"
    assert page.session_state["market"] == out
    market = load_market(out)
    assert market.new == ("new",)
    assert market.facts.loc["new", "population"] == 250000
    assert market.polygons is not None
    assert shape(market.polygons["features"][-1]["geometry"]).bounds == (118, 39, 119, 40)
    assert {file.name: file.read_bytes() for file in (here / "squares").iterdir()} == before
    assert "This market is changed itself." in [caption.value for caption in page.caption]


def test_faults_are_told_beside_what_they_are_of(page: AppTest) -> None:
    filled(page).text_area("change-corners").set_value("118, 39\nhere\n").run()
    assert "line 2 of the corners: 'here' is no place" in page.error[0].value.replace("\\", "")
    assert page.number_input("change-fact-population").value == 250000
    assert not button(page, "Add the district")
    filled(page).text_input("change-id").set_value("r0").run()
    pressed(page, "Add the district")
    assert "has a district of this id already" in page.error[0].value.replace("\\", "")


def test_a_name_that_is_taken_is_refused(page: AppTest, tmp_path: Path) -> None:
    taken = tmp_path / "brought" / "squares-plus"
    taken.mkdir(parents=True)
    (taken / "market.toml").write_text("", encoding="utf-8")
    assert _free("squares-plus") == "squares-plus-2"
    filled(page)
    assert "There is a market of this name already." in page.warning[0].value
    assert not button(page, "Add the district")


def test_festivals_are_edited_and_earlier_versions_kept(here: Path, tmp_path: Path) -> None:
    """A data editor cannot be driven here; what it hands back is read as the page reads it."""
    draft = Draft.of(here / "squares")
    table = table_of(draft.festivals)
    table["peak"], table["opening"] = pd.to_datetime(table["peak"]), pd.to_datetime(table["opening"], errors="coerce")
    table["regions"] = [list(o.regions) for o in draft.festivals]
    assert read_edited(table, draft.market.regions) == (draft.festivals, [])
    row = {"festival": "Sale", "peak": pd.Timestamp("2021-04-10"), "days": 2, "regions": ["r0"]}
    edited, problems = read_edited(pd.concat([table, pd.DataFrame([row])], ignore_index=True), draft.market.regions)
    assert not problems
    (sale,) = (o for o in edited if o.festival == "Sale")
    assert (sale.days, sale.opening, sale.run_up, sale.regions) == (2, None, 3, ("r0",))
    wrong = pd.concat([table, pd.DataFrame([row, row])], ignore_index=True)
    assert [str(p).split(": ")[0] for p in read_edited(wrong, draft.market.regions)[1]] == [
        f"festivals.csv, row {len(table) + 3}, column 'peak'"
    ]
    out = tmp_path / "mine"
    draft.with_festivals(edited).save(out)
    assert festival_versions(out) == ["festivals-1.csv", "festivals-2.csv"]


def test_an_earlier_version_is_taken_up_again(page: AppTest, here: Path, tmp_path: Path) -> None:
    draft = Draft.of(here / "squares")
    out = tmp_path / "brought" / "mine"
    draft.with_festivals(draft.festivals[1:]).save(out, "Mine")
    page.run()
    page.selectbox("market").set_value(out).run()
    assert not page.exception
    assert not button(page, "Save the festivals")
    version = next(box for box in page.selectbox if box.label == "Version")
    assert version.options == ["in force", "1"]
    version.set_value("festivals-1.csv").run()
    pressed(page, "Save the festivals")
    assert not page.exception
    assert load_market(out).calendar.occurrences == draft.market.calendar.occurrences
    assert len(festival_versions(out)) == 3
    assert load_market(out).about.title == "Mine"


def test_every_page_shows_a_market_with_a_district_that_has_no_day(dashboard: Callable[..., AppTest], wider: Path) -> None:
    start = dashboard(wider)
    assert not start.exception
    assert not start.error
    for name in ("what-if", "plans", "stock", "similarity", "accuracy", "about"):
        (number,) = [n for n, info in start._registered_pages.items() if info.get("url_pathname") == name]
        opened = AppTest.from_file(start._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = start._registered_pages, number
        opened.run()
        assert not opened.exception
        assert not opened.error
        assert opened.title


def test_typed_days_leave_out_what_is_empty() -> None:
    table = pd.DataFrame({"date": pd.to_datetime(["2021-12-30", "2021-12-31"]).date, "c0": [5, None], "c1": [None, 0.0]})
    days = typed_days(table)
    assert days is not None
    assert days.to_dict("records") == [
        {"date": pd.Timestamp("2021-12-30"), "category": "c0", "orders": 5.0},
        {"date": pd.Timestamp("2021-12-31"), "category": "c1", "orders": 0.0},
    ]
    assert typed_days(table.assign(c0=np.nan, c1=np.nan)) is None


def test_what_is_drawn_becomes_a_polygon() -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    lasso = {"lasso": [{"x": (118 + np.cos(angle)).tolist(), "y": (39 + np.sin(angle)).tolist()}], "box": []}
    drawn = _drawn(lasso)
    assert drawn is not None
    ring = shape(dict(drawn))
    assert ring.is_valid
    assert ring.area == pytest.approx(np.pi, rel=0.05)
    assert len(ring.exterior.coords) < 100
    box = _drawn({"lasso": [], "box": [{"x": [1, 2], "y": [4, 3]}]})
    assert box is not None
    assert shape(dict(box)).bounds == (1, 3, 2, 4)
    assert _drawn({"lasso": [], "box": []}) is None


def test_corners_are_read_in_any_usual_writing() -> None:
    assert shape(dict(corners_of(["116,39", " 117.5 ; 39", "117.5\t40"]))).bounds == (116, 39, 117.5, 40)
    for lines, words in ((["116,39", "117,39"], "2 corners enclose nothing"), (["116,39", "x", "1,1"], "line 2")):
        with pytest.raises(StmpError, match=words):
            corners_of(lines)


def test_the_map_to_draw_on_has_every_district_and_asks_nobody(here: Path) -> None:
    market = load_market(here / "squares")
    places = places_of(market)
    assert places is not None
    names = market.region_table["name"]
    figure = outlines(places, names, corners_of(CORNERS.splitlines()))
    assert [trace.name for trace in figure.data] == ["Northwest", "Northeast", "Southwest", "South &lt;east&gt;", "New district"]
    assert figure.layout.xaxis.range[1] > 119
    assert {trace.type for trace in figure.data} == {"scatter"}  # no trace that would fetch tiles
    assert json.loads(figure.to_json())["layout"]["dragmode"] == "lasso"
