"""A new district: what it is called, where it lies, its facts and its first days."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.formats import in_days
from app.language import fact, label, t
from app.loading import Loaded
from app.parts import messages
from app.parts.bring.files import kept
from app.parts.change.outline import ask_outline, has_outlines, place_of
from app.parts.own_words import file_uploader
from stmp.market import Market
from stmp.market.additions import AREA, District, read_days
from stmp.newcomers import LEAST_DAYS

MOST_DAYS = 28  # that are typed by hand
DATE = "date"


def ask_district(loaded: Loaded, market: Market) -> District | None:
    """``market``: in its own steps, days or hours. None until it has an id, a name and, where the others have one, an outline."""
    one, two, three = st.columns(3)
    region = one.text_input(t("Id"), key="change-id", help=t("One that no district of the market has."))
    name = two.text_input(t("Name"), key="change-name")
    name_zh = three.text_input(t("Name in Chinese, if it has one"), key="change-name-zh")
    outline = point = days = None
    with messages.faults_told():  # a fault of one thing must not take away what was typed of the others
        if has_outlines(loaded.places):
            outline = ask_outline(loaded)
        else:
            place = st.text_input(t("Where it lies, if that is known"), key="change-point", placeholder="116.40, 39.90")
            point = place_of(place, t("Where it lies")) if place.strip() else None
    facts = _ask_facts(market, has_outlines(loaded.places))
    with messages.faults_told():
        days = _ask_days(market)
    if not region.strip() or not name.strip() or (outline is None and has_outlines(loaded.places)):
        st.info(t("A district needs an id, a name and, where the others have one, an outline."), icon=":material/add_location_alt:")
        return None
    return District(region.strip(), name.strip(), name_zh.strip(), outline, point, facts, days)


def _ask_facts(market: Market, outlined: bool) -> dict[str, float]:
    """The facts that are filled in; the area is the outline's."""
    names = [str(name) for name in market.facts.columns if not (outlined and name == AREA)]
    if not names:
        return {}
    st.caption(t("What is left empty is unknown. Until the district has days of its own, its level is guessed from these."))
    places = st.columns(min(len(names), 4))
    asked = {
        name: places[number % len(places)].number_input(fact(name), min_value=0.0, value=None, key=f"change-fact-{name}")
        for number, name in enumerate(names)
    }
    return {name: float(value) for name, value in asked.items() if value is not None}


def _ask_days(market: Market) -> pd.DataFrame | None:
    """Its days as ``read_days`` gives them, typed or uploaded; None where there are none. Raises MarketError."""
    typing, uploading = st.columns(2, vertical_alignment="bottom")
    count = _ask_count(typing, market) if market.about.frequency == "D" else 0  # hours are too many to be typed
    uploaded = file_uploader(t("or its days as CSV: date, category, orders"), ["csv"], "change-days-file", uploading)
    if uploaded is not None:
        return read_days(kept("days", [uploaded], (".csv",)), market)
    return _typed(market, count) if count else None


def _ask_count(place: DeltaGenerator, market: Market) -> int:
    explained = t("From {days} on its level is its own.", days=in_days(LEAST_DAYS))
    most = min(MOST_DAYS, len(market.dates))
    return int(place.number_input(t("Days that are known of it"), 0, most, key=f"change-days-{market.digest[:12]}", help=explained))


def _typed(market: Market, count: int) -> pd.DataFrame | None:
    """The market's last days, with a column for each category."""
    begun = pd.DataFrame({DATE: market.dates[-count:].date} | dict.fromkeys(market.categories, pd.Series([None] * count, dtype=float)))
    columns = {name: st.column_config.NumberColumn(label(name), min_value=0) for name in market.categories}
    typed = st.data_editor(
        begun,
        hide_index=True,
        placeholder="",
        disabled=[DATE],
        column_config={DATE: st.column_config.DateColumn(t("Day"), format="YYYY-MM-DD"), **columns},
        key=f"change-table-{market.digest[:12]}-{count}",
    )
    return typed_days(typed)


def typed_days(table: pd.DataFrame) -> pd.DataFrame | None:
    """A table with a column of days and one for each category -> a row for each number that was typed; None where there is none."""
    long = table.melt(id_vars=DATE, var_name="category", value_name="orders").dropna(subset="orders")
    return None if long.empty else long.assign(date=pd.to_datetime(long[DATE])).sort_values([DATE, "category"], ignore_index=True)
