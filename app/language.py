"""The language of the page: English text is the key, the gettext catalogue in ``locale/`` holds the others."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Protocol

import pandas as pd
from babel.messages.pofile import read_po

from stmp.market.calendar import SEPARATOR

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = {ENGLISH: "English", CHINESE: "简体中文"}
CATALOGUES = {CHINESE: Path(__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES" / "stmp.po"}
DATA = "data"  # gettext context of what markets name: categories, festivals, phases, holidays


class Titled(Protocol):
    """What has a title in both languages."""

    title: str
    title_zh: str


_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def use(language: str) -> None:
    """What follows in this run of the page or of a fragment speaks ``language``."""
    _language.set(language)


def current() -> str:
    return _language.get()


def t(text: str, /, **values: object) -> str:
    """``text`` in the language in use, its {fields} filled with ``values``."""
    return _said(text, values)


def tn(one: str, many: str, count: int, /, **values: object) -> str:
    """``one`` or ``many`` in the language in use, whichever goes with the number ``count``; filled like ``t``."""
    return _said(one if count == 1 else many, values)


def _said(text: str, values: Mapping[str, object]) -> str:
    found = catalogue(current()).get((None, text), text)
    return found.format(**values) if values else found


def label(text: str) -> str:
    """What a market names, such as ``Phones`` or ``Double 11 · peak``; a part that the catalogue does not know stays as it is."""
    known = catalogue(current())
    return SEPARATOR.join(known.get((DATA, part), part) for part in text.split(SEPARATOR))


def fact(name: str) -> str:
    """What a fact of a district is called: in the catalogue's words, else by its column, readable."""
    text = label(name).replace("_", " ").replace("km2", "km²")
    return text[:1].upper() + text[1:]


def stream(name: str) -> str:
    """What a stream of the past is called."""
    return {"orders": t("Purchases"), "cart_adds": t("Cart additions")}.get(name, name)


def title(about: Titled) -> str:
    """The title of a market, or of its manifest."""
    return about.title_zh if current() == CHINESE else about.title


def named(region_table: pd.DataFrame) -> pd.Series:
    """Names of the regions by id; those of the other language where only it has names, for a region without one is named by its id."""
    columns = ("name_zh", "name") if current() == CHINESE else ("name", "name_zh")
    first, second = (region_table[column].astype(str) for column in columns)
    return first.where(first != region_table.index, second)


@cache
def catalogue(language: str) -> Mapping[tuple[str | None, str], str]:
    """(context, English text) -> translation, both English forms of a plural to the one that Chinese has; empty for English."""
    if language not in CATALOGUES:
        return {}
    with CATALOGUES[language].open("rb") as file:
        messages = [message for message in read_po(file) if message.id and message.string]
    found = {}
    for message in messages:
        forms = (message.id,) if isinstance(message.id, str) else message.id
        text = message.string if isinstance(message.string, str) else message.string[0]
        found |= {(message.context, form): text for form in forms if text}
    return found
