"""The page about a market, its tables held against what the library describes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import offers
from app.formats import significant
from stmp.checkpoint import read_card
from stmp.market.load import load_market
from stmp.market.report import describe

Start = Callable[..., AppTest]


@pytest.fixture
def here(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workplace, for its files are changed."""
    shutil.copytree(here, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(offers, "PROJECT", tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def about(dashboard: Start) -> Start:
    """``about(folder, ...)``: the page as it comes first; ``link``: of the address it is opened with."""

    def start(*markets: Path, link: dict[str, object] | None = None) -> AppTest:
        page = dashboard(*markets)
        (number,) = [n for n, info in page._registered_pages.items() if info.get("url_pathname") == "about"]
        opened = AppTest.from_file(page._script_path, default_timeout=60)
        opened._registered_pages, opened._page_hash = page._registered_pages, number
        opened.query_params.update(link or {})
        return opened.run()

    return start


def texts(page: AppTest) -> str:
    parts = (page.title, page.subheader, page.caption, page.info, page.error, page.warning, page.success, page.markdown)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "")


def titles(page: AppTest) -> list[str]:
    return [box.proto.title for part in (page.info, page.warning, page.success, page.error) for box in part]


def facts(page: AppTest) -> dict[str, str]:
    """The tables of names and values, together."""
    return {str(name): str(value).replace("\\", "") for table in page.table for name, value in table.value.iloc[:, 0].items()}


def test_it_tells_span_streams_and_what_simulated_means(about: Start, here: Path) -> None:
    page = about()
    assert not page.exception
    assert not page.error
    assert "Simulated data" in titles(page)
    assert "No purchase in this market ever happened" in texts(page)
    assert "made for tests" in texts(page)
    found = facts(page)
    assert found["Span"] == "Wed 1 Jan 2020 to Fri 31 Dec 2021, 731 steps"
    assert found["Categories"] == "c0, c1"
    market = load_market(here / "squares")
    streams = page.dataframe[0].value.set_index("Stream")
    assert streams.loc["Purchases", "Total"] == pytest.approx(market.orders.sum(dtype=float))
    assert streams.loc["Cart additions", "Total"] == pytest.approx(market.past["cart_adds"].sum(dtype=float))
    assert "Every district begins on the first day." in texts(page)


def test_a_real_market_says_so(about: Start) -> None:
    page = about(link={"market": "points"})
    assert not page.exception
    assert page.title[0].value == "Four points"
    assert "Real data" in titles(page)
    assert "Simulated data" not in titles(page)
    assert "Trained on another market" in titles(page)


def test_gaps_and_late_districts_are_told(about: Start, here: Path) -> None:
    file = here / "squares" / "panel.csv"
    panel = pd.read_csv(file, parse_dates=["date"])
    late = (panel["region"] == "r1") & (panel["date"] < "2020-02-01")
    gap = (panel["region"] == "r2") & (panel["category"] == "c1") & panel["date"].between("2020-05-01", "2020-05-10")
    dark = panel["date"] == "2021-03-03"
    panel[~(late | gap | dark)].to_csv(file, index=False)
    page = about()
    assert not page.exception
    purchases = page.dataframe[0].value.set_index("Stream").loc["Purchases"]
    assert purchases["Missing, %"] == pytest.approx(100 * (10 + 8) / (731 * 8 - 31 * 2))
    assert purchases["Longest gap"] == "2020-05-01 to 2020-05-10, Southwest, c1"
    assert "On 1 day the whole market has no data or sold nothing: Wed 3 Mar 2021." in texts(page)
    assert "1 districts begin after the first day: Northeast from Sat 1 Feb 2020." in texts(page)


def test_the_calendar_shows_each_festival_with_what_it_brought(about: Start, here: Path) -> None:
    page = about()
    table = page.dataframe[1].value
    described = describe(load_market(here / "squares"))
    assert list(zip(table["Festival"], table["Peak"], strict=True)) == [
        (found.occurrence.festival, f"{found.occurrence.peak:%Y-%m-%d}") for found in reversed(described.festivals)
    ]
    measured = [np.nan if found.strongest is None else found.strongest.market for found in reversed(described.festivals)]
    np.testing.assert_allclose(table["Times an ordinary day"], measured)
    assert page.dataframe[2].value["Holiday"].tolist() == [holiday.name for holiday in described.holidays]
    assert f"{described.kinds['festival']} festival days" in texts(page)
    assert "Provisional years" not in titles(page)


def test_years_that_were_not_announced_are_called_a_guess(about: Start, here: Path) -> None:
    manifest = here / "squares" / "market.toml"
    manifest.write_text(manifest.read_text().replace('[calendar]\nfile = "calendar.csv"', '[calendar]\ncountry = "CN"'))
    panel = pd.read_csv(here / "squares" / "panel.csv", parse_dates=["date"])
    panel["date"] += pd.DateOffset(years=12)
    panel.to_csv(here / "squares" / "panel.csv", index=False)
    provisional = load_market(here / "squares").calendar.provisional
    assert provisional
    page = about(here / "squares")
    assert not page.exception
    assert "Provisional years" in titles(page)
    assert f"The public holidays of {', '.join(map(str, provisional))} were not announced yet" in texts(page)
    assert "derived for CN" in facts(page)["Files"]


def test_facts_of_districts_stand_with_their_sources(about: Start, here: Path) -> None:
    (here / "squares" / "README.md").write_text("Counted by *nobody*.", encoding="utf-8")
    page = about()
    table = page.dataframe[3].value
    assert table["District"].tolist() == ["Northwest", "Northeast", "Southwest", "South <east>"]
    assert table["Population"].tolist() == [1e5, 2e5, 3e5, 4e5]
    assert "Read from regions.csv, squares.geojson." in texts(page)
    assert "Counted by *nobody*." in texts(page)
    page = about(link={"market": "sites"})
    assert not page.exception
    assert "names no file of districts" in texts(page)


def test_the_card_is_told_and_whether_the_data_are_the_same(about: Start, here: Path) -> None:
    page = about()
    card = read_card(here / "runs" / "tiny")
    found = facts(page)
    assert found["Days learned from"] == "Wed 1 Jan 2020 to Wed 30 Jun 2021"
    assert found["Parameters"] == f"{card.parameters:,}"
    assert found["Validation loss"] == significant(card.scores["validation_loss"], 4)
    assert card.weights_sha256 in texts(page)
    assert "It learned from these very data, until Wed 30 Jun 2021." in texts(page)
    settings = page.dataframe[4].value.set_index(["Part", "Setting"])["Value"]
    assert settings["model", "window"] == "14"
    assert settings["training", "steps"] == "2"
    assert settings["calibration", "cell"] == str(card.calibration.cell)
    panel = here / "squares" / "panel.csv"
    panel.write_text(panel.read_text().replace("r0,c0,2020-01-02,", "r0,c0,2020-01-02,1", 1))
    page = about()
    assert not page.exception
    assert "The data differ" in titles(page)
    assert load_market(here / "squares").digest in texts(page)


def test_it_speaks_chinese(about: Start) -> None:
    page = about(link={"language": "zh"})
    assert not page.exception
    assert page.title[0].value == "小市场"
