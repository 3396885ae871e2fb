"""Faults, notes and empty states in the user's terms."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.formats import day, plain, short_day
from app.loading import Loaded
from app.reading import Reading
from stmp.errors import StmpError
from stmp.market import Market
from stmp.scenario import Scenario

FAULT = "This cannot be shown"
DEVICES = {"cuda": "GPU", "cpu": "CPU"}


@contextmanager
def faults_told() -> Iterator[None]:
    """Show what bad input causes as a message with its remedy."""
    try:
        yield
    except StmpError as error:
        st.error(plain(str(error)), title=FAULT, icon=":material/error:")
    except OSError as error:
        told = f"{error.filename}: {error.strerror}. Remedy: check the path, its permissions and the space on the disk."
        st.error(plain(told), title=FAULT, icon=":material/error:")


def heading(market: Market) -> None:
    """The market's title, and a badge where its numbers are simulated."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(plain(market.about.title), anchor=False, width="content")
        if market.about.simulated:
            st.badge("Simulated data", icon=":material/science:", color="orange", help="No number shown here is a real sale.")


def no_market() -> None:
    """What to do when there is nothing to show."""
    st.info("Start the dashboard with the folder of a market:", title="No market was found", icon=":material/folder_open:")
    st.code(".venv/bin/stmp app --market DIR", language="sh")


def no_checkpoint(loaded: Loaded) -> None:
    """Which command trains a checkpoint."""
    st.info(
        "A forecast needs a trained checkpoint. This command, given in a terminal in the project's folder, trains one; reload the page "
        "when it has ended.",
        title="No checkpoint was found",
        icon=":material/model_training:",
    )
    st.code(f".venv/bin/stmp train {shlex.quote(str(loaded.folder))} --out runs/{loaded.market.about.name}", language="sh")


def notes(reading: Reading) -> None:
    """What was asked and what answered, and how far the answer may be trusted."""
    question, dates = reading.choice.question, reading.forecast.dates
    card, run = question.offer.card, reading.run
    st.caption(
        f"As of **{day(question.cutoff)}** · {len(dates)} days, {short_day(dates[0])} to {day(dates[-1])} · checkpoint "
        f"{plain(question.offer.name)}, learned until {card.trained_until} · {DEVICES[run.device]}, {run.milliseconds:,.0f} ms"
    )
    if f"{question.cutoff:%Y-%m-%d}" < card.trained_until:
        st.info(
            f"The checkpoint learned from days until {card.trained_until}, past this cutoff: what came is no test of it.",
            icon=":material/info:",
        )
    if question.scenario != Scenario():
        st.info(
            f"**What if: {plain(question.scenario.name)}.** It shows what the model learned from the past; it is no causal effect.",
            icon=":material/alt_route:",
        )
