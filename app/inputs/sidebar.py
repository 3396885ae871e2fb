"""What is forecast: market, checkpoint, cutoff, horizon, scenario, category and device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st
import torch

from app import loading, offers
from app.formats import plain
from app.inputs.scenario import ask_scenario
from app.loading import Loaded, Question
from app.offers import Offer
from stmp.errors import CutoffError
from stmp.market import Market

HORIZON = 14


@dataclass(frozen=True)
class Choice:
    """The question to the forecaster, and the part of its answer to look at: a position on the C axis, or all."""

    question: Question
    loaded: Loaded
    category: int | None


def ask_market(folders: Sequence[Path]) -> Loaded:
    """The market chosen, read. Raises MarketError."""
    titles = offers.market_titles(folders)
    return loading.market(st.sidebar.selectbox("Market", folders, format_func=lambda folder: titles[folder], key="market"))


def ask_checkpoint(market: Market) -> Offer | None:
    """The checkpoint chosen, or None when there is none at all."""
    found, faults = offers.checkpoints(market)
    for fault in faults:
        st.sidebar.warning(plain(fault), title="A checkpoint cannot be used")
    if not found:
        return None
    labels = offers.checkpoint_labels(found, market)
    offer = st.sidebar.selectbox(
        "Checkpoint",
        found,
        format_func=lambda offer: labels[offer.folder],
        key=f"checkpoint-{market.about.name}",
        help="A trained model. Those trained on this market come first; others can forecast it too, from a few examples.",
    )
    if offer.fit(market) == 2:
        st.sidebar.caption(f"Trained on another market: {plain(offer.card.title)}.")
    return offer


def ask_question(loaded: Loaded, offer: Offer) -> Choice:
    """The rest of the sidebar. Raises CutoffError when the market cannot be forecast at all."""
    market = loaded.market
    with st.sidebar:
        cutoff = _ask_cutoff(market, offer)
        horizon = _ask_horizon(market, offer, cutoff)
        dates = pd.date_range(cutoff + pd.Timedelta(days=1), periods=horizon)
        scenario = ask_scenario(market.calendar, dates, key=f"{market.about.name}-{cutoff:%Y%m%d}-{horizon}")
        category = None
        if len(market.categories) > 1:
            everything = "All categories"
            chosen = st.selectbox("Category", [everything, *market.categories], key=f"category-{market.about.name}")
            category = None if chosen == everything else market.categories.index(chosen)
        device = _ask_device()
    return Choice(Question(market, offer, device, cutoff, horizon, scenario), loaded, category)


def _ask_cutoff(market: Market, offer: Offer) -> pd.Timestamp:
    first, last = offers.cutoffs(market, offer.card)
    day = st.date_input(
        "As of",
        offers.useful_cutoff(market, first, last).date(),
        min_value=first.date(),
        max_value=last.date(),
        key=f"cutoff-{market.about.name}-{first:%Y%m%d}",
        help="The last day that is known. The forecast begins on the day after it; a past day replays history.",
    )
    return pd.Timestamp(day)


def _ask_horizon(market: Market, offer: Offer, cutoff: pd.Timestamp) -> int:
    longest = min(offer.card.horizon, (market.calendar.dates[-1] - cutoff).days)
    if longest < 1:
        raise CutoffError(
            f"the calendar of {market.about.name} ends on {market.calendar.dates[-1]:%Y-%m-%d}, so no day after "
            f"{cutoff:%Y-%m-%d} can be forecast. Remedy: extend the calendar file, or choose an earlier day."
        )
    if longest == 1:
        return 1
    return int(st.slider("Days to forecast", 1, longest, min(HORIZON, longest), key=f"horizon-{longest}"))


def _ask_device() -> str:
    devices = ["auto", "cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    names = {"auto": "Auto", "cpu": "CPU", "cuda": "GPU"}
    missing = "" if "cuda" in devices else " No GPU was found on this machine."
    help_text = f"Where to compute; auto takes a GPU when there is one.{missing}"
    return str(
        st.segmented_control("Compute on", devices, default="auto", required=True, format_func=names.get, key="device", help=help_text)
    )
