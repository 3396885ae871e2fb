"""What the library says of a fault, in the language of the page.

The library speaks English. Its sentences are in the catalogue, too, in a context of their own, with {fields} for what differs from one
time to the next: what went wrong by itself, and its remedy by itself. What the catalogue does not know stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from app.language import ENGLISH, catalogue, current, t

FAULT = "fault"  # gettext context
REMEDY = ". Remedy: "
PLACE = re.compile(r"(?P<file>.+?)(?:, row (?P<row>\d+))?(?:, column '(?P<column>[^']*)')?: (?P<fault>.+?)(?: \(found (?P<value>.+)\))?")


def in_detail(told: str) -> str:
    """What is wrong and its remedy, line by line; where not all of it is known in the page's language, after a line that says so."""
    if current() == ENGLISH:
        return told
    lines = [_line(line) for line in told.split("\n")]
    head = [] if all(whole for _, whole in lines) else [t("The details and the remedy, as far as they are in English only:")]
    return "\n".join([*head, *(text for text, _ in lines)])


def _line(line: str) -> tuple[str, bool]:
    """A fault and its remedy; whether both are known."""
    wrong, parted, remedy = line.strip().removesuffix(".").partition(REMEDY)
    fault, known = _fault(wrong)
    if not parted:
        return fault, known
    done, known_too = _sentence(remedy)
    return t("{fault}. Remedy: {remedy}.", fault=fault, remedy=done), known and known_too


def _fault(wrong: str) -> tuple[str, bool]:
    """What went wrong, by itself or after the place in a file where it did."""
    match = PLACE.fullmatch(wrong)
    within = match is not None and (match["row"] or match["column"])
    text, known = ("", False) if within else _sentence(wrong)
    if match is None or known:
        return text, known
    place = match["file"]
    if match["row"] is not None:
        place = t("{place}, row {row}", place=place, row=match["row"])
    if match["column"] is not None:
        place = t("{place}, column '{column}'", place=place, column=match["column"])
    text, known = _sentence(match["fault"])
    if match["value"] is not None:
        text = t("{fault} (found {value})", fault=text, value=match["value"])
    return t("{place}: {fault}", place=place, fault=text), known


def _sentence(text: str) -> tuple[str, bool]:
    """A sentence; where a part of it is a ``message``, which is one itself, that too."""
    for pattern, translation in _sentences(current()):
        match = pattern.fullmatch(text)
        if match is not None:
            parts, known = match.groupdict(), True
            if "message" in parts:
                parts["message"], known = _sentence(parts["message"])
            return translation.format(**parts), known
    return text, False


@cache
def _sentences(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the library's sentences and what they say; those with more words of their own first."""
    found = [(key, text) for (context, key), text in catalogue(language).items() if context == FAULT]
    return [(_pattern(key), text) for key, text in sorted(found, key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[0])))]


def _pattern(key: str) -> re.Pattern[str]:
    parts = (re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in Formatter().parse(key))
    return re.compile("".join(parts))
