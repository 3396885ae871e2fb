"""The checkpoint that the studio ships: what its card says, and that its representations matter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.checkpoint import CARD, WEIGHTS, read_card
from stmp.config import Schema
from stmp.evaluation import Backtest, study
from stmp.evaluation.cells import FILE
from stmp.evaluation.metrics import wape
from stmp.evaluation.window import Window
from stmp.forecaster import STMP
from stmp.market import Market
from stmp.market.load import load_market
from stmp.model import Gaussian
from stmp.scenario import Recent, Scenario

ROOT = Path(__file__).resolve().parents[1]
CHECKPOINT = ROOT / "pretrained" / "beijing"
BEIJING = ROOT / "assets" / "markets" / "beijing"
PEAK = "Double 11 · peak"
HORIZON, DRAWS = 14, 50

pytestmark = pytest.mark.skipif(not (CHECKPOINT / CARD).is_file(), reason="pretrained/beijing is not there: make it with 'make train'")


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(BEIJING)


@pytest.fixture(scope="module")
def forecaster() -> STMP:
    return STMP.load(CHECKPOINT, device="cpu")


class Exchange:
    """Forecasts of one cutoff from the same noise, with whatever psi one gives it."""

    def __init__(self, forecaster: STMP, market: Market, cutoff: str) -> None:
        view = market.until(pd.Timestamp(cutoff))
        self.forecaster, start = forecaster, len(view.dates)
        self.actual = market.orders[..., start : start + HORIZON]
        self.days = [t.label for t in market.calendar.types[start : start + HORIZON]]
        with torch.inference_mode():
            (piece,) = forecaster._infer(view).pieces
            self.query = piece.query(None, HORIZON)
            self.types = piece.psi(self.query.labels)
            self.regions = piece.regions
            generator = torch.Generator().manual_seed(0)
            count = len(self.query.labels)
            sizes = (*view.orders.shape[:2], HORIZON)
            self.noise = forecaster.network.draw_noise(sizes, count, DRAWS, forecaster.card.calibration, generator)

    def wape(self, regions: Gaussian | None = None, types: Gaussian | None = None, labels: tuple[str, ...] = ()) -> float:
        """Of the medians, on the days of the date types ``labels`` or on all."""
        network, calibration = self.forecaster.network, self.forecaster.card.calibration
        with torch.inference_mode():
            z = network.sample(self.query.inputs, regions or self.regions, types or self.types, calibration, self.noise)
            volume = torch.expm1(z + self.query.inputs.level[..., None]).clamp(min=0).median(0).values.numpy()
        chosen = np.array([not labels or day in labels for day in self.days])
        return float(np.abs(volume - self.actual)[..., chosen].sum() / self.actual[..., chosen].sum())

    def swapped(self, one: str, other: str) -> Gaussian:
        """The date types' psi with those of two types exchanged."""
        order = list(range(len(self.query.labels)))
        i, j = (self.query.labels.index(label) for label in (one, other))
        order[i], order[j] = j, i
        return Gaussian(self.types.mean[:, order], self.types.std[:, order])


@pytest.fixture(scope="module")
def exchange(forecaster: STMP, market: Market) -> Exchange:
    return Exchange(forecaster, market, "2019-10-31")


def test_all_of_2019_is_unseen(market: Market) -> None:
    card = read_card(CHECKPOINT)
    assert card.trained_until == "2018-12-31"
    assert card.trained_from == "2015-01-01"
    assert card.simulated


def test_it_was_trained_on_the_market_that_is_shipped(market: Market) -> None:
    card = read_card(CHECKPOINT)
    assert card.data_digest == market.digest
    assert card.schema_ == Schema.of(market)
    assert (card.regions, card.categories) == (market.regions, market.categories)
    assert card.calibration.days > 250
    assert card.calibration.festival_days > 20


