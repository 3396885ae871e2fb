"""Metrics against naive loops and against utilsforecast, which knows some of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from utilsforecast import losses

from stmp.evaluation import metrics

SERIES, DAYS, SAMPLES = 5, 12, 40


@pytest.fixture
def case() -> dict[str, np.ndarray]:
    """actual [N, H] with two gaps, samples [N, H, S], history [N, D]."""
    rng = np.random.default_rng(1)
    level = rng.uniform(5, 500, (SERIES, 1))
    actual = rng.poisson(level, (SERIES, DAYS)).astype(float)
    actual[0, 3] = actual[2, 5] = np.nan
    samples = rng.gamma(5, level[..., None] / 5, (SERIES, DAYS, SAMPLES))
    history = rng.poisson(level, (SERIES, 60)).astype(float)
    return {"actual": actual, "samples": samples, "history": history, "point": np.median(samples, -1)}


def cells(actual: np.ndarray) -> list[tuple[int, int]]:
    return [(i, t) for i in range(SERIES) for t in range(DAYS) if not math.isnan(actual[i, t])]


def frame(case: dict[str, np.ndarray]) -> pd.DataFrame:
    """The known cells as one series of utilsforecast, with the 80 % interval beside the median."""
    actual, samples = case["actual"], case["samples"]
    known = ~np.isnan(actual)
    low, high = np.quantile(samples[known], [0.1, 0.9], axis=-1)
    ids = np.repeat(np.arange(SERIES), DAYS).reshape(actual.shape)[known]
    columns = {"y": actual[known], "m": case["point"][known], "m-lo-80": low, "m-hi-80": high}
    return pd.DataFrame({"unique_id": ids, "ds": np.arange(known.sum())} | columns)


def pooled(case: dict[str, np.ndarray]) -> pd.DataFrame:
    return frame(case).assign(unique_id=0)


def test_wape_is_that_of_utilsforecast_and_of_a_loop(case: dict[str, np.ndarray]) -> None:
    actual, point = case["actual"], case["point"]
    found = metrics.wape(actual, point)
    loop = sum(abs(actual[c] - point[c]) for c in cells(actual)) / sum(actual[c] for c in cells(actual))
    assert found == pytest.approx(loop)
    assert found == pytest.approx(losses.nd(pooled(case), models=["m"])["m"].item())


def test_bias_is_the_mean_error_of_utilsforecast_over_the_mean_actual(case: dict[str, np.ndarray]) -> None:
    table = pooled(case)
    expected = losses.bias(table, models=["m"])["m"].item() / table["y"].mean()
    assert metrics.bias(case["actual"], case["point"]) == pytest.approx(expected)
    assert metrics.bias(np.array([10.0]), np.array([15.0])) == pytest.approx(0.5)


def test_mase_is_that_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    days = case["history"].shape[-1]
    history = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(SERIES), days),
            "ds": np.tile(np.arange(days), SERIES),
            "y": case["history"].reshape(-1),
        }
    )
    by_series = losses.mase(frame(case), models=["m"], seasonality=7, train_df=history).set_index("unique_id")["m"]
    counts = (~np.isnan(case["actual"])).sum(-1)
    found = metrics.mase(case["actual"], case["point"], metrics.seasonal_scale(case["history"]))
    assert found == pytest.approx((by_series.to_numpy() * counts).sum() / counts.sum(), rel=1e-6)


def test_mse_rel_is_the_squared_error_of_volumes_over_the_series_mean(case: dict[str, np.ndarray]) -> None:
    actual, point, history = case["actual"], case["point"], case["history"]
    loop = [((actual[i, t] - point[i, t]) / history[i].mean()) ** 2 for i, t in cells(actual)]
    assert metrics.mse_rel(actual, point, metrics.mean_scale(history)) == pytest.approx(sum(loop) / len(loop))
    scaled = pooled(case)
    scale = np.broadcast_to(history.mean(-1, keepdims=True), actual.shape)[~np.isnan(actual)]
    scaled[["y", "m"]] = scaled[["y", "m"]].div(scale, axis=0)
    assert metrics.mse_rel(actual, point, metrics.mean_scale(history)) == pytest.approx(losses.mse(scaled, models=["m"])["m"].item())


def test_crps_is_the_energy_form_over_all_pairs(case: dict[str, np.ndarray]) -> None:
    actual, samples = case["actual"], case["samples"]
    found = metrics.crps_cells(actual, samples)
    for i, t in cells(actual):
        drawn = samples[i, t]
        to_actual = sum(abs(x - actual[i, t]) for x in drawn) / SAMPLES
        to_each_other = sum(abs(x - z) for x in drawn for z in drawn) / SAMPLES**2
        assert found[i, t] == pytest.approx(to_actual - to_each_other / 2)
    total = sum(found[c] for c in cells(actual)) / sum(actual[c] for c in cells(actual))
    assert metrics.crps(actual, samples) == pytest.approx(total)


def test_crps_approaches_the_closed_form_of_a_normal() -> None:
    drawn = np.random.default_rng(0).standard_normal(200_000)
    # Gneiting and Raftery, 2007: 2 pdf(0) - 1 / sqrt(pi) at the centre of a standard normal.
    closed = 2 / math.sqrt(2 * math.pi) - 1 / math.sqrt(math.pi)
    assert metrics.crps_cells(np.zeros(1), drawn[None]).item() == pytest.approx(closed, abs=2e-3)


def test_crps_of_samples_all_alike_is_the_wape() -> None:
    actual, point = np.array([3.0, 8.0, np.nan]), np.array([5.0, 5.0, 5.0])
    assert metrics.crps(actual, np.repeat(point[:, None], 9, axis=1)) == pytest.approx(metrics.wape(actual, point))


def test_coverage_is_that_of_utilsforecast(case: dict[str, np.ndarray]) -> None:
    found = metrics.coverage(case["actual"], case["samples"], 0.8)
    assert found == pytest.approx(losses.coverage(pooled(case), models=["m"], level=80)["m"].item())
    assert 0 < found < 1


def test_width_is_relative_to_the_mean_actual(case: dict[str, np.ndarray]) -> None:
    table = pooled(case)
    expected = (table["m-hi-80"] - table["m-lo-80"]).mean() / table["y"].mean()
    assert metrics.width(case["actual"], case["samples"], 0.8) == pytest.approx(expected)
    assert metrics.width(case["actual"], case["samples"], 0.5) < expected < metrics.width(case["actual"], case["samples"], 0.95)


def test_interval_ends_count_as_covered() -> None:
    samples = np.arange(11.0)[None]
    assert metrics.coverage(np.array([1.0]), samples, 0.8) == 1
    assert metrics.coverage(np.array([0.99]), samples, 0.8) == 0


def test_gaps_in_the_history_do_not_count() -> None:
    history = np.array([[1.0, 2, 3, 4, 5, 6, 7, 3, np.nan, 3, 4, 5, 6, 10]])
    assert metrics.seasonal_scale(history).item() == pytest.approx((2 + 0 + 0 + 0 + 0 + 3) / 6)
    assert metrics.mean_scale(history).item() == pytest.approx(59 / 13)


def test_a_series_that_sold_nothing_has_no_scale_and_is_left_out() -> None:
    history = np.stack([np.zeros(20), np.arange(20.0)])
    scale = metrics.mean_scale(history)
    assert np.isnan(scale[0]).all()
    actual, point = np.array([[5.0], [9.5]]), np.array([[1.0], [0.0]])
    assert metrics.mse_rel(actual, point, scale) == pytest.approx(1.0)
    assert metrics.mase(actual, point, metrics.seasonal_scale(history)) == pytest.approx(9.5 / 7)


def test_nothing_to_score_is_nan_not_zero() -> None:
    actual, samples = np.full((1, 2), np.nan), np.ones((1, 2, 3))
    scores = [metrics.wape(actual, actual), metrics.bias(actual, actual), metrics.crps(actual, samples)]
    scores += [metrics.coverage(actual, samples, 0.8), metrics.width(actual, samples, 0.8), metrics.wape(np.zeros(3), np.ones(3))]
    assert all(math.isnan(score) for score in scores)


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=30), st.floats(0, 1e5))
def test_crps_is_never_negative_and_never_above_the_mean_absolute_error(drawn: list[float], actual: float) -> None:
    samples = np.array([drawn])
    found = metrics.crps_cells(np.array([actual]), samples).item()
    assert -1e-6 <= found <= np.abs(samples - actual).mean() + 1e-6
