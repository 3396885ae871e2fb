"""From a folder with market.toml to one aligned, checked Market."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from stmp.errors import MarketError, Problem
from stmp.market.calendar import Calendar
from stmp.market.market import ALL, About, Float, Market
from stmp.market.read_calendar import read_calendar
from stmp.market.read_regions import Regions, read_regions
from stmp.market.schema import Manifest, read_manifest
from stmp.market.sound_rows import SoundRows
from stmp.market.tables import date_problems, dates_of, listed, number_problems, numbers_of, read_table

CARTS = "cart_adds"


def load_market(folder: Path) -> Market:
    """Read a market folder. Raises MarketError with every problem of every file; a file that lacks a column is read no further, and the
    calendar is checked once the panel has dates to hold it against.

    Absent rows become zero or missing as the panel section says; before the first row of a region a market whose absent
    rows are zero is missing, not zero, for a district that is not open yet sells nothing for another reason.
    """
    return market_of(folder, read_manifest(folder))


def market_of(folder: Path, manifest: Manifest) -> Market:
    """As ``load_market``, by a manifest that may differ from the folder's own."""
    rows = SoundRows.of(folder, manifest)
    market = None if rows is None else _sound(folder, manifest, rows)
    return market or _of_table(folder, manifest)


def _sound(folder: Path, manifest: Manifest, rows: SoundRows) -> Market | None:
    """The market of rows without a fault, if the other files have none either."""
    problems: list[Problem] = []
    regions = read_regions(folder, manifest.regions, rows.regions, problems)
    dates = pd.date_range(pd.Timestamp(rows.first), pd.Timestamp(rows.last), freq=manifest.frequency)
    calendar = read_calendar(folder, manifest, dates, regions.ids, problems)
    known = _read_known(folder, manifest, regions, calendar, problems)
    arrays = None if problems else rows.arrays(regions.ids, dates)
    return None if arrays is None else _made(manifest, regions, rows.categories, dates, arrays, calendar, known)


def _of_table(folder: Path, manifest: Manifest) -> Market:
    """From the table of all rows, which tells every fault."""
    problems: list[Problem] = []
    panel = read_panel(folder, manifest, problems)
    panel_regions = tuple(sorted(panel["region"].dropna().unique()))
    regions = read_regions(folder, manifest.regions, panel_regions, problems)
    panel = _known_regions(panel, folder, manifest, regions, problems)
    if panel.empty or panel["date"].isna().all():
        raise MarketError(problems or [Problem(folder / manifest.panel.file, "no row is left", "check first, last and include")])
    dates = pd.date_range(panel["date"].min(), panel["date"].max(), freq=manifest.frequency)
    calendar = read_calendar(folder, manifest, dates, regions.ids, problems)
    known = _read_known(folder, manifest, regions, calendar, problems)
    if problems:
        raise MarketError(problems)
    categories = tuple(sorted(panel["category"].unique()))
    cube = _Cube(panel, regions.ids, categories, dates, manifest.panel.absent)
    arrays = {name: cube.values(name) for name in panel.columns if name not in ("region", "category", "date")}
    return _made(manifest, regions, categories, dates, arrays, calendar, known)


def _made(
    manifest: Manifest,
    regions: Regions,
    categories: tuple[str, ...],
    dates: pd.DatetimeIndex,
    arrays: dict[str, Float],
    calendar: Calendar,
    known: dict[str, Float],
) -> Market:
    orders, past = arrays["orders"], {name: values for name, values in arrays.items() if name != "orders"}
    about = About(
        manifest.name,
        manifest.title,
        manifest.title_zh,
        manifest.simulated,
        manifest.frequency,
        manifest.time_zone,
        manifest.unit,
        manifest.licence,
        manifest.source,
        manifest.panel.absent,
    )
    digest = _digest(about, regions, categories, dates, [orders, *past.values(), *known.values()], list(past), calendar)
    table, facts, polygons = regions.table, regions.facts, regions.polygons
    new = tuple(region for region in regions.ids if region in manifest.regions.new)
    digest = digest if not new else hashlib.sha256(repr((digest, new)).encode()).hexdigest()
    return Market(about, regions.ids, categories, dates, orders, past, calendar, known, table, facts, polygons, digest, new)


def read_panel(folder: Path, manifest: Manifest, problems: list[Problem]) -> pd.DataFrame:
    """region, date, category, orders and what else is there, under our names; the index is the line in the file."""
    section = manifest.panel
    file = folder / section.file
    raw = read_table(file, section.columns, ["region", "date", "orders", *section.past], ["category", CARTS], problems)
    if raw.empty:
        return raw
    hourly = manifest.frequency == "h"
    frame = pd.DataFrame({"region": raw["region"], "date": dates_of(raw["date"], hourly)}, index=raw.index)
    frame["category"] = raw.get("category", ALL)

    def theirs(name: str) -> str:
        return section.columns.get(name, name)

    for name in ("region", *(["category"] if "category" in raw else [])):
        problems += listed(file, theirs(name), "empty", list(raw.index[raw[name].isna()]))
    problems += date_problems(file, theirs("date"), frame["date"], raw["date"])
    for name in [n for n in raw.columns if n not in ("region", "date", "category")]:
        problems += number_problems(file, theirs(name), raw[name], required=name == "orders", signed=name in section.past)
        frame[name] = numbers_of(raw[name])
    keys = ["region", "category", "date"]
    repeated = frame.duplicated(keys) & frame["date"].notna() & raw["region"].notna()
    problems += listed(file, theirs("date"), "duplicate", list(frame.index[repeated]), raw["date"])
    problems += listed(file, theirs("date"), "backwards", _backwards(frame), raw["date"])
    if section.first is not None:
        frame = frame[frame["date"] >= pd.Timestamp(section.first)]
    if section.last is not None:
        frame = frame[frame["date"] < pd.Timestamp(section.last) + pd.Timedelta(days=1)]
    return frame


