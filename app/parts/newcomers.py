"""What is said of districts too young for a level of their own: what it was guessed from, and how far off it may be."""

from __future__ import annotations

import math

import streamlit as st

from app.formats import in_days, percent, plain
from app.language import fact, t, tn
from app.reading import Reading
from stmp.newcomers import Guess, guesses, observed

WIDTH = 1.2816  # standard deviations on either side of the middle that hold 80 %
FEW = 3  # districts that are told one by one


def newcomers(reading: Reading) -> None:
    """A line for each of the first few; nothing where every district has a level."""
    found = guesses(observed(reading.view))
    for guess in found[:FEW]:
        st.info(_told(reading, guess), icon=":material/fiber_new:")
    if len(found) > FEW:
        more = len(found) - FEW
        told = tn(
            "The level of {count} more district is guessed, too.",
            "The levels of {count} more districts are guessed, too.",
            more,
            count=more,
        )
        st.info(told, icon=":material/fiber_new:")


def _told(reading: Reading, guess: Guess) -> str:
    name = plain(str(reading.names[reading.forecast.regions[guess.region]]))
    facts = t(", ").join(plain(fact(name)) for name in guess.facts) or t("no fact that tells it")
    spread = float(guess.spread[guess.spread > 0].mean()) if (guess.spread > 0).any() else 0.0
    return t(
        "**{district}** is new; known of its own: {days}. Its level is guessed from these, from its facts ({facts}) and from the "
        "other districts; in 8 of 10 cases it lies between {low} less and {high} more. The bands hold this doubt.",
        district=name,
        days=in_days(guess.days),
        facts=facts,
        low=percent(1 - math.exp(-WIDTH * spread)),
        high=percent(math.exp(WIDTH * spread) - 1),
    )
