"""The letters of pictures and documents made without a browser: one bundled family with Latin and Chinese ones, on any machine alike."""

from __future__ import annotations

from pathlib import Path

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
REGULAR, BOLD = FONTS / "NotoSansSC-Regular.ttf", FONTS / "NotoSansSC-Bold.ttf"
FAMILIES = ["Noto Sans SC", "DejaVu Sans"]  # matplotlib's own have letters of other scripts

for file in (REGULAR, BOLD):
    font_manager.fontManager.addfont(file)


def letter(figure: Figure) -> None:
    """Write all that a finished figure says in these letters."""
    for text in figure.findobj(Text):
        text.set_fontfamily(FAMILIES)
