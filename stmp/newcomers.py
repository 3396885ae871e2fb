"""What is too new for a past of its own: districts without a level, and festivals that only some districts have held.

A forecast starts from a region's level. With fewer than LEAST_DAYS days a region has none, and it is guessed, category by category
and in log1p, from two sources that are then weighed against each other as Gaussians:

    prior     the levels of the other regions, regressed on their facts by ridge, with the covariance of the leave-one-out errors
    own days  their mean, less what the other regions did on these very days; how far such a mean lies from a level is seen on
              the others' same days

The forecaster is handed a view in which the region has a week at the guessed level, moved from day to day like the others, so that it
is asked as for any region of a week; what the guess may be off by is drawn and added to its samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.errors import CutoffError
from stmp.market import Market

LEAST_DAYS = 7  # of values until a level counts as known
LEAST_REGIONS = 3  # with a level, until something can be learned from them
RECENT = 28  # days that make a level
SPECIAL_WEIGHT = 0.1  # of a festival or holiday in it
PENALTIES = (0.01, 0.1, 1.0, 10.0, np.inf)  # of the ridge, per region; the last leaves the facts out
STREAM = 7  # of random numbers, so that the doubt is not drawn from those of the samples

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Guess:
    """The level of a region that has none.

    region: position on the R axis.  days: with values of its own.  facts: that were read, none where they did not help.
    level: [C] log1p, NaN where nothing tells.  root: [C, C], its covariance being root root'.
    week: [C, T] log1p at the view's last LEAST_DAYS days, the level moved like the other regions.
    """

    region: int
    days: int
    facts: tuple[str, ...]
    level: Floats
    root: Floats
    week: Floats

    @property
    def spread(self) -> Floats:
        """[C] standard deviation of the level, in logs."""
        return np.asarray(np.linalg.norm(self.root, axis=1))


def observed(view: Market) -> Market:
    """The view without the days on which a region did not hold a festival that others held: they show neither the festival nor an
    ordinary day of the calendar. The same view where every festival was held everywhere."""
    elsewhere = [o for o in view.calendar.occurrences if o.regions and o.peak <= view.cutoff]
    if not elsewhere:
        return view
    hidden = np.zeros((len(view.regions), 1, len(view.dates)), dtype=bool)
    for occurrence in elsewhere:
        days = view.dates.isin([day for day, _, _ in occurrence.phase_days()])
        hidden |= ~np.isin(view.regions, occurrence.regions)[:, None, None] & days
    return _with_orders(view, np.where(hidden, np.float32(np.nan), view.orders), "elsewhere")


def guesses(view: Market) -> tuple[Guess, ...]:
    """A guess for each region that has begun, or is declared new, and has fewer than LEAST_DAYS days until the cutoff.

    Raises CutoffError where neither days nor enough other regions tell anything.
    """
    if (_days(view.orders[..., -RECENT:]) >= LEAST_DAYS).all():
        return ()
    days = _days(view.orders)  # [R]
    young = np.flatnonzero((days < LEAST_DAYS) & ((days > 0) | np.isin(view.regions, view.new)))
    if not len(young):
        return ()
    others = _Others(view, np.flatnonzero(days >= LEAST_DAYS))
    found = []
    for region in young.tolist():
        if len(others.rows) >= LEAST_REGIONS:
            found.append(others.guess(view, region, int(days[region])))
        elif not days[region]:
            raise CutoffError(
                f"nothing tells how much {view.regions[region]} will sell: it has no day until {view.cutoff:%Y-%m-%d}, and fewer than "
                f"{LEAST_REGIONS} other districts have {LEAST_DAYS}. Remedy: give it days, or choose a later cutoff."
            )
    return tuple(found)


def _days(orders: NDArray[np.float32]) -> NDArray[np.int64]:
    """[R] days of each region with any order known."""
    return np.asarray((~np.isnan(orders)).any(axis=1).sum(axis=-1))


def founded(view: Market, guessed: Sequence[Guess]) -> Market:
    """The view with a week at the guessed level in place of what the regions guessed have; the same view where nothing was guessed."""
    if not guessed:
        return view
    orders = view.orders.copy()
    for guess in guessed:
        orders[guess.region] = np.nan
        orders[guess.region, :, -guess.week.shape[-1] :] = np.maximum(np.expm1(guess.week), 0)
    return _with_orders(view, orders, "guessed")


def doubted(samples: NDArray[np.float32], guessed: Sequence[Guess], seed: int) -> NDArray[np.float32]:
    """Samples [R, C, H, S] with what the guessed levels may be off by, the same on all days of a sample."""
    if not guessed:
        return samples
    random = np.random.default_rng([STREAM, seed])
    spread = samples.copy()
    for guess in guessed:
        off = guess.root @ random.standard_normal((guess.root.shape[1], samples.shape[-1]))  # [C, S]
        spread[guess.region] = np.maximum(np.expm1(np.log1p(samples[guess.region]) + off[:, None]), 0)
    return spread


class _Others:
    """Regions with a past of their own, N of them. logs: [N, C, D].  levels: [N, C].  moves: [C, D] their mean distance to the level on
    each day.  NaN where nothing is known."""

    def __init__(self, view: Market, rows: NDArray[np.int64]) -> None:
        types, codes, _ = view.calendar.day_types
        plain = np.isin([t.kind for t in types], ("workday", "day off"))[codes]
        weight = np.where(plain[view.calendar.dates.get_indexer(view.dates)], 1.0, SPECIAL_WEIGHT)
        logs = np.log1p(view.orders.astype(np.float64))
        levels = _mean(logs[..., -RECENT:], weight[-RECENT:])
        self.rows = rows[np.isfinite(levels[rows]).any(axis=1)]
        self.logs, self.levels = logs[self.rows], levels[self.rows]
        self.moves = _mean(np.moveaxis(self.logs - self.levels[..., None], 0, -1))
        self.own = logs

    def guess(self, view: Market, region: int, days: int) -> Guess:
        facts, level, covariance = self._prior(view.facts, region)
        there = ~np.isnan(self.own[region]).all(axis=0)
        if there.any():
            moves = self.moves[:, there]
            own = _mean(self.own[region][:, there] - moves)
            known = np.flatnonzero(np.isfinite(own) & np.isfinite(level))
            error = np.nan_to_num(_mean(self.logs[..., there] - moves) - self.levels)[:, known]
            noise = error.T @ error / (len(error) - 1) + 1e-6 * np.eye(len(known))
            gain = np.linalg.solve(covariance[np.ix_(known, known)] + noise, covariance[known]).T  # [C, known]
            level = level + gain @ (own[known] - level[known])
            covariance = covariance - gain @ covariance[known]
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))
        return Guess(region, days, facts, level, root, level[:, None] + np.nan_to_num(self.moves[:, -LEAST_DAYS:]))

    def _prior(self, table: pd.DataFrame, region: int) -> tuple[tuple[str, ...], Floats, Floats]:
        """Facts read, level [C] and its covariance [C, C] from the others alone."""
        facts = np.log1p(np.maximum(table.to_numpy(float), 0))
        useful = np.isfinite(facts[region]) & (np.isfinite(facts[self.rows]).sum(axis=0) >= LEAST_REGIONS)
        names = tuple(map(str, table.columns[useful]))
        x, new = facts[self.rows][:, useful], facts[region, useful]
        middle, scale = _mean(x.T), np.maximum(np.nanstd(x, axis=0), 1e-3) if x.size else np.ones(0)
        x, new = np.nan_to_num((x - middle) / scale), (new - middle) / scale
        tried = [_ridge(x, new, self.levels, penalty) for penalty in (PENALTIES if names else PENALTIES[-1:])]
        best = int(np.argmin([np.nansum(errors**2) for _, errors, _ in tried]))
        level, errors, wider = tried[best]
        counted = np.maximum(np.isfinite(errors).sum(axis=0), 1)
        filled = np.nan_to_num(errors) / np.sqrt(counted)
        return () if np.isinf(PENALTIES[best - len(tried)]) else names, level, wider * filled.T @ filled


def _ridge(x: Floats, new: Floats, y: Floats, penalty: float) -> tuple[Floats, Floats, float]:
    """Standardised facts x [N, P] and levels y [N, C] -> the level [C] at ``new`` [P], the leave-one-out errors [N, C] in closed form
    (Allen, 1974, Technometrics 16), and how much wider errors are at ``new`` than at the regions themselves, by its leverage."""
    level, errors, wider = np.full(y.shape[1], np.nan), np.full(y.shape, np.nan), [1.0]
    for category, known in enumerate(np.isfinite(y).T):
        count = int(known.sum())
        if count < LEAST_REGIONS:
            continue
        centre, target = x[known].mean(axis=0), y[known, category]
        away, at = x[known] - centre, new - centre
        gram = away.T @ away + count * min(penalty, 1e9) * np.eye(len(new))
        shrink = np.linalg.solve(gram, away.T)  # [P, N] the weights of the slopes
        hat = 1 / count + away @ shrink
        level[category] = target.mean() + at @ shrink @ target
        errors[known, category] = (target - hat @ target) / (1 - hat.diagonal())
        own = 1 / count + np.sum((at @ shrink) ** 2)
        wider.append((1 + own) / np.mean(1 / (1 - hat.diagonal())))
    return level, errors, max(wider)


def _mean(values: Floats, weight: Floats | float = 1.0) -> Floats:
    """Weighted mean of the known values over the last axis; NaN where none is."""
    mass = np.where(np.isnan(values), 0.0, weight)
    total = mass.sum(axis=-1)
    return np.asarray(np.divide(np.nansum(values * mass, axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0))


def _with_orders(view: Market, orders: NDArray[np.float32], what: str) -> Market:
    """Under a digest of its own, for a forecaster remembers what it inferred by it."""
    return replace(view, orders=orders, digest=f"{view.digest} {what}")
