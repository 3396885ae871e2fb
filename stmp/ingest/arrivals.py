"""New days of a market from order lines, counted as 'stmp market build' counts them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from stmp.ingest.build import build
from stmp.ingest.fields import NONE, SYNONYMS
from stmp.ingest.inputs import Inputs
from stmp.ingest.plan import Plan
from stmp.ingest.report import Report
from stmp.ingest.write import PANEL, REJECTED, REPORT
from stmp.market.arrivals import Arrival, Rows, append
from stmp.market.load import CARTS, load_market
from stmp.market.market import Market
from stmp.market.read_regions import read_regions
from stmp.market.schema import read_manifest


def append_lines(
    folder: Path,
    orders: str,
    change: Callable[[Plan], Plan] = lambda plan: plan,
    confirm: Callable[[Inputs], bool] = lambda inputs: True,
    accept: Callable[[Report], bool] = lambda report: True,
    progress: Callable[[str], None] = lambda text: None,
    *,
    replace_others: bool = False,
) -> Arrival | None:
    """Count order lines and append their days, as ``market.arrivals.append`` does. ``change``: of the plan that the market suggests.

    None where ``confirm`` or ``accept`` says no. The account of the lines is kept beside that of the market's own. Raises StmpError.
    """
    with tempfile.TemporaryDirectory() as stage:
        market = load_market(folder)
        plan = change(plan_of(folder, market, orders, Path(stage)))
        report = build(plan, confirm, accept, progress)
        if report is None:
            return None
        rows = Rows(_whole(market, pd.read_parquet(plan.out / PANEL)), Path(orders), numbered=False)
        arrival = append(folder, rows, replace_others=replace_others)
        if arrival.changed:
            for name in (REJECTED, REPORT):
                stem, ending = name.split(".")
                (folder / f"{stem}-until-{report.last}.{ending}").write_bytes((plan.out / name).read_bytes())
        return arrival


def plan_of(folder: Path, market: Market, orders: str, stage: Path) -> Plan:
    """The plan that counts lines for a market: its regions by id, its zone and calendar, and the columns that it was built from."""
    manifest = read_manifest(folder)
    ids = sorted({*market.regions, *read_regions(folder, manifest.regions, (), []).ids})
    pd.DataFrame({"region": ids}).to_csv(stage / "regions.csv", index=False)
    return Plan(
        out=stage / "counted" / manifest.name,
        orders=orders,
        regions=stage / "regions.csv",
        time_zone=manifest.time_zone,
        country=manifest.calendar.country,
        calendar=None if manifest.calendar.country else _calendar(market, stage / "calendar.csv"),
        maps=_built_from(folder),
        hourly=manifest.frequency == "h",
    )


def _calendar(market: Market, file: Path) -> Path:
    days = market.calendar
    pd.DataFrame({"workday": days.workday.astype(int), "holiday": days.holiday}, index=days.dates.rename("date")).to_csv(file)
    return file


def _built_from(folder: Path) -> dict[str, dict[str, str]]:
    """log -> field -> column, as the market's own lines were read: new ones must not be guessed otherwise. Empty if it was not built."""
    if not (folder / REPORT).is_file():
        return {}
    logs = json.loads((folder / REPORT).read_text(encoding="utf-8"))["logs"]
    return {log["name"]: {field: log["mapping"].get(field, NONE) for field in SYNONYMS} for log in logs}


def _whole(market: Market, counted: pd.DataFrame) -> pd.DataFrame:
    """Rows for every open region and every category on the steps that were counted: where nobody ordered, the market knows it was 0."""
    steps, categories = sorted(counted["date"].unique()), sorted({*market.categories, *counted["category"]})
    opened = counted.groupby("region")["date"].min().to_dict()
    already = np.asarray(~np.isnan(market.orders).all(axis=(1, 2)))
    opened |= {region: steps[0] for region, known in zip(market.regions, already, strict=True) if known}
    index = pd.MultiIndex.from_product([sorted(opened), categories, steps], names=["region", "category", "date"])
    whole = counted.set_index(list(index.names)).reindex(index).reset_index()
    whole["orders"] = whole["orders"].fillna(0.0)
    if CARTS in whole:
        told = counted.loc[counted[CARTS].notna(), "date"].dt.normalize().unique()
        whole[CARTS] = whole[CARTS].fillna(0.0).where(whole["date"].dt.normalize().isin(told) | whole[CARTS].notna())
    return whole[whole["date"] >= whole["region"].map(opened)]
