"""Files that leave the dashboard: no formula in a spreadsheet, and where the numbers come from in each row."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from app.exports import csv_of, file_stem, origin
from app.inputs.sidebar import Choice
from stmp.scenario import Scenario


def choice(simulated: bool = True, scenario: Scenario | None = None) -> Choice:
    about = SimpleNamespace(name="north/east", simulated=simulated)
    offer = SimpleNamespace(name="runs/tiny", card=SimpleNamespace(weights_sha256="0123456789abcdef"))
    cutoff = pd.Timestamp("2021-11-04")
    question = SimpleNamespace(
        market=SimpleNamespace(about=about), offer=offer, cutoff=cutoff, horizon=14, seed=7, scenario=scenario or Scenario()
    )
    return Choice(question, None, None)  # type: ignore[arg-type]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠SUM(A1)"])
def test_text_that_begins_like_a_formula_is_led_in_by_an_apostrophe(text: str) -> None:
    (row,) = rows(csv_of(pd.DataFrame({text: [text], "n": [-1.5]}), {"Scenario": text}))
    assert row == {f"'{text}": f"'{text}", "n": "-1.5", "Scenario": f"'{text}"}


def test_each_row_says_where_its_numbers_come_from() -> None:
    source = origin(choice(scenario=Scenario(name="moved", facts=())))
    written = rows(csv_of(pd.DataFrame({"District": ["北京", "b"], "Total": [1.25, np.nan]}), origin(choice())))
    assert [row["District"] for row in written] == ["北京", "b"]
    assert [row["Total"] for row in written] == ["1.25", ""]
    assert written[1]["Checkpoint"] == "runs/tiny 0123456789ab"
    assert written[1]["Data"] == "simulated"
    assert (written[1]["As of"], written[1]["Days"], written[1]["Seed"]) == ("2021-11-04", "14", "7")
    assert written[1]["Scenario"] == "as the calendar has it"
    assert source["Scenario"] == "moved"
    assert origin(choice(), "A, B")["Scenario"] == "A, B"


def test_a_file_is_named_for_market_element_and_cutoff_and_says_that_it_is_simulated() -> None:
    assert file_stem("forecast-map", choice()) == "north-east-forecast-map-2021-11-04-simulated"
    assert file_stem("forecast-map", choice(simulated=False)) == "north-east-forecast-map-2021-11-04"
