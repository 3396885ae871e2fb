"""What the files mean: zone, country and datum are named by the user, columns are guessed and may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import available_timezones

import streamlit as st

from app.faults import in_detail
from app.formats import plain
from app.language import t
from app.offers import BROUGHT
from app.parts.bring.files import Files
from app.parts.bring.words import field_names, read_as
from stmp.errors import MarketError
from stmp.ingest import Datum, Limits, Plan, look
from stmp.ingest.fields import NONE, guess
from stmp.ingest.inputs import Inputs
from stmp.ingest.samples import head_of
from stmp.ingest.sources import find

ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Europe/London", "America/New_York", "UTC")  # offered first
LIMITS = Limits(file_megabytes=10_000)


def ask_plan(files: Files) -> Plan | None:
    """None until what cannot be told from the files is named. Raises StmpError."""
    columns = head_of(find(files.orders, LIMITS)[0], LIMITS).columns
    with st.container(border=True):
        st.subheader(t("What the files mean"), anchor=False)
        one, two, three = st.columns(3)
        name = one.text_input(t("Name of the market"), "my-market", key="bring-name", help=t("Latin letters, digits and hyphens."))
        zones = [*ZONES, *sorted(available_timezones() - set(ZONES))]
        zone = two.selectbox(t("Time zone of the stamps"), zones, index=None, key="bring-zone", placeholder=t("Choose"))
        country = three.text_input(
            t("Country"), key="bring-country", max_chars=2, placeholder="CN", help=t("Its public holidays and festivals are used.")
        )
        maps = {"orders": _ask_columns(columns)}
        points = "region" not in _settled(columns, maps["orders"])
        datum, boundary = _ask_datums() if points else (None, None)
        one, two, three = st.columns(3)
        dark = {"missing": t("missing"), "zero": t("zero: the shop was shut")}
        gaps = one.segmented_control(
            t("A day without any line is"), list(dark), default="missing", required=True, format_func=dark.get, key="bring-dark"
        )
        steps = {False: t("days"), True: t("hours")}
        hourly = two.segmented_control(t("Steps"), list(steps), default=False, required=True, format_func=steps.get, key="bring-steps")
        simulated = three.checkbox(t("These are no real sales: mark them as simulated"), key="bring-simulated")
    if zone is None or not (country.strip() or files.calendar):
        st.info(t("Choose the time zone, and name a country or give a calendar."), icon=":material/schedule:")
        return None
    return Plan(
        out=BROUGHT / Path(name.strip()).name,
        orders=str(files.orders),
        regions=files.regions,
        time_zone=zone,
        carts=None if files.carts is None else str(files.carts),
        calendar=files.calendar,
        country=country.strip().upper() or None,
        maps=maps,
        datum=datum,
        boundary_datum=boundary,
        hourly=bool(hourly),
        dark_is_zero=gaps == "zero",
        simulated=simulated,
        limits=LIMITS,
    )


def _ask_datums() -> tuple[Datum | None, Datum | None]:
    """Of the points and of the boundaries."""
    explained = t("A map in GCJ-02 lies 500 m off, so this is never assumed.")
    asked = {"bring-datum": t("Datum of the points"), "bring-boundary": t("Datum of the boundaries")}
    places = st.columns(3)[:2]
    points, boundaries = (
        place.selectbox(label, list(Datum), index=None, key=key, help=explained, placeholder=t("Choose"))
        for place, (key, label) in zip(places, asked.items(), strict=True)
    )
    return points, boundaries


def _ask_columns(columns: Sequence[str]) -> dict[str, str]:
    """Field -> column, as the user left it."""
    guessed = guess(columns)
    if "region" in guessed:
        guessed = {field: column for field, column in guessed.items() if field not in ("lon", "lat")}
    told = field_names()
    grid = st.columns(len(told))
    asked = {}
    for place, (field, label) in zip(grid, told.items(), strict=True):
        options = [NONE, *columns]
        # A log of other columns is another question: the guess of the last one must not stay.
        key = f"bring-column-{field}-{hash(tuple(columns))}"
        asked[field] = place.selectbox(label, options, options.index(guessed.get(field, NONE)), key=key)
    return asked


def _settled(columns: Sequence[str], asked: dict[str, str]) -> dict[str, str]:
    return {field: column for field, column in asked.items() if column in columns}


def show_understood(plan: Plan) -> Inputs | None:
    """The first values of each column and how they are read; None, and every fault, where something cannot be understood."""
    try:
        inputs = look(plan)
    except MarketError as error:
        for problem in error.problems:
            st.error(plain(in_detail(str(problem))), icon=":material/error:")
        return None
    names = field_names()
    rows = [
        {
            t("File"): t("orders") if one.log.name == "orders" else t("cart additions"),
            t("Field"): names[field],
            t("Column"): column,
            t("First values"): ", ".join(one.samples.get(field, ())),
            t("Read as"): read_as(one, field),
        }
        for one in inputs.logs
        for field, column in one.fields.items()
    ]
    st.dataframe(rows, hide_index=True, alt=t("What each column is taken for"))
    st.caption(
        t(
            "{count} districts, told apart by the column {column}.",
            count=len(inputs.regions.table),
            column=plain(inputs.regions.mapping["region"]),
        )
    )
    return inputs
