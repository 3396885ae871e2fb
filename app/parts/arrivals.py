"""New days of a market that was brought: uploaded, held against what is there, and appended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import offers
from app.faults import in_detail
from app.formats import plain
from app.language import stream, t
from app.parts.bring.files import LOGS, kept
from app.parts.own_words import file_uploader
from stmp.errors import MarketError
from stmp.ingest import Report
from stmp.ingest.arrivals import append_lines
from stmp.market.arrivals import Arrival, append, read_rows

FEW = 8  # entries that are written out
TABLES = (".csv", ".csv.gz", ".parquet")


def ask_days(folders: Sequence[Path]) -> None:
    """Of one of the markets in ``folders``. Raises StmpError, but for the faults of the days, which are shown."""
    if not folders:
        return
    with st.expander(t("New days of a market that you brought"), icon=":material/update:"):
        st.caption(t("Give whole days. What is there already is left alone, and forecasts use the new days at once."))
        one, two = st.columns(2)
        folder = one.selectbox(t("Market"), folders, format_func=offers.market_titles(folders).__getitem__, key="arrivals-market")
        kinds = {"lines": t("order lines"), "days": t("one row for each day")}
        kind = two.segmented_control(
            t("The file holds"), list(kinds), default="lines", required=True, format_func=kinds.get, key="arrivals-kind"
        )
        endings = LOGS if kind == "lines" else TABLES
        file = file_uploader(
            t("New days"), sorted({e.rpartition(".")[2] for e in endings}), f"arrivals-{kind}", help=_columns(kind == "lines")
        )
        others = st.checkbox(t("Where a day is there with another value, take the new one"), key="arrivals-replace")
        if file is not None and st.button(t("Append the days"), type="primary", icon=":material/playlist_add:"):
            path = kept("arrivals", [file], endings)
            with st.spinner(t("Appending the days …")):
                try:
                    _appended(folder, path, kind == "lines", others)
                except MarketError as error:
                    for problem in error.problems:
                        st.error(plain(in_detail(str(problem).replace(str(path), file.name))), icon=":material/error:")


def _columns(lines: bool) -> str:
    return t("Written like the lines that the market was made of.") if lines else t("In the columns of the market's own panel.")


def _appended(folder: Path, path: Path, lines: bool, others: bool) -> None:
    seen: list[Report] = []

    def accept(report: Report) -> bool:
        seen.append(report)
        return True

    if lines:
        arrival = append_lines(folder, str(path), accept=accept, replace_others=others)
    else:
        arrival = append(folder, read_rows(folder, path), replace_others=others)
    assert arrival is not None  # nobody has said no
    show_arrival(arrival, seen[0] if seen else None)


def show_arrival(arrival: Arrival, report: Report | None) -> None:
    """What has changed, and what is missing among the new days; ``report``: of the lines, where there were some."""
    form = "%Y-%m-%d" if arrival.market.about.frequency == "D" else "%Y-%m-%d %H:%M"
    if not arrival.changed:
        st.info(t("The market has all of these days already."), icon=":material/check:")
        return
    done = [
        (arrival.appended, t("Rows appended: {count}.", count=f"{arrival.appended:,}")),
        (arrival.filled, t("Rows that filled earlier days: {count}.", count=f"{arrival.filled:,}")),
        (arrival.replaced, t("Rows that replaced others: {count}.", count=f"{arrival.replaced:,}")),
        (arrival.same, t("Rows that were there already: {count}.", count=f"{arrival.same:,}")),
    ]
    st.success(
        " ".join(text for count, text in done if count),
        title=t("The market ends on {day} now", day=f"{arrival.market.cutoff:{form}}"),
        icon=":material/check_circle:",
    )
    gaps = []
    if len(arrival.dark):
        days = _few(arrival.dark.strftime(form).tolist())
        zero = arrival.market.about.absent == "zero"
        gaps.append(
            t("Without any row, and so zero: {days}", days=days) if zero else t("Without any row, and so missing: {days}", days=days)
        )
    if arrival.lacking:
        districts = _few([f"{region} ({count:,})" for region, count in arrival.lacking.items()])
        gaps.append(t("Districts that lack rows: {districts}", districts=plain(districts)))
    gaps += [t("Not given, and so missing: {stream}", stream=stream(name)) for name in arrival.without if len(arrival.steps)]
    if report is not None and report.rejected:
        file = plain(f"rejected-until-{report.last}.csv")
        told = t(
            "Lines rejected: {count}; {file} in the market's folder names each with its reason.",
            count=f"{report.rejected:,}",
            file=file,
        )
        gaps.append(told)
    if gaps:
        st.warning("  \n".join(gaps), icon=":material/event_busy:")


def _few(entries: Sequence[str]) -> str:
    shown = t(", ").join(entries[:FEW])
    return shown if len(entries) <= FEW else t("{shown} and {more} more", shown=shown, more=len(entries) - FEW)