def _backwards(frame: pd.DataFrame) -> list[int]:
    """Rows whose date lies before that of the row above of the same region and category: two files run together, or swapped columns."""
    step = frame.groupby(["region", "category"], sort=False)["date"].diff()
    return list(frame.index[step < pd.Timedelta(0)])


def _known_regions(panel: pd.DataFrame, folder: Path, manifest: Manifest, regions: Regions, problems: list[Problem]) -> pd.DataFrame:
    """The panel of the market's regions; a region that the table lacks is a fault unless ``include`` leaves it out."""
    if panel.empty:
        return panel
    inside = panel["region"].isin(regions.ids) | panel["region"].isna()  # the empty ones are listed already
    if manifest.regions.include is None:
        file, column = folder / manifest.panel.file, manifest.panel.columns.get("region", "region")
        for region, rows in panel[~inside].groupby("region"):
            remedy = "add the region to the region table, or list the regions to use under [regions] include"
            problems.append(
                Problem(file, f"unknown region, in {len(rows)} rows", remedy, column=column, row=int(rows.index[0]), value=str(region))
            )
    return panel[inside & panel["region"].notna()]


def _read_known(folder: Path, manifest: Manifest, regions: Regions, calendar: Calendar, problems: list[Problem]) -> dict[str, Float]:
    section = manifest.known
    if section is None:
        return {}
    file = folder / section.file
    raw = read_table(file, section.columns, ["region", "date", *section.covariates], [], problems)
    if raw.empty:
        return {}
    region, date = (section.columns.get(name, name) for name in ("region", "date"))
    dates = dates_of(raw["date"], hourly=False)
    problems += date_problems(file, date, dates, raw["date"])
    repeated = raw.assign(date=dates).duplicated(["region", "date"]) & dates.notna()
    problems += listed(file, date, "duplicate", list(raw.index[repeated]), raw["date"])
    problems += listed(file, region, "empty", list(raw.index[raw["region"].isna()]))
    if manifest.regions.include is None:
        for unknown, rows in raw[~raw["region"].isin(regions.ids)].groupby("region"):
            problems.append(Problem(file, "unknown region", "use the region ids of the panel", region, int(rows.index[0]), str(unknown)))
    result: dict[str, Float] = {}
    for name in section.covariates:
        problems += number_problems(file, section.columns.get(name, name), raw[name], required=False, signed=True)
        wide = pd.DataFrame({"region": raw["region"], "date": dates, "value": numbers_of(raw[name])}).drop_duplicates(["region", "date"])
        table = wide.dropna(subset=["region", "date"]).set_index(["region", "date"])["value"].unstack()  # noqa: PD010
        result[name] = table.reindex(index=list(regions.ids), columns=calendar.dates).to_numpy(np.float32)
    return result


class _Cube:
    """Long rows to [R, C, D] arrays, absent rows filled as the market declares."""

    def __init__(
        self, panel: pd.DataFrame, regions: tuple[str, ...], categories: tuple[str, ...], dates: pd.DatetimeIndex, absent: str
    ) -> None:
        self.panel, self.absent = panel, absent
        self.shape = (len(regions), len(categories), len(dates))
        self.where = (
            pd.Index(regions).get_indexer(pd.Index(panel["region"])),
            pd.Index(categories).get_indexer(pd.Index(panel["category"])),
            dates.get_indexer(pd.Index(panel["date"])),
        )
        first = np.full(len(regions), len(dates))
        np.minimum.at(first, self.where[0], self.where[2])
        self.closed = np.arange(len(dates)) < first[:, None, None]  # [R, 1, D] before the region's first row

    def values(self, column: str) -> Float:
        cube = np.full(self.shape, 0 if self.absent == "zero" else np.nan, dtype=np.float32)
        cube[np.broadcast_to(self.closed, self.shape)] = np.nan
        cube[self.where] = self.panel[column].to_numpy(np.float32)
        return cube


def _digest(
    about: About,
    regions: Regions,
    categories: tuple[str, ...],
    dates: pd.DatetimeIndex,
    arrays: list[Float],
    streams: list[str],
    calendar: Calendar,
) -> str:
    names = [about.name, regions.ids, categories, streams, str(dates[0]), str(dates[-1]), [repr(o) for o in calendar.occurrences]]
    names += [repr(o.regions) for o in calendar.occurrences if o.regions]
    hashed = hashlib.sha256(json.dumps(names, ensure_ascii=False, default=str).encode())
    for array in [*arrays, calendar.workday, regions.facts.to_numpy(float), calendar.covariates.to_numpy(float)]:
        hashed.update(np.ascontiguousarray(array).tobytes())
    hashed.update("\n".join(map(str, calendar.holiday)).encode())
    return hashed.hexdigest()
