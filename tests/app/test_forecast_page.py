"""The forecast page, driven as a planner would, its numbers held against the library's."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from app import offers
from app.formats import volume
from app.inputs.scenario import DATE_TYPE, DROP, FESTIVAL, MOVE
from app.loading import SAMPLES, SEED
from stmp.cli import cli
from stmp.forecast import Forecast, Forecaster
from stmp.market.load import load_market
from stmp.scenario import Add, Days, Drop, Move, Scenario
from tests.app.conftest import MAIN

PROJECT = Path(__file__).resolve().parents[2]
PEAK = date(2021, 11, 11)

Start = Callable[..., AppTest]


def forecast(here: Path, market: str = "squares", cutoff: str = "2021-11-04", scenario: Scenario | None = None) -> Forecast:
    forecaster = Forecaster.load(here / "runs" / "tiny", "cpu")
    return forecaster.forecast(load_market(here / market), cutoff, 14, scenario or Scenario(), samples=SAMPLES, seed=SEED)


def metric(page: AppTest, label: str) -> str:
    (found,) = [m.value for m in page.metric if m.label == label]
    return str(found)


def total(page: AppTest) -> str:
    return metric(page, "Total of 14 days")


def median(forecast: Forecast, categories: slice = slice(None), regions: slice = slice(None)) -> str:
    return f"{volume(float(np.median(forecast.samples[regions, categories].sum(axis=(0, 1, 2)))))} orders"


def layers(page: AppTest) -> list[dict]:
    (deck,) = page.get("deck_gl_json_chart")
    return json.loads(deck.proto.json)["layers"]


def series(page: AppTest) -> list[dict]:
    """Traces of the chart over days, the last of the page."""
    return json.loads(page.get("plotly_chart")[-1].proto.spec)["data"]


def values(y: list | dict) -> np.ndarray:
    """Numbers of a trace, which plotly writes as they are or packed."""
    return np.frombuffer(base64.b64decode(y["bdata"]), y["dtype"]) if isinstance(y, dict) else np.array(y, dtype=float)


def ranking(page: AppTest) -> pd.DataFrame:
    """The table of the districts, the last of the page."""
    return page.dataframe[-1].value.set_index("District")


def choose(page: AppTest, *regions: str) -> None:
    page.multiselect(key="districts").set_value(list(regions)).run()


def features(page: AppTest) -> list[dict]:
    """Properties of the map's clickable regions."""
    (layer,) = [layer for layer in layers(page) if layer["id"] == "regions"]
    return [feature["properties"] for feature in layer["data"]["features"]]


def texts(page: AppTest) -> str:
    parts = (page.title, page.subheader, page.caption, page.info, page.error, page.warning, page.markdown)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "")


def assert_sound(page: AppTest) -> None:
    assert not page.exception
    assert not page.error


def test_it_opens_with_a_week_before_the_last_peak(dashboard: Start, here: Path) -> None:
    page = dashboard()
    assert_sound(page)
    expected = forecast(here)
    assert page.title[0].value == "Four squares"
    assert "Simulated data" in texts(page)
    assert "As of **Thu 4 Nov 2021** · 14 days, Fri 5 Nov to Thu 18 Nov 2021 · checkpoint runs/tiny, learned until 2021-06-30" in texts(
        page
    )
    assert total(page) == median(expected)
    came = load_market(here / "squares").orders[..., 673 + 1 :][..., :14].sum()  # 2021-11-04 is day 673
    assert f"Came: {volume(float(came))} orders, forecast " in texts(page)
    assert page.subheader[0].value == "All districts"


def test_a_run_leaves_the_list_of_districts_alone_so_that_no_quick_pick_is_lost(dashboard: Start) -> None:
    page = dashboard()
    choose(page, "r0", "r2")
    assert not page.multiselect(key="districts").proto.set_value
    assert page.multiselect(key="districts").value == ["r0", "r2"]


