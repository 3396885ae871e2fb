"""The catalogue holds every text of the dashboard, and the page speaks it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.formats import day, short_day, volume, volume_range
from app.language import CHINESE, DATA, ENGLISH, catalogue, label, named, t, use
from app.offers import bundled_markets
from stmp.market.calendar import KINDS, PHASES, SEPARATOR
from stmp.market.load import load_market

APP = Path(__file__).resolve().parents[2] / "app"
FORMS = {"t": 1, "tn": 2}  # texts that a call is given: tn() for one, and for many
Start = Callable[..., AppTest]


@pytest.fixture
def chinese() -> Iterator[None]:
    use(CHINESE)
    yield
    use(ENGLISH)


def calls() -> Iterator[tuple[str, ast.Call, list[ast.expr]]]:
    """Every call of t() and tn() under app/: where it stands, and the texts that it may say."""
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORMS:
                yield f"{file.relative_to(APP)}:{node.lineno}", node, node.args[: FORMS[node.func.id]]


def keys() -> set[str]:
    return {text.value for _, _, texts in calls() for text in texts if isinstance(text, ast.Constant)}


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_key_is_a_literal_and_is_given_its_fields() -> None:
    for place, call, texts in calls():
        for key in texts:
            assert isinstance(key, ast.Constant), place
            assert isinstance(key.value, str), place
            assert fields(key.value) == {keyword.arg for keyword in call.keywords}, place


def test_every_text_has_a_translation_with_the_same_fields_and_none_is_left_over() -> None:
    translated = {key: text for (context, key), text in catalogue(CHINESE).items() if context is None}
    assert sorted(keys() - translated.keys()) == []
    assert sorted(translated.keys() - keys()) == []
    assert [key for key, text in translated.items() if fields(key) != fields(text)] == []


def test_names_of_the_bundled_market_are_translated_and_no_others() -> None:
    market = load_market(bundled_markets()[0])
    types = {part for kind in market.calendar.types for part in kind.label.split(SEPARATOR)}
    names = {*market.categories, *market.calendar.festivals, *types, *market.past, *market.facts.columns, market.about.unit}
    names |= {market.about.source, market.about.licence}
    known = {key for context, key in catalogue(CHINESE) if context == DATA}
    assert sorted(names - known) == []
    assert sorted(known - names - {*KINDS, *PHASES}) == []


def test_english_is_the_key_and_chinese_comes_from_the_catalogue(chinese: None) -> None:
    assert t("Trained on another market: {title}.", title="Quito") == "用另一个市场训练：Quito。"
    assert label("Double 11 · peak") == "双11 · 高峰"
    assert label("Mooncakes · peak") == "Mooncakes · 高峰"
    use(ENGLISH)
    assert t("Trained on another market: {title}.", title="Quito") == "Trained on another market: Quito."
    assert label("Double 11 · peak") == "Double 11 · peak"


def test_a_region_without_a_name_in_one_language_keeps_that_of_the_other(chinese: None) -> None:
    table = pd.DataFrame({"name": ["Haidian", "Chaoyang", "c"], "name_zh": ["海淀区", "b", "丙"]}, index=["a", "b", "c"])
    assert list(named(table)) == ["海淀区", "Chaoyang", "丙"]
    use(ENGLISH)
    assert list(named(table)) == ["Haidian", "Chaoyang", "丙"]


def test_numbers_and_days_follow_the_language(chinese: None) -> None:
    assert [volume(v) for v in (123.4, 9_994, 12_345, 1_234_567, 1.2e8)] == ["123", "9,994", "1.23 万", "123 万", "1.20 亿"]
    assert volume_range(9_800, 13_100) == "0.98 至 1.31 万"
    assert day(pd.Timestamp("2019-11-12")) == "2019年11月12日 周二"
    assert short_day(pd.Timestamp("2019-11-12")) == "11月12日 周二"


def test_the_switch_translates_the_page_its_fragments_and_its_numbers(dashboard: Start) -> None:
    page = dashboard()
    assert page.title[0].value == "Four squares"
    assert "k orders" in page.metric[0].value
    page.segmented_control(key="language").set_value(CHINESE).run()
    assert not page.exception
    assert page.title[0].value == "小市场"
    assert page.selectbox(key="market").label == "市场"
    assert page.metric[0].label == "14 天合计"
    assert "万" in page.metric[0].value
    assert page.query_params["language"] == CHINESE
    page.segmented_control(key="language").set_value(ENGLISH).run()
    assert page.title[0].value == "Four squares"
    assert "k orders" in page.metric[0].value
