"""The table of a market's festivals, edited; earlier versions can be taken up again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from app.faults import in_detail
from app.formats import plain
from app.language import named, t
from app.loading import Loaded
from app.parts.tables import HEADER, ROW
from stmp.errors import Problem
from stmp.market import Occurrence
from stmp.market.draft import Draft, festival_versions
from stmp.market.festivals import COLUMNS, PARTED, provisional, read_festivals, table_of

MOST_ROWS = 14  # before the table scrolls
NOW = ""  # the version in force


def ask_festivals(loaded: Loaded, draft: Draft) -> tuple[Occurrence, ...] | None:
    """The festivals as edited; None while nothing differs from what the market has, or while something is wrong with a row."""
    begun, version = _version(loaded, draft)
    begun = begun[::-1]  # the latest first
    table = table_of(begun)
    table["peak"], table["opening"] = (pd.to_datetime(table[name], errors="coerce") for name in ("peak", "opening"))
    table["regions"] = [list(o.regions) for o in begun]
    table["provisional"] = provisional(begun, draft.manifest.calendar.country)
    names = named(loaded.market.region_table)
    edited = st.data_editor(
        table,
        num_rows="dynamic",
        hide_index=True,
        height=HEADER + ROW * MOST_ROWS,
        row_height=ROW,
        placeholder="",
        column_config=_columns({str(region): str(names[region]) for region in loaded.market.regions}),
        key=f"change-festivals-{loaded.market.digest[:12]}-{version}",
    )
    st.caption(
        t(
            "A row for each time a festival is held. Where only some districts have held it, name them: their days then tell what it will "
            "bring to all. Provisional are days in years whose public holidays were not announced yet when the calendar was made."
        )
    )
    if loaded.market.calendar.provisional:
        years = t(", ").join(map(str, loaded.market.calendar.provisional))
        told = t("The public holidays of {years} were not announced yet when the calendar was made; they are a guess.", years=years)
        st.warning(told, title=t("Provisional years"), icon=":material/edit_calendar:")
    festivals, problems = read_edited(edited, loaded.market.regions)
    for problem in problems:
        st.error(plain(in_detail(str(problem))), icon=":material/error:")
    return None if problems or festivals == draft.before else festivals


def _version(loaded: Loaded, draft: Draft) -> tuple[Sequence[Occurrence], str]:
    """What the table begins with, and the name of its version: the one in force, or an earlier one of the market's own."""
    versions = [name for name in festival_versions(loaded.folder)[::-1] if name != draft.manifest.calendar.table]
    if not versions:
        return draft.festivals, NOW
    words = {NOW: t("in force")} | {name: Path(name).stem.removeprefix("festivals-") for name in versions}
    chosen = st.selectbox(t("Version"), list(words), format_func=words.get, key=f"change-version-{loaded.market.digest[:12]}")
    if chosen == NOW:
        return draft.festivals, NOW
    return read_festivals(loaded.folder / str(chosen), loaded.market.regions, []), str(chosen)


def _columns(names: dict[str, str]) -> dict[str, object]:
    config = st.column_config
    return {
        "festival": config.TextColumn(t("Festival"), required=True),
        "peak": config.DateColumn(t("Peak begins on"), format="YYYY-MM-DD", required=True),
        "days": config.NumberColumn(t("Peak days"), min_value=1, max_value=30, step=1, default=1),
        "opening": config.DateColumn(t("Opening"), format="YYYY-MM-DD"),
        "run_up": config.NumberColumn(t("Days of run-up"), min_value=0, max_value=30, step=1, default=3),
        "after": config.NumberColumn(t("Days after"), min_value=0, max_value=30, step=1, default=3),
        "regions": config.MultiselectColumn(t("Held only in"), options=list(names), format_func=lambda region: names.get(region, region)),
        "provisional": config.CheckboxColumn(t("Provisional"), disabled=True),
    }


def read_edited(table: pd.DataFrame, regions: Sequence[str]) -> tuple[tuple[Occurrence, ...], list[Problem]]:
    """The rows as festivals, and what is wrong with them, told as of a file: its first row is line 2."""
    rows = table[list(COLUMNS)].dropna(how="all", subset=["festival", "peak"])
    rows = rows.assign(regions=[PARTED.join(named) if isinstance(named, list) else "" for named in rows["regions"]])
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "festivals.csv"
        rows.to_csv(file, index=False, date_format="%Y-%m-%d", lineterminator="\n")
        festivals = read_festivals(file, regions, problems)
    return festivals, [Problem(Path(p.file.name), p.message, p.remedy, p.column, p.row, p.value) for p in problems]
