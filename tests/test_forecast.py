"""What is read off the samples of a forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stmp.errors import CutoffError
from stmp.forecast import LEVELS, Forecast, Forecaster, Psi
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market


@pytest.fixture
def forecast() -> Forecast:
    """2 regions x 1 category x 3 days; the samples of a cell are 0..100 times 1..6."""
    factor = np.arange(1, 7, dtype=np.float32).reshape(2, 1, 3, 1)
    cutoff = pd.Timestamp("2021-11-05")
    dates = pd.date_range("2021-11-06", periods=3)
    return Forecast("any", ("r0", "r1"), ("c0",), dates, cutoff, factor * np.arange(101, dtype=np.float32), 0, Scenario())


def test_mean_and_quantiles_of_known_samples(forecast: Forecast) -> None:
    factor = np.arange(1, 7).reshape(2, 1, 3)
    np.testing.assert_allclose(forecast.mean, 50 * factor)
    np.testing.assert_allclose(forecast.quantiles([0.05, 0.5]), np.stack([5 * factor, 50 * factor]), rtol=1e-6)
    assert forecast.quantiles().shape == (len(LEVELS), 2, 1, 3)


def test_totals_are_sums_within_a_sample(forecast: Forecast) -> None:
    samples = np.arange(101)
    np.testing.assert_array_equal(forecast.total(), [5 * samples, 7 * samples, 9 * samples])
    np.testing.assert_array_equal(forecast.total("H")[:, 0], [6 * samples, 15 * samples])
    np.testing.assert_array_equal(forecast.total("RCH"), 21 * samples)
    np.testing.assert_array_equal(forecast.total(""), forecast.samples)


def test_the_frame_has_a_row_per_cell(forecast: Forecast) -> None:
    frame = forecast.to_frame()
    assert list(frame) == ["region", "category", "date", "lead", "mean", "q05", "q10", "q25", "q50", "q75", "q90", "q95"]
    assert frame["region"].tolist() == ["r0"] * 3 + ["r1"] * 3
    assert frame["lead"].tolist() == [1, 2, 3, 1, 2, 3]
    assert frame["date"].tolist() == [*forecast.dates] * 2
    assert frame["mean"].tolist() == [50, 100, 150, 200, 250, 300]
    row = frame[(frame["region"] == "r1") & (frame["date"] == "2021-11-07")].iloc[0]
    assert [row[f"q{q}"] for q in ("05", "10", "25", "50", "75", "90", "95")] == pytest.approx([25, 50, 125, 250, 375, 450, 475])


def test_similarity_is_the_cosine_around_the_mean() -> None:
    mean = np.array([[[1, 0]], [[-1, 0]], [[0, 2]], [[0, -2]]], dtype=np.float32)
    similarity = Psi(("a", "b", "c", "d"), mean + 7, np.ones_like(mean)).similarity()
    np.testing.assert_allclose(similarity, [[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, -1], [0, 0, -1, 1]], atol=1e-6)
    assert np.isfinite(Psi(("a", "b"), np.ones((2, 1, 2), np.float32), np.ones((2, 1, 2), np.float32)).similarity()).all()


class Echo(Forecaster):
    """Says in its samples what it was shown."""

    name = "echo"

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> np.ndarray:
        assert view.orders.shape[-1] == len(view.dates) == view.past["cart_adds"].shape[-1]
        shape = (len(view.regions), len(view.categories), horizon - (scenario.name == "wrong"), samples)
        return np.full(shape, len(view.dates) + seed, dtype=np.float32)


def test_a_forecaster_is_shown_no_more_than_the_cutoff() -> None:
    forecast = Echo().forecast(small_market(), "2020-03-01", 5, samples=3, seed=7)
    assert forecast.samples.shape == (4, 2, 5, 3)
    assert (forecast.samples == 61 + 7).all()
    assert (forecast.model, forecast.cutoff, forecast.seed) == ("echo", pd.Timestamp("2020-03-01"), 7)
    assert list(forecast.dates) == list(pd.date_range("2020-03-02", "2020-03-06"))
    assert forecast.representations is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 0}, "0 samples were asked for"),
        ({"horizon": 0}, "the horizon is 0 days"),
        ({"horizon": 400}, "the calendar of small ends on 2022-03-01"),
        ({"cutoff": "2019-12-31"}, "lies outside small's data, 2020-01-01 to 2021-12-31"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_a_remedy(options: dict[str, object], words: str) -> None:
    with pytest.raises(CutoffError, match=words) as refused:
        Echo().forecast(small_market(), **{"cutoff": "2021-11-05", **options})  # type: ignore[arg-type]
    assert "Remedy: " in str(refused.value)


def test_samples_of_a_wrong_shape_are_noticed() -> None:
    with pytest.raises(ValueError, match=r"echo: expected samples of shape \(4, 2, 5, 3\), got \(4, 2, 4, 3\)"):
        Echo().forecast(small_market(), "2021-11-05", 5, Scenario(name="wrong"), samples=3)
