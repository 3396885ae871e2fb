"""Text that stays inside its box: wrapped, made smaller, and at last cut with an ellipsis. Lengths are inches, sizes points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

Measure = Callable[[str, float, bool], float]  # text, size, bold -> width

POINTS = 72  # of an inch
LEADING = 1.3  # height of a line over its size: Chinese letters need it
ELLIPSIS = "…"
WIDE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uff60"  # letters that a line may break between
STEP = 0.5  # points by which text is made smaller


def printable(text: str) -> str:
    """In one line, without what no document can hold: control signs and lone surrogates."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text)
    return re.sub(r" {2,}", " ", kept).strip()


def fitted(text: str, width: float, height: float, size: float, smallest: float, bold: bool, measure: Measure) -> tuple[list[str], float]:
    """Lines and their size: the largest from ``size`` down to ``smallest`` at which all lines fit; then as many lines as fit."""
    told = printable(text)
    while True:
        lines = list(wrapped(told, width, size, bold, measure))
        room = max(1, int(height * POINTS / (size * LEADING) + 1e-6))
        if len(lines) <= room:
            return lines, size
        if size - STEP < smallest:
            return [*lines[: room - 1], cut(" ".join(lines[room - 1 :]), width, size, bold, measure)], size
        size -= STEP


def wrapped(text: str, width: float, size: float, bold: bool, measure: Measure) -> Iterator[str]:
    """Lines no wider than ``width``; words wider than that are broken."""
    line = ""
    for piece in _pieces(text):
        if measure((line + piece).rstrip(), size, bold) <= width:
            line += piece
            continue
        if line.strip():
            yield line.rstrip()
        line = piece.lstrip()
        while measure(line.rstrip(), size, bold) > width and len(line) > 1:
            head = _longest(line, width, size, bold, measure)
            yield line[:head]
            line = line[head:]
    yield line.rstrip()


def cut(text: str, width: float, size: float, bold: bool, measure: Measure) -> str:
    """One line no wider than ``width``, its end replaced by an ellipsis where it must be."""
    if measure(text, size, bold) <= width:
        return text
    room = width - measure(ELLIPSIS, size, bold)
    return text[: _longest(text, room, size, bold, measure)].rstrip() + ELLIPSIS


def _longest(text: str, width: float, size: float, bold: bool, measure: Measure) -> int:
    """How many letters fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle], size, bold) <= width else (low, middle - 1)
    return low


def _pieces(text: str) -> Iterator[str]:
    """What a line may be broken after: words with the spaces behind them, and each wide letter with the closing signs behind it."""
    yield from re.findall(rf"[{WIDE}][，。、；：！？）》」』”’]*\s*|[^\s{WIDE}]+\s*|\s+", text)
