"""The accuracy page, driven as a planner would, its numbers held against the library's."""

from __future__ import annotations

import base64
import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import loading, offers
from app.loading import SAMPLES, SEED
from app.pictures.calibration import coverage_lines, pit_bars
from app.pictures.errors import error_dots, error_lines
from app.pictures.scatter import forecast_against_actual
from stmp.baselines import make_baselines
from stmp.checkpoint import read_card
from stmp.evaluation import Backtest, Evaluation, Provenance, cells_of, evaluate
from stmp.evaluation.cells import FILE
from stmp.evaluation.pit import EDGES
from stmp.forecast import Forecaster
from stmp.market.load import load_market

CUTOFFS = [pd.Timestamp("2021-11-05"), pd.Timestamp("2021-12-03")]
QUICK = ["seasonal_naive", "last_festival", "shrunk_uplift"]
COLUMNS = {"WAPE, %": "wape", "CRPS, %": "crps", "Bias, %": "bias", "80 % band holds, %": "coverage80"}

Start = Callable[..., AppTest]


@pytest.fixture
def here(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workplace, for a backtest is stored in it."""
    shutil.copytree(here, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(offers, "PROJECT", tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def accuracy(dashboard: Start) -> Start:
    """``accuracy(folder, ...)``: the page as it comes first; ``link``: of the address it is opened with."""

    def start(*markets: Path, link: dict[str, object] | None = None) -> AppTest:
        page = dashboard(*markets)
        (number,) = [n for n, info in page._registered_pages.items() if info.get("url_pathname") == "accuracy"]
        opened = AppTest.from_file(page._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = page._registered_pages, number
        opened.query_params.update(link or {})
        return opened.run()

    return start


def scores_of(here: Path, cutoffs: list[pd.Timestamp]) -> tuple[Evaluation, Backtest]:
    """What the library says of the tiny checkpoint and the quick baselines."""
    market, folder = load_market(here / "squares"), here / "runs" / "tiny"
    kept: list[pd.DataFrame] = []
    models = [Forecaster.load(folder, "cpu"), *make_baselines(QUICK)]
    scores = evaluate(
        models, market, cutoffs, 14, samples=SAMPLES, seed=SEED, keep=lambda window, made: kept.append(cells_of(window, made))
    )
    return scores, Backtest.of(Provenance.of(read_card(folder), market, cutoffs, 14, SAMPLES, SEED), kept)


@pytest.fixture
def stored(here: Path) -> tuple[Evaluation, Backtest]:
    """A backtest stored beside the checkpoint."""
    scores, backtest = scores_of(here, CUTOFFS)
    backtest.write(here / "runs" / "tiny" / FILE)
    return scores, backtest


def texts(page: AppTest) -> str:
    parts = (page.title, page.subheader, page.caption, page.info, page.error, page.warning, page.success, page.markdown)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "")


def titles(page: AppTest) -> list[str]:
    return [box.proto.title for part in (page.info, page.warning, page.success, page.error) for box in part]


def assert_shows(page: AppTest, scores: Evaluation) -> None:
    """The table holds exactly what ``stmp evaluate`` would write."""
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value
    models = {
        "stmp": "This checkpoint",
        "seasonal_naive": "Seasonal naive",
        "last_festival": "Last festival",
        "shrunk_uplift": "Shrunk uplift",
    }
    kinds = {"ordinary": "Ordinary days", "festival": "Festival days", "all": "All days"}
    pooled = [score for score in scores.scores if score.cutoff == "all"]
    if len({score.segment for score in pooled}) == 2:  # one kind of day, and all days, which are the same
        pooled = [score for score in pooled if score.segment != "all"]
    assert len(table) == len(pooled)
    for score in pooled:
        row = table[(table["Model"] == models[score.model]) & (table["Days"] == kinds[score.segment])].iloc[0]
        assert row["Number of days"] == score.days
        assert row["Relative MSE"] == pytest.approx(score.mse_rel, rel=1e-3)
        for column, name in COLUMNS.items():
            assert row[column] == pytest.approx(100 * getattr(score, name), rel=2e-3, abs=0.02), (score.model, score.segment, column)


def numbers(values: dict[str, str]) -> list[float]:
    """Of a figure's JSON, which holds numbers in base64."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


def wait(page: AppTest) -> AppTest:
    """Until the work in the background has ended, and the page again after it."""
    work = page.session_state["backtest"]
    for _ in range(600):
        if not work.running:
            return page.run()
        time.sleep(0.05)
    raise AssertionError("the backtest does not end")


def test_without_a_backtest_it_says_how_to_make_one(accuracy: Start, here: Path) -> None:
    page = accuracy()
    assert not page.exception
    assert not page.dataframe
    assert "No backtest is stored beside this checkpoint." in texts(page)
    assert "Simulated data" in texts(page)
    (command,) = [code.value for code in page.code]
    assert command.startswith(f".venv/bin/stmp evaluate {here / 'runs' / 'tiny'} --market {here / 'squares'} --cutoffs 2021-07-16,")
    assert command.endswith(f"--cells {here / 'runs' / 'tiny' / FILE}")


def test_a_backtest_made_here_shows_what_evaluate_would(accuracy: Start, here: Path) -> None:
    page = accuracy()
    page.slider(key="windows-13").set_value(4).run()
    page.button(key="backtest-start").click().run()
    page = wait(page)
    cutoffs = [pd.Timestamp(day) for day in ("2021-11-05", "2021-11-19", "2021-12-03", "2021-12-17")]
    assert_shows(page, scores_of(here, cutoffs)[0])
    assert "Tested on 56 days it had not seen, Sat 6 Nov 2021 to Fri 31 Dec 2021: 4 windows of 14 days." in texts(page)
    assert page.slider(key="windows-13").value == 4


def test_work_in_the_background_tells_how_far_it_is_and_is_stopped(accuracy: Start, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, forecast, made = threading.Event(), loading.in_turn, []

    def slow(*asked: object) -> object:
        if len(made) == 5:  # the second forecast of the second window
            gate.wait(30)
        made.append(asked)
        return forecast(*asked)

    monkeypatch.setattr(loading, "in_turn", slow)
    page = accuracy()
    page.button(key="backtest-start").click().run()
    work = page.session_state["backtest"]
    while work.state.done < 5:
        time.sleep(0.02)
    page.run()
    assert not page.exception
    assert not page.dataframe
    assert "5 of 48 forecasts · Seasonal naive, as of Fri 3 Dec 2021" in [bar.proto.text for bar in page.get("progress")]
    page.button(key="backtest-stop").click().run()
    gate.set()
    page = wait(page)
    assert not work.running
    assert "Stopped after 1 of 12 windows; these are kept." in texts(page)
    assert_shows(page, scores_of(here, [pd.Timestamp("2021-12-17")])[0])


def test_a_stored_backtest_is_shown_at_once(accuracy: Start, stored: tuple[Evaluation, Backtest]) -> None:
    page = accuracy()
    assert_shows(page, stored[0])
    assert "No stored backtest" not in titles(page)
    assert "No backtest is stored" not in texts(page)
    assert "Trained on Four squares from Wed 1 Jan 2020 until Wed 30 Jun 2021." in texts(page)


def test_a_backtest_of_other_weights_or_data_is_not_shown(accuracy: Start, here: Path, stored: tuple[Evaluation, Backtest]) -> None:
    backtest, file = stored[1], here / "runs" / "tiny" / FILE
    for changed, told in (("weights_sha256", "other weights"), ("data_digest", "other data")):
        replace(backtest, provenance=backtest.provenance.model_copy(update={changed: "0" * 64})).write(file)
        page = accuracy()
        assert not page.exception
        assert not page.dataframe
        assert f"The stored backtest is of {told}" in texts(page)
    file.write_bytes(b"PAR1 cut short")
    page = accuracy()
    assert not page.exception
    assert "not a backtest that can be read" in texts(page)
    assert "Remedy: make it again" in texts(page)


def test_where_it_is_worse_than_a_baseline_it_says_so(accuracy: Start, here: Path, stored: tuple[Evaluation, Backtest]) -> None:
    cells = stored[1].cells
    file = here / "runs" / "tiny" / FILE

    def doctored(model: str, kind: str) -> str:
        """The page's text where ``model`` is all but perfect on days of ``kind``, and the checkpoint elsewhere."""
        good = (cells["model"] == model) & (cells["kind"] == kind) | (cells["model"] == "stmp") & (cells["kind"] != kind)
        changed = cells.copy()
        for column in ("mean", "q50"):
            changed.loc[good, column] = cells.loc[good, "actual"] * np.float32(1.01)
        changed.loc[good, "crps"] = cells.loc[good, "actual"] * np.float32(0.005)
        replace(stored[1], cells=changed).write(file)
        page = accuracy()
        assert not page.exception
        return "\n".join([*titles(page), texts(page)])

    told = doctored("last_festival", "festival")
    assert "Where it is worse than a baseline" in told
    ours = next(s for s in stored[0].scores if (s.model, s.segment, s.cutoff) == ("stmp", "festival", "all"))
    assert f"On festival days ({ours.days} days): WAPE {100 * ours.wape:.1f} % against 1.0 % of Last festival, relative MSE " in told
    assert "On ordinary days" not in told
    told = doctored("stmp", "festival")
    assert "No baseline is better" in told
    assert "smallest WAPE, relative MSE and CRPS of the 4 models" in told


def test_the_kind_of_day_and_the_measure_are_followed_by_the_pictures(accuracy: Start, stored: tuple[Evaluation, Backtest]) -> None:
    page = accuracy()
    page.segmented_control(key="accuracy-kind").set_value("festival").run()
    page.selectbox(key="accuracy-measure").select("bias").run()
    assert not page.exception
    cells = stored[1].cells
    rows = cells[(cells["kind"] == "festival") & (cells["model"] == "stmp") & (cells["region"] == "r2") & (cells["category"] != "")]
    expected = 100 * (rows["mean"].sum() / rows["actual"].sum() - 1)
    figures = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    (ours,) = [figure["data"][0] for figure in figures if "Southwest" in figure["data"][0].get("y", ())]
    assert ours["name"] == "This checkpoint"
    assert numbers(ours["x"])[ours["y"].index("Southwest")] == pytest.approx(expected, rel=0.01)


def test_of_many_districts_those_forecast_worst_are_drawn(
    accuracy: Start, stored: tuple[Evaluation, Backtest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(page: AppTest) -> list[str]:
        rows = [json.loads(chart.proto.spec)["data"][0].get("y", ()) for chart in page.get("plotly_chart")]
        return next(list(names) for names in rows if {"Northwest", "Northeast", "Southwest"} & set(names))

    every = drawn(accuracy())
    monkeypatch.setattr("app.parts.accuracy.breakdown.MOST", 3)
    page = accuracy()
    assert not page.exception
    assert len(every) == 4
    assert drawn(page) == every[:3]
    assert "Drawn are the first 3 of 4; the table holds them all." in texts(page)


def test_coverage_and_festivals_are_those_of_the_cells(accuracy: Start, stored: tuple[Evaluation, Backtest]) -> None:
    page = accuracy()
    page.segmented_control(key="accuracy-bands").set_value("festival").run()
    pooled = next(s for s in stored[0].scores if (s.model, s.segment, s.cutoff) == ("stmp", "festival", "all"))
    bands = page.dataframe[1].value
    ours = bands[bands["Model"] == "This checkpoint"].set_index("Bands of")["80 % band holds, %"]
    assert ours["All districts together"] == pytest.approx(100 * pooled.total_coverage80, abs=0.05)
    assert ours["District and category"] == pytest.approx(100 * pooled.coverage80, abs=0.05)
    held = page.dataframe[2].value.set_index("Festival")
    assert held.loc["Late 2021", "Days ahead"] == 6
    market = stored[1].cells.query("model == 'stmp' and region == '' and label == 'Late · peak'").iloc[0]
    assert held.loc["Late 2021", "Peak day, orders"] == market["actual"]
    assert held.loc["Late 2021", "Error, %"] == pytest.approx(100 * (market["q50"] / market["actual"] - 1), abs=0.1)


def test_the_histogram_of_the_bands_is_that_of_the_cells(accuracy: Start, stored: tuple[Evaluation, Backtest]) -> None:
    page = accuracy()
    page.segmented_control(key="accuracy-bands").set_value("festival").run()
    figures = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    (bars,) = [figure["data"] for figure in figures if figure["data"][0]["type"] == "bar"]
    assert [bar["name"] for bar in bars] == ["District and category", "District, all categories", "All districts together"]
    days = stored[1].cells.query("model == 'stmp' and region == '' and kind == 'festival'")
    above = (days["actual"] > days["q50"]).mean()
    heights = np.array(numbers(bars[2]["y"]))
    assert heights @ np.diff(EDGES) == pytest.approx(1)
    assert heights[4:] @ np.diff(EDGES)[4:] == pytest.approx(above)
    assert bars[2]["x"][0] == "0–2.5"


def test_a_market_without_days_left_says_so(accuracy: Start, here: Path) -> None:
    manifest = here / "squares" / "market.toml"
    manifest.write_text(manifest.read_text().replace('absent = "missing"', 'absent = "missing"\nlast = 2021-07-05'))
    page = accuracy(here / "squares")
    assert not page.exception
    assert "no 14 days are left that it has not seen" in texts(page)
    assert "Remedy: fewer days to forecast" in texts(page)


def test_it_speaks_chinese(accuracy: Start, stored: tuple[Evaluation, Backtest]) -> None:
    page = accuracy(link={"language": "zh"})
    assert not page.exception
    assert len(page.dataframe) == 3


def test_dots_and_lines_stand_at_their_values() -> None:
    table = pd.DataFrame({"group": [1, 1, 2, 2], "model": ["a", "b"] * 2, "value": [3.0, 4.0, 5.0, 6.0]})
    dots = error_dots(table, {2: "second <i>", 1: "first"}, {"a": "A", "b": "B"}, "WAPE, %", str)
    assert [(trace.name, list(trace.y), list(trace.x)) for trace in dots.data] == [
        ("A", ["second &lt;i&gt;", "first"], [5, 3]),
        ("B", ["second &lt;i&gt;", "first"], [6, 4]),
    ]
    assert not dots.layout.shapes
    lines = error_lines(table, {"a": "A", "b": "B"}, "Days ahead", "Bias, %", str, aim=0)
    assert [list(trace.y) for trace in lines.data] == [[3, 5], [4, 6]]
    assert lines.layout.shapes[0].y0 == lines.layout.shapes[0].y1 == 0


def test_coverage_is_drawn_in_percent_beside_the_diagonal() -> None:
    table = pd.DataFrame({"nominal": [0.5, 0.8], "measured": [0.4, 0.9], "days": [7, 7]})
    diagonal, line = coverage_lines({"districts": table}).data
    assert list(diagonal.x) == list(diagonal.y)
    assert (list(line.x), list(line.y)) == ([50, 80], [40, 90])


def test_bars_say_how_many_times_the_right_number_fell_there() -> None:
    table = pd.DataFrame({"low": [0.0, 0.25], "high": [0.25, 1.0], "expected": [0.25, 0.75], "measured": [0.5, 0.5], "days": 9})
    (bars,) = pit_bars({"districts": table}).data
    assert (list(bars.x), list(bars.y)) == (["0–25", "25–100"], [2, 2 / 3])
    assert bars.text[0] == "50.0 % of the actuals, 25.0 % expected"


def test_points_without_purchases_stand_at_the_edge_of_the_logarithmic_axes() -> None:
    points = pd.DataFrame({"actual": [0.0, 100.0], "q50": [10.0, 1000.0], "kind": "ordinary", "name": ["a <b>", "c"], "band": "1 to 2"})
    figure = forecast_against_actual(points, {"ordinary": "Ordinary days"}, "orders")
    dots = figure.data[1]
    assert dots.x[1] == 100
    assert 0 < dots.x[0] == pytest.approx(10 ** figure.layout.xaxis.range[0])
    assert dots.text[0].startswith("a &lt;b&gt;")
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
