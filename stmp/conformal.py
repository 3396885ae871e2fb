"""Intervals spread as far as a market's own past asks for, where it holds enough days: split-conformal factors on joint samples."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.errors import CutoffError
from stmp.forecast import BASELINE, Forecaster, Representations
from stmp.market import Market
from stmp.market.calendar import Calendar
from stmp.scenario import Scenario

CENTRAL = 0.8  # share of the past days that the interval should hold
REPLAYS, REPLAY_DAYS = 26, 14  # a year, so that every festival is met; what is asked for did not depend on the lead
DRAWS = 100
BOUNDS = (0.5, 3.0)  # of a factor
NARROWEST = 1e-6  # distance of an interval's end from the median, in logs
REMEMBERED = 4  # (market, cutoff) pairs whose factors are kept
ORDINARY, SPECIAL = KINDS = ("ordinary", "special")  # special days are festivals, all their phases, and public holidays
# Days of one festival, or of one month, err together: what fewer days asked for did not hold at the next ones (docs/results.md).
LEAST_DAYS = 60

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """What the past asks for on one kind of day.

    days: replayed days of the kind.  own: whether the forecaster's own intervals are left as they are, because these are too few.
    cell, total: factors on the distance from the median, in logs, of single regions and categories and of a day's total.
    """

    days: int
    own: bool = True
    cell: float = 1.0
    total: float = 1.0


class Calibrated(Forecaster):
    """A forecaster whose intervals are spread by what its replays of the market's past missed.

    first: the earliest cutoff of a replay; weights that have seen a market's days must not be tried on them.
    """

    def __init__(self, forecaster: Forecaster, first: pd.Timestamp | None = None) -> None:
        self.name, self.forecaster, self.first = forecaster.name, forecaster, first
        self._spreads: OrderedDict[tuple[str, pd.Timestamp], Mapping[str, Spread]] = OrderedDict()

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] samples. Raises CutoffError as the forecaster does."""
        spreads = self.spreads(view)
        drawn = self.forecaster.predict(view, horizon, scenario, samples, seed)
        kinds = kinds_of(scenario.apply(view).calendar, view.horizon_dates(horizon))
        changed = np.array([not spreads[kind].own for kind in kinds])
        cell, total = (np.array([getattr(spreads[kind], part) for kind in kinds])[changed] for part in ("cell", "total"))
        if changed.any():
            drawn = drawn.copy()
            drawn[:, :, changed] = spread_out(drawn[:, :, changed], cell, total)
        return drawn

    def representations(self, view: Market, labels: Sequence[str] | None = None) -> Representations | None:
        """The forecaster's."""
        return self.forecaster.representations(view, labels)

    def spreads(self, view: Market) -> Mapping[str, Spread]:
        """What the past of a view asks for, by kind of day: replayed once per market and cutoff."""
        key = (view.digest, view.cutoff)
        if key not in self._spreads:
            self._spreads[key] = _spreads(list(self._replays(view)))
            while len(self._spreads) > REMEMBERED:
                self._spreads.popitem(last=False)
        self._spreads.move_to_end(key)
        return self._spreads[key]

    def _replays(self, view: Market) -> Iterator[_Replay]:
        """Windows end to end, the latest first, as far back as the forecaster can be asked."""
        last = view.cutoff - pd.Timedelta(days=REPLAY_DAYS)
        for cutoff in pd.date_range(end=last, periods=REPLAYS, freq=f"{REPLAY_DAYS}D")[::-1]:
            if cutoff < max(view.dates[0], self.first or view.dates[0]):
                return
            past = view.until(cutoff)
            try:
                drawn = self.forecaster.predict(past, REPLAY_DAYS, BASELINE, DRAWS, 0)
            except CutoffError:  # too short a past
                return
            days = past.horizon_dates(REPLAY_DAYS)
            came = view.orders[..., view.dates.get_indexer(days)]
            yield _Replay(came.astype(np.float64), drawn.astype(np.float64), kinds_of(view.calendar, days))