def test_the_choice_is_told_anew_where_districts_have_other_names_in_the_other_language(dashboard: Start) -> None:
    page = dashboard(PROJECT / "assets" / "markets" / "beijing")
    choose(page, "110105")
    page.segmented_control(key="language").set_value("zh").run()
    assert page.multiselect(key="districts").proto.set_value
    assert page.multiselect(key="districts").value == ["110105"]


def test_table_map_and_forecast_agree(dashboard: Start, here: Path) -> None:
    page = dashboard()
    table = ranking(page)["Total, orders"]
    expected = np.median(forecast(here).samples.sum(axis=(1, 2)), axis=-1)
    assert [properties["region_id"] for properties in features(page)] == ["r0", "r1", "r2", "r3"]
    for properties, name, value in zip(features(page), ("Northwest", "Northeast", "Southwest", "South <east>"), expected, strict=True):
        assert properties["value"] == f"Total: {volume(float(value))}"
        assert table[name] == pytest.approx(value, rel=0.005)
    assert table.is_monotonic_decreasing


def test_a_district_is_followed_by_figures_and_heading(dashboard: Start, here: Path) -> None:
    page = dashboard()
    choose(page, "r2")
    assert_sound(page)
    assert page.subheader[0].value == "Southwest"
    assert total(page) == median(forecast(here), regions=slice(2, 3))


def test_several_districts_are_held_together_and_compared(dashboard: Start, here: Path) -> None:
    page = dashboard()
    choose(page, "r3", "r1")
    assert_sound(page)
    assert page.subheader[0].value.replace("\\", "") == "South <east>, Northeast"
    drawn = np.median(forecast(here).samples[[1, 3]].sum(axis=(0, 1, 2)))  # joint samples, not medians added
    assert total(page) == f"{volume(float(drawn))} orders"
    lines = [trace["name"] for trace in series(page) if trace.get("line", {}).get("width") == 2.5]
    assert lines == ["South <east>", "Northeast"]
    (frame,) = [layer for layer in layers(page) if layer["id"] == "chosen"]
    assert [f["properties"]["region_id"] for f in frame["data"]["features"]] == ["r1", "r3"]
    assert page.query_params["districts"] == ["r3", "r1"]
    choose(page)
    assert page.subheader[0].value == "All districts"
    assert "districts" not in page.query_params


def test_a_link_holds_the_districts(dashboard: Start, here: Path) -> None:
    dashboard()  # the markets it offers
    page = AppTest.from_file(str(MAIN), default_timeout=60)
    page.query_params["districts"] = ["r0", "nowhere"]
    page.run()
    assert_sound(page)
    assert page.subheader[0].value == "Northwest"
    assert total(page) == median(forecast(here), regions=slice(0, 1))


def test_categories_are_stacked_or_apart(dashboard: Start, here: Path) -> None:
    page = dashboard()
    page.segmented_control(key="categories-shown").set_value("stacked").run()
    assert_sound(page)
    ahead = [trace for trace in series(page) if trace.get("stackgroup") == "forecast"]
    assert {trace["name"] for trace in ahead} == {"c0", "c1"}
    assert np.sum([values(trace["y"]) for trace in ahead], axis=0) == pytest.approx(forecast(here).mean.sum(axis=(0, 1)), rel=1e-5)
    assert "means add up" in texts(page)
    page.segmented_control(key="categories-shown").set_value("apart").run()
    assert_sound(page)
    assert {trace["yaxis"] for trace in series(page)} == {"y", "y2"}
    page.selectbox(key="category").select("c1").run()
    assert "categories-shown" not in [control.key for control in page.segmented_control]


