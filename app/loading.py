"""Markets, checkpoints and forecasts, each made once and kept for all sessions. Keys are digests, hashes and scenarios, never tables."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from app.offers import Offer, market_stamp
from app.pictures.places import Places, places_of
from stmp.forecast import Forecast, Forecaster, Representations
from stmp.forecaster import STMP
from stmp.market import Market
from stmp.market.load import load_market
from stmp.scenario import Scenario

SAMPLES, SEED = 200, 0  # as the command 'stmp forecast' has them, so that both give the same numbers
_MODEL = threading.Lock()  # a forecaster remembers what it inferred, and two cores serve one forecast at a time best


@dataclass(frozen=True)
class Loaded:
    """A market, its folder and, where it says where its regions lie, their places on a map."""

    folder: Path
    market: Market
    places: Places | None


@dataclass(frozen=True)
class Run:
    """A forecast, the device that made it and how long that took."""

    forecast: Forecast
    device: str
    milliseconds: float


@dataclass(frozen=True)
class Question:
    """All that a forecast depends on."""

    market: Market
    offer: Offer
    device: str
    cutoff: pd.Timestamp
    horizon: int
    scenario: Scenario

    def key(self) -> tuple[str, ...]:
        """What the answer is kept under."""
        digests = (self.market.digest, self.offer.card.weights_sha256)
        return (*digests, self.device, str(self.cutoff), str(self.horizon), self.scenario.to_toml())


def market(folder: Path) -> Loaded:
    """The market of a folder, read again when one of its files has changed. Raises MarketError."""
    return _market(str(folder), market_stamp(folder))


@st.cache_resource(max_entries=8, show_spinner="Reading the market …")
def _market(folder: str, stamp: tuple[int, ...]) -> Loaded:
    read = load_market(Path(folder))
    return Loaded(Path(folder), read, places_of(read))


@st.cache_resource(max_entries=4, show_spinner="Loading the checkpoint …")
def _forecaster(folder: str, weights_sha256: str, device: str) -> STMP:
    return Forecaster.load(Path(folder), device)


def run(question: Question) -> Run:
    """The forecast a question asks for. Raises StmpError."""
    return _run(question, question.key())


@st.cache_resource(max_entries=32, show_spinner="Forecasting …")
def _run(_question: Question, key: tuple[str, ...]) -> Run:
    asked = _question
    forecaster = _forecaster(str(asked.offer.folder), asked.offer.card.weights_sha256, asked.device)
    with _MODEL:
        start = time.perf_counter()
        forecast = forecaster.forecast(asked.market, asked.cutoff, asked.horizon, asked.scenario, samples=SAMPLES, seed=SEED)
        return Run(forecast, forecaster.device.type, 1000 * (time.perf_counter() - start))


def representations(question: Question) -> Representations:
    """What the model inferred at the question's cutoff of every region, and of every date type the calendar knows."""
    return _representations(question, question.key()[:4])


@st.cache_resource(max_entries=8, show_spinner="Comparing districts and date types …")
def _representations(_question: Question, key: tuple[str, ...]) -> Representations:
    asked = _question
    forecaster = _forecaster(str(asked.offer.folder), asked.offer.card.weights_sha256, asked.device)
    with _MODEL:
        return forecaster.representations(asked.market.until(asked.cutoff))
