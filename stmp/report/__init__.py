"""One report, four ways out: a deck, a PDF, a workbook, and the dashboard's presentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from stmp.report.brand import Brand
from stmp.report.build import build
from stmp.report.excel import write_workbook
from stmp.report.model import Report
from stmp.report.pdf import write_pdf
from stmp.report.powerpoint import write_deck
from stmp.report.source import Saved, Source, stored_backtest
from stmp.report.words import LANGUAGES

WRITERS: Mapping[str, Callable[[Report, Brand, Path], None]] = {".pptx": write_deck, ".pdf": write_pdf, ".xlsx": write_workbook}

__all__ = ["LANGUAGES", "WRITERS", "Brand", "Report", "Saved", "Source", "build", "stored_backtest"]
