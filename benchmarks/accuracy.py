"""The festival suite: real windows, our forecasters and their peers, scored alike; run by ``make accuracy``.

Writes docs/results.json and prints the tables of docs/results.md. What a forecaster made of a window is kept in runs/accuracy
under a key of the data, the forecaster and its weights, so that a run goes on where it was interrupted; a score in docs/results.json
with the same key is not made again.

    python -m benchmarks.accuracy [--models NAME,NAME] [--only tuning|test|young|single|ordinary] [--kept]

All of it takes many hours of one core, most of them LightGBM's and the neural peers'; ``--kept`` scores what is there by now.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.goals import goals
from stmp.baselines import BASELINES, make_baselines
from stmp.checkpoint import CARD
from stmp.config import ModelConfig, TrainingConfig
from stmp.conformal import Calibrated
from stmp.errors import StmpError
from stmp.evaluation import metrics, pit
from stmp.evaluation.window import Window
from stmp.files import sha256, whole_file
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.market.load import load_market
from stmp.pretraining import tune
from stmp.training import train

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "runs" / "accuracy"
RESULTS = ROOT / "docs" / "results.json"
BASE = ROOT / "pretrained" / "stmp-base"
SAMPLES, SEED = 200, 0
ORDINARY_EVERY = 28  # days
YOUNG, YOUNG_DAYS = 6, 7  # every sixth region has a past of a week
OURS = ("stmp_base", "stmp_calibrated", "stmp_tuned", "stmp_single", "stmp_faithful")
ALONE = ("parcels 2021-10-28", "parcels 2022-05-28", "favorita 2015-12-14")  # where a training on the one market is scored, too
AVERAGES = {"stmp_and_lightgbm": ("stmp_base", "lightgbm")}
NEURAL = ("nhits", "tft", "tide")  # of neuralforecast, which 'make bench' installs
PEERS = (*BASELINES, *NEURAL)


@dataclass(frozen=True)
class Case:
    """A window of the suite. ``kind``: "tuning" windows may be looked at while designing, "test" ones are scored rarely, "ordinary"
    ones have no festival and no holiday in them. ``unseen``: its festival was never held before. ``poorer``: what is taken from the
    past before anybody sees it: "young" leaves every sixth region its last 7 days, and these regions alone are scored; "single" leaves
    the festivals of the window their last occurrence, and no other festival day."""

    market: str
    cutoff: str
    horizon: int
    kind: str
    unseen: bool = False
    poorer: str = ""

    @property
    def name(self) -> str:
        return f"{self.market} {self.cutoff} {self.poorer}".rstrip()


FESTIVALS = (
    Case("parcels", "2021-05-28", 21, "tuning"),
    Case("parcels", "2021-10-28", 21, "test", unseen=True),
    Case("parcels", "2021-12-01", 21, "tuning"),
    Case("parcels", "2022-01-20", 21, "tuning"),
    Case("parcels", "2022-05-28", 21, "test"),
    Case("favorita", "2013-12-14", 14, "test", unseen=True),
    Case("favorita", "2014-05-04", 14, "tuning"),
    Case("favorita", "2014-12-14", 14, "tuning"),
    Case("favorita", "2015-05-03", 14, "test"),
    Case("favorita", "2015-12-14", 14, "test"),
    Case("favorita", "2016-05-01", 14, "test"),
    Case("koubei", "2015-11-05", 14, "tuning"),
    Case("koubei", "2016-01-31", 14, "test"),
    Case("online_retail_daily", "2010-11-15", 14, "tuning"),
    Case("online_retail_daily", "2010-11-29", 14, "test"),
)


@dataclass(frozen=True)
class Result:
    """What a forecaster made of a case. Errors are of its special days (festivals and public holidays), or of ordinary days where it
    is an ordinary window; ``days`` counts them. totals_in_80: share of the days whose total lies in the 80 % interval, and so on.
    pit, totals_pit: share of the cells, and of the days' totals, in each bin of ``pit.EDGES``. seconds: fit and forecast. key: of
    ``key_of``."""

    model: str
    case: str
    key: str
    days: int
    wape: float
    mse_rel: float
    bias: float
    crps: float
    in_50: float
    in_80: float
    in_95: float
    total_wape: float
    totals_in_50: float
    totals_in_80: float
    totals_in_95: float
    pit: tuple[float, ...]
    totals_pit: tuple[float, ...]
    seconds: float


@cache
def market_of(name: str) -> Market:
    """A real market. Raises MarketError where ../shared is not there."""
    return load_market(ROOT / "benchmarks" / "markets" / name)


def ordinary_cases() -> Iterator[Case]:
    """Every 28 days from the first festival case of a market on, the windows that hold no special day."""
    for name in dict.fromkeys(case.market for case in FESTIVALS):
        market = market_of(name)
        first, horizon = next((case.cutoff, case.horizon) for case in FESTIVALS if case.market == name)
        last = market.dates[-1] - pd.Timedelta(days=horizon)
        for cutoff in pd.date_range(first, last, freq=f"{ORDINARY_EVERY}D"):
            if set(Window(market, cutoff, horizon).segment) == {"ordinary"}:
                yield Case(name, f"{cutoff:%Y-%m-%d}", horizon, "ordinary")


def poorer_cases() -> Iterator[Case]:
    """The untuned festival windows with a poorer past; one single occurrence only where there was one."""
    for case in FESTIVALS:
        if case.kind == "test":
            yield replace(case, kind="young", poorer="young")
            if not case.unseen:
                yield replace(case, kind="single", poorer="single")


def past_of(case: Case) -> Market:
    """The market as the forecasters are handed it, up to and beyond the cutoff."""
    market = market_of(case.market)
    if not case.poorer:
        return market
    taken = np.zeros(market.orders.shape, dtype=bool)
    cutoff = pd.Timestamp(case.cutoff)
    if case.poorer == "young":
        taken[::YOUNG, :, : market.dates.get_loc(cutoff) + 1 - YOUNG_DAYS] = True
    else:
        ahead = {o.festival for o in market.calendar.occurrences if cutoff < o.peak <= cutoff + pd.Timedelta(days=case.horizon)}
        held = [o for o in market.calendar.occurrences if o.peak <= cutoff]
        last = {o.festival: o for o in held}
        days = [day for o in held if not (o.festival in ahead and o is last[o.festival]) for day, _, _ in o.phase_days()]
        taken[..., market.dates.isin(days) & (market.dates <= cutoff)] = True
    without = {name: np.where(taken, np.float32(np.nan), values) for name, values in {"orders": market.orders, **market.past}.items()}
    return replace(market, orders=without.pop("orders"), past=without, digest=f"{market.digest} {case.name}")


def score(case: Case, model: str, samples: np.ndarray, seconds: float) -> Result:
    """Measure samples [R, C, H, S]; a day without any actual is not scored."""
    window = Window(market_of(case.market), pd.Timestamp(case.cutoff), case.horizon)
    chosen = (window.segment == "ordinary") if case.kind == "ordinary" else (window.segment != "ordinary")
    chosen &= ~np.isnan(window.actual).all((0, 1))
    rows = slice(None, None, YOUNG if case.poorer == "young" else 1)
    actual, samples = window.actual[rows][..., chosen].astype(np.float64), samples[rows][:, :, chosen].astype(np.float64)
    there = ~np.isnan(actual)
    total, total_samples = np.nansum(actual, (0, 1)), np.where(there[..., None], samples, 0).sum((0, 1))
    return Result(
        model=model,
        case=case.name,
        key=key_of(case, model),
        days=int(chosen.sum()),
        wape=metrics.wape(actual, np.median(samples, -1)),
        mse_rel=metrics.mse_rel(actual, samples.mean(-1), metrics.mean_scale(window.view.orders[rows])),
        bias=metrics.bias(actual, samples.mean(-1)),
        crps=metrics.crps(actual, samples),
        in_50=metrics.coverage(actual, samples, 0.5),
        in_80=metrics.coverage(actual, samples, 0.8),
        in_95=metrics.coverage(actual, samples, 0.95),
        total_wape=metrics.wape(total, np.median(total_samples, -1)),
        totals_in_50=metrics.coverage(total, total_samples, 0.5),
        totals_in_80=metrics.coverage(total, total_samples, 0.8),
        totals_in_95=metrics.coverage(total, total_samples, 0.95),
        pit=shares(actual, samples),
        totals_pit=shares(total, total_samples),
        seconds=round(seconds, 2),
    )


def shares(actual: np.ndarray, samples: np.ndarray) -> tuple[float, ...]:
    """The PIT histogram, to four digits."""
    return tuple(round(float(share), 4) for share in pit.histogram(*pit.ranks(actual, samples)))


def drawn(case: Case, model: str) -> tuple[np.ndarray, float]:
    """Samples [R, C, H, S] of a model and the seconds they took, from runs/accuracy or made and put there."""
    if model in AVERAGES:
        parts = [drawn(case, part) for part in AVERAGES[model]]
        return average(*(samples for samples, _ in parts)), sum(seconds for _, seconds in parts)
    file = kept_file(case, model)
    if not file.is_file():
        view = past_of(case).until(pd.Timestamp(case.cutoff))
        forecaster = forecaster_of(model, case)
        began = time.perf_counter()
        samples = forecaster.forecast(view, view.cutoff, case.horizon, samples=SAMPLES, seed=SEED).samples
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as temporary, temporary.open("wb") as output:
            np.savez_compressed(output, samples=samples, seconds=time.perf_counter() - began)
    with np.load(file) as content:
        return content["samples"], float(content["seconds"])


def kept_file(case: Case, model: str) -> Path:
    """Where the samples of a model are kept."""
    return KEPT / f"{case.name.replace(' ', '-')}-{model}-{key_of(case, model)}.npz"


def key_of(case: Case, model: str) -> str:
    """A hash of the data, the window, and the weights' card or a peer's sources; the code of the network is not in it."""
    if model in AVERAGES:
        return hashlib.sha256("".join(key_of(case, part) for part in AVERAGES[model]).encode()).hexdigest()[:16]
    version = base_hash() if model in OURS else code_hash("benchmarks/neural.py" if model in NEURAL else "stmp/baselines")
    version += code_hash("stmp/conformal.py") if model == "stmp_calibrated" else ""
    depends = [case.name, case.horizon, model, version, market_of(case.market).digest]
    return hashlib.sha256(json.dumps(depends).encode()).hexdigest()[:16]


def average(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The mean of two forecasts, quantile by quantile of each cell (Ratcliff, 1979), in the order in which ``first`` draws them."""
    rank = first.argsort(-1).argsort(-1)
    return (first + np.take_along_axis(np.sort(second, -1), rank, -1)) / 2


