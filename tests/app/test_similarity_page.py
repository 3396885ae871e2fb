"""The similarity page, driven as a planner would, its numbers held against the library's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import loading
from app.formats import times, volume
from app.inputs.scenario import DATE_TYPE
from app.loading import Question
from app.pictures.embedding import PLOT, embedding
from app.pictures.outcomes import outcomes
from app.pictures.palette import likeness
from stmp.forecast import Forecaster
from stmp.forecaster import STMP
from stmp.market import Market, Occurrence
from stmp.market.load import load_market
from stmp.similarity import neighbours, outcome, past_peaks, resemblance
from tests.markets import small_market

NAMES = {"r0": "Northwest", "r1": "Northeast", "r2": "Southwest", "r3": "South <east>"}
CUTOFF = "2021-11-04"
FIRST = pd.Timestamp("2020-01-21")  # the tiny model's window and lead after the first day

Start = Callable[..., AppTest]


@pytest.fixture
def similarity(dashboard: Start) -> Start:
    """``similarity(folder, ...)``: the page as it comes first; ``link``: of the address it is opened with."""

    def start(*markets: Path, link: dict[str, object] | None = None) -> AppTest:
        page = dashboard(*markets)
        (number,) = [n for n, info in page._registered_pages.items() if info.get("url_pathname") == "similarity"]
        opened = AppTest.from_file(page._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = page._registered_pages, number
        opened.query_params.update(link or {})
        return opened.run()

    return start


def model(here: Path, market: str = "squares") -> tuple[STMP, Market]:
    return Forecaster.load(here / "runs" / "tiny", "cpu"), load_market(here / market).until(pd.Timestamp(CUTOFF))


def texts(page: AppTest) -> str:
    parts = (page.title, page.subheader, page.caption, page.info, page.error, page.warning, page.markdown)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "")


def table(page: AppTest, column: str) -> pd.DataFrame:
    (found,) = [element.value for element in page.dataframe if element.value.columns[0] == column]
    return found


def assert_sound(page: AppTest) -> None:
    assert not page.exception
    assert not page.error


def test_the_scenario_resembles_a_past_festival_and_says_what_came(similarity: Start, here: Path) -> None:
    page = similarity()
    assert_sound(page)
    assert page.title[0].value == "Four squares"
    assert "Simulated data" in texts(page)
    forecaster, view = model(here)
    past = past_peaks(forecaster, view, FIRST)
    assert past is not None
    found = resemblance(forecaster.representations(view, ["Late · peak"]).date_types, past.psi)
    names = [f"{past.occurrences[one.position].festival} of {past.occurrences[one.position].peak.year}" for one in found]
    shown = table(page, "Festival")
    assert shown["Festival"].tolist() == names
    assert sorted(names) == ["Late of 2020", "Mid of 2020", "Mid of 2021"]
    assert shown["Cosine"].tolist() == pytest.approx([one.cosine for one in found], abs=1e-6)
    assert shown["Overlap"].tolist() == pytest.approx([one.overlap for one in found], abs=1e-6)
    then = outcome(view, past.occurrences[found[0].position])
    assert shown["Peak, × ordinary"].tolist()[0] == pytest.approx(then.peak_uplift)
    assert f"**Thu 11 Nov 2021** (Late · peak) resembles **{names[0]}** most: cosine **{found[0].cosine:.2f}**" in texts(page)
    assert f"the peak brought **{times(then.peak_uplift)}** an ordinary day, and {volume(then.total)} orders came" in texts(page)
    assert f"{NAMES[then.regions.index[0]]} {times(then.regions.iloc[0])}" in texts(page)


def test_districts_are_ranked_by_their_cosine_and_coloured_on_the_map(similarity: Start, here: Path) -> None:
    page = similarity()
    page.selectbox(key="like-regions").select("r2").run()
    assert_sound(page)
    assert "Districts like Southwest" in texts(page)
    forecaster, view = model(here)
    psi = forecaster.representations(view).regions
    found = neighbours(psi, 2)
    shown = table(page, "Nearest first")
    assert shown["Nearest first"].tolist() == [NAMES[psi.labels[one.position]] for one in found]
    assert shown["Cosine"].tolist() == pytest.approx([one.cosine for one in found], abs=1e-6)
    (deck,) = page.get("deck_gl_json_chart")
    (layer,) = [layer for layer in json.loads(deck.proto.json)["layers"] if layer["id"] == "regions"]
    properties = {f["properties"]["region_id"]: f["properties"] for f in layer["data"]["features"]}
    assert properties["r2"]["value"] == "Cosine: 1.00"
    assert tuple(properties["r2"]["colour"][:3]) == likeness().colours[-1]
    nearest = found[0]
    assert properties[psi.labels[nearest.position]]["value"] == f"Cosine: {nearest.cosine:.2f}".replace("-", "−")


def test_date_types_are_compared_with_the_scenarios_peak_first(similarity: Start, here: Path) -> None:
    page = similarity()
    page.segmented_control(key="compare").set_value("date-types").run()
    assert_sound(page)
    assert page.selectbox(key="like-date-types").value == "Late · peak"
    forecaster, view = model(here)
    psi = forecaster.representations(view).date_types
    found = neighbours(psi, psi.labels.index("Late · peak"))
    assert table(page, "Nearest first")["Nearest first"].tolist() == [psi.labels[one.position] for one in found]
    assert not page.get("deck_gl_json_chart")


def test_umap_is_drawn_when_it_is_asked_for(similarity: Start) -> None:
    page = similarity()
    assert "80 % of its posterior" in texts(page)
    page.segmented_control(key="plane").set_value("UMAP").run()
    assert_sound(page)
    assert "Distances and directions mean nothing" in texts(page)
    assert "80 % of its posterior" not in texts(page)


def test_a_link_opens_what_was_compared(similarity: Start) -> None:
    page = similarity(link={"compare": "date-types", "like-date-types": "Mid · peak"})
    assert_sound(page)
    assert "Date types like Mid · peak" in texts(page)
    other = similarity(link={"like-regions": "nowhere"})
    assert_sound(other)
    assert "Districts like Northwest" in texts(other)
    assert "nowhere" in texts(other)


def test_a_what_if_is_held_against_the_past(similarity: Start) -> None:
    page = similarity()
    page.radio(key="scenario").set_value(DATE_TYPE).run()
    page.selectbox(key="scenario-as").select("Mid · peak").run()
    page.slider(key="scenario-days").set_value((date(2021, 11, 16), date(2021, 11, 17))).run()
    assert_sound(page)
    (asked,) = [box for box in page.selectbox if box.label == "Peak day"]
    assert asked.options == ["Thu 11 Nov: Late · peak", "Tue 16 Nov: Mid · peak"]
    asked.select_index(1).run()
    assert "**Tue 16 Nov 2021** (Mid · peak) resembles" in texts(page)


def test_without_a_peak_ahead_or_enough_behind_it_says_what_to_do(similarity: Start) -> None:
    page = similarity(link={"cutoff": "2021-08-01"})
    assert_sound(page)
    assert "No festival has its peak on the days to forecast" in texts(page)
    early = similarity(link={"cutoff": "2021-06-10"})
    assert_sound(early)
    assert "Fewer than 3 past festivals lie in the data before the cutoff" in texts(early)


def test_too_few_past_festivals_are_not_inferred(similarity: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def infer(question: Question) -> None:
        raise AssertionError("past festivals were inferred, to be told of as too few")

    monkeypatch.setattr(loading, "past_peaks", infer)
    page = similarity(link={"cutoff": "2021-06-10"})
    assert_sound(page)
    assert "Fewer than 3 past festivals lie in the data before the cutoff" in texts(page)


def test_markets_without_outlines_and_a_checkpoint_of_another(similarity: Start) -> None:
    page = similarity()
    page.selectbox(key="market").select("Four points").run()
    assert_sound(page)
    assert "Districts like Northwest" in texts(page)
    assert page.get("deck_gl_json_chart")
    page.selectbox(key="market").select("Four sites").run()
    assert_sound(page)
    assert "no place on a map" in texts(page)
    assert not page.get("deck_gl_json_chart")


@pytest.mark.parametrize("kept", [1, 2])
def test_a_market_of_few_districts_still_compares_its_days(similarity: Start, here: Path, tmp_path: Path, kept: int) -> None:
    shutil.copytree(here / "squares", tmp_path / "few")
    regions = [f"r{i}" for i in range(kept)]
    for name in ("panel.csv", "regions.csv"):
        rows = pd.read_csv(tmp_path / "few" / name)
        rows[rows["region"].isin(regions)].to_csv(tmp_path / "few" / name, index=False)
    manifest = tmp_path / "few" / "market.toml"
    manifest.write_text(manifest.read_text().replace('polygons = "squares.geojson"\n', ""))
    page = similarity(tmp_path / "few")
    assert_sound(page)
    assert "Fewer than 3 districts cannot be compared" in texts(page)
    assert len(table(page, "Festival")) == 3
    page.segmented_control(key="compare").set_value("date-types").run()
    assert_sound(page)
    assert len(table(page, "Nearest first")) > 3


def test_points_carry_their_position_and_the_nearest_their_names() -> None:
    points = np.array([[0, 0], [1, 0], [0, 1], [4, 4], [5, 4], [4, 5]], dtype=float)
    cosines = np.array([1, 0.9, 0.8, -0.5, -0.6, 0.1])
    figure = embedding("abcdef", points, cosines, 0, [points[[i, i]] for i in range(6)], ("one", "other"))
    (marks,) = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert list(marks.text) == ["a", "b", "c", "", "", "f"]
    assert [row[0] for row in marks.customdata] == list(range(6))
    assert marks.marker.color[0] == f"rgb{likeness().colours[-1]}"
    others, own, _ = figure.data
    assert [(others.x[3 * i], others.y[3 * i]) for i in range(5)] == [tuple(point) for point in points[1:]]
    assert (own.x[0], own.y[0]) == (0, 0)
    assert figure.layout.yaxis.scaleanchor == "x"
    bare = embedding("abcdef", points, cosines, 0)
    assert len(bare.data) == 1
    assert bare.layout.yaxis.scaleanchor is None


def test_names_in_the_plane_lie_upon_no_other_name_and_within_the_plot() -> None:
    points = np.array([[0.5, 0.5], [0.52, 0.51], [0.51, 0.52], [1, 1], [1.01, 1], [0, 0]])
    names = ["Double 11 · peak", "Double 12 · peak", "618 · peak", "New Year Goods", "e", "f"]
    for chosen in (0, 3):
        figure = embedding(names, points, np.array([1.0, 0.9, 0.8, 0.1, 0.2, 0.3]), chosen)
        (marks,) = figure.data
        written = [i for i, text in enumerate(marks.text) if text]
        low, high = (np.array([axis.range[end] for axis in (figure.layout.xaxis, figure.layout.yaxis)]) for end in (0, 1))
        places = (points - low) / (high - low) * PLOT
        middles, halves = [], []  # of the names, each about 6 pixels a letter wide and 12 high, and 6 from its point
        for i in written:
            up, across = marks.textposition[i].split()
            half = np.array([3 * len(names[i]), 6])
            side = np.array([{"left": -1, "center": 0, "right": 1}[across], {"bottom": -1, "middle": 0, "top": 1}[up]])
            middles.append(places[i] + side * (half + 6))
            halves.append(half)
        assert len(written) == 4
        for one, other in combinations(range(4), 2):
            assert (abs(middles[one] - middles[other]) >= halves[one] + halves[other]).any()
        assert all(middle[0] - half[0] >= 0 and middle[0] + half[0] <= PLOT[0] for middle, half in zip(middles, halves, strict=True))


def test_what_came_is_drawn_by_days_from_the_peak() -> None:
    market = small_market()
    then = outcome(market, Occurrence("Late", pd.Timestamp("2020-11-11")))
    (line,) = outcomes({"Late of 2020": then}).data
    assert list(line.x) == [-3, -2, -1, 0, 1, 2, 3]
    assert list(line.y) == pytest.approx(then.uplift)
    assert line.name == "Late of 2020"
