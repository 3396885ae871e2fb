"""The checkpoint: what it learned, from what, and whether it was from these data."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.formats import UNKNOWN, day, in_days, plain, significant
from app.inputs.sidebar import Choice
from app.language import fact, label, stream, t
from app.parts.downloads import downloads
from app.parts.tables import show_table
from stmp.checkpoint import Card
from stmp.market import Market

ROWS = 16  # of the configuration before it scrolls


def checkpoint(choice: Choice) -> None:
    """The card in words, its hashes, and its configuration in full."""
    offer, market = choice.question.offer, choice.question.market
    card = offer.card
    with st.container(border=True):
        st.subheader(t("Checkpoint"), anchor=False)
        _fit(offer.fit(market), card, market)
        left, right = st.columns(2, gap="medium")
        left.table(_learned(choice), border="horizontal", alt=t("What the checkpoint learned"))
        right.table(_made(card), border="horizontal", alt=t("How the checkpoint was made"))
        hashes = {
            t("Weights, SHA-256"): card.weights_sha256,
            t("Data it learned from, SHA-256"): card.data_digest,
            t("Data of this market, SHA-256"): market.digest,
        }
        st.caption("  \n".join(f"{name}: `{value}`" for name, value in hashes.items()))
        _config(card, choice)


def _fit(fit: int, card: Card, market: Market) -> None:
    """Whether it learned from these very data."""
    if fit == 0:
        told = t("It learned from these very data, until {until}.", until=day(pd.Timestamp(card.trained_until)))
        st.success(told, icon=":material/check_circle:")
    elif fit == 1:
        told = t(
            "It learned from other data of this market: they have changed since. Its forecasts hold, but train it anew to learn from what "
            "is new."
        )
        st.warning(told, title=t("The data differ"), icon=":material/difference:")
    elif fit == 2:
        told = t("It learned from simulated markets of every kind, and from no day of this one. It forecasts from a few examples.")
        st.info("  \n".join([told, *_lacking(card, market)]), title=t("For any market"), icon=":material/public:")
    else:
        told = t("It learned from another market, {title}. It forecasts this one from a few examples.", title=plain(card.title))
        st.info("  \n".join([told, *_lacking(card, market)]), title=t("Trained on another market"), icon=":material/swap_horiz:")


def _lacking(card: Card, market: Market) -> list[str]:
    """Which inputs it knows that this market lacks, in a sentence where there are any."""
    known = {*market.past, *map(str, market.facts.columns), *market.known, *map(str, market.calendar.covariates.columns)}
    names = [plain(stream(name)) for name in (*card.streams, *card.facts, *card.known) if name not in known]
    return [t("Masked, for this market has none of it: {names}.", names=t(", ").join(names))] if names else []


def _learned(choice: Choice) -> dict[str, str]:
    offer = choice.question.offer
    card = offer.card
    listed = t(", ")
    return {
        t("Checkpoint"): plain(offer.name),
        t("Market"): plain(offer.learned_from(choice.question.market)),
        t("Data"): t("simulated") if card.simulated else t("real"),
        t("Days learned from"): t("none of a real market")
        if card.general
        else t("{first} to {last}", first=day(pd.Timestamp(card.trained_from)), last=day(pd.Timestamp(card.trained_until))),
        t("Districts"): str(len(card.regions)),
        t("Categories"): listed.join(plain(label(category)) for category in card.categories),
        t("Streams"): listed.join(plain(stream(name)) for name in ("orders", *card.streams)),
        t("District facts"): listed.join(plain(fact(name)) for name in card.facts) or t("none"),
        t("Known ahead"): listed.join(plain(name) for name in card.known) or t("nothing but the calendar"),
        t("Longest forecast"): in_days(card.horizon),
    }


def _made(card: Card) -> dict[str, str]:
    fitted = card.calibration
    return {
        t("Parameters"): f"{card.parameters:,}",
        t("Training steps kept"): f"{card.steps:,}",
        t("Time of training"): t("{minutes} minutes", minutes=significant(card.seconds / 60)),
        t("Seed"): str(card.seed),
        t("Bands calibrated on"): t("{days}, {festivals} of them festival days", days=in_days(fitted.days), festivals=fitted.festival_days),
        **{plain(_score(name)): significant(value, 4) for name, value in card.scores.items()},
        t("Versions"): t(", ").join(plain(f"{name} {version}") for name, version in card.versions.items()) or UNKNOWN,
    }


def _score(name: str) -> str:
    return {"validation_loss": t("Validation loss")}.get(name, name.replace("_", " "))


def _config(card: Card, choice: Choice) -> None:
    with st.expander(t("Configuration"), icon=":material/tune:"):
        table = pd.DataFrame(_settings(card), columns=[t("Part"), t("Setting"), t("Value")])
        show_table(table, t("Configuration"), ROWS)
        downloads("about-checkpoint", t("Configuration"), table, choice)


def _settings(card: Card) -> list[tuple[str, str, str]]:
    """Every setting of model, training and calibration, by the names that the checkpoint's file has."""
    training = card.config.model_dump()
    parts = {"model": training.pop("model"), "training": training, "calibration": card.calibration.model_dump()}
    return [(part, name, str(value)) for part, settings in parts.items() for name, value in settings.items()]
