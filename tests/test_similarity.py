"""How alike labels are, held against plain integrals and sums; past festivals one by one, and what came then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from stmp.forecast import Forecaster, Psi, Representations
from stmp.market import Market, Occurrence
from stmp.scenario import Scenario
from stmp.similarity import blend, neighbours, outcome, overlap, past_peaks, resemblance
from tests.markets import small_market
from tests.small import forecaster_of

FIRST = pd.Timestamp("2020-02-01")


def psi_of(mean: Sequence[Sequence[float]], std: float | Sequence[Sequence[float]] = 1.0) -> Psi:
    """[N, D] -> a psi of one category."""
    values = np.array(mean, dtype=np.float32)[:, None]
    spread = np.broadcast_to(np.array(std, dtype=np.float32), values[:, 0].shape)[:, None]
    return Psi(tuple("abcdefgh"[: len(values)]), values, spread.copy())


def random_psi(labels: int, seed: int = 0) -> Psi:
    rng = np.random.default_rng(seed)
    return Psi(
        tuple(f"label {i}" for i in range(labels)),
        rng.normal(size=(labels, 2, 3)).astype(np.float32),
        rng.uniform(0.5, 2, (labels, 2, 3)).astype(np.float32),
    )


def test_the_nearest_come_first_and_never_the_label_itself() -> None:
    found = neighbours(psi_of([[1, 0], [-1, 0], [0.8, 0.6], [-0.8, -0.6]]), 0)
    assert [one.position for one in found] == [2, 3, 1]
    assert [one.cosine for one in found] == pytest.approx([0.8, -0.8, -1])


def test_the_overlap_is_the_mean_integral_of_the_densities() -> None:
    one, others = random_psi(1, seed=1), random_psi(2, seed=2)

    def shared(number: int, category: int, dimension: int) -> float:
        p, q = (norm(psi.mean[i, category, dimension], psi.std[i, category, dimension]) for psi, i in ((one, 0), (others, number)))
        return float(quad(lambda x: np.sqrt(p.pdf(x) * q.pdf(x)), -20, 20)[0])

    expected = [np.prod([shared(n, c, d) for c in range(2) for d in range(3)]) ** (1 / 6) for n in range(2)]
    assert overlap(one, others) == pytest.approx(expected, rel=1e-6)
    assert overlap(one, one) == pytest.approx([1])


def test_more_doubt_leaves_more_overlap_and_the_same_cosine() -> None:
    mean = [[2, 0], [0, 2], [-1, -1]]
    sure, unsure = neighbours(psi_of(mean, 0.2), 0), neighbours(psi_of(mean, 2.0), 0)
    assert [one.cosine for one in sure] == [one.cosine for one in unsure]
    assert all(more.overlap > less.overlap for more, less in zip(unsure, sure, strict=True))


def test_a_scenario_is_compared_around_the_mean_of_the_past() -> None:
    past = psi_of([[11, 10], [10, 11], [9, 9]])  # around (10, 10)
    found = resemblance(psi_of([[10, 13]]), past)
    assert [one.position for one in found] == [1, 0, 2]
    assert [one.cosine for one in found] == pytest.approx([1, 0, -np.sqrt(0.5)])


def test_a_blend_is_the_weighted_sum_of_independent_gaussians() -> None:
    mixed = blend(psi_of([[4, 0], [9, 9], [0, 8]], [[1, 1], [9, 9], [2, 2]]), {"a": 0.75, "c": 0.25})
    assert mixed.mean.ravel() == pytest.approx([3, 2])
    draws = np.random.default_rng(0).normal([[0], [0]], [[1], [2]], (2, 200_000))
    assert mixed.std.ravel() == pytest.approx([np.std(0.75 * draws[0] + 0.25 * draws[1])] * 2, rel=0.01)
    assert mixed.mean.shape == mixed.std.shape == (1, 1, 2)


def even_market() -> tuple[Market, Occurrence]:
    """10 orders in each cell and day; on the two peak days five times as many in region r0 and twice as many in the others."""
    market = small_market(regions=3, categories=2)
    peak = int(market.dates.get_loc(pd.Timestamp("2020-11-11")))
    orders = np.full_like(market.orders, 10)
    orders[..., peak : peak + 2] = 20
    orders[0, :, peak : peak + 2] = 50
    return replace(market, orders=orders), Occurrence("Late", pd.Timestamp("2020-11-11"), days=2)


def test_what_came_is_read_against_the_ordinary_days_before() -> None:
    market, occurrence = even_market()
    then = outcome(market, occurrence)
    assert then.offsets == (-3, -2, -1, 0, 1, 2, 3, 4)
    assert [f"{day:%m-%d}" for day in then.dates[[0, -1]]] == ["11-08", "11-15"]
    assert then.uplift == pytest.approx([1, 1, 1, 3, 3, 1, 1, 1])
    assert then.peak_uplift == pytest.approx(3)
    assert then.total == 6 * 6 * 10 + 2 * (2 * 50 + 4 * 20)
    assert then.regions.to_dict() == pytest.approx({"r0": 5, "r1": 2, "r2": 2})
    assert then.regions.index[0] == "r0"


def test_cells_that_are_missing_are_left_out_on_both_sides() -> None:
    market, occurrence = even_market()
    market.orders[0, 0, market.dates.get_loc(pd.Timestamp("2020-11-11"))] = np.nan
    market.orders[1] = np.nan
    then = outcome(market, occurrence)
    assert then.uplift[3] == pytest.approx((50 + 2 * 20) / 30)
    assert then.regions["r0"] == pytest.approx(5)
    assert np.isnan(then.regions["r1"])


class Listening(Forecaster):
    """Keeps what it was asked, and infers the number of each label."""

    def representations(self, view: Market, labels: Sequence[str] | None = None) -> Representations:
        assert labels is not None
        self.view, self.labels = view, tuple(labels)
        psi = psi_of([[float(i)] for i in range(len(labels))])
        return Representations(psi, replace(psi, labels=self.labels))

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        raise NotImplementedError


def test_every_past_festival_is_a_label_of_its_own_until_the_cutoff() -> None:
    market, forecaster = small_market(), Listening()
    view = market.until(pd.Timestamp("2021-06-20"))
    past = past_peaks(forecaster, view, FIRST)
    assert past is not None
    assert forecaster.labels == ("Mid 2020-06-18 · peak", "Late 2020-11-11 · peak")  # that of 2021 is not over yet
    assert [f"{o.festival} {o.peak:%Y}" for o in past.occurrences] == ["Mid 2020", "Late 2020"]
    told = dict(zip(forecaster.view.dates, forecaster.view.calendar.types, strict=False))
    assert told[pd.Timestamp("2020-06-17")].label == "Mid 2020-06-18 · run-up"
    assert told[pd.Timestamp("2021-06-18")].label == "Mid · peak"
    assert forecaster.view.digest != view.digest  # a forecaster remembers by it
    assert past.outcomes[1].peak_uplift == outcome(market, past.occurrences[1]).peak_uplift
    later = past_peaks(forecaster, market.until(pd.Timestamp("2021-06-21")), pd.Timestamp("2020-06-19"))
    assert later is not None
    assert [f"{o.festival} {o.peak:%Y}" for o in later.occurrences] == ["Late 2020", "Mid 2021"]


def test_without_a_past_festival_there_is_nothing() -> None:
    assert past_peaks(Listening(), small_market().until(pd.Timestamp("2020-05-01")), FIRST) is None


def test_a_festival_held_once_is_read_alike_by_either_name() -> None:
    market = small_market()
    forecaster, view = forecaster_of(market), market.until(pd.Timestamp("2020-12-31"))
    past = past_peaks(forecaster, view, FIRST)
    assert past is not None
    usual = forecaster.representations(view, ["Mid · peak", "Late · peak"]).date_types
    np.testing.assert_allclose(past.psi.mean, usual.mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(past.psi.std, usual.std, rtol=1e-5, atol=1e-6)
    later = market.until(pd.Timestamp("2021-12-31"))
    again = past_peaks(forecaster, later, FIRST)
    assert again is not None
    assert len(again.occurrences) == 4
    assert not np.allclose(again.psi.mean[0], again.psi.mean[2])  # Mid of 2020 and of 2021