def test_tooltip_table_chart_and_file_say_what_the_command_says(dashboard: Start, here: Path) -> None:
    command = [str(here / "runs" / "tiny"), "--market", str(here / "squares"), "--cutoff", "2021-11-04", "--out", str(here / "said.csv")]
    assert CliRunner().invoke(cli, ["forecast", *command]).exit_code == 0
    said = pd.read_csv(here / "said.csv").query("region == 'r2' and category == 'c0'")
    page = dashboard()
    page.selectbox(key="category").select("c0").run()
    choose(page, "r2")
    medians = said["q50"].to_numpy()
    (line,) = [trace for trace in series(page) if trace["name"] == "Forecast, median"]
    assert values(line["y"]) == pytest.approx(medians, rel=1e-5)
    assert list(ranking(page).loc["Southwest", "Day by day"]) == [round(value) for value in medians]
    page.session_state["downloads-forecast-series"] = True
    page.run()
    (table,) = [frame.value for frame in page.dataframe if "Median, orders" in frame.value]
    assert table["Median, orders"].dropna().to_numpy() == pytest.approx(medians, rel=1e-5)
    assert table["80 % from, orders"].dropna().to_numpy() == pytest.approx(said["q10"].to_numpy(), rel=1e-5)
    for position, value in enumerate(medians[:3]):
        page.select_slider[0].set_value(position).run()
        assert features(page)[2]["value"] == f"Total: {volume(float(value))}"


def test_a_market_of_one_region_one_category_and_gaps_is_shown(dashboard: Start, here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "squares", tmp_path / "one")
    panel = pd.read_csv(tmp_path / "one" / "panel.csv")
    panel = panel[(panel["region"] == "r1") & (panel["category"] == "c0") & ~panel["date"].between("2021-11-07", "2021-11-09")]
    panel.to_csv(tmp_path / "one" / "panel.csv", index=False)
    manifest = (tmp_path / "one" / "market.toml").read_text()
    (tmp_path / "one" / "market.toml").write_text(manifest[: manifest.index("[regions]")])
    page = dashboard(tmp_path / "one")
    assert_sound(page)
    assert page.multiselect(key="districts").options == ["r1"]
    assert [c.key for c in page.segmented_control if c.key == "categories-shown"] == []
    assert "Came on 11 of 14 days" in texts(page)
    assert page.selectbox(key="measure").options == ["Total", "Uplift", "Interval width", "Error"]
    assert ranking(page)["Share, %"].tolist() == [100]


def test_a_category_is_looked_at_apart(dashboard: Start, here: Path) -> None:
    page = dashboard()
    page.selectbox(key="category").select("c1").run()
    assert_sound(page)
    assert total(page) == median(forecast(here), slice(1, 2))


def test_a_day_and_a_measure_change_the_map(dashboard: Start, here: Path) -> None:
    page = dashboard()
    page.select_slider[0].set_value(6).run()  # Thu 11 Nov
    expected = np.median(forecast(here).samples[:, :, 6].sum(axis=1), axis=-1)
    assert [p["value"] for p in features(page)] == [f"Total: {volume(float(v))}" for v in expected]
    page.selectbox(key="measure").select("per_head").run()
    assert features(page)[0]["value"] == f"Per 1,000 residents: {volume(float(expected[0]) / 100)}"
    for measure, title in (("uplift", "Uplift"), ("width", "Interval width"), ("error", "Error")):
        page.selectbox(key="measure").select(measure).run()
        assert_sound(page)
        assert features(page)[0]["value"].startswith(title)


def test_blocks_rise_on_a_map_of_their_own(dashboard: Start) -> None:
    page = dashboard()
    page.toggle(key="blocks").set_value(True).run()
    assert_sound(page)
    assert max(properties["height"] for properties in features(page)) > 0


