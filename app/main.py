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
    from app.language import t
    from app.offers import bundled_markets
    from app.views import about, accuracy, forecast, similarity, what_if

    parser = argparse.ArgumentParser(prog="stmp app")
    parser.add_argument("--market", type=Path, action="append", metavar="DIR", help="market folder to offer; default: the bundled ones")
    markets = tuple(parser.parse_args().market or bundled_markets())
    st.set_page_config(page_title="STMP Studio", page_icon=str(ROOT / "app" / "icon.svg"), layout="wide")
    pages = [
        st.Page(partial(forecast.page, markets), title=t("Forecast"), url_path="forecast", icon=":material/monitoring:", default=True),
        st.Page(partial(what_if.page, markets), title=t("What-if"), url_path="what-if", icon=":material/alt_route:"),
        st.Page(partial(similarity.page, markets), title=t("Similarity"), url_path="similarity", icon=":material/hub:"),
        st.Page(partial(accuracy.page, markets), title=t("Accuracy"), url_path="accuracy", icon=":material/target:"),
        st.Page(partial(about.page, markets), title=t("About this market"), url_path="about", icon=":material/info:"),
    ]
    st.navigation(pages).run()


main()
