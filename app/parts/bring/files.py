"""Where the lines and the boundaries lie: uploaded into a folder of the session's own, or named below the folder the dashboard runs in."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app.language import t
from app.parts.own_words import file_uploader
from stmp.errors import StmpError
from stmp.ingest.boundaries import MAPS
from stmp.ingest.samples import TEXTS

LOGS = (*TEXTS, ".parquet")
SHAPES = (*MAPS, ".shx", ".dbf", ".prj", ".cpg", ".csv")
DAYS = (".csv",)
FOLDER = "bring-uploads"  # in the session's state


@dataclass(frozen=True)
class Files:
    """What was given. carts and calendar may be None."""

    orders: Path
    regions: Path
    carts: Path | None
    calendar: Path | None


def ask_files() -> Files | None:
    """None until there are orders and boundaries. Raises StmpError for a path that may not be read."""
    st.caption(
        t(
            "Files of up to {size} MB can be uploaded; they stay on the machine that runs the dashboard. A larger log, or a folder of "
            "logs, is named by its path below {folder}.",
            size=st.get_option("server.maxUploadSize"),
            folder=str(Path.cwd()),
        )
    )
    left, right = st.columns(2)
    with left:
        orders = _ask("orders", t("Order lines"), LOGS, t("One line for each thing that was bought: time, place, category, quantity."))
        carts = _ask("carts", t("Cart additions, if there are any"), LOGS, t("Written like the order lines."))
    with right:
        regions = _ask(
            "regions", t("Boundaries of the districts"), SHAPES, t("GeoJSON, GeoPackage, or all files of a Shapefile; or a CSV.")
        )
        calendar = _ask("calendar", t("Calendar, if you have one"), DAYS, t("One row for each day: date, workday, holiday, festival."))
    if orders is None or regions is None:
        return None
    return Files(orders, regions, carts, calendar)


def _ask(kind: str, label: str, endings: Sequence[str], explained: str) -> Path | None:
    """A file, or the folder of several."""
    kinds = sorted({ending.rpartition(".")[2] for ending in endings})
    several = kind in ("orders", "carts", "regions")
    uploaded = file_uploader(label, kinds, f"bring-{kind}", accept_multiple_files=several, help=explained)
    named = st.text_input(t("or its path"), key=f"bring-{kind}-path", label_visibility="collapsed", placeholder=t("or its path"))
    files = uploaded if isinstance(uploaded, list) else [uploaded] if uploaded is not None else []
    if files:
        return kept(kind, files, endings)
    return _below(Path.cwd(), named.strip()) if named.strip() else None


def kept(kind: str, uploaded: Sequence[Any], endings: Sequence[str]) -> Path:
    """Uploads written under names of our own: what a browser calls a file decides nothing but its ending."""
    home = st.session_state.setdefault(FOLDER, tempfile.TemporaryDirectory(prefix="stmp-bring-"))
    folder = Path(home.name) / f"{kind}-{'-'.join(sorted(file.file_id for file in uploaded))[:80]}"
    if not folder.exists():
        folder.mkdir()
        for number, file in enumerate(uploaded, start=1):
            ending = max((e for e in endings if file.name.lower().endswith(e)), key=len, default="")
            # The files of one Shapefile are told by their common name.
            stem = kind if kind == "regions" else f"{kind}-{number}"
            (folder / f"{stem}{ending}").write_bytes(file.getbuffer())
    files = sorted(folder.iterdir())
    shapes = [file for file in files if file.suffix in MAPS]
    return shapes[0] if kind == "regions" and shapes else files[0] if len(files) == 1 else folder


def _below(root: Path, named: str) -> Path:
    """A path within the root. Raises StmpError for any other: who may open the page need not be one who may read the machine's files."""
    place = (root / named).resolve()
    if not place.is_relative_to(root.resolve()):
        raise StmpError(f"{named}: this lies outside {root}. Remedy: start the dashboard in a folder that holds the data, or upload them.")
    return place
