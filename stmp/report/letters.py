"""The letters of pictures and documents made without a browser: one bundled family with Latin and Chinese ones, on any machine alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from stmp.errors import ReportError

POINTS = 72  # of an inch
FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
REGULAR, BOLD = FONTS / "NotoSansSC-Regular.ttf", FONTS / "NotoSansSC-Bold.ttf"
FAMILIES = ["Noto Sans SC", "DejaVu Sans"]  # matplotlib's own have letters of other scripts


@cache
def registered() -> tuple[str, str]:
    """Names of the regular and the bold font for reportlab, and both known to matplotlib. Raises ReportError where a file is missing."""
    from matplotlib import font_manager
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for file in (REGULAR, BOLD):
        if not file.is_file():
            raise ReportError(f"{file}: the font of documents is missing. Remedy: run this from a checkout of the project.")
        pdfmetrics.registerFont(TTFont(file.stem, str(file)))
        font_manager.fontManager.addfont(str(file))
    return REGULAR.stem, BOLD.stem


def measure(text: str, size: float, bold: bool) -> float:
    """Width in inches of a text in these letters, ``size`` points high."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    regular, heavy = registered()
    return float(stringWidth(text, heavy if bold else regular, size)) / POINTS
