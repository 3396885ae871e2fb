"""What the map, the table, the chart and the files say of a district is what ``stmp forecast`` writes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from app.formats import rounded, volume, volume_range
from app.pictures.places import places_of
from benchmarks.browser import come_to_rest
from benchmarks.dashboard import mercator
from stmp import cli
from stmp.checkpoint import read_card
from stmp.forecast import Forecaster
from stmp.market.load import load_market
from tests.app.browser import Visit, hover, main, point, ranked, saved

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT, MARKET = ROOT / "pretrained" / "beijing", ROOT / "assets" / "markets" / "beijing"
DISTRICT, NAME, CATEGORY, SEED = "110105", "Chaoyang", "Phones", 7
CUTOFF, HORIZON, PEAK = "2019-10-31", 12, pd.Timestamp("2019-11-11")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The file of the command for the district and the category, by date."""
    file = tmp_path / "forecast.csv"
    told = ["stmp", "forecast", CHECKPOINT, "--market", MARKET, "--cutoff", CUTOFF, "--horizon", HORIZON, "--seed", SEED, "--out", file]
    monkeypatch.setattr(sys, "argv", list(map(str, told)))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    table = pd.read_csv(file, parse_dates=["date"], dtype={"region": str})
    return table[(table["region"] == DISTRICT) & (table["category"] == CATEGORY)].set_index("date")


def where_on_map() -> tuple[float, float]:
    """Shares of the map's width and height at which the district lies, beside its name."""
    places = places_of(load_market(MARKET))
    assert places is not None
    middle, spot = mercator(places, places.centre), mercator(places, places.labels[DISTRICT])
    return spot[0] - middle[0], spot[1] - middle[1]


def test_map_table_chart_and_files_agree_with_the_command(visit: Visit, written: pd.DataFrame, tmp_path: Path) -> None:
    asked = {"market": "beijing", "checkpoint": read_card(CHECKPOINT).weights_sha256[:12], "cutoff": CUTOFF, "seed": str(SEED)}
    page = visit(**asked, horizon=str(HORIZON), category=CATEGORY, districts=DISTRICT)
    peak = written.loc[PEAK]

    # The chart, under the pointer: the median of the day.
    assert hovered(page, PEAK) == [f"{volume(peak['q50'])} Forecast, median"]
    # Its numbers: mean and quantiles of every day.
    (csv,) = saved(page, "forecast-series", ("CSV",), tmp_path)
    series = pd.read_csv(csv, encoding="utf-8-sig", parse_dates=["Date"]).set_index("Date").loc[written.index]
    columns = {"Mean": "mean", "Median": "q50", "50 % from": "q25", "50 % to": "q75", "80 % from": "q10", "80 % to": "q90"}
    for title, column in columns.items():
        np.testing.assert_allclose(series[f"{title}, orders"], written[column], rtol=1e-4, err_msg=title)
    assert set(series["Seed"]) == {SEED}

    # The map on that day: median and 80 % interval.
    day = main(page).get_by_role("slider", name="Day")
    day.press("End")
    day.press("ArrowLeft")
    expect(main(page).get_by_test_id("stSlider")).to_contain_text("Mon 11 Nov")
    come_to_rest(page)  # so that the map shows that day
    box = page.get_by_test_id("stDeckGlJsonChart").first.bounding_box()
    assert box is not None
    right, down = where_on_map()
    tooltip = point(page, 0.5 + right / box["width"], 0.5 + down / box["height"], NAME)
    assert tooltip.split("\n") == [
        NAME,
        f"Total: {volume(peak['q50'])}",
        f"80 %: {volume_range(peak['q10'], peak['q90'], peak['q50'])} orders",
    ]
    (csv,) = saved(page, "forecast-map", ("CSV",), tmp_path)
    on_map = pd.read_csv(csv, encoding="utf-8-sig").set_index("District").loc[NAME]
    assert [on_map["Total, orders"], on_map["80 % from, orders"], on_map["80 % to, orders"]] == pytest.approx(
        [peak["q50"], peak["q10"], peak["q90"]], rel=1e-4
    )

    # The table holds the whole period: sums of the joint samples whose means the command writes.
    forecast = Forecaster.load(CHECKPOINT, "cpu").forecast(load_market(MARKET), CUTOFF, HORIZON, samples=200, seed=SEED)
    samples = forecast.samples[forecast.regions.index(DISTRICT), forecast.categories.index(CATEGORY)].astype(float)  # [H, S]
    np.testing.assert_allclose(samples.mean(axis=1), written["mean"], rtol=1e-4)
    low, total, high = np.quantile(samples.sum(axis=0), (0.1, 0.5, 0.9))
    (csv,) = saved(page, "forecast-districts", ("CSV",), tmp_path)
    row = pd.read_csv(csv, encoding="utf-8-sig").set_index("District").loc[NAME]
    assert [row["Total, orders"], row["80 % from, orders"], row["80 % to, orders"]] == pytest.approx([total, low, high], rel=1e-4)
    (cells,) = ([text for text in cells if text] for cells in ranked(page) if NAME in cells)
    assert [float(text.replace(",", "")) for text in cells[2:5]] == [rounded(total), rounded(low), rounded(high)]
    expect(page.get_by_test_id("stMetric").first).to_contain_text(f"{volume(total)} orders")


def hovered(page: Page, day: pd.Timestamp) -> list[str]:
    """What the chart says of the forecast of a day under the pointer."""
    spot = f"""(area => ({{ x: area.x + chart._fullLayout.xaxis.d2p("{day:%Y-%m-%d}"), y: area.y + area.height / 2 }}))
        (chart.querySelector(".nsewdrag").getBoundingClientRect())"""
    label = hover(page, "series", spot, f"{day:%a %-d %b %Y}")
    return [text for text in label.locator("text").all_text_contents() if "Forecast" in text]
