"""The stock page, driven as a planner would, its numbers held against the library's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.formats import volume
from app.loading import SAMPLES, SEED
from stmp import stock
from stmp.forecast import Forecaster
from stmp.market.load import load_market
from stmp.stock import Rule

Start = Callable[..., AppTest]


@pytest.fixture
def page(dashboard: Start) -> AppTest:
    """The page as it comes first."""
    start = dashboard()
    (number,) = [n for n, info in start._registered_pages.items() if info.get("url_pathname") == "stock"]
    opened = AppTest.from_file(start._script_path, default_timeout=60)
    opened._registered_pages, opened._page_hash = start._registered_pages, number
    return opened.run()


@pytest.fixture
def samples(here: Path) -> np.ndarray:
    forecaster = Forecaster.load(here / "runs" / "tiny", "cpu")
    return forecaster.forecast(load_market(here / "squares"), "2021-11-04", 14, samples=SAMPLES, seed=SEED).samples.astype(float)


def metrics(page: AppTest, label: str) -> list[str]:
    return [str(m.value) for m in page.metric if m.label == label]


def tables(page: AppTest) -> list[pd.DataFrame]:
    """Of the districts: the stock, then the supply."""
    return [frame.value for frame in page.dataframe if "District" in frame.value.columns and "Lost, orders" in frame.value.columns]


def test_it_begins_with_nine_in_ten_for_every_category(page: AppTest, samples: np.ndarray) -> None:
    assert not page.exception
    put = stock.quantities(samples, [Rule(), Rule()])
    expected = stock.outcome(samples, put)
    assert metrics(page, "Stock")[0] == f"{volume(put.sum())} orders"
    assert metrics(page, "Expected lost sales")[0] == f"{volume(expected.lost.sum())} orders"
    shown = tables(page)[0]
    assert shown["Stock, orders"].tolist() == sorted(put.sum(axis=1).tolist(), reverse=True)
    assert shown[["c0", "c1"]].sum().tolist() == put.sum(axis=0).tolist()


def test_costs_take_the_place_of_the_level(page: AppTest, samples: np.ndarray) -> None:
    page.segmented_control(key="stock-kind").set_value("costs").run()
    assert not page.exception
    put = stock.quantities(samples, [Rule.of_costs(3, 1)] * 2)
    assert metrics(page, "Stock")[0] == f"{volume(put.sum())} orders"


def test_a_supply_is_allocated_where_it_sells(page: AppTest, samples: np.ndarray) -> None:
    page.number_input(key="supply-squares-None").set_value(20_000).run()
    found = stock.allocate(samples, [Rule(), Rule()], 20_000)
    shown = tables(page)[1]
    assert shown["Stock, orders"].sum() == 20_000
    assert shown["Stock, orders"].tolist() == sorted(found.quantities.sum(axis=1).tolist(), reverse=True)
    lost = stock.outcome(samples, found.quantities).lost.sum()
    assert metrics(page, "Expected lost sales")[1] == f"{volume(lost)} orders"


def test_a_supply_that_nobody_would_buy_stays_behind(page: AppTest) -> None:
    page.number_input(key="supply-squares-None").set_value(10_000_000).run()
    assert any("stay behind" in box.value for box in page.info)


def test_a_capacity_is_held_against_busy_days(page: AppTest, samples: np.ndarray) -> None:
    busy = np.quantile(samples.sum(axis=(0, 1)), 0.9, axis=-1)
    key = "capacity-squares"
    page.number_input(key=key).set_value(int(busy.max()) + 1).run()
    assert any("suffices" in box.value for box in page.success)
    page.number_input(key=key).set_value(int(busy.max()) - 1).run()
    assert any("may not suffice" in box.value for box in page.warning)


def test_one_category_alone_can_be_stocked(page: AppTest, samples: np.ndarray) -> None:
    page.selectbox(key="category").set_value("c1").run()
    assert not page.exception
    put = stock.quantities(samples[:, [1]], [Rule()])
    assert metrics(page, "Stock")[0] == f"{volume(put.sum())} orders"
    assert "c0" not in tables(page)[0].columns
