"""What is forecast: market, checkpoint, cutoff, horizon, scenario, category, device and seed. The address holds all but the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st
import torch

from app import loading, offers
from app.faults import in_detail
from app.formats import plain
from app.inputs import address
from app.inputs.scenario import ask_scenario
from app.language import label, t
from app.loading import SEED, Loaded, Question
from app.offers import Offer
from stmp.errors import CutoffError
from stmp.market import Market

HORIZON = 14
HIGHEST_SEED = 2**31 - 1
HASH = 12  # letters of a hash that the address holds
EVERYTHING = ""  # all categories; a text, for None would mean that nothing is chosen yet


@dataclass(frozen=True)
class Choice:
    """The question to the forecaster, and the part of its answer to look at: a position on the C axis, or all."""

    question: Question
    loaded: Loaded
    category: int | None


def ask_market(folders: Sequence[Path]) -> Loaded:
    """The market chosen, read. Raises MarketError."""
    address.settle_option("market", {name: folder for folder, name in offers.market_names(folders).items()}, folders[0])
    titles = offers.market_titles(folders)
    folder = st.sidebar.selectbox(
        t("Market"),
        folders,
        format_func=titles.__getitem__,
        key="market",
        persist_state="session",
        on_change=lambda: st.session_state.pop("checkpoint", None),  # another market is answered by the checkpoint that fits it best
    )
    loaded = loading.market(folder)
    digest = loaded.market.digest[:HASH]
    linked = address.asked("data")
    if linked and linked[-1] != digest:
        address.refuse("data", linked[-1], "market")
    address.settle_text("data", digest)
    return loaded


def ask_checkpoint(market: Market) -> Offer | None:
    """The checkpoint chosen, or None when there is none at all."""
    found, faults = offers.checkpoints(market)
    for fault in faults:
        st.sidebar.warning(plain(in_detail(fault)), title=t("A checkpoint cannot be used"))
    if not found:
        return None
    by_folder = {offer.folder: offer for offer in found}
    by_hash = {offer.card.weights_sha256[:HASH]: offer.folder for offer in reversed(found)}  # the best fit has the last word
    address.settle_option("checkpoint", by_hash, found[0].folder)
    chosen = st.sidebar.selectbox(
        t("Checkpoint"),
        list(by_folder),
        format_func=offers.checkpoint_labels(found).__getitem__,
        key="checkpoint",
        persist_state="session",
        help=t("A trained model. Those trained on this market come first; others can forecast it too, from a few examples."),
    )
    offer = by_folder[chosen]
    st.sidebar.caption(plain(offer.origin(market)))
    return offer


def ask_question(loaded: Loaded, offer: Offer) -> Choice:
    """The rest of the sidebar. Raises CutoffError when the market cannot be forecast at all."""
    market = loaded.market
    with st.sidebar:
        cutoff = _ask_cutoff(market, offer)
        horizon = _ask_horizon(market, offer, cutoff)
        scenario = ask_scenario(market.calendar, pd.date_range(cutoff + pd.Timedelta(days=1), periods=horizon))
        category = _ask_category(market)
        with st.expander(t("More"), key="more"):
            device = _ask_device()
            seed = _ask_seed()
    return Choice(Question(market, offer, device, cutoff, horizon, scenario, seed), loaded, category)


def _ask_cutoff(market: Market, offer: Offer) -> pd.Timestamp:
    first, last = offers.cutoffs(market, offer.card)
    address.settle_day("cutoff", first.date(), last.date(), offers.useful_cutoff(market, first, last).date())
    day = st.date_input(
        t("As of"),
        min_value=first.date(),
        max_value=last.date(),
        format="YYYY-MM-DD",
        key="cutoff",
        persist_state="session",
        help=t("The last day that is known. The forecast begins on the day after it; a past day replays history."),
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
    address.settle_number("horizon", 1, longest, min(HORIZON, longest))
    return int(st.slider(t("Days to forecast"), 1, longest, key="horizon", persist_state="session"))


def _ask_category(market: Market) -> int | None:
    if len(market.categories) == 1:
        return None
    named = {EVERYTHING: t("All categories")} | {category: label(category) for category in market.categories}
    address.settle_text_option("category", named, EVERYTHING)
    chosen = st.selectbox(t("Category"), list(named), format_func=named.get, key="category", persist_state="session")
    return market.categories.index(chosen) if chosen else None


def _ask_device() -> str:
    names = {"auto": t("Auto"), "cpu": "CPU"} | ({"cuda": "GPU"} if torch.cuda.is_available() else {})
    missing = "" if "cuda" in names else t("No GPU was found on this machine.")
    return str(
        st.segmented_control(
            t("Compute on"),
            list(names),
            default="auto",
            required=True,
            format_func=names.get,
            key="device",
            persist_state="session",
            width="stretch",
            help=" ".join([t("Where to compute; auto takes a GPU when there is one."), missing]),
        )
    )


def _ask_seed() -> int:
    address.settle_number("seed", 0, HIGHEST_SEED, SEED)
    explained = t("Where the random draws begin. The same seed gives the same numbers; another one shows how much they owe to chance.")
    return int(st.number_input(t("Seed"), 0, HIGHEST_SEED, step=1, key="seed", persist_state="session", help=explained))
