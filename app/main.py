"""Entry of the dashboard, started by ``stmp app``: streamlit run app/main.py -- [--market DIR ...]"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Read the arguments and hand over to the page that was chosen."""
    if str(ROOT) not in sys.path:  # streamlit puts this file's folder on the path, not the project's
        sys.path.insert(0, str(ROOT))
    from app.offers import bundled_markets
    from app.views import forecast

    parser = argparse.ArgumentParser(prog="stmp app")
    parser.add_argument("--market", type=Path, action="append", metavar="DIR", help="market folder to offer; default: the bundled ones")
    markets = tuple(parser.parse_args().market or bundled_markets())
    st.set_page_config(page_title="STMP Studio", page_icon=str(ROOT / "app" / "icon.svg"), layout="wide")
    page = st.Page(partial(forecast.page, markets), title="Forecast", url_path="forecast", icon=":material/monitoring:", default=True)
    st.navigation([page]).run()


main()
