"""The catalogue of reports holds every text, and numbers are written as planners read them."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest
from babel.messages.pofile import read_po

from stmp.report.words import CHINESE, DATA, Words, catalogue

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, TO_CHINESE = Words("en"), Words(CHINESE)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of t() under stmp/report/, and where it stands."""
    for file in sorted((ROOT / "stmp" / "report").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                yield f"{file.name}:{node.lineno}", node


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_key_is_a_literal_and_is_given_its_fields() -> None:
    for place, call in calls():
        key = call.args[0]
        assert isinstance(key, ast.Constant), place
        assert fields(key.value) == {keyword.arg for keyword in call.keywords}, place


def test_every_text_has_a_translation_with_the_same_fields_and_none_is_left_over() -> None:
    keys = {call.args[0].value for _, call in calls()}
    translated = {key: text for (context, key), text in catalogue(CHINESE).items() if context is None}
    assert sorted(keys - translated.keys()) == []
    assert sorted(translated.keys() - keys) == []
    assert [key for key, text in translated.items() if fields(key) != fields(text)] == []


def test_what_markets_name_is_called_as_in_the_dashboard() -> None:
    with (ROOT / "app/locale/zh_CN/LC_MESSAGES/stmp.po").open("rb") as file:
        dashboard = {message.id: message.string for message in read_po(file) if message.context == DATA}
    assert {key: text for (context, key), text in catalogue(CHINESE).items() if context == DATA} == dashboard
    assert TO_CHINESE.label("Double 11 · peak") == "双11 · 高峰"


@pytest.mark.parametrize(
    ("value", "number", "english", "chinese"),
    [
        (1_234_567.0, "volume", "1.23 M", "123 万"),
        (9_999.9, "volume", "10.0 k", "1.00 万"),
        (0.0, "volume", "0", "0"),
        (12_345.4, "units", "12,345", "12,345"),
        (1.234, "times", "1.23×", "1.23×"),
        (0.0123, "percent", "1.2 %", "1.2 %"),
        (-0.1234, "signed percent", "−12 %", "−12 %"),
        (-0.0001, "signed percent", "0.0 %", "0.0 %"),
        (-12_345.0, "signed volume", "−12.3 k", "−1.23 万"),
        (math.nan, "volume", "–", "–"),
        (None, "units", "–", "–"),
        (pd.Timestamp("2019-11-12"), "day", "Tue 12 Nov", "11月12日 周二"),
    ],
)
def test_numbers_follow_the_language(value: object, number: str, english: str, chinese: str) -> None:
    assert ENGLISH.show(value, number) == english
    assert TO_CHINESE.show(value, number) == chinese


def test_both_bounds_are_in_the_unit_of_the_upper_one() -> None:
    assert ENGLISH.span(980_000, 1_310_000, "volume") == "0.98 to 1.31 M"
    assert ENGLISH.span(2, 1_310, "volume") == "0 to 1.31 k"
    assert TO_CHINESE.span(293, 27_200, "volume") == "0.03 至 2.72 万"
    assert ENGLISH.span(-0.02, 0.1, "signed percent") == "−2.0 % to +10 %"


def test_names_are_told_apart() -> None:
    table = pd.DataFrame({"name": ["Centre", "Centre", "c"], "name_zh": ["a", "b", "丙"]}, index=["a", "b", "c"])
    assert list(ENGLISH.names(table)) == ["Centre (a)", "Centre (b)", "丙"]
