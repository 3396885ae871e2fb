"""The file of a panel as it is written, column by column, so that rows can be added without a change to what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from stmp.errors import MarketError, Problem
from stmp.market.schema import Manifest

KEYS = ["region", "category", "date"]


@dataclass
class PanelFile:
    """rows: under the file's own names, texts from a CSV and typed from Parquet; the index is the line, the header being line 1.
    schema: of a Parquet file."""

    path: Path
    rows: pd.DataFrame
    schema: pa.Schema | None = None

    @classmethod
    def read(cls, path: Path) -> PanelFile:
        """A file that ``load_market`` could read."""
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
            rows, schema = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True), table.schema
        else:
            rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)
            schema = None
        rows.index = pd.RangeIndex(2, len(rows) + 2)
        return cls(path, rows, schema)

    def take(self, new: pd.DataFrame, old: pd.DataFrame, manifest: Manifest) -> None:
        """Write each new row over the one of its region, category and date, or below all others; ``old``: the rows as they are read.

        Rows are sorted by date only where those of a series would go backwards otherwise. Raises MarketError where a value does not
        fit the type of its column.
        """
        columns = manifest.panel.columns
        lines = pd.Series(old.index, pd.MultiIndex.from_frame(old[KEYS]))
        place = lines.reindex(pd.MultiIndex.from_frame(new[KEYS])).to_numpy()
        place = np.where(np.isnan(place), len(self.rows) + 2 + np.cumsum(np.isnan(place)), place).astype(int)
        written = self.rows.reindex(old.index.union(pd.Index(place)))  # blank lines are no rows
        for name in (n for n in new.columns if columns.get(n, n) in written):
            theirs = columns.get(name, name)
            given = new[name].notna().to_numpy()
            written.loc[place[given], theirs] = self._cells(theirs, new[name][given], manifest.frequency == "h")
        dates = pd.concat([old["date"], pd.Series(new["date"].to_numpy(), place)])
        dates = dates[~dates.index.duplicated()].reindex(written.index)
        series = pd.concat([old[KEYS[:2]], new[KEYS[:2]].set_index(place)])
        series = series[~series.index.duplicated()].reindex(written.index)
        if (dates.groupby([series["region"], series["category"]], sort=False).diff() < pd.Timedelta(0)).any():
            written = written.loc[dates.sort_values(kind="stable").index]
        self.rows = written

    def _cells(self, column: str, values: pd.Series, hourly: bool) -> Any:
        """Values as the column holds them."""
        kind = None if self.schema is None else self.schema.field(column).type
        if kind is None or pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return [_text(value, hourly) for value in values]
        try:
            return pd.arrays.ArrowExtensionArray(pa.array(values.tolist()).cast(kind))
        except pa.ArrowInvalid as error:
            message = f"the column holds {kind}, which the new values are not ({error})"
            raise MarketError([Problem(self.path, message, "give values of that type, or write the panel anew", column)]) from error

    def write(self, path: Path) -> None:
        if self.schema is None:
            self.rows.to_csv(path, index=False, lineterminator="\n")
        else:
            parquet.write_table(pa.Table.from_pandas(self.rows, schema=self.schema, preserve_index=False), path, compression="zstd")


def _text(value: object, hourly: bool) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}" if hourly else f"{value:%Y-%m-%d}"
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)
