"""What is new to a market: districts with few days of history, festivals held seldom or elsewhere; error against what is known of them.

    python -m benchmarks.newcomers [--cases TEXT] [--models NAME,NAME] [--kept]

Districts: every third region loses its past but for its last 0, 1, 3 ... days, and is scored on all days of a window of the festival
suite. Festivals: all but the last 0, 1, 2 ... times the festival was held are taken out of calendar and panel, or the last time is left to
one district alone; its days are scored in all regions. Ours is ``pretrained/stmp-base``, which is never trained on any of it; LightGBM is
fitted once per window, without the districts; the same guess of a level stands behind every model where a district has less than a week.
``stmp_trained`` was trained on the market and knows its whole past: what there is to gain.

Samples are kept in runs/newcomers; the scores go to runs/newcomers.json, and the section for docs/results.md is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import BASE, ROOT, SAMPLES, SEED, base_hash, code_hash, market_of
from benchmarks.goals import geometric
from stmp.baselines import make_baselines
from stmp.baselines.lightgbm import LightGBM
from stmp.checkpoint import CARD
from stmp.errors import MarketError
from stmp.evaluation import metrics
from stmp.evaluation.window import Window
from stmp.files import whole_file
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.training import train

KEPT, RESULTS = ROOT / "runs" / "newcomers", ROOT / "runs" / "newcomers.json"
EVERY = 3  # of the regions is held out
DAYS = (0, 1, 3, 7, 14, 28)
WHOLE = -1  # the whole past, of a district or a festival
ELSEWHERE = "1 elsewhere"
OURS, TRAINED, NAIVE, TREES = "stmp_base", "stmp_trained", "seasonal_naive", "lightgbm"
MODELS = (OURS, TREES, NAIVE, TRAINED)


@dataclass(frozen=True)
class Case:
    """A window of the festival suite, and the festival held out of it, or none where districts are held out. ``kind``: as in the suite."""

    market: str
    cutoff: str
    horizon: int
    kind: str
    festival: str = ""
    held: int = 0

    @property
    def name(self) -> str:
        return f"{self.market} {self.cutoff} {self.festival}".rstrip()

    @property
    def amounts(self) -> tuple[int | str, ...]:
        """What is left of the past: days of a district; times a festival was held, or once in one district alone."""
        if not self.festival:
            return (*DAYS, WHOLE)
        return (0, ELSEWHERE, *range(1, self.held), WHOLE)


CASES = (
    Case("parcels", "2021-05-28", 21, "tuning"),
    Case("parcels", "2021-10-28", 21, "test"),
    Case("parcels", "2022-05-28", 21, "test"),
    Case("favorita", "2014-12-14", 14, "tuning"),
    Case("favorita", "2015-12-14", 14, "test"),
    Case("favorita", "2016-05-01", 14, "test"),
    Case("koubei", "2015-11-05", 14, "tuning"),
    Case("koubei", "2016-01-31", 14, "test"),
    Case("favorita", "2014-12-14", 14, "tuning", "Christmas", 1),
    Case("parcels", "2022-05-28", 21, "test", "618", 1),
    Case("favorita", "2015-12-14", 14, "test", "Christmas", 2),
    Case("favorita", "2016-05-01", 14, "test", "Mother's Day", 3),
)


@dataclass(frozen=True)
class Result:
    """Scores of one model in one case. amount: as in ``Case.amounts``.  width: of the 80 % interval, relative to the mean actual."""

    case: str
    kind: str
    model: str
    amount: int | str
    cells: int
    wape: float
    mse_rel: float
    crps: float
    bias: float
    in_80: float
    width: float
    seconds: float


def held_out(market: Market) -> np.ndarray:
    """Positions of the districts that are new."""
    return np.arange(0, len(market.regions), EVERY)


def past_of(case: Case, amount: int | str) -> Market:
    """The market as it is handed over, up to and beyond the cutoff."""
    market = market_of(case.market)
    if amount == WHOLE:
        return market
    cutoff = pd.Timestamp(case.cutoff)
    if case.festival:
        return _with_festival(market, case, amount)
    taken = np.zeros(market.orders.shape, dtype=bool)
    taken[held_out(market), :, : market.dates.get_loc(cutoff) + 1 - int(amount)] = True
    new = tuple(market.regions[region] for region in held_out(market))
    return replace(_without(market, taken, f"{case.name} {amount}"), new=new)


def _with_festival(market: Market, case: Case, amount: int | str) -> Market:
    cutoff = pd.Timestamp(case.cutoff)
    held = [o for o in market.calendar.occurrences if o.festival == case.festival and o.peak <= cutoff]
    left = 1 if amount == ELSEWHERE else int(amount)
    hidden = held[: len(held) - left]
    days = [day for o in hidden for day, _, _ in o.phase_days() if day <= cutoff]
    taken = np.zeros(market.orders.shape, dtype=bool)
    taken[..., market.dates.isin(days)] = True
    rest = [o for o in market.calendar.occurrences if o not in hidden]
    if amount == ELSEWHERE:
        largest = market.regions[int(np.nanmean(market.orders, axis=(1, 2)).argmax())]
        rest = [replace(o, regions=(largest,)) if o is held[-1] else o for o in rest]
    changed = _without(market, taken, f"{case.name} {amount}")
    return replace(changed, calendar=market.calendar.with_occurrences(rest))


def _without(market: Market, taken: np.ndarray, name: str) -> Market:
    left = {key: np.where(taken, np.float32(np.nan), values) for key, values in {"orders": market.orders, **market.past}.items()}
    return replace(market, orders=left.pop("orders"), past=left, digest=f"{market.digest} {name}")


class FittedOnce(LightGBM):
    """LightGBM whose trees are those of its first forecast: trained without the districts, then asked about them with other pasts."""

    def __init__(self) -> None:
        super().__init__()
        self.trees: list[Any] = []
        self.asked = 0

    def predict(self, *asked: Any) -> np.ndarray:
        self.asked = 0
        return super().predict(*asked)

    def _fit(self, *data: Any) -> Any:
        if self.asked == len(self.trees):
            self.trees.append(super()._fit(*data))
        self.asked += 1
        return self.trees[self.asked - 1]


def forecaster_of(case: Case, model: str) -> Forecaster:
    if model == OURS:
        return Forecaster.load(BASE, "cpu")
    if model == TRAINED:
        out = KEPT / f"{case.market}-{case.cutoff}"
        if not (out / CARD).is_file():
            train(market_of(case.market), out, until=pd.Timestamp(case.cutoff), device="cpu", seed=SEED)
        return Forecaster.load(out, "cpu")
    return FittedOnce() if model == TREES and not case.festival else make_baselines([model])[0]


def asked_of(case: Case, model: str) -> tuple[int | str, ...]:
    """The trees are fitted to the district with a week, the least that is no guess; the trained model has seen the whole past."""
    if model == TRAINED:
        return (WHOLE,)
    first = [7] if model == TREES and not case.festival else []
    return tuple(dict.fromkeys([*first, *case.amounts]))


def kept_file(case: Case, model: str, amount: int | str) -> Any:
    code = ("stmp/newcomers.py", "stmp/baselines") if model in (TREES, NAIVE) else ("stmp/newcomers.py",)
    version = [base_hash(), *map(code_hash, code)]
    key = hashlib.sha256(json.dumps([asdict(case), model, amount, version, market_of(case.market).digest]).encode()).hexdigest()[:12]
    return KEPT / f"{case.name.replace(' ', '-')}-{model}-{str(amount).replace(' ', '-')}-{key}.npz"


def make(case: Case, model: str) -> None:
    """Draw what is not kept yet."""
    wanted = asked_of(case, model)
    if all(kept_file(case, model, amount).is_file() for amount in wanted):
        return
    forecaster = forecaster_of(case, model)
    for amount in wanted:
        file = kept_file(case, model, amount)
        if file.is_file() and not (isinstance(forecaster, FittedOnce) and not forecaster.trees):  # which are fitted first
            continue
        view = past_of(case, amount).until(pd.Timestamp(case.cutoff))
        began = time.perf_counter()
        samples = forecaster.forecast(view, view.cutoff, case.horizon, samples=SAMPLES, seed=SEED).samples
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as temporary, temporary.open("wb") as output:
            np.savez_compressed(output, samples=samples, seconds=time.perf_counter() - began)
        print(f"{case.name}: {model}, {amount}", flush=True)


def score(case: Case, model: str, amount: int | str, samples: np.ndarray, seconds: float) -> Result:
    """Districts on all days of the window, in the regions held out; a festival on its own days, in all regions."""
    market = market_of(case.market)
    window = Window(market, pd.Timestamp(case.cutoff), case.horizon)
    rows: Any = slice(None) if case.festival else held_out(market)
    days = np.ones(case.horizon, dtype=bool)
    if case.festival:
        days = np.array([market.calendar.types[day].name == case.festival for day in market.calendar.dates.get_indexer(window.dates)])
    actual, drawn = (values[rows][:, :, days].astype(np.float64) for values in (window.actual, samples))
    there = ~np.isnan(actual)
    low, high = np.quantile(drawn[there], [0.1, 0.9], axis=-1)
    return Result(
        case=case.name,
        kind=case.kind,
        model=model,
        amount=amount,
        cells=int(there.sum()),
        wape=metrics.wape(actual, np.median(drawn, -1)),
        mse_rel=metrics.mse_rel(actual, drawn.mean(-1), metrics.mean_scale(window.view.orders[rows])),
        crps=metrics.crps(actual, drawn),
        bias=metrics.bias(actual, drawn.mean(-1)),
        in_80=metrics.coverage(actual, drawn, 0.8),
        width=float((high - low).sum() / actual[there].sum()),
        seconds=round(seconds, 2),
    )


def results(cases: Sequence[Case], models: Sequence[str]) -> Iterator[Result]:
    """The scores of all that is kept."""
    for case in cases:
        for model in models:
            for amount in case.amounts:
                file = kept_file(case, model, amount)
                if file.is_file():
                    with np.load(file) as content:
                        yield score(case, model, amount, content["samples"], float(content["seconds"]))


def section(found: Sequence[Result], kind: str) -> str:
    """WAPE, and coverage of the 80 % interval with its width, by what is known; the districts' windows together below."""
    lines = []
    for festivals, head in ((False, "days of history"), (True, "times held before")):
        rows = [r for r in found if r.kind == kind and bool(_case(r).festival) == festivals]
        if rows:
            lines += [
                f"| window | {head} | {' | '.join(f'{m} | in 80 % (width)' for m in MODELS)} |",
                f"|---|---{'|---:|---:' * len(MODELS)}|",
            ]
            for case in dict.fromkeys(r.case for r in rows):
                lines += [
                    _line(case, a, [r for r in rows if r.case == case]) for a in dict.fromkeys(r.amount for r in rows if r.case == case)
                ]
            lines += ["", *([] if festivals else _curve(rows)), ""]
    return "\n".join(lines)