def test_blocks_that_would_hide_one_another_are_not_offered(dashboard: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.parts.where.BORDERED", 3)
    page = dashboard()
    assert_sound(page)
    assert "blocks" not in [toggle.key for toggle in page.toggle]
    assert max(properties["height"] for properties in features(page)) == 0


def test_an_earlier_cutoff_replays_history_and_says_what_the_checkpoint_saw(dashboard: Start, here: Path) -> None:
    page = dashboard()
    assert "no test of it" not in texts(page)
    page.date_input[0].set_value(date(2021, 3, 1)).run()
    assert_sound(page)
    assert total(page) == median(forecast(here, cutoff="2021-03-01"))
    assert "learned from days until 2021-06-30, past this cutoff" in texts(page)


def test_days_still_to_come_have_no_actual(dashboard: Start) -> None:
    page = dashboard()
    page.date_input[0].set_value(date(2021, 12, 31)).run()
    assert_sound(page)
    assert "Came" not in texts(page)
    assert not {"Actual, orders", "Error, %"} & set(ranking(page).columns)
    assert "Error" not in page.selectbox(key="measure").options


def test_a_date_type_changes_the_numbers(dashboard: Start, here: Path) -> None:
    page = dashboard()
    page.radio(key="scenario").set_value(DATE_TYPE).run()
    page.selectbox(key="scenario-as").select("Late · peak").run()
    page.slider(key="scenario-days").set_value((date(2021, 11, 16), date(2021, 11, 17))).run()
    assert_sound(page)
    what_if = Scenario(days=(Days(first=date(2021, 11, 16), last=date(2021, 11, 17), types={"Late · peak": 1.0}),))
    assert total(page) == median(forecast(here, scenario=what_if)) != median(forecast(here))
    assert "no causal effect" in texts(page)
    assert metric(page, "Against the plan").startswith("+")


def test_a_festival_is_held_again_moved_or_dropped(dashboard: Start, here: Path) -> None:
    page = dashboard()
    page.radio(key="scenario").set_value(FESTIVAL).run()
    again = Scenario(festivals=(Add(festival="Late", peak=date(2021, 11, 12)),))
    assert total(page) == median(forecast(here, scenario=again))
    assert "Late also on Fri 12 Nov" in texts(page)
    page.segmented_control(key="scenario-action").set_value(MOVE).run()
    assert "What if" not in texts(page)  # not moved yet
    page.date_input(key="scenario-to").set_value(date(2021, 11, 7)).run()
    assert_sound(page)
    moved = Scenario(festivals=(Move(festival="Late", peak=PEAK, to=date(2021, 11, 7)),))
    assert total(page) == median(forecast(here, scenario=moved))
    assert metric(page, "Peak day") == "Sun 7 Nov"
    page.segmented_control(key="scenario-action").set_value(DROP).run()
    assert_sound(page)
    assert total(page) == median(forecast(here, scenario=Scenario(festivals=(Drop(festival="Late", peak=PEAK),))))
    assert metric(page, "Against the plan").startswith("−")


def test_points_are_shown_as_circles_and_sites_as_bars(dashboard: Start, here: Path) -> None:
    page = dashboard()
    page.selectbox(key="market").select("Four points").run()
    assert_sound(page)
    assert page.title[0].value == "Four points"
    assert "Simulated data" not in texts(page)
    assert "Trained on another market: Four squares." in texts(page)
    assert total(page) == median(forecast(here, "points"))
    radii = [p["radius"] for p in features(page)]
    assert max(radii) == 26
    page.selectbox(key="market").select("Four sites").run()
    assert_sound(page)
    assert "no place on a map" in texts(page)
    assert not page.get("deck_gl_json_chart")
    assert page.subheader[0].value == "All districts"


def test_without_a_checkpoint_it_says_how_to_train_one(dashboard: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "PROJECT", tmp_path)
    monkeypatch.chdir(tmp_path)
    page = dashboard()
    assert_sound(page)
    assert "No checkpoint was found" in [info.proto.title for info in page.info]
    assert "stmp train " in page.code[0].value
    assert not page.metric


def test_a_damaged_checkpoint_is_told(dashboard: Start, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a-damaged", "b-cut"):
        shutil.copytree(here / "runs" / "tiny", tmp_path / "runs" / name)
    (tmp_path / "runs" / "a-damaged" / "model.safetensors").write_bytes(b"no weights")
    (tmp_path / "runs" / "b-cut" / "checkpoint.json").write_text('{"format": 1')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(offers, "PROJECT", tmp_path)
    st.cache_resource.clear()  # the same weights were loaded before, undamaged
    page = dashboard()
    assert not page.exception
    assert "the weights are not the ones" in texts(page)
    assert "Remedy" in page.error[0].value
    assert "b-cut" in texts(page)
    assert "cut short" in page.sidebar.warning[0].value


def test_a_broken_market_is_told_and_the_others_still_work(dashboard: Start, here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "squares", tmp_path / "broken")
    panel = tmp_path / "broken" / "panel.csv"
    panel.write_text(panel.read_text().replace("r0,c0,2020-01-02,", "r0,c0,2020-01-02,-", 1))
    (tmp_path / "no-manifest").mkdir()
    page = dashboard(tmp_path / "broken", tmp_path / "no-manifest", here / "squares")
    assert not page.exception
    assert "the value is negative" in texts(page)
    assert "panel.csv" in texts(page)
    assert page.selectbox(key="market").options == [
        f"Four squares, {tmp_path / 'broken'}",
        "no-manifest",
        f"Four squares, {here / 'squares'}",
    ]
    page.selectbox(key="market").select("no-manifest").run()
    assert not page.exception
    assert "there is no such file" in texts(page)
    page.selectbox(key="market").select(f"Four squares, {here / 'squares'}").run()
    assert_sound(page)


def test_a_chinese_page_tells_a_fault_and_its_remedy_in_chinese(dashboard: Start, here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "squares", tmp_path / "broken")
    (tmp_path / "broken" / "panel.csv").write_text("date,region\n", encoding="utf-8")
    page = dashboard(tmp_path / "broken")
    (english,) = page.error
    page.segmented_control(key="language").set_value("zh").run()
    (chinese,) = page.error
    assert (english.proto.title, chinese.proto.title) == ("The market cannot be read", "无法读取该市场的数据")
    head, *lines = chinese.value.split("\n")
    assert head.strip() == "该市场有 1 个问题："
    assert len(lines) == len(english.value.split("\n")) - 1
    assert re.fullmatch(r".*panel\\\.csv：文件中没有任何行。解决办法：填写该文件，或更正 market\\\.toml 中的路径。", lines[0].strip())


def test_a_market_that_is_too_short_is_told(dashboard: Start, here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "squares", tmp_path / "short")
    manifest = tmp_path / "short" / "market.toml"
    manifest.write_text(manifest.read_text().replace('absent = "missing"', 'absent = "missing"\nfirst = 2021-12-20'))
    page = dashboard(tmp_path / "short")
    assert not page.exception
    assert "holds 12 days; the model needs 21" in texts(page)


def test_a_new_export_is_read_without_a_restart(dashboard: Start, here: Path, tmp_path: Path) -> None:
    shutil.copytree(here / "squares", tmp_path / "renewed")
    page = dashboard(tmp_path / "renewed")
    before = total(page)
    panel = tmp_path / "renewed" / "panel.csv"
    table = pd.read_csv(panel)
    table["orders"] *= 10
    table.to_csv(panel, index=False)
    page.run()
    assert_sound(page)
    assert "Came: 357 k orders" in texts(page)
    assert total(page) != before


@pytest.mark.parametrize("name", ["favorita", "parcels"])
def test_real_markets_are_served_by_any_checkpoint(dashboard: Start, name: str) -> None:
    folder = PROJECT / "benchmarks" / "markets" / name
    if not (PROJECT.parent / "shared" / "data" / name).is_dir():
        pytest.skip(f"the data of {name} is not here; it is not part of the project")
    page = dashboard(folder)
    assert_sound(page)
    assert "Simulated data" not in texts(page)
    assert len(ranking(page)) == {"favorita": 22, "parcels": 18}[name]
    if name == "favorita":
        assert len(features(page)) == 21
        assert "Without a place: El Carmen" in texts(page)
    else:
        assert "no place on a map" in texts(page)


def test_the_bundled_market_is_served_by_the_bundled_checkpoint(monkeypatch: pytest.MonkeyPatch, dashboard: Start) -> None:
    if not (PROJECT / "pretrained" / "beijing" / "checkpoint.json").is_file():
        pytest.skip("there is no pretrained/beijing; 'make train' makes it")
    monkeypatch.setattr(offers, "PROJECT", PROJECT)
    page = dashboard(*offers.bundled_markets())
    assert_sound(page)
    assert len(features(page)) == 18
    assert "checkpoint pretrained/beijing," in texts(page)
    assert "Simulated data" in texts(page)