@dataclass(frozen=True)
class _Replay:
    """actual [R, C, H], NaN where missing; samples [R, C, H, S]; kind of each day [H]."""

    actual: Floats
    samples: Floats
    kinds: NDArray[np.str_]


def kinds_of(calendar: Calendar, dates: pd.DatetimeIndex) -> NDArray[np.str_]:
    """[H] of ``KINDS``."""
    types = [calendar.types[day] for day in calendar.dates.get_indexer(dates)]
    return np.array([SPECIAL if t.kind in ("holiday", "festival") else ORDINARY for t in types])


def spread_out(samples: NDArray[np.float32], cell: Floats, total: Floats) -> NDArray[np.float32]:
    """Samples [R, C, H, S] whose logs lie ``cell`` [H] times as far from their medians, and those of each day's total ``total`` times.

    The volume-weighted mean deviation of a day, which is what moves its total, is multiplied by ``total``; what each cell deviates
    from it by a factor that leaves the mean variance of cells at ``cell`` squared times what it was.
    """
    logs = np.log1p(samples.astype(np.float64))
    middle = np.median(logs, axis=-1, keepdims=True)
    deviation = logs - middle
    volume = np.expm1(middle)
    shared = (volume * deviation).sum((0, 1)) / np.maximum(volume.sum((0, 1)), 1e-9)  # [H, S]
    own = deviation - shared
    both = (own - own.mean(-1, keepdims=True)) * (shared - shared.mean(-1, keepdims=True))
    mixed = total * both.mean((0, 1, 3))
    wanted = cell**2 * deviation.var(-1).mean((0, 1)) - total**2 * shared.var(-1)
    size = np.maximum(own.var(-1).mean((0, 1)), 1e-12)
    rest = (np.sqrt(np.maximum(mixed**2 + size * wanted, 0)) - mixed) / size  # [H] the root of size x^2 + 2 mixed x = wanted
    moved = total[:, None] * shared + np.clip(rest, *BOUNDS)[:, None] * own
    return np.asarray(np.maximum(np.expm1(middle + moved), 0), dtype=np.float32)


def _spreads(replays: Sequence[_Replay]) -> Mapping[str, Spread]:
    found: dict[str, Spread] = {}
    for kind in KINDS:
        cells: list[Floats] = []
        totals: list[Floats] = []
        for replay in replays:
            there = ~np.isnan(replay.actual)
            for day in np.flatnonzero((replay.kinds == kind) & there.any((0, 1))):
                came, drawn = replay.actual[..., day][there[..., day]], replay.samples[..., day, :][there[..., day]]
                cells.append(distance(came, drawn))
                totals.append(distance(came.sum()[None], drawn.sum(0)[None]))
        enough = len(cells) >= LEAST_DAYS
        found[kind] = Spread(len(cells), False, factor(cells), factor(totals)) if enough else Spread(len(cells))
    return found


def distance(actual: Floats, samples: Floats) -> Floats:
    """[N] how far actuals [N] lie from the median of their samples [N, S] in logs, over that of the ``CENTRAL`` interval's end there."""
    low, middle, high = np.quantile(np.log1p(samples), [(1 - CENTRAL) / 2, 0.5, (1 + CENTRAL) / 2], axis=-1)
    off = np.log1p(actual) - middle
    return np.asarray(np.abs(off) / np.maximum(np.where(off > 0, high - middle, middle - low), NARROWEST))


def factor(distances: Sequence[Floats]) -> float:
    """The split-conformal quantile of the distances of each day, within ``BOUNDS``.

    The cells of a day err together, so it is days that are counted: each weighs alike, however many cells it has, and the quantile is
    raised by 1 / days (Dunn, Wasserman and Ramdas, 2022, pooling of groups).
    """
    weights = np.concatenate([np.full(len(day), 1 / len(day)) for day in distances])
    level = min(1.0, CENTRAL * (1 + 1 / len(distances)))
    return float(np.clip(np.quantile(np.concatenate(distances), level, weights=weights, method="inverted_cdf"), *BOUNDS))
