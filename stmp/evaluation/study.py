"""What a backtest says, as pure functions of its cells (``cells.cells_of``): scores of any group, coverage, festivals, losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stmp.evaluation import metrics
from stmp.evaluation.cells import EVERY, LEVELS
from stmp.evaluation.pit import EDGES
from stmp.market.calendar import DateType

OURS = "stmp"  # the model under test; all others are baselines
ALL = "all"  # every kind of day
ERRORS = ("wape", "mse_rel", "crps")  # smaller is better
DIGITS = 3  # after the point that errors are read to; what is alike to these is no difference

MEASURES: Mapping[str, Callable[[pd.DataFrame], float]] = {
    "wape": lambda cells: metrics.wape(_floats(cells, "actual"), _floats(cells, "q50")),
    "mse_rel": lambda cells: metrics.mse_rel(_floats(cells, "actual"), _floats(cells, "mean"), _floats(cells, "scale")),
    "crps": lambda cells: metrics.crps_of(_floats(cells, "actual"), _floats(cells, "crps")),
    "bias": lambda cells: metrics.bias(_floats(cells, "actual"), _floats(cells, "mean")),
    "in50": lambda cells: float(cells["in50"].mean()),
    "in80": lambda cells: float(cells["in80"].mean()),
    "in95": lambda cells: float(cells["in95"].mean()),
}


@dataclass(frozen=True)
class Loss:
    """Where the best baseline has the smaller error: on which kind of days, by which of ``ERRORS``, and on how many days."""

    kind: str
    measure: str
    ours: float
    theirs: float
    baseline: str
    days: int


def districts(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of one region and one category each."""
    return cells[(cells["region"] != EVERY) & (cells["category"] != EVERY)]


def totals(cells: pd.DataFrame) -> pd.DataFrame:
    """The sums over all categories of each region."""
    return cells[(cells["region"] != EVERY) & (cells["category"] == EVERY)]


def network(cells: pd.DataFrame) -> pd.DataFrame:
    """The sums over all regions and categories."""
    return cells[cells["region"] == EVERY]


def of_kind(cells: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The rows of one of ``SEGMENTS``; of ``ALL``, all of them."""
    return cells if kind == ALL else cells[cells["kind"] == kind]


def scores(cells: pd.DataFrame, by: Sequence[str] = (), measures: Sequence[str] = tuple(MEASURES)) -> pd.DataFrame:
    """One row per group of the columns ``by`` and per model: those, n (cells), days (different target days) and the measures named.

    The measures are those of ``metrics``: WAPE of the medians, squared error and bias of the means.
    """
    rows = []
    for key, group in cells.groupby([*by, "model"], observed=True):
        measured = {name: MEASURES[name](group) for name in measures}
        rows.append({**dict(zip([*by, "model"], key, strict=True)), "n": len(group), "days": group["date"].nunique(), **measured})
    return pd.DataFrame(rows, columns=[*by, "model", "n", "days", *measures])


def by_kind(cells: pd.DataFrame) -> pd.DataFrame:
    """``scores`` of each kind of day, then of all days together."""
    kinds = scores(cells, ["kind"])
    return kinds if kinds["kind"].nunique() < 2 else pd.concat([kinds, scores(cells).assign(kind=ALL)], ignore_index=True)


def best(table: pd.DataFrame) -> pd.DataFrame:
    """Whether a model's error is the smallest, or as small as it, of its kind of day: rows of ``table`` (``by_kind``) and ``ERRORS``."""
    errors = table[list(ERRORS)].round(DIGITS)
    return errors == errors.groupby(table["kind"]).transform("min")


def losses(table: pd.DataFrame) -> list[Loss]:
    """Where the model under test is worse than a baseline; ``table`` as ``by_kind`` gives it."""
    found = []
    for kind, group in table.groupby("kind", sort=False):
        errors = group.set_index("model")
        for measure in ERRORS:
            known = errors[measure].dropna()
            if OURS in known and known.min().round(DIGITS) < known[OURS].round(DIGITS):
                baseline = str(known.idxmin())
                days = int(errors["days"][OURS])
                found.append(Loss(str(kind), measure, float(known[OURS]), float(known[baseline]), baseline, days))
    return found


def coverage(cells: pd.DataFrame) -> pd.DataFrame:
    """model, n, days, nominal, measured: the share of the rows whose actual lies in the central interval of the nominal level."""
    table = scores(cells, measures=list(LEVELS))
    parts = [table[["model", "n", "days"]].assign(nominal=level, measured=table[name]) for name, level in LEVELS.items()]
    return pd.concat(parts, ignore_index=True)


def pit(cells: pd.DataFrame) -> pd.DataFrame:
    """model, n, days, low, high, expected, measured: the share of the rows whose actual lies between two quantiles, by bin of ``EDGES``.

    A PIT histogram with the bins that a backtest's intervals and median allow; an actual that is the median counts half on either side.
    """
    depth = cells[list(LEVELS)].to_numpy(dtype=int).sum(1)  # 0: outside of the 95 %, 3: inside of the 50 %
    actual, middle = _floats(cells, "actual"), _floats(cells, "q50")
    bins = np.arange(len(EDGES) - 1)
    lower = (bins == depth[:, None]) * np.where(actual < middle, 1, (actual == middle) / 2)[:, None]
    upper = (bins[::-1] == depth[:, None]) * np.where(actual > middle, 1, (actual == middle) / 2)[:, None]
    shares = pd.DataFrame(lower + upper, index=cells.index)
    parts = []
    for model, group in cells.groupby("model", observed=True):
        known = {"model": model, "n": len(group), "days": group["date"].nunique(), "low": EDGES[:-1], "high": EDGES[1:]}
        parts.append(pd.DataFrame({**known, "expected": np.diff(EDGES), "measured": shares.loc[group.index].mean().to_numpy()}))
    return pd.concat(parts, ignore_index=True)


def festivals(cells: pd.DataFrame) -> pd.DataFrame:
    """``scores`` of all phases of each festival held, from each cutoff: festival, peak, cutoff, model and the measures, by peak."""
    return scores(_festival_days(cells), ["peak", "festival", "cutoff"])


def peaks(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``cells`` that are the strongest peak day of a festival held, with its name as ``festival``, by peak and cutoff."""
    found = _festival_days(cells)
    found = found[[DateType.parse(label).phase == "peak" for label in found["label"]]]
    strongest = found.sort_values("actual", ascending=False).drop_duplicates(["model", "region", "category", "festival", "peak", "cutoff"])
    return strongest.sort_values(["peak", "cutoff", "model"], ignore_index=True)


def thinned(cells: pd.DataFrame, most: int, seed: int = 0) -> pd.DataFrame:
    """At most ``most`` rows, drawn at random and in the order they had."""
    return cells if len(cells) <= most else cells.sample(most, random_state=seed).sort_index()


def _festival_days(cells: pd.DataFrame) -> pd.DataFrame:
    found = cells[cells["kind"] == "festival"]
    return found.assign(festival=[DateType.parse(label).name for label in found["label"]])


def _floats(cells: pd.DataFrame, column: str) -> metrics.Array:
    return cells[column].to_numpy(dtype="float64")
