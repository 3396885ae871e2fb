"""The manager's report of the question asked: one click for the deck, the PDF or the workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from app import loading
from app.exports import file_stem
from app.inputs.sidebar import Choice
from app.language import current, t
from stmp.report import WRITERS, Brand, Report, Source, build, stored_backtest

MIMES: Mapping[str, str] = {
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def documents(choice: Choice) -> None:
    """A download for each kind; nothing is made before it is clicked."""
    names = {".pptx": t("Deck"), ".pdf": t("PDF"), ".xlsx": t("Workbook")}
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for suffix, name in names.items():
            st.download_button(
                name,
                partial(_made, choice, current(), suffix),
                f"{file_stem('report', choice)}{suffix}",
                MIMES[suffix],
                key=f"report{suffix}",
                type="tertiary",
                icon=":material/co_present:" if suffix == ".pptx" else ":material/download:",
                on_click="ignore",
                help=t(
                    "The report for a manager: summary, map, districts, scenario, drivers, stock, accuracy, and where it all comes from."
                ),
            )


def report_of(choice: Choice, language: str) -> Report:
    """The report of a question, from forecasts that are kept where they were made before. Raises StmpError."""
    question = choice.question
    source = Source.of(
        question.market,
        question.offer.card,
        question.offer.name,
        question.scenario,
        lambda scenario: loading.run(replace(question, scenario=scenario)).forecast,
        backtest=stored_backtest(question.offer.folder, question.offer.card, question.market),
    )
    return build(source, language)


def _made(choice: Choice, language: str, suffix: str) -> bytes:
    """The file's content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report{suffix}"
        WRITERS[suffix](report_of(choice, language), Brand(), path)
        return path.read_bytes()
