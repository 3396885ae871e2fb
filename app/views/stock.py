"""How much to stock where: quantities, a fixed supply, and the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import loading
from app.language import t
from app.parts import messages
from app.parts.question import question
from app.parts.report import Subject, files
from app.parts.stock.quantities import by_district, figures
from app.parts.stock.rules import ask_rules
from app.parts.stock.supply import supply
from app.parts.stock.warehouse import warehouse
from app.reading import Reading
from stmp import stock
from stmp.stock import Rule


def page(folders: Sequence[Path]) -> None:
    """From the forecast asked for in the sidebar to stock."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        reading = Reading.of(choice, loading.run(choice.question), None)
        messages.notes(reading)
        _answer(reading)


@st.fragment
def _answer(reading: Reading) -> None:
    """What follows the rules, a supply or a capacity; no forecast is made here."""
    with messages.faults_told():
        samples = reading.forecast.samples[:, reading.categories].astype(float)
        head = st.container(horizontal=True, horizontal_alignment="right", gap="small")
        with st.container(border=True):
            st.subheader(t("How much to stock"), anchor=False)
            st.caption(
                t(
                    "For the whole period at once, without refill. Demand is the sum of the days forecast, sample by sample, so that days "
                    "that vary together are counted together."
                )
            )
            rules = ask_rules(reading)
            put = stock.quantities(samples, rules)
            expected = stock.outcome(samples, put)
            figures(reading, put, expected)
            by_district(reading, put, expected, "stock-quantities", t("Stock by district"))
        with st.container(border=True):
            total = supply(reading, samples, rules, put)
        with st.container(border=True):
            warehouse(reading, samples)
        with head:
            files(_subject(reading, rules, None if total == put.sum() else total))


def _subject(reading: Reading, rules: Sequence[Rule], supply: int | None) -> Subject:
    """What the report is of: all categories, those that are not looked at by the usual rule. supply: None where it was not limited."""
    asked = dict(zip(reading.categories, rules, strict=True))
    every = range(len(reading.forecast.categories))
    whole = reading.choice.category is None
    return Subject(reading.choice, rules=[asked.get(category, Rule()) for category in every], supply=supply if whole else None)
