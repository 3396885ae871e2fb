"""The editor of overrides."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from app.faults import in_detail
from app.formats import plain
from app.language import label, t
from app.parts.downloads import UNSEEN
from app.parts.plans.desk import COLUMNS, Desk
from app.parts.tables import ROW
from app.reading import Reading
from stmp.errors import PlanError
from stmp.plans import PERCENT, VALUE, Override, Person, overridden

EVERY = "*"  # all districts, all categories; a text, for what is empty is a cell not filled in yet
NOBODY = "?"  # until the planner gives a name, without which nothing is saved


def edit(reading: Reading, desk: Desk, person: Person) -> tuple[Override, ...] | None:
    """The table -> the overrides in it; None, and told, while a row is at fault."""
    key = f"overrides-{desk.market}-{desk.edition}"
    if key not in st.session_state:  # the page was left in between: the widget has forgotten, the desk has not
        desk.rows = desk.edited
    st.html(UNSEEN)  # of this page's other tables, too
    desk.edited = st.data_editor(
        desk.rows.fillna({"region": EVERY, "category": EVERY}),
        key=key,
        num_rows="dynamic",
        hide_index=True,
        row_height=ROW,
        column_config=_columns(reading),
        disabled=["author"],
        alt=t("Overrides, a row for each"),
    )
    kept = {(o.region, o.category, o.first, o.last, o.kind, o.amount, o.reason): o.author for o in _opened(desk)}
    found, faults = [], []
    for number, row in enumerate(desk.edited.itertuples(index=False), start=1):
        values = {name: getattr(row, name) for name in COLUMNS}
        if any(pd.isna(values[name]) for name in COLUMNS[:-1]):
            faults.append(t("Row {number} is not filled in yet. Fill it in, or delete it.", number=number))
            continue
        try:
            found.append(_override(values, kept, person.name or NOBODY))
            overridden(reading.forecast, found[-1:])
        except PlanError as error:
            faults.append(t("Row {number}: {fault}", number=number, fault=in_detail(str(error))))
    if faults:
        st.warning(plain("\n".join(faults)), icon=":material/edit_off:")
        return None
    return tuple(found)


def _opened(desk: Desk) -> tuple[Override, ...]:
    return () if desk.opened is None else desk.opened.content.overrides


def _override(values: dict[str, object], kept: dict[tuple[object, ...], str], person: str) -> Override:
    """Of a row; one that is as it was saved keeps its author. Raises PlanError."""
    first, last = (pd.Timestamp(values[name]).date() for name in ("first", "last"))
    region, category = (None if values[name] == EVERY else values[name] for name in ("region", "category"))
    told = (region, category, first, last, values["kind"], float(values["amount"]), values["reason"])
    return Override(**dict(zip(COLUMNS, told, strict=False)), author=kept.get(told, person))


def _columns(reading: Reading) -> dict[str, object]:
    column, unit = st.column_config, label(reading.market.about.unit)
    dates = reading.forecast.dates
    first, last = dates[0].date(), dates[-1].date()
    districts = {EVERY: t("All districts")} | reading.names.to_dict()
    categories = {EVERY: t("All categories")} | {name: label(name) for name in reading.forecast.categories}
    kinds = {PERCENT: t("percent"), VALUE: t("in all, {unit}", unit=unit)}

    def day(title: str, default: date) -> object:
        return column.DateColumn(title, default=default, min_value=first, max_value=last, format="YYYY-MM-DD", width="small")

    return {
        "region": column.SelectboxColumn(t("District"), options=list(districts), format_func=districts.get, default=EVERY),
        "category": column.SelectboxColumn(t("Category"), options=list(categories), format_func=categories.get, default=EVERY),
        "first": day(t("From"), first),
        "last": day(t("To"), last),
        "kind": column.SelectboxColumn(t("Kind"), options=list(kinds), format_func=kinds.get, default=PERCENT, width="small"),
        "amount": column.NumberColumn(
            t("Amount"), format="localized", width="small", help=t("A percentage is added: −10 lowers by a tenth.")
        ),
        "reason": column.TextColumn(t("Reason"), max_chars=500, help=t("Why you know better; it is judged by it when the actuals come.")),
        "author": column.TextColumn(t("Author"), width="small"),
    }
