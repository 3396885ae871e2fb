"""The manager's report of the question asked: one click for the deck, the PDF or the workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import streamlit as st

from app import loading
from app.brand import brand
from app.exports import file_stem
from app.inputs import pages
from app.inputs.person import may_write
from app.inputs.sidebar import Choice
from app.language import current, t
from app.parts.plans.desk import begin
from stmp.plans import Override
from stmp.report import WRITERS, Report, Saved, Source, build, stored_backtest
from stmp.stock import Rule

MIMES: Mapping[str, str] = {
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Subject:
    """What a report is of: a question, and what was decided upon it, as ``Source`` has it."""

    choice: Choice
    overrides: Sequence[Override] = ()
    rules: Sequence[Rule] | None = None
    supply: int | None = None
    saved: Saved | None = None


def documents(choice: Choice) -> None:
    """The report of a question, and the way from the question to a plan."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if may_write() and st.button(t("Save as a plan"), icon=":material/assignment:", type="tertiary", key="save-as-plan"):
            begin(choice)
            st.switch_page(pages.page("plans"))
        files(Subject(choice))


def files(subject: Subject) -> None:
    """A download for each kind; nothing is made before it is clicked."""
    names = {".pptx": t("Deck"), ".pdf": t("PDF"), ".xlsx": t("Workbook")}
    stem = file_stem("report" if subject.saved is None else subject.saved.plan, subject.choice)
    for suffix, name in names.items():
        st.download_button(
            name,
            partial(made, subject, current(), suffix),
            f"{stem}{suffix}",
            MIMES[suffix],
            key=f"report{suffix}",
            type="tertiary",
            icon=":material/co_present:" if suffix == ".pptx" else ":material/download:",
            on_click="ignore",
            help=t("The report for a manager: summary, map, districts, scenario, drivers, stock, accuracy, and where it all comes from."),
        )


def report_of(subject: Subject, language: str) -> Report:
    """The report, from forecasts that are kept where they were made before. Raises StmpError."""
    question = subject.choice.question
    source = Source.of(
        question.market,
        question.offer.card,
        question.offer.name,
        question.scenario,
        lambda scenario: loading.run(replace(question, scenario=scenario)).forecast,
        overrides=subject.overrides,
        rules=subject.rules,
        supply=subject.supply,
        saved=subject.saved,
        backtest=stored_backtest(question.offer.folder, question.offer.card, question.market),
    )
    return build(source, language)


def made(subject: Subject, language: str, suffix: str) -> bytes:
    """The file's content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report{suffix}"
        WRITERS[suffix](report_of(subject, language), brand(), path)
        return path.read_bytes()
