"""How far to trust it: a backtest against the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.parts import messages
from app.parts.accuracy.breakdown import breakdown
from app.parts.accuracy.festivals import festivals
from app.parts.accuracy.points import points
from app.parts.accuracy.source import make, source, tested
from app.parts.accuracy.tested import Tested
from app.parts.accuracy.trust import trust
from app.parts.accuracy.verdict import verdict
from app.parts.question import question


def page(folders: Sequence[Path]) -> None:
    """Accuracy."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        found = source(choice.question)
        if found.urgent:
            make(choice, found)
        backtest = tested(choice, found)
        if backtest is not None:
            verdict(backtest)
            _breakdown(backtest)
            _trust(backtest)
            festivals(backtest)
            points(backtest)
        if not found.urgent:
            make(choice, found)


@st.fragment
def _breakdown(backtest: Tested) -> None:
    with messages.faults_told():
        breakdown(backtest)


@st.fragment
def _trust(backtest: Tested) -> None:
    with messages.faults_told():
        trust(backtest)
