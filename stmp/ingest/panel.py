"""From counted groups to the panel: one row for each region, category and step from the region's first line on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis import _
from pyarrow import parquet

from stmp.errors import StmpError
from stmp.ingest.engines import DuckDB
from stmp.ingest.limits import Limits
from stmp.market.load import CARTS

TALLY = pa.schema(
    [
        ("reason", pa.int8()),
        ("region", pa.string()),
        ("category", pa.string()),
        ("step", pa.timestamp("us")),
        ("lines", pa.int64()),
        ("repeated", pa.int64()),
        ("quantity", pa.decimal128(38, 4)),
    ]
)
COUNTED = 0


@dataclass(frozen=True)
class Shape:
    """What a panel holds. dark: days between the first and the last that no order line falls on.  zeros: cells at 0, of ``cells``."""

    first: date
    last: date
    dark: tuple[date, ...]
    categories: tuple[str, ...]
    regions: tuple[str, ...]
    cells: int
    zeros: int
    largest_day: tuple[date, float]
    median_day: float


def write_tally(batches: Iterator[pa.RecordBatch], file: Path, limits: Limits) -> None:
    """Raises StmpError when the category has more values than any market."""
    categories: set[str] = set()
    with parquet.ParquetWriter(file, TALLY) as writer:
        for batch in batches:
            table = pa.Table.from_batches([batch]).select(TALLY.names).cast(TALLY)
            categories.update(table["category"].unique().to_pylist())
            if len(categories) > limits.categories:
                raise StmpError(
                    f"the category column has more than {limits.categories:,} values. Remedy: map a coarser column, map none with "
                    "--map category=-, or raise the limit categories."
                )
            writer.write_table(table)


class Tallies:
    """The counted groups of the logs, in files."""

    def __init__(self, stage: Path, limits: Limits) -> None:
        self.engine = DuckDB(stage, limits)
        self.limits = limits

    def close(self) -> None:
        self.engine.close()

    def frame(self, expression: ir.Table) -> pd.DataFrame:
        found: pd.DataFrame = expression.to_pandas()
        return found

    def reasons(self, file: Path) -> pd.DataFrame:
        """lines, repeated and quantity by reason."""
        table = self.engine.connection.read_parquet(file)
        return self.frame(table.group_by("reason").agg(lines=_.lines.sum(), repeated=_.repeated.sum(), quantity=_.quantity.sum()))

    def days(self, file: Path) -> list[date]:
        """Days with counted lines, in order."""
        table = self.engine.connection.read_parquet(file).filter(_.reason == COUNTED)
        return sorted(pd.to_datetime(self.frame(table.select(day=_.step.date()).distinct())["day"]).dt.date)

    def write_panel(self, orders: Path, carts: Path | None, target: Path, *, hourly: bool, dark_is_zero: bool) -> Shape:
        """The panel as Parquet, sorted. A day without any order line is missing, or 0 where ``dark_is_zero``; a step of another day
        without a line is 0. Raises StmpError when it would be larger than the limit."""
        days = self.days(orders)
        span = pd.date_range(days[0], days[-1])
        dark = tuple(span.difference(pd.DatetimeIndex(days)).date)
        known = span if dark_is_zero else pd.DatetimeIndex(days)
        cells = self._cells(orders, carts, known, hourly)
        size = int(cells.count().execute())
        if size > self.limits.panel_rows:
            raise StmpError(f"the panel would have {size:,} rows. Remedy: map a coarser category, or raise the limit panel_rows.")
        columns = ["region", "category", "date", "orders", *([CARTS] if carts is not None else [])]
        kind = pa.timestamp("ms")
        schema = pa.schema([(n, pa.string() if n in columns[:2] else kind if n == "date" else pa.float64()) for n in columns])
        self.engine.connection.raw_sql("SET preserve_insertion_order = true")
        with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in self.engine.batches(cells.select(columns).order_by(columns[:3])):
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))
        return self._shape(target, days, dark)

    def _cells(self, orders: Path, carts: Path | None, known: pd.DatetimeIndex, hourly: bool) -> ir.Table:
        sums = self._sums(orders, "orders")
        steps = known.repeat(24) + pd.to_timedelta(list(range(24)) * len(known), unit="h") if hourly else known
        clock = ibis.memtable(pd.DataFrame({"step": steps}))
        opened = sums.group_by("region").agg(opened=_.step.min())
        grid = opened.cross_join(sums.select("category").distinct()).cross_join(clock)
        grid = grid.filter(grid.step >= grid.opened)
        keys = ["region", "category", "step"]
        joined = grid.left_join(sums, keys).select(*keys, orders=_.orders.fill_null(0.0))
        if carts is not None:
            with_carts = ibis.memtable(pd.DataFrame({"day": pd.DatetimeIndex(self.days(carts))}))
            told = joined.step.date().isin(with_carts.day.date())
            joined = joined.mutate(told=told).left_join(self._sums(carts, CARTS), keys)
            joined = joined.select(*keys, "orders", **{CARTS: ibis.ifelse(joined.told, joined[CARTS].fill_null(0.0), joined[CARTS])})
        return joined.rename(date="step")

    def _sums(self, file: Path, name: str) -> ir.Table:
        table = self.engine.connection.read_parquet(file).filter(_.reason == COUNTED)
        return table.group_by("region", "category", "step").agg(**{name: _.quantity.sum().cast("float64")})

    def _shape(self, panel: Path, days: list[date], dark: tuple[date, ...]) -> Shape:
        table = self.engine.connection.read_parquet(panel)
        totals = self.frame(table.group_by(day=_.date.date()).agg(total=_.orders.sum()).order_by("day"))
        counts = self.frame(table.agg(cells=_.count(), zeros=(_.orders == 0).sum()))
        names = {name: tuple(sorted(self.frame(table.select(name).distinct())[name])) for name in ("region", "category")}
        best = totals.loc[totals["total"].idxmax()]
        return Shape(
            days[0],
            days[-1],
            dark,
            names["category"],
            names["region"],
            int(counts["cells"].iloc[0]),
            int(counts["zeros"].iloc[0]),
            (_as_date(best["day"]), float(best["total"])),
            float(totals["total"].median()),
        )


def _as_date(value: object) -> date:
    return value.date() if isinstance(value, datetime) else pd.Timestamp(value).date()  # type: ignore[arg-type]
