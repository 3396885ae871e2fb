"""The results of a backtest cell by cell, in one tidy Parquet file: what the scores of any group of cells are made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import ValidationError

from stmp.checkpoint import Card, versions
from stmp.config import Config
from stmp.errors import StmpError
from stmp.evaluation import metrics
from stmp.evaluation.window import Window
from stmp.files import whole_file
from stmp.forecast import Forecast
from stmp.hours import daily
from stmp.market import Calendar, Market

EVERY = ""  # the region or category of a row that is a sum over all of them
LEVELS = {"in50": 0.5, "in80": 0.8, "in95": 0.95}
FILE = "backtest.parquet"  # its name in a checkpoint's folder, where the dashboard looks for it
NAMES = ["model", "region", "category", "kind", "label"]
FORECAST = ["mean", "q10", "q50", "q90", "crps"]
NUMBERS = [*FORECAST, "actual", "scale"]
MANTISSA = 11  # bits kept of a forecast's 23: to one part in 4000, which makes the file a third smaller
KEY = b"stmp"
Floats = NDArray[np.float64]


class Provenance(Config):
    """Where a backtest comes from. weights_sha256: of the checkpoint that is called ``stmp``. trained_until: its training's end."""

    format: Literal[1] = 1
    market: str
    simulated: bool
    unit: str
    data_digest: str
    weights_sha256: str
    trained_until: str
    cutoffs: tuple[str, ...]
    horizon: int
    samples: int
    seed: int
    versions: dict[str, str]

    @classmethod
    def of(cls, card: Card, market: Market, cutoffs: Sequence[pd.Timestamp], horizon: int, samples: int = 200, seed: int = 0) -> Provenance:
        """Of a checkpoint tested on a market with the versions at work now."""
        return cls(
            market=market.about.name,
            simulated=market.about.simulated,
            unit=market.about.unit,
            data_digest=market.digest,
            weights_sha256=card.weights_sha256,
            trained_until=card.trained_until,
            cutoffs=tuple(f"{cutoff:%Y-%m-%d}" for cutoff in cutoffs),
            horizon=horizon,
            samples=samples,
            seed=seed,
            versions=versions(),
        )


@dataclass(frozen=True, eq=False)
class Backtest:
    """Cells of ``cells_of``, of every model and window, and where they come from."""

    provenance: Provenance
    cells: pd.DataFrame

    @classmethod
    def of(cls, provenance: Provenance, frames: Sequence[pd.DataFrame]) -> Backtest:
        """Of the cells of each model and window."""
        return cls(provenance, pd.concat(frames, ignore_index=True).astype(dict.fromkeys(NAMES, "category")))

    def write(self, path: Path) -> None:
        """Write as Parquet, whole or not at all."""
        frame = self.cells.assign(**{name: _rounded(self.cells[name].to_numpy(np.float64)).astype(np.float32) for name in FORECAST})
        table = pa.Table.from_pandas(frame, preserve_index=False)
        told = {KEY: self.provenance.model_dump_json().encode()}
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **told})
        with whole_file(path) as temporary:
            pq.write_table(
                table,
                temporary,
                compression="zstd",
                compression_level=15,
                use_dictionary=[name for name in table.column_names if name not in FORECAST],
                use_byte_stream_split=FORECAST,
            )

    @classmethod
    def read(cls, path: Path) -> Backtest:
        """Raises StmpError where the file is missing, cut short or no backtest."""
        provenance = read_provenance(path)
        try:
            return cls(provenance, pq.read_table(path).to_pandas())
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(path, str(error)) from error


