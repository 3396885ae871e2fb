"""Faults, notes and empty states in the user's terms."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.faults import in_detail
from app.formats import day, in_days, plain, short_day
from app.inputs import address
from app.inputs.person import stranger
from app.inputs.speech import speak
from app.language import t, title
from app.loading import Loaded
from app.offers import Offer
from app.reading import Reading
from stmp.errors import CheckpointError, CutoffError, MarketError, PlanError, ScenarioError, StmpError
from stmp.market import Market
from stmp.scenario import Scenario

DEVICES = {"cuda": "GPU", "cpu": "CPU"}


@contextmanager
def faults_told() -> Iterator[None]:
    """Around every page and every fragment: speak the session's language, show what bad input causes as a message with its remedy, and
    show nothing to who is not signed in any more."""
    speak()
    if stranger():  # the sign-in has ended: the whole page, which this is a part of, asks for a new one
        st.rerun()
    try:
        yield
    except StmpError as error:
        fault(error)
    except OSError as error:
        told = t(
            "{file}: {reason}. Remedy: check the path, its permissions and the space on the disk.",
            file=error.filename,
            reason=error.strerror,
        )
        _fault(t("This cannot be shown"), told)


def fault(error: StmpError) -> None:
    """What is wrong and its remedy, in the place where it went wrong."""
    _fault(_about(error), in_detail(str(error)))


def _fault(about: str, told: str) -> None:
    st.error(plain(told), title=about, icon=":material/error:")


def _about(error: StmpError) -> str:
    """What kind of thing went wrong, in the page's language."""
    match error:
        case MarketError():
            return t("The market cannot be read")
        case CheckpointError():
            return t("The checkpoint cannot be used")
        case ScenarioError():
            return t("The scenario does not fit this market")
        case CutoffError():
            return t("Nothing can be forecast from this day on")
        case PlanError():
            return t("The plans cannot be read or saved")
        case _:
            return t("This cannot be shown")


def heading(market: Market) -> None:
    """The market's title, and a badge where its numbers are simulated."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(plain(title(market.about)), anchor=False, width="content")
        if market.about.simulated:
            explained = t("No number shown here is a real sale.")
            st.badge(t("Simulated data"), icon=":material/science:", color="orange", help=explained)


def link_refused() -> None:
    """What the link that was opened asks for and is not to be had; the page goes on with what there is."""
    lines = [_refusal(name, text) for name, text in address.refused().items()]
    if lines:
        st.warning("  \n".join(lines), title=t("This is not quite what the link shows"), icon=":material/link_off:")


def _refusal(name: str, text: str) -> str:
    if name == "data":
        return t("The market's data have changed since the link was made, so the numbers may differ.")
    if name == "checkpoint":
        return t("The checkpoint of the link, {hash}, is not here; another one answers.", hash=plain(text))
    if name == "market":
        return t("The market of the link, {name}, is not on offer here; another one is shown.", name=plain(text))
    names = {
        "cutoff": t("As of"),
        "horizon": t("Days to forecast"),
        "category": t("Category"),
        "seed": t("Seed"),
        "districts": t("Districts"),
    }
    asked = names.get(name, t("Scenario") if name.startswith("scenario") else name)
    return t("{name}: the link asks for {text}, which is not to be had; the usual is shown instead.", name=asked, text=plain(text))


def no_market() -> None:
    """What to do when there is nothing to show."""
    st.info(t("Start the dashboard with the folder of a market:"), title=t("No market was found"), icon=":material/folder_open:")
    st.code(".venv/bin/stmp app --market DIR", language="sh")


def no_checkpoint(loaded: Loaded) -> None:
    """Which command trains a checkpoint."""
    st.info(
        t(
            "A forecast needs a trained checkpoint. This command, given in a terminal in the project's folder, trains one; reload the "
            "page when it has ended."
        ),
        title=t("No checkpoint was found"),
        icon=":material/model_training:",
    )
    st.code(f".venv/bin/stmp train {shlex.quote(str(loaded.folder))} --out runs/{loaded.market.about.name}", language="sh")


def checkpoint(offer: Offer) -> str:
    """Its name and until when it learned, as part of a line."""
    if offer.card.general:
        return t("checkpoint {name}, learned from simulated markets", name=plain(offer.name))
    return t("checkpoint {name}, learned until {until}", name=plain(offer.name), until=offer.card.trained_until)


def notes(reading: Reading) -> None:
    """What was asked and what answered, and how far the answer may be trusted."""
    question, dates = reading.choice.question, reading.forecast.dates
    card, run = question.offer.card, reading.run
    st.caption(
        t(
            "As of **{cutoff}** · {days}, {first} to {last} · {checkpoint} · {device}, {time} ms",
            cutoff=day(question.cutoff),
            days=in_days(len(dates)),
            first=short_day(dates[0]),
            last=day(dates[-1]),
            checkpoint=checkpoint(question.offer),
            device=DEVICES[run.device],
            time=f"{run.milliseconds:,.0f}",
        )
    )
    if f"{question.cutoff:%Y-%m-%d}" < card.trained_until:
        told = t("The checkpoint learned from days until {until}, past this cutoff: what came is no test of it.", until=card.trained_until)
        st.info(told, icon=":material/info:")
    if question.scenario != Scenario():
        told = t(
            "**What if: {scenario}.** It shows what the model learned from the past; it is no causal effect.",
            scenario=plain(question.scenario.name),
        )
        st.info(told, icon=":material/alt_route:")