def forecaster_of(model: str, case: Case) -> Forecaster:
    """A peer, our weights that saw simulated markets only, these with intervals spread by the market's own past or tuned on it before the
    cutoff, or weights that saw that past alone."""
    if model in BASELINES:
        return make_baselines([model])[0]
    if model in NEURAL:
        from benchmarks.neural import Neural

        return Neural(model)
    if model == "stmp_calibrated":
        return Calibrated(Forecaster.load(BASE, "cpu"))
    version = base_hash()[:8] if model == "stmp_tuned" else str(SEED)
    out = BASE if model == "stmp_base" else KEPT / model / f"{case.name.replace(' ', '-')}-{version}"
    if not (out / CARD).is_file():
        until, market = pd.Timestamp(case.cutoff), past_of(case)
        if model == "stmp_tuned":
            tune(market, BASE, out, until=until, device="cpu", seed=SEED)
        else:
            architecture = ModelConfig.faithful() if model == "stmp_faithful" else ModelConfig()
            train(market, out, until=until, device="cpu", seed=SEED, config=TrainingConfig(model=architecture))
    return Forecaster.load(out, "cpu")


@cache
def base_hash() -> str:
    """Of the weights and all that stands on their card, the calibration among it."""
    return sha256(BASE / CARD)


@cache
def code_hash(folder: str) -> str:
    """Of the sources a peer consists of, so that a changed peer is scored again."""
    files = [ROOT / folder] if (ROOT / folder).is_file() else sorted((ROOT / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def run(cases: Iterable[Case], models: Sequence[str], *, kept_alone: bool) -> list[tuple[Case, Result]]:
    """Every model on every case, or where its score or its samples are kept; one that cannot be asked there (too short a past) is left
    out and named."""
    found, scored = [], recorded()
    for case in cases:
        for model in models:
            if model in ("stmp_single", "stmp_faithful") and case.name not in ALONE:
                continue
            known = scored.get((case.name, model, key_of(case, model)))
            if known is not None:
                found.append((case, known))
                continue
            if kept_alone and not all(kept_file(case, part).is_file() for part in AVERAGES.get(model, (model,))):
                continue
            try:
                result = score(case, model, *drawn(case, model))
            except StmpError as error:
                print(f"{case.name}: {model} left out: {error}", flush=True)
                continue
            print(
                f"{case.name} ({case.kind}, {result.days} days) {model:15s} WAPE {result.wape:.3f}  rel. MSE {result.mse_rel:.3f}",
                flush=True,
            )
            found.append((case, result))
    return found


def recorded() -> dict[tuple[str, str, str], Result]:
    """The scores of docs/results.json by case, model and key."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["windows"]
    results = [Result(**{name: value for name, value in row.items() if name not in ("kind", "unseen")}) for row in rows]
    return {(result.case, result.model, result.key): result for result in results}


def main() -> None:
    """Score, write docs/results.json, print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", default=",".join((*PEERS, *OURS, *AVERAGES)))
    parser.add_argument("--only", choices=("tuning", "test", "young", "single", "ordinary"))
    parser.add_argument("--kept", action="store_true")
    arguments = parser.parse_args()
    cases = [case for case in (*FESTIVALS, *poorer_cases(), *ordinary_cases()) if arguments.only in (None, case.kind)]
    found = run(cases, arguments.models.split(","), kept_alone=arguments.kept)
    if arguments.only is not None:
        return
    content = {
        "goals": [goal for model in ("stmp_base", "stmp_tuned", *AVERAGES) for goal in goals(found, model, PEERS)],
        "windows": [{"kind": case.kind, "unseen": case.unseen, **asdict(result)} for case, result in found],
    }
    with whole_file(RESULTS) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
