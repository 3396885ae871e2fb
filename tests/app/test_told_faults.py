"""What the library says of a fault, in the words of the catalogue where it has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import faults
from app.faults import FAULT, in_detail
from app.language import CHINESE, ENGLISH, catalogue, use
from stmp.errors import MarketError, MisfitError, Problem

STMP = Path(__file__).resolve().parents[2] / "stmp"
FEWEST = 16  # letters of a text's own that make it more than punctuation
HEAD = "以下细节与解决办法，部分只有英文："
KNOWN = {
    (FAULT, "not a number"): "不是数字",
    (FAULT, "write a plain number"): "写成普通数字",
    (FAULT, "the market has {count} problems:"): "该市场有 {count} 个问题：",
    (FAULT, "{market} has {days} days until {cutoff}"): "{market} 到 {cutoff} 有 {days} 天",
    (FAULT, "unknown region"): "未知区域",
    (FAULT, "{message}, in {count} more rows"): "{message}，另有 {count} 行",
    (FAULT, "unknown region, in {count} rows"): "未知区域，共 {count} 行",
    (None, "{place}, row {row}"): "{place}，第 {row} 行",
    (None, "{place}, column '{column}'"): "{place}，“{column}”列",
    (None, "{fault} (found {value})"): "{fault}（原值 {value}）",
    (None, "{place}: {fault}"): "{place}：{fault}",
    (None, "{fault}. Remedy: {remedy}."): "{fault}。解决办法：{remedy}。",
    (None, "The details and the remedy, as far as they are in English only:"): HEAD,
}


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page in Chinese, with a small catalogue."""
    monkeypatch.setattr(faults, "catalogue", lambda _: KNOWN)
    monkeypatch.setattr("app.language.catalogue", lambda _: KNOWN)
    faults._sentences.cache_clear()
    use(CHINESE)
    yield
    use(ENGLISH)
    faults._sentences.cache_clear()


def problem(message: str = "not a number", remedy: str = "write a plain number") -> Problem:
    return Problem(Path("a/panel.csv"), message, remedy, "orders", 56, "ma: (ny)")


def test_in_english_it_is_what_the_library_says() -> None:
    told = str(MarketError([problem()]))
    assert in_detail(told) == told


@pytest.mark.usefixtures("chinese")
def test_place_fault_value_and_remedy_are_told_each() -> None:
    rest = Problem(Path("a/panel.csv"), "not a number, in 9 more rows", "write a plain number", "orders")
    told = in_detail(str(MarketError([problem(), problem("unknown region, in 3 rows"), rest])))
    where = "a/panel.csv，第 56 行，“orders”列"
    assert told.split("\n") == [
        "该市场有 3 个问题：",
        f"{where}：不是数字（原值 'ma: (ny)'）。解决办法：写成普通数字。",
        f"{where}：未知区域，共 3 行（原值 'ma: (ny)'）。解决办法：写成普通数字。",
        "a/panel.csv，“orders”列：不是数字，另有 9 行。解决办法：写成普通数字。",
    ]
    assert in_detail("squares has 9 days until 2021-01-09. Remedy: not a number.") == "squares 到 2021-01-09 有 9 天。解决办法：不是数字。"


@pytest.mark.usefixtures("chinese")
def test_what_is_not_known_stays_and_is_announced() -> None:
    told = in_detail(str(problem(remedy="buy another disk")))
    assert told == f"{HEAD}\na/panel.csv，第 56 行，“orders”列：不是数字（原值 'ma: (ny)'）。解决办法：buy another disk。"
    assert in_detail("all is lost") == f"{HEAD}\nall is lost"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("unknown festival 'Late'. Remedy: use one of: 618.", "未知的 festival “Late”。解决办法：使用以下之一：618。"),
        (
            "no peak of 618 begins on 2019-06-19. Remedy: use one of 2019-06-18.",
            "618没有从 2019-06-19 开始的高峰。解决办法：使用以下之一：2019-06-18。",
        ),
        (
            "the day 2019-06-01 is not after the cutoff 2019-06-02. Remedy: change days still to come.",
            "2019-06-01 不在截止日 2019-06-02 之后。解决办法：只改动尚未到来的日子。",
        ),
    ],
)
def test_a_scenario_that_does_not_fit_is_told_in_chinese(fault: str, told: str) -> None:
    error = MisfitError("early: a try", "festivals.0.festival", fault)
    assert in_detail(str(error)) == f"scenario 'early: a try': {fault}"
    use(CHINESE)
    try:
        assert in_detail(str(error)) == f"情景“early: a try”：{told}"
    finally:
        use(ENGLISH)


def test_the_catalogue_knows_no_sentence_that_the_library_does_not_say() -> None:
    said = set(sentences())
    keys = [key for context, key in catalogue(CHINESE) if context == FAULT]
    assert unsaid(keys, said) == []


def test_a_sentence_is_found_by_what_the_code_says_of_it() -> None:
    said = {"{}: the market has no such {}, in {} rows", "the market has no such {}, in {} rows", "{}: {}"}
    assert unsaid(["the market has no such {what}, in {count} rows", "the market has no such region, in {count} rows"], said) == []
    assert unsaid(["the moon: has no such region"], said) == ["the moon: has no such region"]


def unsaid(keys: list[str], said: set[str]) -> list[str]:
    """Sentences of the catalogue that no text of the code holds, in which {} stands for anything."""
    together = "\n".join(said)
    left = [key for key in keys if re.sub(r"\{\w+\}", "{}", key) not in together]
    filled = [text for text in said if "{}" in text and len(text.replace("{}", "")) >= FEWEST]
    patterns = [re.compile(re.escape(text).replace(r"\{\}", ".*")) for text in filled]
    return [key for key in left if not any(pattern.fullmatch(key) for pattern in patterns)]


def sentences() -> Iterator[str]:
    """Every text of the code that may tell of a fault, with {} for what is filled in."""
    for file in [*STMP.rglob("*.py"), *(STMP.parent / "app").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