def read_provenance(path: Path) -> Provenance:
    """Of the file's head alone. Raises StmpError as ``Backtest.read`` does."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        return Provenance.model_validate(json.loads(metadata[KEY]))
    except (pa.ArrowException, OSError, KeyError, ValueError, ValidationError) as error:
        raise _unreadable(path, str(error)) from error


def cells_of(window: Window, forecast: Forecast) -> pd.DataFrame:
    """One row per region, category and day that has an actual, and the sums of these cells by region and by day.

    A sum's region or category is "" (``EVERY``); its quantiles are those of the summed joint samples.
    model, region, category.  cutoff, date, lead: days.  kind: of ``SEGMENTS``.  label: the date type.  peak: first peak day of the
    festival's occurrence, NaT on other days.  actual, mean, q10, q50, q90, crps: units of the market.  in50, in80, in95: whether the
    actual lies in the central interval.  scale: mean of the series until the cutoff, NaN for sums and where nothing was sold.
    Hours are summed by day, which is what is read off these cells.
    """
    per_day = window.view.per_day
    actual, samples = window.actual.astype(np.float64), forecast.samples.astype(np.float64)
    if per_day > 1:
        actual, samples = daily(actual).astype(np.float64), daily(samples, axis=2).astype(np.float64)
    there = ~np.isnan(actual)
    known, drawn = np.where(there, actual, 0), np.where(there[..., None], samples, 0)
    blocks = [_block(actual, samples, forecast.regions, forecast.categories)]
    for axes, regions, categories in (((1,), forecast.regions, (EVERY,)), ((0, 1), (EVERY,), (EVERY,))):
        total = np.where(there.any(axes, keepdims=True), known.sum(axes, keepdims=True), np.nan)
        blocks.append(_block(total, drawn.sum(axes, keepdims=True), regions, categories))
    scale = per_day * metrics.mean_scale(window.view.orders)  # [R, C, 1]
    blocks[0]["scale"] = np.broadcast_to(scale, actual.shape)[there]
    rows = pd.concat(blocks, ignore_index=True)
    rows = rows.join(_days(window), on="lead")
    rows.insert(0, "model", forecast.model)
    rows["cutoff"] = window.view.cutoff.normalize()
    rows["lead"] = (rows["lead"] + 1).astype(np.int16)
    return rows.astype(dict.fromkeys(NUMBERS, np.float32))


def _block(actual: Floats, samples: Floats, regions: tuple[str, ...], categories: tuple[str, ...]) -> pd.DataFrame:
    """[R, C, H] actuals, [R, C, H, S] samples -> a row per actual that is not NaN; ``lead`` is the position on the H axis."""
    index = pd.MultiIndex.from_product([regions, categories, range(actual.shape[-1])], names=["region", "category", "lead"])
    there = ~np.isnan(actual)
    came, drawn = actual[there], samples[there]  # [N], [N, S]
    frame = index[there.reshape(-1)].to_frame(index=False)
    frame["actual"], frame["mean"], frame["crps"] = came, drawn.mean(-1), metrics.crps_cells(came, drawn)
    frame["q10"], frame["q50"], frame["q90"] = np.quantile(drawn, [0.1, 0.5, 0.9], axis=-1)
    for name, level in LEVELS.items():
        low, high = metrics.central(drawn, level)
        frame[name] = (came >= low) & (came <= high)
    return frame


def _days(window: Window) -> pd.DataFrame:
    """date, kind, label and peak of each target day, by its position on the H axis."""
    calendar, per_day = window.view.calendar, window.view.per_day
    dates, segment = window.dates[::per_day], window.segment[::per_day]
    types = [calendar.types[day] for day in calendar.dates.get_indexer(dates)]
    return pd.DataFrame(
        {
            "date": dates,
            "kind": segment,
            "label": [t.label for t in types],
            "peak": [_peak(calendar, date, t.name) if t.kind == "festival" else pd.NaT for date, t in zip(dates, types, strict=True)],
        }
    )


def _peak(calendar: Calendar, date: pd.Timestamp, festival: str) -> pd.Timestamp:
    """First peak day of the occurrence that a festival day belongs to: of those with a phase on it, the nearest."""
    held = [o for o in calendar.occurrences if o.festival == festival and any(day == date for day, _, _ in o.phase_days())]
    return min((o.peak for o in held), key=lambda peak: abs(peak - date))


def _rounded(values: Floats) -> Floats:
    """To the nearest number with ``MANTISSA`` bits, so that the rest of the bits are 0 and cost nothing in the file."""
    fraction, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.round(np.ldexp(fraction, MANTISSA + 1)), exponent - MANTISSA - 1))


def _unreadable(path: Path, reason: str) -> StmpError:
    return StmpError(f"{path}: not a backtest that can be read ({reason}). Remedy: make it again with 'stmp evaluate ... --cells'.")