def test_it_is_small() -> None:
    assert {file.name for file in CHECKPOINT.iterdir()} == {CARD, WEIGHTS, FILE}
    assert sum(file.stat().st_size for file in CHECKPOINT.iterdir()) < 10_000_000


def test_exchanging_an_ordinary_day_and_a_peak_makes_the_error_worse(exchange: Exchange) -> None:
    types = exchange.swapped("workday", PEAK)
    for labels in ((), ("workday", PEAK), (PEAK,)):
        before, after = exchange.wape(labels=labels), exchange.wape(types=types, labels=labels)
        print(f"WAPE on {labels or 'all days'}: {before:.4f}, exchanged {after:.4f}, {after / before:.3f} times")
    assert exchange.wape(types=types, labels=(PEAK,)) > 1.5 * exchange.wape(labels=(PEAK,))
    assert exchange.wape(types=types) > 1.2 * exchange.wape()


def test_exchanging_unlike_districts_makes_the_error_worse(exchange: Exchange) -> None:
    psi, before = exchange.regions, exchange.wape()
    turns = range(1, psi.mean.shape[1])
    after = [exchange.wape(regions=Gaussian(psi.mean.roll(turn, 1), psi.std.roll(turn, 1))) for turn in turns]
    mean = float(np.mean(after))
    print(f"WAPE: {before:.4f}, with another's psi {mean:.4f}, {mean / before:.3f} times ({min(after):.4f} to {max(after):.4f})")
    assert mean > 1.04 * before
    assert min(after) > before


def test_its_bands_hold_totals_as_well_as_districts() -> None:
    cells = Backtest.read(CHECKPOINT / FILE).cells
    ours = cells[cells["model"] == study.OURS]
    districts, totals = (float(rows["in80"].mean()) for rows in (study.districts(ours), study.network(ours)))
    print(f"of {ours['date'].nunique()} days in the 80 % interval: {districts:.3f} of the cells, {totals:.3f} of the totals")
    assert abs(totals - districts) < 0.08
    assert all(0.7 < share < 0.9 for share in (districts, totals))


def test_fuller_carts_before_a_peak_raise_it(forecaster: STMP, market: Market) -> None:
    cutoff, peak = pd.Timestamp("2019-11-09"), 1  # Double 11 is the second day
    totals = {}
    for factor in (0.5, 1.0, 2.0):
        scenario = Scenario(recent=(Recent(stream="cart_adds", factor=factor, days=7),) if factor != 1 else ())
        totals[factor] = float(forecaster.forecast(market, cutoff, 3, scenario, samples=DRAWS).total()[peak].mean())
    print(f"Double 11 with half the carts of a week {totals[0.5] / totals[1]:.3f}, with twice {totals[2] / totals[1]:.3f} times")
    assert totals[0.5] < 0.95 * totals[1]
    assert totals[2] > 1.05 * totals[1]


def test_without_carts_the_peaks_of_the_next_two_days_are_forecast_worse(forecaster: STMP, market: Market) -> None:
    unknown = np.full_like(market.past["cart_adds"], np.nan)
    without = replace(market, past={"cart_adds": unknown}, digest=f"{market.digest} without carts")
    errors = {}
    for name, known in (("with", market), ("without", without)):
        windows = [
            (Window(known, o.peak - pd.Timedelta(days=lead), lead), lead - 1)
            for o in market.calendar.occurrences
            for lead in (1, 2)
            if o.peak.year == 2019
        ]
        actual = np.stack([window.actual[..., day] for window, day in windows])
        drawn = [forecaster.forecast(w.view, w.view.cutoff, day + 1, samples=DRAWS).samples[:, :, day] for w, day in windows]
        errors[name] = wape(actual, np.median(drawn, axis=-1))
    print(f"WAPE of the peaks of 2019 one and two days ahead: {errors['with']:.4f}, without carts {errors['without']:.4f}")
    assert errors["without"] > 1.01 * errors["with"]
