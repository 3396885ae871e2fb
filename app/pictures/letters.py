"""The letters of pictures made without a browser: those of the documents."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text

from stmp.report.letters import FAMILIES, registered


def letter(figure: Figure) -> None:
    """Write all that a finished figure says in these letters."""
    registered()
    for text in figure.findobj(Text):
        text.set_fontfamily(FAMILIES)
