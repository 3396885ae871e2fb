"""Windows that cannot show the future, segments, and the table of scores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from stmp.errors import CutoffError
from stmp.evaluation import Score, Window, evaluate, rolling_windows
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market

MID, LATE = pd.Timestamp("2021-06-10"), pd.Timestamp("2021-11-05")
HORIZON = 14


class Constant(Forecaster):
    """Every sample is ``value`` plus what it is told of the view, spread evenly by ``spread``."""

    def __init__(self, value: float, spread: float = 0.0) -> None:
        self.name, self.value, self.spread = f"constant {value:g}", value, spread
        self.seen: list[Market] = []

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        self.seen.append(view)
        drawn = self.value + np.linspace(-self.spread, self.spread, samples)
        return np.broadcast_to(drawn, (*view.orders.shape[:2], horizon, samples)).astype(np.float32)


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market()


def pick(scores: tuple[Score, ...], segment: str, cutoff: str, model: str | None = None) -> Score:
    (found,) = [s for s in scores if s.segment == segment and s.cutoff == cutoff and model in (None, s.model)]
    return found


def test_a_view_ends_at_the_cutoff_and_owns_its_arrays(market: Market) -> None:
    window = Window(market, MID, HORIZON)
    assert window.view.dates[-1] == MID
    day = len(window.view.dates)
    assert window.view.orders.shape[-1] == window.view.past["cart_adds"].shape[-1] == day
    assert window.view.orders.base is None
    np.testing.assert_array_equal(window.actual, market.orders[..., day : day + HORIZON])


def test_segments_are_ordinary_days_holidays_and_every_phase_of_a_festival(market: Market) -> None:
    window = Window(market, MID, HORIZON)
    festival = [f"{d:%m-%d}" for d, s in zip(window.dates, window.segment, strict=True) if s == "festival"]
    assert festival == ["06-15", "06-16", "06-17", "06-18", "06-19", "06-20", "06-21"]
    assert set(window.segment) == {"ordinary", "festival"}
    new_year = Window(market, pd.Timestamp("2020-12-28"), 7)
    assert [f"{d:%m-%d}" for d, s in zip(new_year.dates, new_year.segment, strict=True) if s == "holiday"] == ["01-01"]


def test_forecasters_are_handed_the_view_only(market: Market) -> None:
    forecaster = Constant(100)
    evaluate([forecaster], market, [MID, LATE], HORIZON, samples=2)
    assert [view.dates[-1] for view in forecaster.seen] == [MID, LATE]


def test_scores_are_those_of_the_cells_of_the_segment(market: Market) -> None:
    scores = evaluate([Constant(100)], market, [MID, LATE], HORIZON, samples=3).scores
    windows = [Window(market, cutoff, HORIZON) for cutoff in (MID, LATE)]
    actual = np.concatenate([w.actual[..., w.segment == "festival"] for w in windows], axis=-1)
    pooled = pick(scores, "festival", "all")
    assert (pooled.n, pooled.days) == (actual.size, 14)
    assert pooled.wape == pytest.approx(np.abs(actual - 100).sum() / actual.sum())
    assert pooled.bias == pytest.approx((100 - actual).sum() / actual.sum())
    relative = [((w.actual[..., w.segment == "festival"] - 100) / w.view.orders.mean(-1, keepdims=True)) ** 2 for w in windows]
    assert pooled.mse_rel == pytest.approx(np.concatenate(relative, axis=-1).mean(), rel=1e-5)
    total = actual.sum((0, 1))
    assert pooled.total_wape == pytest.approx(np.abs(total - 100 * actual.shape[0] * actual.shape[1]).sum() / total.sum())
    assert pooled.width95 == 0
    one = pick(scores, "festival", "2021-06-10")
    assert one.n == pooled.n / 2


def test_there_is_a_row_for_each_segment_that_has_days_and_each_cutoff(market: Market) -> None:
    scores = evaluate([Constant(1), Constant(2)], market, [MID, LATE], HORIZON, samples=2).scores
    rows = [(s.model, s.segment, s.cutoff) for s in scores]
    assert len(rows) == len(set(rows)) == 2 * 3 * 3
    assert {r[1] for r in rows} == {"ordinary", "festival", "all"}


def test_totals_are_covered_by_the_sum_of_samples_not_of_quantiles(market: Market) -> None:
    level = float(np.nanmean(market.orders))
    score = pick(evaluate([Constant(level, spread=level)], market, [MID], HORIZON, samples=50).scores, "ordinary", "all")
    assert score.total_coverage80 == 1
    narrow = pick(evaluate([Constant(level, spread=0.01)], market, [MID], HORIZON, samples=50).scores, "ordinary", "all")
    assert narrow.total_coverage80 == 0


def test_missing_actuals_are_left_out_of_cells_and_totals(market: Market) -> None:
    orders = market.orders.copy()
    day = int(market.dates.get_loc(MID)) + 1
    orders[0, :, day] = np.nan
    orders[:, :, day + 1] = np.nan
    gaps = evaluate([Constant(100)], replace(market, orders=orders), [MID], HORIZON, samples=2)
    score = pick(gaps.scores, "all", "all")
    regions, categories = orders.shape[:2]
    assert score.n == regions * categories * (HORIZON - 1) - categories
    assert score.days == HORIZON - 1
    there = ~np.isnan(orders[..., day : day + HORIZON])
    actual = np.nansum(orders[..., day : day + HORIZON], axis=(0, 1))
    assert score.total_wape == pytest.approx(np.abs(actual - 100 * there.sum((0, 1))).sum() / actual.sum())


def test_a_cutoff_before_the_training_end_is_refused(market: Market) -> None:
    with pytest.raises(CutoffError, match=r"2021-06-10 is earlier than the checkpoint's training end, 2021-10-31.*--until"):
        evaluate([Constant(1)], market, [LATE, MID], HORIZON, trained_until=pd.Timestamp("2021-10-31"))
    assert len(rolling_windows(market, [LATE], HORIZON, trained_until=LATE)) == 1


@pytest.mark.parametrize(
    ("cutoffs", "horizon", "message"),
    [
        (["2021-12-25"], 14, "nothing to compare with"),
        (["2023-01-01"], 14, "outside small's data"),
        (["2021-06-10"], 0, "ask for at least 1"),
        ([], 14, "at least one"),
        (["2021-06-10", "2021-06-10"], 14, "once"),
    ],
)
def test_windows_that_cannot_be_are_refused(market: Market, cutoffs: list[str], horizon: int, message: str) -> None:
    with pytest.raises(CutoffError, match=message):
        rolling_windows(market, [pd.Timestamp(c) for c in cutoffs], horizon)


def test_the_file_has_scores_and_where_they_come_from(market: Market, tmp_path: Path) -> None:
    orders = market.orders.copy()
    orders[..., int(market.dates.get_loc(MID)) + 1 :] = 0
    silent = replace(market, orders=orders)
    evaluate([Constant(1)], silent, [MID], HORIZON, samples=2, seed=5).write(tmp_path / "scores.json")
    content = json.loads((tmp_path / "scores.json").read_text())
    assert (content["market"], content["simulated"], content["seed"], content["horizon"]) == ("small", True, 5, HORIZON)
    assert content["cutoffs"] == ["2021-06-10"]
    assert content["data_digest"] == market.digest
    assert content["scores"][0]["wape"] is None
    assert content["scores"][0]["mse_rel"] > 0
    assert [p.name for p in tmp_path.iterdir()] == ["scores.json"]


def test_progress_is_reported_before_each_forecast(market: Market) -> None:
    seen: list[tuple[str, pd.Timestamp]] = []
    evaluate([Constant(1)], market, [MID, LATE], HORIZON, samples=2, report=lambda model, cutoff: seen.append((model, cutoff)))
    assert seen == [("constant 1", MID), ("constant 1", LATE)]
