"""An hourly market in the dashboard: pages of days, and each day's 24 values."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stmp.forecast import Forecaster
from stmp.hours import HOURS
from stmp.market.load import load_market
from tests.app.conftest import MANIFEST
from tests.markets import hourly_market, write_tables

Start = Callable[..., AppTest]
PAGES = ("what-if", "plans", "stock", "similarity", "accuracy", "about")


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hourly")
    write_tables(hourly_market(), folder)
    text = MANIFEST.format(name="hours", title="Hours", simulated="true").replace('frequency = "D"', 'frequency = "h"')
    (folder / "market.toml").write_text(text, encoding="utf-8")
    return folder


def hours_of(page: AppTest) -> dict[str, dict]:
    """Traces of the chart over hours, by name; the bands by theirs."""
    (chart,) = [c for c in page.get("plotly_chart") if "Usual" in c.proto.spec]
    return {trace["name"]: trace for trace in json.loads(chart.proto.spec)["data"]}


def test_a_day_is_shown_as_24_values(dashboard: Start, hourly: Path, here: Path) -> None:
    page = dashboard(hourly)
    assert not page.exception
    market = load_market(hourly)
    cutoff = pd.Timestamp(page.date_input(key="cutoff").value)
    found = Forecaster.load(here / "runs" / "tiny", "cpu").forecast(market, cutoff, 14)
    days = found.samples.reshape(3, 2, 14, HOURS, -1).sum((0, 1))  # [H, 24, S]
    shown = hours_of(page)
    assert [hour[11:16] for hour in shown["Forecast, median"]["x"]] == [f"{hour:02d}:00" for hour in range(HOURS)]
    np.testing.assert_allclose(_numbers(shown["Forecast, median"]["y"]), np.median(days[0], -1))
    at = market.dates.get_indexer(found.dates[:HOURS])
    np.testing.assert_allclose(_numbers(shown["Actual"]["y"]), market.orders[..., at].sum((0, 1)))
    page.select_slider(key="hours-of-14").set_value(9).run()
    np.testing.assert_allclose(_numbers(hours_of(page)["Forecast, median"]["y"]), np.median(days[9], -1))
    weeks = [
        market.orders[..., market.dates.get_indexer(found.dates[9 * HOURS : 10 * HOURS] - pd.Timedelta(weeks=w))] for w in (2, 3, 4, 5)
    ]
    np.testing.assert_allclose(_numbers(hours_of(page)["Usual"]["y"]), np.mean(weeks, 0).sum((0, 1)), rtol=1e-5)


def _numbers(values: object) -> np.ndarray:
    """What plotly wrote: a list, or base64 of an array."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
    return np.array(values, dtype=float)


@pytest.mark.parametrize("name", PAGES)
def test_the_other_pages_read_its_days(dashboard: Start, hourly: Path, name: str) -> None:
    page = dashboard(hourly)
    (number,) = [n for n, info in page._registered_pages.items() if info.get("url_pathname") == name]
    opened = AppTest.from_file(page._script_path, default_timeout=60)
    opened._registered_pages, opened._page_hash = page._registered_pages, number
    opened.run()
    assert not opened.exception
    assert not opened.error
    assert opened.date_input(key="cutoff").value == page.date_input(key="cutoff").value
