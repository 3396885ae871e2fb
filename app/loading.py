"""Markets, checkpoints and forecasts, each made once and kept for all sessions. Keys are digests, hashes and scenarios, never tables."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import streamlit as st

from app.language import t
from app.offers import Offer, cutoffs, market_stamp
from app.pictures.places import Places, places_of
from stmp import similarity
from stmp.evaluation import Backtest, Window
from stmp.forecast import Forecast, Forecaster, Representations
from stmp.forecaster import STMP
from stmp.hours import by_day
from stmp.market import Market
from stmp.market.load import load_market
from stmp.market.report import Description, describe
from stmp.newcomers import founded, guesses, observed
from stmp.scenario import Scenario
from stmp.similarity import PastPeaks

LARGE = 20_000_000  # numbers of a forecast, 80 MB: of larger ones few are kept
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
    seed: int = SEED

    def key(self) -> tuple[str, ...]:
        """What the answer is kept under; a scenario by any name, in any language, is the same."""
        digests = (self.market.digest, self.offer.card.weights_sha256)
        unnamed = self.scenario.model_copy(update={"name": "unnamed"}).to_toml()
        return (*digests, self.device, str(self.cutoff), str(self.horizon), unnamed, str(self.seed))


def market(folder: Path) -> Loaded:
    """The market of a folder, read again when one of its files has changed. Raises MarketError."""
    stamp = market_stamp(folder)
    with st.spinner(t("Reading the market …")):
        return _market(str(folder), stamp)


@st.cache_resource(max_entries=8, show_spinner=False)
def _market(folder: str, stamp: tuple[int, ...]) -> Loaded:
    read = by_day(load_market(Path(folder)))
    return Loaded(Path(folder), read, places_of(read))


@st.cache_resource(max_entries=4, show_spinner=False)
def _forecaster(folder: str, weights_sha256: str, device: str) -> STMP:
    return Forecaster.load(Path(folder), device)


def run(question: Question) -> Run:
    """The forecast a question asks for, its scenario called as the question calls it. Raises StmpError."""
    regions, categories, _ = question.market.orders.shape
    with st.spinner(t("Forecasting …")):
        kept = _run if regions * categories * question.horizon * SAMPLES <= LARGE else _large_run
        found = kept(question, question.key())
    if found.forecast.scenario.name == question.scenario.name:
        return found
    return replace(found, forecast=replace(found.forecast, scenario=question.scenario))  # somebody asked it by another name


@st.cache_resource(max_entries=32, show_spinner=False)
def _run(_question: Question, key: tuple[str, ...]) -> Run:
    return _made(_question)


@st.cache_resource(max_entries=8, show_spinner=False)  # what-ifs side by side and the steps to one: fewer push each other out
def _large_run(_question: Question, key: tuple[str, ...]) -> Run:
    return _made(_question)


def _made(asked: Question) -> Run:
    forecaster = _forecaster(str(asked.offer.folder), asked.offer.card.weights_sha256, asked.device)
    with _MODEL:
        start = time.perf_counter()
        forecast = forecaster.forecast(asked.market, asked.cutoff, asked.horizon, asked.scenario, samples=SAMPLES, seed=asked.seed)
        return Run(forecast, forecaster.device.type, 1000 * (time.perf_counter() - start))


def representations(question: Question) -> Representations:
    """What the model inferred at the question's cutoff of every region, and of every date type the calendar knows."""
    with st.spinner(t("Comparing districts and date types …")):
        return _representations(question, question.key()[:4])


@st.cache_resource(max_entries=8, show_spinner=False)
def _representations(_question: Question, key: tuple[str, ...]) -> Representations:
    asked = _question
    forecaster = _forecaster(str(asked.offer.folder), asked.offer.card.weights_sha256, asked.device)
    with _MODEL:
        view = observed(asked.market.until(asked.cutoff))
        return forecaster.representations(founded(view, guesses(view)))  # as a forecast is handed it


def past_peaks(question: Question) -> PastPeaks | None:
    """What the model inferred at the question's cutoff of every festival held before, one by one; None where it knows of none."""
    with st.spinner(t("Looking back at past festivals …")):
        return _past_peaks(question, question.key()[:4])


@st.cache_resource(max_entries=8, show_spinner=False)
def _past_peaks(_question: Question, key: tuple[str, ...]) -> PastPeaks | None:
    asked = _question
    forecaster = _forecaster(str(asked.offer.folder), asked.offer.card.weights_sha256, asked.device)
    first, _ = cutoffs(asked.market, asked.offer.card)
    with _MODEL:
        return similarity.past_peaks(forecaster, asked.market.until(asked.cutoff), first)


def described(loaded: Loaded) -> Description:
    """What a market holds."""
    return _described(loaded, str(loaded.folder), loaded.market.digest)


@st.cache_resource(max_entries=8, show_spinner=False)
def _described(_loaded: Loaded, folder: str, digest: str) -> Description:
    return describe(_loaded.market.hourly or _loaded.market)


def backtest(file: Path) -> Backtest:
    """A stored backtest, read again when its file has changed. Raises StmpError."""
    with st.spinner(t("Reading the backtest …")):
        return _backtest(str(file), file.stat().st_mtime_ns)


@st.cache_resource(max_entries=4, show_spinner=False)
def _backtest(file: str, changed: int) -> Backtest:
    return Backtest.read(Path(file))


def in_turn(forecaster: Forecaster, window: Window, seed: int) -> Forecast:
    """A forecast of a window for a backtest, between the ones that somebody waits for."""
    with _MODEL:
        return forecaster.forecast(window.view, window.view.cutoff, len(window.dates), samples=SAMPLES, seed=seed)
