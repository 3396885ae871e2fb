"""What the windows of the festival suite decide: a row for each goal, with an interval from a bootstrap over windows.

Windows are drawn, not districts: the districts of a day share what moved it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.accuracy import Case, Result

Goal = float | tuple[float, float]
RESAMPLES, WITHIN, SEED = 4000, (0.1, 0.9), 0


def geometric(values: Iterable[float]) -> float:
    """Geometric mean; NaN of none."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def goals(found: Sequence[tuple[Case, Result]], ours: str, peers: Sequence[str]) -> list[dict[str, object]]:
    """A row for each goal. Ratios are of relative MSE, geometric means over the untuned windows; ``peers`` that were not run on all of
    these are no rivals."""
    by = {(case.name, result.model): result for case, result in found}
    of_kind = {kind: [c for c in dict.fromkeys(c for c, _ in found) if c.kind == kind] for kind in ("test", "ordinary", "young", "single")}
    test = of_kind["test"]
    peers = [peer for peer in peers if all((c.name, peer) in by for c in test)]
    best = _least(by, test, peers)
    young = [c for c in of_kind["young"] if all((c.name, m) in by for m in (ours, "shrunk_uplift", "lightgbm"))]
    rival = _least(by, young, ("shrunk_uplift", "lightgbm"))

    def against(peer: str, cases: Sequence[Case]) -> list[float]:
        return [by[c.name, ours].mse_rel / by[c.name, peer].mse_rel for c in cases if (c.name, ours) in by and (c.name, peer) in by]

    hindsight = [by[c.name, ours].mse_rel / min(by[c.name, peer].mse_rel for peer in peers) for c in test]
    poorer = [c for c in of_kind["single"] if (c.name, ours) in by]
    single = [by[c.name, ours].mse_rel / by[c.name.removesuffix(" single"), ours].mse_rel for c in poorer]
    results = [by[c.name, ours] for c in test]
    return [
        _ratio("festival days against the best single peer", f"{ours} / {best}", against(best, test), 0.70),
        _ratio("festival days against the best peer of each window in hindsight", ours, hindsight, 0.70),
        _ratio(
            "festivals never seen before against the best single peer",
            f"{ours} / {best}",
            against(best, [c for c in test if c.unseen]),
            0.70,
        ),
        _ratio("a region with 7 days of history against the best peer", f"{ours} / {rival}", against(rival, young), 0.80),
        _ratio("one single past occurrence against the whole past", ours, single, 1.25),
        _ratio("ordinary days against LightGBM", f"{ours} / lightgbm", against("lightgbm", of_kind["ordinary"]), 1.00),
        _share("share of districts' festival days in the 80 % interval", ours, [(r.days, r.in_80) for r in results]),
        _share("share of festival days' totals in the 80 % interval", ours, [(r.days, r.totals_in_80) for r in results]),
    ]


def _least(by: dict[tuple[str, str], Result], cases: Sequence[Case], models: Sequence[str]) -> str:
    return min(models, key=lambda model: geometric(by[c.name, model].mse_rel for c in cases))


def _ratio(name: str, of: str, ratios: Sequence[float], goal: float) -> dict[str, object]:
    logs = np.log(ratios)
    return _row(name, of, len(logs), lambda drawn: np.exp(logs[drawn].mean(-1)), goal)


def _share(name: str, of: str, windows: Sequence[tuple[int, float]]) -> dict[str, object]:
    """A window weighs as its days."""
    days, share = np.array(windows, dtype=float).T
    return _row(name, of, len(windows), lambda drawn: (days[drawn] * share[drawn]).sum(-1) / days[drawn].sum(-1), (0.75, 0.85))


def _row(name: str, of: str, windows: int, value: Callable[[np.ndarray], np.ndarray], goal: Goal) -> dict[str, object]:
    """``value`` makes one of windows by their numbers, on the last axis; ``between`` are the quantiles WITHIN of the bootstrap."""
    row: dict[str, object] = {"name": name, "of": of, "windows": windows, "value": None, "between": None, "goal": goal, "met": None}
    if windows == 0:
        return row
    reached = float(value(np.arange(windows)))
    drawn = np.random.default_rng(SEED).integers(windows, size=(RESAMPLES, windows))
    between = [round(float(edge), 3) for edge in np.quantile(value(drawn), WITHIN)]
    return row | {"value": round(reached, 3), "between": between, "met": met(reached, goal)}


def met(value: float, goal: Goal) -> bool:
    """At most the goal, or within it."""
    return goal[0] <= value <= goal[1] if isinstance(goal, tuple) else value <= goal
