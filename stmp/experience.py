"""Does a scenario lie outside what the model learned from? Distances of its inputs, held against distances that were seen.

Each measure asks the same: how far is the changed input from what is known, and which share of the comparable distances, between
things that are both known, is smaller? That share is the percentile. Nothing is tuned: 95 and 99 of 100 are called unusual and outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.forecast import Psi
from stmp.market import DateType, Market, Occurrence
from stmp.scenario import Add, Days, Fact, Lengthen, Move, Part, Recent, Scenario
from stmp.summary import Floats

UNUSUAL, OUTSIDE = 95.0, 99.0  # percentiles
BEFORE = 28  # days that the recent ones are compared with

Kind = Literal["recent", "fact", "season", "length", "blend"]
Grade = Literal["inside", "unusual", "outside"]


@dataclass(frozen=True)
class Finding:
    """One measured distance of a changed input.

    part: the change it belongs to.  name: the festival, the fact, the stream, or the nearest date type.
    value: "recent": the last days over the 28 days before them, times.  "fact": the new value over the median district's, times.
    "season": days of the year from the nearest date the festival was held on.  "length": peak days more or less than it was ever
    held.  "blend": distance of the mixed psi to the nearest known one, over the median distance of known ones to their nearest.
    percentile: share of the ``known`` comparable distances that are smaller, 0 to 100; 100 where there is nothing to compare with.
    known: how many comparable distances there are.
    examples: of "season" and "length", how often the festival was held before.
    """

    kind: Kind
    part: Part
    name: str
    value: float
    percentile: float
    known: int
    examples: int = 0

    @property
    def grade(self) -> Grade:
        """Inside, unusual above the 95th percentile, or outside above the 99th."""
        return "outside" if self.percentile > OUTSIDE else "unusual" if self.percentile > UNUSUAL else "inside"


def experience(view: Market, learned: Market, scenario: Scenario, date_types: Psi) -> tuple[Finding, ...]:
    """What was measured of a scenario, the furthest first; empty when it changes nothing that can be measured.

    view: the market at the cutoff.  learned: the same market as far as the model learned from it, or as far as it is known where the
    model learned from another.  date_types: psi of every date type of the calendar. Raises ScenarioError as ``Scenario.apply`` does.
    """
    changed = scenario.apply(view)
    held = [o for o in learned.calendar.occurrences if o.peak <= learned.cutoff]
    found: list[Finding] = []
    for change in scenario.festivals:
        if isinstance(change, Move | Add):
            found.append(_season(change, change.festival, pd.Timestamp(change.to if isinstance(change, Move) else change.peak), held))
        if isinstance(change, Lengthen | Add):
            found.append(_length(change, held))
    for days in scenario.days:
        found += [_season(days, festival, pd.Timestamp(days.first), held) for festival in _festivals(days)]
        if len(days.types) > 1:
            found.append(_blend(days, date_types))
    found += [_recent(recent, changed, learned) for recent in scenario.recent]
    found += [_fact(fact, learned) for fact in scenario.facts]
    return tuple(sorted(found, key=lambda finding: -finding.percentile))


def _festivals(days: Days) -> Iterator[str]:
    yield from dict.fromkeys(kind.name for kind in map(DateType.parse, days.types) if kind.kind == "festival")


def _season(part: Part, festival: str, peak: pd.Timestamp, held: Sequence[Occurrence]) -> Finding:
    return _against_held("season", part, Occurrence(festival, peak), held, _days_apart)


def _length(part: Lengthen | Add, held: Sequence[Occurrence]) -> Finding:
    asked = Occurrence(part.festival, pd.Timestamp(part.peak), part.days)
    return _against_held("length", part, asked, held, lambda one, other: abs(one.days - other.days))


def _against_held(
    kind: Kind, part: Part, asked: Occurrence, held: Sequence[Occurrence], distance: Callable[[Occurrence, Occurrence], float]
) -> Finding:
    """The distance to the nearest time the festival was held, against those of all past festivals to the nearest earlier time."""

    def nearest(one: Occurrence, others: Sequence[Occurrence]) -> float:
        return min((distance(one, other) for other in others if other.festival == one.festival), default=np.nan)

    seen = np.array([nearest(one, held[:i]) for i, one in enumerate(held)], dtype=float)
    seen = seen[np.isfinite(seen)]
    value = nearest(asked, held)
    examples = sum(other.festival == asked.festival for other in held)
    return Finding(kind, part, asked.festival, value, _percentile(value, seen), len(seen), examples)


def _days_apart(one: Occurrence, other: Occurrence) -> float:
    """Days of the year between two peaks, whatever their years; at most half a year."""
    years = one.peak.year - other.peak.year
    shifted = (other.peak + pd.DateOffset(years=years + step) for step in (-1, 0, 1))
    return float(min(abs((one.peak - date).days) for date in shifted))


def _blend(days: Days, psi: Psi) -> Finding:
    """psi of the blend is the weighted mean of its parts' means, as the model mixes them; distances are Euclidean over C x Z."""
    flat = psi.mean.reshape(len(psi.labels), -1).astype(float)
    mixed = sum(weight * flat[psi.labels.index(label)] for label, weight in days.types.items())
    between = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    np.fill_diagonal(between, np.inf)
    seen = between.min(axis=1)
    distances = np.linalg.norm(flat - mixed, axis=1)
    nearest = int(distances.argmin())
    value = float(distances[nearest])
    return Finding("blend", days, psi.labels[nearest], value / float(np.median(seen)), _percentile(value, seen), len(seen))


