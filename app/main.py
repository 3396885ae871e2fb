"""Entry of the dashboard, started by ``stmp app``: streamlit run app/main.py -- [--market DIR ...]"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

APP = Path(__file__).resolve().parent
ROOT = APP.parent
ICON, WORDMARK = str(APP / "icon.svg"), str(APP / "wordmark.svg")


def bring() -> None:
    """The page that reads raw data: what it needs is loaded when it is opened, so that a forecast does not wait for it."""
    from app.views.bring import page

    page()


def change(markets: Sequence[Path], home: Page) -> None:
    """The page that adds to a market, loaded as late."""
    from app.views.change import page

    page(markets, home)


def main() -> None:
    """Read the arguments and hand over to the page that was chosen."""
    st.set_page_config(page_title="STMP Studio", page_icon=ICON, layout="wide")
    st.html(APP / "style.css")
    if str(ROOT) not in sys.path:  # streamlit puts this file's folder on the path, not the project's
        sys.path.insert(0, str(ROOT))
    from app import brand
    from app.inputs import address
    from app.inputs import pages as offered
    from app.inputs.person import may_write
    from app.inputs.speech import ask_language, settle_language
    from app.language import t
    from app.offers import brought_markets, bundled_markets
    from app.parts import messages, own_words, sign_in
    from app.views import about, accuracy, forecast, plans, present, similarity, stock, what_if

    logo = brand.logo()
    st.logo(logo or WORDMARK, size="large", icon_image=ICON)
    if logo is not None:
        st.html(brand.GROUND)
    parser = argparse.ArgumentParser(prog="stmp app")
    parser.add_argument("--market", type=Path, action="append", metavar="DIR", help="market folder to offer; default: the bundled ones")
    markets = (*(parser.parse_args().market or bundled_markets()), *brought_markets())
    address.follow()
    settle_language()
    own_words.translate()
    if not sign_in.admitted():
        ask_language()
        return
    pages = [
        st.Page(partial(forecast.page, markets), title=t("Forecast"), url_path="forecast", icon=":material/monitoring:", default=True),
        st.Page(partial(what_if.page, markets), title=t("What-if"), url_path="what-if", icon=":material/alt_route:"),
        st.Page(partial(plans.page, markets), title=t("Plans"), url_path="plans", icon=":material/assignment:"),
        st.Page(partial(stock.page, markets), title=t("Stock"), url_path="stock", icon=":material/inventory_2:"),
        st.Page(partial(similarity.page, markets), title=t("Similarity"), url_path="similarity", icon=":material/hub:"),
        st.Page(partial(accuracy.page, markets), title=t("Accuracy"), url_path="accuracy", icon=":material/target:"),
        st.Page(partial(about.page, markets), title=t("About this market"), url_path="about", icon=":material/info:"),
    ]
    if may_write():
        pages.append(st.Page(bring, title=t("Bring your data"), url_path="bring", icon=":material/upload_file:"))
        change_it = partial(change, markets, pages[0])
        pages.append(st.Page(change_it, title=t("Add to a market"), url_path="change", icon=":material/add_location_alt:"))
    present_it = partial(present.page, markets, pages[0])
    pages.append(st.Page(present_it, title=t("Present"), url_path="present", icon=":material/co_present:"))
    offered.offer(pages)
    page, banner = st.navigation(pages), st.container()
    page.run()
    with banner:
        messages.link_refused()
    sign_in.who()
    ask_language()


main()
