"""A fixed supply, allocated where it sells, and the price of each total."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.formats import volume
from app.language import label, t
from app.parts.downloads import CHART, downloads
from app.parts.stock.quantities import by_district, figures
from app.pictures.stock import stock_curve
from app.reading import Reading
from stmp import stock
from stmp.stock import Rule, Units
from stmp.summary import Floats

MOST = 10**9


def supply(reading: Reading, samples: Floats, rules: Sequence[Rule], put: Units) -> int:
    """Ask for a total, allocate it, and show it on the curve -> the total. samples: [R, C, H, S] of the categories looked at."""
    unit, wanted = label(reading.market.about.unit), int(put.sum())
    st.subheader(t("A fixed supply"), anchor=False)
    st.caption(
        t(
            "What there is to give out goes to the districts and categories where it is expected to sell: no other allocation in whole "
            "cases is expected to lose fewer sales. Service levels and costs play no part here; minimums and cases do."
        )
    )
    key = f"supply-{reading.market.about.name}-{reading.choice.category}"
    total = st.number_input(t("Supply, {unit}", unit=unit), 0, MOST, wanted, step=max(1, wanted // 100), key=key, width=240)
    found = stock.allocate(samples, rules, int(total))
    expected = stock.outcome(samples, found.quantities)
    figures(reading, found.quantities, expected)
    if found.kept:
        told = t("{kept} {unit} stay behind: no case of them is expected to sell, or none fits.", kept=f"{found.kept:,}", unit=unit)
        st.info(told, icon=":material/inventory_2:")
    if found.gap >= 0.5:
        st.caption(
            t(
                "Cases are of several sizes, so another allocation might sell up to {gap} {unit} more; there is none that sells more than "
                "that.",
                gap=volume(found.gap),
                unit=unit,
            )
        )
    _curve(reading, stock.curve(samples, rules), {t("Stock above"): float(wanted), t("Supply"): float(total)}, unit)
    by_district(reading, found.quantities, expected, "stock-supply", t("The supply by district"))
    return int(total)


def _curve(reading: Reading, curve: stock.Curve, marks: dict[str, float], unit: str) -> None:
    title = t("Losses and leftovers against total stock")
    table = pd.DataFrame(
        {
            t("Total stock, {unit}", unit=unit): curve.stock,
            t("Expected lost sales, {unit}", unit=unit): curve.lost,
            t("Expected leftovers, {unit}", unit=unit): curve.left,
        }
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{title}**", width="content")
        downloads("stock-curve", title, table, reading.choice, chart="stock-curve")
    st.plotly_chart(stock_curve(curve, marks, unit), key="stock-curve", config=CHART, alt=title)
    st.caption(t("Each point is the best allocation of that total; the price of one more unit is the slope of the curves."))
