"""How each category is stocked: its service level or what too few and too many cost, a minimum and the size of a case."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.language import t
from app.parts.tables import ROW
from app.reading import Reading
from stmp.errors import StockError
from stmp.stock import SERVICE, Rule

LEVEL, COSTS = "level", "costs"
MEMORY = "stock-rules"  # in the session: key of a table -> what it began with, and what it says
UNDERAGE, OVERAGE = 3.0, 1.0  # offered first: what 75 % of service comes to


def ask_rules(reading: Reading) -> tuple[Rule, ...]:
    """A rule for each category that is looked at. Raises StockError, after the table was shown, while a cell is at fault."""
    kinds = {LEVEL: t("Service level"), COSTS: t("Costs of too few and too many")}
    kind = st.segmented_control(t("Stock by"), list(kinds), default=LEVEL, required=True, format_func=kinds.get, key="stock-kind")
    edited = _table(reading, kind)
    rules = []
    for name, row in zip(edited["category"], edited.itertuples(index=False), strict=True):
        if any(pd.isna(value) for value in row):
            raise StockError(t("{category} lacks a number. Remedy: fill in each cell of its row.", category=name))
        minimum, pack = int(row.minimum), int(row.pack)
        rules.append(Rule(row.level / 100, minimum, pack) if kind == LEVEL else Rule.of_costs(row.underage, row.overage, minimum, pack))
    return tuple(rules)


def _table(reading: Reading, kind: str) -> pd.DataFrame:
    """The editor. A widget forgets when its page is left; what it said is kept and begins the next one."""
    names = [reading.category_name(category) for category in reading.categories]
    key = f"stock-{kind}-{reading.market.about.name}-{reading.choice.category}"
    memory: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = st.session_state.setdefault(MEMORY, {})
    if key not in memory:
        memory[key] = (_fresh(kind, names),) * 2
    elif key not in st.session_state:
        memory[key] = (memory[key][1],) * 2
    begun = memory[key][0].assign(category=names)
    edited = st.data_editor(
        begun,
        key=key,
        hide_index=True,
        row_height=ROW,
        column_config=_columns(),
        disabled=["category"],
        alt=t("How each category is stocked"),
    )
    memory[key] = (memory[key][0], edited)
    return edited


def _fresh(kind: str, names: Sequence[str]) -> pd.DataFrame:
    asked = {"level": 100 * SERVICE} if kind == LEVEL else {"underage": UNDERAGE, "overage": OVERAGE}
    return pd.DataFrame({"category": names, **asked, "minimum": 0, "pack": 1})


def _columns() -> dict[str, object]:
    number = st.column_config.NumberColumn
    return {
        "category": st.column_config.TextColumn(t("Category")),
        "level": number(
            t("Service level, %"), min_value=1.0, max_value=99.9, step=0.1, help=t("The share of cases in which the stock should suffice.")
        ),
        "underage": number(t("A unit too few costs"), min_value=0.0, help=t("The margin that a lost sale would have brought.")),
        "overage": number(t("A unit too many costs"), min_value=0.0, help=t("What a unit left over loses in value, with its storage.")),
        "minimum": number(t("Minimum per district"), min_value=0, step=1, help=t("Units that each district gets at least.")),
        "pack": number(t("Units of a case"), min_value=1, step=1),
    }
