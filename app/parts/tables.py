"""Tables of one look: as high as their rows, or scrolled."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

ROW, HEADER = 28, 34  # pixels
NUMBER, TIMES, PERCENT = "localized", "%.2f×", "%.1f %%"  # formats of columns


def show_table(frame: pd.DataFrame | Styler, alt: str, most: int | None = None, **more: Any) -> None:
    """``frame`` without its index. alt: what it shows.  most: rows before it scrolls; half a row below them says that it does."""
    rows = len(frame.index)
    shown = rows if most is None or rows <= most else most + 0.5
    st.dataframe(frame, hide_index=True, row_height=ROW, height=round(HEADER + ROW * shown), alt=alt, **more)
