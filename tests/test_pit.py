"""Where actuals fall within their forecasts, against the definition and against draws."""

from __future__ import annotations

import numpy as np
import pytest

from stmp.evaluation.pit import EDGES, histogram, ranks

RIGHT = np.diff(EDGES)


def test_a_rank_is_the_share_of_samples_below_and_ties_take_any_place() -> None:
    samples = np.array([[1.0, 2.0, 2.0, 5.0]] * 5)
    low, high = ranks(np.array([0.0, 2.0, 3.0, 9.0, np.nan]), samples)
    np.testing.assert_allclose(low, [0, 1 / 5, 3 / 5, 4 / 5, np.nan])
    np.testing.assert_allclose(high, [1 / 5, 4 / 5, 4 / 5, 1, np.nan])


def test_the_histogram_is_the_mean_of_randomised_ones() -> None:
    rng = np.random.default_rng(0)
    actual, samples = rng.poisson(1.5, 300).astype(float), rng.poisson(2.0, (300, 40)).astype(float)
    drawn = np.zeros(len(RIGHT))
    for _ in range(400):
        values = []
        for came, forecast in zip(actual, samples, strict=True):
            places = np.append(forecast, came)
            places = places + rng.uniform(0, 1e-3, len(places))  # ties broken by chance
            values.append(((places[:-1] < places[-1]).sum() + rng.random()) / len(places))
        drawn += np.histogram(values, EDGES)[0] / 300 / 400
    np.testing.assert_allclose(histogram(*ranks(actual, samples)), drawn, atol=0.003)


@pytest.mark.parametrize("rate", [0.3, 4.0, 500.0])
def test_it_is_flat_where_actuals_are_further_samples(rate: float) -> None:
    drawn = np.random.default_rng(1).poisson(rate, (60_000, 20)).astype(float)
    np.testing.assert_allclose(histogram(*ranks(drawn[:, 0], drawn[:, 1:])), RIGHT, atol=0.005)


def test_too_narrow_is_a_bowl_too_wide_a_hill_and_too_low_a_slope() -> None:
    rng = np.random.default_rng(2)
    actual = rng.normal(size=4000)

    def over(spread: float, shift: float = 0.0) -> np.ndarray:
        return histogram(*ranks(actual, rng.normal(shift, spread, (4000, 199)))) / RIGHT

    narrow, wide, low = over(0.5), over(2.0), over(1.0, shift=-1.0)
    assert narrow[0] > 3 > 1 > narrow[3]
    assert wide[0] < 0.3 < 1 < wide[3]
    assert (np.diff(low) > 0).all()


def test_what_is_missing_counts_for_nothing() -> None:
    samples = np.arange(99.0)[None].repeat(3, 0)
    actual = np.array([np.nan, 49.5, np.nan])
    np.testing.assert_array_equal(histogram(*ranks(actual, samples)).nonzero()[0], [4])
    assert np.isnan(histogram(*ranks(np.full(3, np.nan), samples))).all()
