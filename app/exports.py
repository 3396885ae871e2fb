"""What leaves the dashboard as a file: tables as CSV, each row with where its numbers come from, and names of files."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from app.inputs.sidebar import Choice
from app.language import t
from stmp.report.excel import harmless
from stmp.scenario import Scenario

HASH = 12  # letters of the weights' hash that tell checkpoints apart

Origin = dict[str, str]  # title -> text: where numbers come from, as the last columns of a CSV file and the last line of a picture


def origin(choice: Choice, scenario: str | None = None) -> Origin:
    """Market, simulated or real, checkpoint, cutoff, days, seed and scenario of a page's numbers.

    scenario: what to call it; by default the scenario of the question.
    """
    question = choice.question
    planned = t("as the calendar has it")
    asked = planned if question.scenario == Scenario() else question.scenario.name
    return {
        t("Market"): question.market.about.name,
        t("Data"): t("simulated") if question.market.about.simulated else t("real"),
        t("Checkpoint"): f"{question.offer.name} {question.offer.card.weights_sha256[:HASH]}",
        t("As of"): f"{question.cutoff:%Y-%m-%d}",
        t("Days"): str(question.horizon),
        t("Seed"): str(question.seed),
        t("Scenario"): asked if scenario is None else scenario,
    }


def csv_of(frame: pd.DataFrame, source: Origin) -> bytes:
    """``frame`` without its index, then the columns of ``source``; UTF-8 with the mark by which a spreadsheet knows it.

    Text that a spreadsheet would compute, for it begins like a formula, is led in by an apostrophe.
    """
    table = frame.assign(**source).rename(columns=lambda title: harmless(str(title)))
    for column in table.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes]]:
        table[column] = table[column].map(lambda cell: harmless(cell) if isinstance(cell, str) else cell)
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def file_stem(name: str, choice: Choice) -> str:
    """market-name-cutoff, and that it is simulated; letters of any script, no sign that a file's name cannot hold."""
    about = choice.question.market.about
    parts = [about.name, name, f"{choice.question.cutoff:%Y-%m-%d}", *(["simulated"] if about.simulated else [])]
    return re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", "-".join(parts))).strip("-.")
