"""The language of the page: English text is the key, the catalogue in ``locale/`` holds the others."""

from __future__ import annotations

from contextvars import ContextVar

ENGLISH, CHINESE = "en", "zh"

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def use(language: str) -> None:
    """What follows in this run of the page or of a fragment speaks ``language``."""
    _language.set(language)


def current() -> str:
    return _language.get()


def t(text: str, **values: object) -> str:
    """``text`` in the language in use, its {fields} filled with ``values``."""
    return text.format(**values) if values else text
