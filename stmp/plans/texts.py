"""Text that a database can hold, whichever it is."""

from __future__ import annotations

import unicodedata

from stmp.errors import PlanError

LONGEST = 200  # letters of a name


def storable(text: str, what: str) -> str:
    """Text of any length. Raises PlanError where it is empty or holds what PostgreSQL and UTF-8 cannot: NUL, half a letter."""
    if not text.strip():
        raise PlanError(f"the {what} is empty. Remedy: write something.")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise PlanError(f"the {what} holds a sign that cannot be stored (NUL, or half a letter). Remedy: take it out.")
    return text


def one_line(text: str, what: str) -> str:
    """A name: in composed form, without blanks around it. Raises PlanError where it is empty, too long or more than one line."""
    name = unicodedata.normalize("NFC", storable(text, what)).strip()
    if len(name) > LONGEST:
        raise PlanError(f"the {what} has {len(name)} letters. Remedy: use at most {LONGEST}.")
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in name):
        raise PlanError(f"the {what} holds a line break or a control sign. Remedy: write it in one line.")
    return name