def _case(result: Result) -> Case:
    return next(case for case in CASES if case.name == result.case)


def _line(case: str, amount: int | str, rows: Sequence[Result]) -> str:
    by = {r.model: r for r in rows if r.amount == amount}
    best = min(r.wape for r in by.values())
    cells = []
    for model in MODELS:
        r = by.get(model)
        wape = "" if r is None else f"**{r.wape:.3f}**" if r.wape == best else f"{r.wape:.3f}"
        cells += [wape, "" if r is None else f"{r.in_80:.2f} ({r.width:.2f})"]
    return f"| {case} | {'all' if amount == WHOLE else amount} | {' | '.join(cells)} |"


def _curve(rows: Sequence[Result]) -> list[str]:
    """The windows that every model has been asked about, together."""
    models = [m for m in MODELS if m != TRAINED]
    windows = set.intersection(*({r.case for r in rows if r.model == m} for m in models))
    if not windows:
        return []
    lines = [f"Together, {len(windows)} windows: WAPE (geometric mean), and share of the cells in the 80 % interval", ""]
    lines += [f"| days of history | {' | '.join(models)} | in 80 %: {' | '.join(models)} |", f"|---{'|---:' * 2 * len(models)}|"]
    for amount in (*DAYS, WHOLE):
        of = {m: [r for r in rows if r.model == m and r.amount == amount and r.case in windows] for m in models}
        wapes = [f"{geometric(r.wape for r in of[m]):.3f}" for m in models]
        shares = [f"{np.average([r.in_80 for r in of[m]], weights=[r.cells for r in of[m]]):.2f}" for m in models]
        lines.append(f"| {'all' if amount == WHOLE else amount} | {' | '.join(wapes)} | {' | '.join(shares)} |")
    return lines


def main() -> None:
    """Draw what is missing, score what is kept, write and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default="", help="only cases with this text in their name")
    parser.add_argument("--kind", choices=("tuning", "test"), default="test")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--kept", action="store_true", help="score what is kept, draw nothing")
    arguments = parser.parse_args()
    models = arguments.models.split(",")
    cases = [case for case in CASES if arguments.cases in case.name and case.kind == arguments.kind]
    there = []
    for case in cases:
        try:
            market_of(case.market)
            there.append(case)
        except MarketError as error:
            print(f"{case.name}: left out, for the market cannot be read: {error}", flush=True)
    for case in [] if arguments.kept else there:
        for model in models:
            make(case, model)
    found = list(results(there, models))
    with whole_file(RESULTS) as temporary:
        temporary.write_text(json.dumps([asdict(r) for r in found], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(section(found, arguments.kind))


if __name__ == "__main__":
    main()