def _recent(recent: Recent, changed: Market, learned: Market) -> Finding:
    """The typical cell of those changed: the median over region x category, each held against its own past."""
    rows = [i for i, region in enumerate(changed.regions) if not recent.regions or region in recent.regions]
    columns = [i for i, category in enumerate(changed.categories) if not recent.categories or category in recent.categories]
    cells = np.ix_(rows, columns)
    now, past = (_surge({"orders": m.orders, **m.past}[recent.stream][cells], recent.days) for m in (changed, learned))
    now = now[..., -1:]  # [R', C', 1]
    known = np.isfinite(past)
    smaller = (np.abs(past) < np.abs(now)) & known
    usable = known.any(axis=-1) & np.isfinite(now[..., 0])
    if not usable.any():
        return Finding("recent", recent, recent.stream, float("nan"), 100.0, 0)
    percentile = float(np.median(100 * smaller.sum(axis=-1)[usable] / known.sum(axis=-1)[usable]))
    origins = int(known[usable].sum(axis=-1).min())
    return Finding("recent", recent, recent.stream, float(np.exp(np.median(now[usable]))), percentile, origins)


def _surge(values: NDArray[np.floating], days: int) -> Floats:
    """[..., D] -> [..., D'] log ratio of the mean of the last ``days`` to that of the 28 days before, at every day that has both.

    log1p, as the model reads volumes. NaN where nothing is known in either.
    """
    known = np.isfinite(values)
    start = np.zeros((*values.shape[:-1], 1))
    total, count = (
        np.concatenate([start, np.cumsum(part, axis=-1)], axis=-1) for part in (np.where(known, values.astype(float), 0.0), known)
    )

    def mean(first: int, last: int, ends: int) -> Floats:
        """Mean over ``first`` to ``last`` days back, at the last ``ends`` days."""
        stop, begin = total.shape[-1] - first, total.shape[-1] - last
        sums, counts = (part[..., stop - ends : stop] - part[..., begin - ends : begin] for part in (total, count))
        return np.asarray(np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0))

    ends = max(values.shape[-1] - days - BEFORE + 1, 0)
    return np.asarray(np.log1p(mean(0, days, ends)) - np.log1p(mean(days, days + BEFORE, ends)))


def _fact(fact: Fact, learned: Market) -> Finding:
    """The distance to the median district in log1p, as the model reads facts, against the districts' own distances."""
    values = np.log1p(learned.facts[fact.name].dropna().to_numpy(float).clip(min=0))
    if not len(values):
        return Finding("fact", fact, fact.name, float("nan"), 100.0, 0)
    middle = float(np.median(values))
    away = float(np.log1p(max(fact.value, 0.0))) - middle
    return Finding("fact", fact, fact.name, float(np.exp(away)), _percentile(abs(away), np.abs(values - middle)), len(values))


def _percentile(value: float, seen: Floats) -> float:
    """Share of ``seen`` below the value, 0 to 100; 100 where there is no value or nothing was seen."""
    return 100.0 if not len(seen) or not np.isfinite(value) else float(100 * (seen < value).mean())
