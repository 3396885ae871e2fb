"""How documents look: as the file says that 'stmp app --brand' names, else as the dashboard."""

from __future__ import annotations

import os
from pathlib import Path

from stmp.errors import ReportError
from stmp.report import Brand

GROUND = '<style>[data-testid="stSidebarLogo"] { padding: 4px 10px; border-radius: 6px; background: #ffffff }</style>'
"""Below a company's logo, which is made for paper: the sidebar is dark."""

SETTING = "STMP_BRAND"  # in the environment: path of the file


def brand() -> Brand:
    """Read anew each time, so that a change is seen. Raises ReportError."""
    file = os.environ.get(SETTING)
    return Brand() if file is None else Brand.read(Path(file))


def logo() -> str | None:
    """Path of the company's, for the sidebar; None where there is none. What is wrong with the file is told where a document is made."""
    try:
        found = brand().logo
    except ReportError:
        return None
    return None if found is None else str(found)
