"""From joint samples to stock: how much of what to put where, once, for the whole period.

Demand of a region and category is the sum of its days, sample by sample. Quantities are whole cases. A minimum is put into every
region, whatever is expected of it; there is no refill within the period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stmp.errors import StockError
from stmp.summary import Floats, Interval, interval

Units = NDArray[np.int64]
SERVICE = 0.9  # the service level where none is asked for
POINTS = 60  # of a curve
BUSY = 0.9  # the share of the samples that a warehouse must be able to handle on a day
TOLERANCE = 1e-9  # of a case: what float sums may be off


@dataclass(frozen=True)
class Rule:
    """How one category is stocked.

    level: the share of the samples whose demand is met, or underage / (underage + overage).  minimum: units of each region at least.
    pack: units of a case.  cheapest: cases are rounded to the cheaper side; else up, so that the level is kept.
    """

    level: float = SERVICE
    minimum: int = 0
    pack: int = 1
    cheapest: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise StockError(f"the service level is {100 * self.level:g} %. Remedy: give one above 0 and below 100 %.")
        if self.pack < 1 or self.minimum < 0:
            raise StockError(
                f"a case holds {self.pack} units and the minimum is {self.minimum}. Remedy: give a case of at least 1 unit and a minimum "
                "of at least 0."
            )

    @classmethod
    def of_costs(cls, underage: float, overage: float, minimum: int = 0, pack: int = 1) -> Rule:
        """From what a unit too few and a unit too many cost, in any money. Raises StockError unless both are above 0."""
        if not (0 < underage < np.inf and 0 < overage < np.inf):
            raise StockError(f"a unit too few costs {underage:g} and one too many {overage:g}. Remedy: give two amounts above 0.")
        return cls(underage / (underage + overage), minimum, pack, cheapest=True)

    @property
    def least(self) -> int:
        """Cases that hold the minimum."""
        return -(-self.minimum // self.pack)


@dataclass(frozen=True)
class Outcome:
    """What is to be expected of quantities.

    sold, lost, left: [R, C] expected units.  short: [R, C] share of the samples with more demand than stock.  filled: expected sales as a
    share of the expected demand.  total_lost, total_left: units of all together, from the joint samples.
    """

    sold: Floats
    lost: Floats
    left: Floats
    short: Floats
    filled: float
    total_lost: Interval
    total_left: Interval


@dataclass(frozen=True)
class Allocation:
    """quantities: [R, C] units.  kept: units of the supply that stay behind, for no case of them is expected to sell a unit, or none fits.
    gap: expected sales that another allocation could have more, at most; 0 where all cases are of one size.
    """

    quantities: Units
    kept: int
    gap: float


class Curve(NamedTuple):
    """[N] each: total stock, best allocated, and the units then expected to be lost and left over."""

    stock: Floats
    lost: Floats
    left: Floats


@dataclass(frozen=True)
class Load:
    """What goes through the warehouse on a day: [H] all regions together, or [R, H]. busy: units of the 90th percentile.
    chance: share of the samples above the capacity.  over: whether the 90th percentile is.
    """

    busy: Floats
    chance: Floats
    over: NDArray[np.bool_]


class _Runs(NamedTuple):
    """Cases in a row that sell alike, the best first. gain: expected sales per case.  per_unit: per unit.  cell: position in [R x C]."""

    gain: Floats
    per_unit: Floats
    cases: Units
    pack: Units
    cell: Units


def demand(samples: NDArray[np.floating]) -> Floats:
    """[R, C, H, S] -> [R, C, S] units of the whole period."""
    return np.asarray(samples.sum(axis=2, dtype=float))


def quantities(samples: NDArray[np.floating], rules: Sequence[Rule]) -> Units:
    """[R, C, H, S] and a rule per category -> [R, C] units: the newsvendor quantity of each region and category, in whole cases."""
    wanted = demand(samples)
    found = np.zeros(wanted.shape[:2], dtype=np.int64)
    for column, rule in enumerate(rules):
        drawn = wanted[:, column]  # [R, S]
        best = np.quantile(drawn, rule.level, axis=-1, method="inverted_cdf") / rule.pack
        cases = np.ceil(best - TOLERANCE)
        if rule.cheapest:
            fewer = np.floor(best)
            cases = np.where(_cost(drawn, fewer * rule.pack, rule.level) <= _cost(drawn, cases * rule.pack, rule.level), fewer, cases)
        found[:, column] = np.maximum(cases, rule.least) * rule.pack
    return found


def outcome(samples: NDArray[np.floating], stock: Units) -> Outcome:
    """[R, C, H, S] samples and [R, C] units -> what is to be expected of them."""
    wanted, there = demand(samples), stock[..., None].astype(float)
    lost, left = np.maximum(wanted - there, 0), np.maximum(there - wanted, 0)
    sold = np.minimum(wanted, there).mean(axis=-1)
    expected = float(wanted.mean(axis=-1).sum())
    return Outcome(
        sold=sold,
        lost=lost.mean(axis=-1),
        left=left.mean(axis=-1),
        short=(wanted > there).mean(axis=-1),
        filled=float(sold.sum()) / expected if expected else 1.0,
        total_lost=interval(lost.sum(axis=(0, 1))),
        total_left=interval(left.sum(axis=(0, 1))),
    )


def allocate(samples: NDArray[np.floating], rules: Sequence[Rule], supply: int) -> Allocation:
    """[R, C, H, S] samples -> the supply, given to regions and categories so that the fewest sales are to be expected lost.

    Expected sales of a region and category are concave in its cases, so that taking the case that sells most per unit next is exact
    where all cases are of one size; else ``gap`` bounds what is missed. The levels of the rules play no part here.
    Raises StockError when the supply does not reach for the minimums.
    """
    wanted = demand(samples)
    least = _least(wanted, rules)
    rest = supply - int(least.sum())
    if rest < 0:
        raise StockError(
            f"a supply of {supply:,} units is less than the minimums, which add up to {int(least.sum()):,}. Remedy: lower the minimums or "
            "raise the supply."
        )
    runs, given = _runs(wanted, rules), least.reshape(-1).copy()
    units = runs.cases * runs.pack
    whole = int(np.searchsorted(np.cumsum(units), rest, side="right"))  # as many runs are taken as they are
    np.add.at(given, runs.cell[:whole], units[:whole])
    rest -= int(units[:whole].sum())
    taken, best = float((runs.cases * runs.gain)[:whole].sum()), 0.0  # sales as cases are, and when they could be cut
    cut, smallest = False, int(runs.pack.min(initial=1))
    for gain, per_unit, cases, pack, cell in zip(*(part[whole:] for part in runs), strict=True):
        fit = min(int(cases), rest // int(pack))
        if not cut and fit < cases:
            cut, best = True, taken + rest * float(per_unit)
        given[cell] += fit * pack
        rest -= fit * int(pack)
        taken += fit * float(gain)
        if rest < smallest:
            break
    mixed = len({rule.pack for rule in rules}) > 1
    return Allocation(given.reshape(least.shape), rest, max(best - taken, 0.0) if mixed and cut else 0.0)


def curve(samples: NDArray[np.floating], rules: Sequence[Rule], points: int = POINTS) -> Curve:
    """[R, C, H, S] samples -> losses and leftovers against total stock, from the minimums to where no case is expected to sell more."""
    wanted = demand(samples)
    least, runs = _least(wanted, rules), _runs(wanted, rules)
    stock = least.sum() + np.concatenate([[0], np.cumsum(runs.cases * runs.pack)])
    sold = _sold(wanted, least).sum() + np.concatenate([[0.0], np.cumsum(runs.cases * runs.gain)])
    asked = np.linspace(stock[0], stock[-1], points)
    run = np.searchsorted(stock, asked, side="right") - 1
    pack, gain = np.append(runs.pack, 1)[run], np.append(runs.gain, 0.0)[run]
    cases = np.floor((asked - stock[run]) / pack + TOLERANCE)  # whole cases of the run that is broken into
    reached, first = np.unique(stock[run] + cases * pack, return_index=True)
    sales = (sold[run] + cases * gain)[first]
    return Curve(reached, np.maximum(wanted.mean(axis=-1).sum() - sales, 0), reached - sales)


def load(samples: NDArray[np.floating], capacity: float | Floats) -> Load:
    """[R, C, H, S] samples against the units of a day that a warehouse can handle: one for all regions, or [R], NaN where not given."""
    limit = np.asarray(capacity, dtype=float)
    if (limit < 0).any():
        raise StockError(f"a capacity of {float(np.nanmin(limit)):g} units a day was given. Remedy: give none below 0.")
    daily = samples.sum(axis=1 if limit.ndim else (0, 1), dtype=float)  # [R, H, S] or [H, S]
    busy = np.quantile(daily, BUSY, axis=-1)
    limit = limit[:, None] if limit.ndim else limit
    chance = np.where(np.isfinite(limit), (daily > limit[..., None]).mean(axis=-1), np.nan)
    return Load(busy, chance, busy > limit)


def _cost(drawn: Floats, stock: Floats, level: float) -> Floats:
    """[R, S], [R] -> [R] expected cost, where underage and overage add up to 1."""
    over = stock[:, None] - drawn
    return np.asarray(np.where(over > 0, (1 - level) * over, -level * over).mean(axis=-1))


def _least(wanted: Floats, rules: Sequence[Rule]) -> Units:
    """[R, C] units of the minimums."""
    return np.broadcast_to(np.array([rule.least * rule.pack for rule in rules], dtype=np.int64), wanted.shape[:2])


def _sold(wanted: Floats, stock: Units) -> Floats:
    """[R, C, S], [R, C] -> [R, C] expected sales."""
    return np.asarray(np.minimum(wanted, stock[..., None]).mean(axis=-1))


def _runs(wanted: Floats, rules: Sequence[Rule]) -> _Runs:
    """All cases beyond the minimums that are expected to sell anything: as many runs as there are samples, whatever the totals."""
    regions, categories, _ = wanted.shape
    found = [_gains(wanted[row, column], rule.least * rule.pack, rule.pack) for row in range(regions) for column, rule in enumerate(rules)]
    gain, cases = np.concatenate([gains for gains, _ in found]), np.concatenate([counts for _, counts in found])
    cell = np.repeat(np.arange(len(found)), [len(gains) for gains, _ in found])
    pack = np.array([rule.pack for rule in rules])[cell % categories]
    order = np.argsort(-gain / pack, kind="stable")
    return _Runs(gain[order], (gain / pack)[order], cases[order], pack[order], cell[order])


def _gains(drawn: Floats, least: int, pack: int) -> tuple[Floats, Units]:
    """[S] demand -> expected sales per case, and how many cases in a row sell that much, after ``least`` units."""
    count = len(drawn)
    known = np.sort(drawn)
    full = np.maximum(np.floor((known - least) / pack), 0)
    bounds = np.unique(np.concatenate([[0.0], full, full + 1]))  # in cases: between two of them every case sells alike
    stock = least + bounds * pack
    below = np.searchsorted(known, stock, side="right")
    sold = (np.concatenate([[0.0], np.cumsum(known)])[below] + stock * (count - below)) / count
    cases = np.diff(bounds).astype(np.int64)
    gain = np.diff(sold) / cases
    useful = gain > TOLERANCE * pack
    return gain[useful], cases[useful]
