"""How alike districts, kinds of day and past festivals are to the model, and what happened when a festival was held.

Two measures, both in the whole space of a psi (categories x latent dimensions, D = C x Z), never in a projection of it:

- The cosine ranks: of the means, normalised after their centre was taken away (``Psi.similarity``). Scaling the dimensions by their
  spread, whitening them, and ranking by the overlap were tried on two checkpoints of the bundled market. The order of districts by the
  plain cosine agrees best between cutoffs (rank correlation 0.83 and 0.84; scaled 0.54 and 0.71, whitened 0.20 and 0.28, overlap 0.42
  and 0.62) and with how alike the districts' own volumes by kind of day and category are (0.79 and 0.80).
- The overlap says how far the posteriors tell two labels apart: the Bhattacharyya coefficient of two Gaussians (Kailath 1967,
  doi 10.1109/TCOM.1967.1089532), 1 where they are the same. Over D dimensions the coefficient itself goes to 0 whatever is compared, so
  its D-th root is taken: the geometric mean over the dimensions.

A past festival peak becomes a label of its own: its occurrence is given a name that no other has. The weights know no names, so they
read it as they read a festival that has been held once: its own days count most, the last peaks of other festivals fill up the shots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from stmp.forecast import Forecaster, Psi
from stmp.market import DateType, Market, Occurrence
from stmp.summary import Floats, ordinary_level

PEAK = "peak"
AROUND = 3  # days before the first peak day and after the last that belong to what happened
FEWEST = 3  # labels: of two, one always lies opposite the other once their centre is taken away


class Neighbour(NamedTuple):
    """position: of a label.  cosine: -1 to 1.  overlap: 0 to 1."""

    position: int
    cosine: float
    overlap: float


@dataclass(frozen=True)
class Outcome:
    """What came when a festival was held.

    dates: [H] its peak days and the three days before and after.  offsets: [H] days from the first peak day.
    total: units of the market on all of them.  uplift: [H] times the level of the last ordinary days before them.
    peak_uplift: the same of the peak days together.  regions: the same by region id, the highest first. NaN where nothing is known.
    """

    dates: pd.DatetimeIndex
    offsets: tuple[int, ...]
    total: float
    uplift: Floats
    peak_uplift: float
    regions: pd.Series


@dataclass(frozen=True)
class PastPeaks:
    """Festivals held and over at a cutoff, the earliest first; psi of the peak of each, a label per occurrence; and what came."""

    occurrences: tuple[Occurrence, ...]
    psi: Psi
    outcomes: tuple[Outcome, ...]


def neighbours(psi: Psi, position: int) -> list[Neighbour]:
    """All other labels, the nearest to the one at ``position`` first."""
    cosines, overlaps = psi.similarity()[position], overlap(_part(psi, position), psi)
    return [Neighbour(int(i), float(cosines[i]), float(overlaps[i])) for i in np.argsort(-cosines, kind="stable") if i != position]


def resemblance(one: Psi, past: Psi) -> list[Neighbour]:
    """Labels of ``past``, the most like the single label of ``one`` first; the centre is the mean of ``past``."""
    centre = _flat(past).mean(axis=0)
    known, asked = _unit(_flat(past) - centre), _unit(_flat(one) - centre)
    cosines, overlaps = known @ asked[0], overlap(one, past)
    return [Neighbour(int(i), float(cosines[i]), float(overlaps[i])) for i in np.argsort(-cosines, kind="stable")]


def overlap(one: Psi, others: Psi) -> Floats:
    """[N] Bhattacharyya coefficient of the single label of ``one`` with each of ``others``, its D-th root."""
    variance, other = _flat(one, "std") ** 2, _flat(others, "std") ** 2
    middle = (variance + other) / 2
    distance = (_flat(one) - _flat(others)) ** 2 / (8 * middle) + np.log(middle / np.sqrt(variance * other)) / 2  # [N, D]
    return np.asarray(np.exp(-distance.mean(axis=1)))


def blend(psi: Psi, weights: Mapping[str, float]) -> Psi:
    """psi of a day that is a blend of date types, as the model mixes them: the weighted sum of independent Gaussians."""
    rows = [psi.labels.index(label) for label in weights]
    share = np.array(list(weights.values()), dtype=np.float32)
    mean = np.einsum("n,ncz->cz", share, psi.mean[rows])
    variance = np.einsum("n,ncz->cz", share**2, psi.std[rows] ** 2)
    return Psi((" + ".join(weights),), mean[None], np.sqrt(variance)[None])


def past_peaks(forecaster: Forecaster, view: Market, first: pd.Timestamp) -> PastPeaks | None:
    """Every festival whose peak begins on ``first`` or later and is over, three days included, at the view's cutoff; None without any.

    first: the earliest day that the forecaster can take as an example.
    """
    held = tuple(o for o in view.calendar.occurrences if first <= o.peak and _days(o)[-1] <= view.cutoff)
    if not held:
        return None
    names = {o: f"{o.festival} {o.peak:%Y-%m-%d}" for o in held}
    calendar = view.calendar.with_occurrences(replace(o, festival=names.get(o, o.festival)) for o in view.calendar.occurrences)
    apart = replace(view, calendar=calendar, digest=f"{view.digest} with occurrences told apart")
    labels = [DateType("festival", name, PEAK).label for name in names.values()]
    inferred = forecaster.representations(apart, labels)
    if inferred is None:
        return None
    return PastPeaks(held, inferred.date_types, tuple(outcome(view, occurrence) for occurrence in held))


def outcome(market: Market, occurrence: Occurrence) -> Outcome:
    """What came around an occurrence. Raises CutoffError when the market does not hold the day before it."""
    dates = _days(occurrence)
    level = ordinary_level(market.until(dates[0] - pd.Timedelta(days=1)))  # [R, C]
    positions = market.dates.get_indexer(dates)
    came = market.orders[..., positions].astype(float)  # [R, C, H]
    came[..., positions < 0] = np.nan
    offsets = (dates - occurrence.peak).days
    peak = came[..., (offsets >= 0) & (offsets < occurrence.days)]
    whole = (1, -1)
    regions = pd.Series([_uplift(row, own) for row, own in zip(peak, level, strict=True)], index=list(market.regions))
    return Outcome(
        dates=dates,
        offsets=tuple(map(int, offsets)),
        total=float(np.nansum(came)) if np.isfinite(came).any() else float("nan"),
        uplift=np.array([_uplift(came[..., day].reshape(*whole, 1), level.reshape(whole)) for day in range(len(dates))]),
        peak_uplift=_uplift(peak.reshape(*whole, occurrence.days), level.reshape(whole)),
        regions=regions.sort_values(ascending=False, kind="stable"),
    )


def _days(occurrence: Occurrence) -> pd.DatetimeIndex:
    return pd.date_range(occurrence.peak - pd.Timedelta(days=AROUND), periods=occurrence.days + 2 * AROUND)


def _uplift(came: Floats, level: Floats) -> float:
    """[..., H'] units and [...] level -> their sums over the cells in which both are known, one over the other."""
    ordinary = np.broadcast_to(level[..., None], came.shape)
    known = np.isfinite(came) & np.isfinite(ordinary)
    below = ordinary[known].sum()
    return float(came[known].sum() / below) if below > 0 else float("nan")


def _part(psi: Psi, position: int) -> Psi:
    return Psi(psi.labels[position : position + 1], psi.mean[position : position + 1], psi.std[position : position + 1])


def _flat(psi: Psi, part: str = "mean") -> Floats:
    """[N, D]"""
    return np.asarray(getattr(psi, part), dtype=float).reshape(len(psi.labels), -1)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
