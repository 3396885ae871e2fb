"""What each part of the method is worth: short pretrainings without it, three seeds each; ``python -m benchmarks.ablations``.

Every variant sees the same ``STEPS`` simulated markets per seed, far fewer than pretrained/stmp-base, and is scored on festival days
of simulated markets that no training draws and of the suite's tuning windows. What was scored is kept in runs/ablations, so that a run
goes on where it was interrupted; the table, ratios of error to the whole method's, goes to standard output.
"""

from __future__ import annotations

import json
import math
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.accuracy import BASE, FESTIVALS, SAMPLES, market_of
from benchmarks.goals import geometric
from stmp.calibration import calibrate
from stmp.checkpoint import read_card
from stmp.config import Schema, TrainingConfig
from stmp.evaluation import metrics
from stmp.evaluation.window import Window
from stmp.files import whole_file
from stmp.forecaster import STMP
from stmp.learning import Batch, Learner
from stmp.model import Gaussian, STMPNetwork
from stmp.pretraining import ORIGIN, SCHEMA, PriorTasks
from stmp.prior import draw_market
from stmp.tasks import Pooled, QueryInputs, SupportInputs

KEPT = Path(__file__).resolve().parents[1] / "runs" / "ablations"
SEEDS = (0, 1, 2)
STEPS, SHOTS = 800, 8
MARKETS, MARKETS_SEED, HORIZON = 40, (1_000_033, 0), 21  # simulated ones to score on
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Variant:
    """What is changed: settings of the training and of the model, the schema, the views in turn, and the network in place."""

    name: str
    training: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    schema: Schema = SCHEMA
    views: tuple[int, ...] = (0, 1)  # 0 the spatial view, 1 the temporal one
    change: Callable[[STMPNetwork], None] = lambda _: None


def without_psi(*, regions: bool = False, types: bool = False) -> Callable[[STMPNetwork], None]:
    """Psi of the regions, of the date types or both are 0, and the label path carries all that the labels say."""

    def unsaid(pooled: Pooled) -> Pooled:
        return Pooled(pooled.uplift * (not types), pooled.departures * (not regions))

    def change(network: STMPNetwork) -> None:
        infer, query = network.amortization.forward, network.generator.query

        def forward(support: SupportInputs) -> tuple[Gaussian, Gaussian]:
            of_regions, of_types = infer(replace(support, pooled=unsaid(support.pooled)))
            return _nothing(of_regions) if regions else of_regions, _nothing(of_types) if types else of_types

        def silent_query(inputs: QueryInputs, share: Tensor) -> Any:
            return query(replace(inputs, pooled=unsaid(inputs.pooled)), share)

        network.amortization.forward, network.generator.query = forward, silent_query  # type: ignore[method-assign]

    return change


def _nothing(psi: Gaussian) -> Gaussian:
    return Gaussian(torch.zeros_like(psi.mean), torch.zeros_like(psi.std))


def mean_alone(network: STMPNetwork) -> None:
    """Psi without its spread."""
    infer = network.amortization.forward
    network.amortization.forward = lambda support: tuple(  # type: ignore[method-assign]
        Gaussian(psi.mean, torch.zeros_like(psi.std)) for psi in infer(support)
    )


def without_ar(network: STMPNetwork) -> None:
    """No path on which recent volumes pass the recurrent layers by (the switch takes the one on the output)."""
    for module in (network.amortization.extractor.top_ar, network.generator.extractor.top_ar, network.generator.first_network):
        _silence(module, module.out_features)


def without_skip(network: STMPNetwork) -> None:
    """The recurrent layers see a window step by step alone."""
    for extractor in (network.amortization.extractor, network.generator.extractor):
        for skip in extractor.skip:
            _silence(skip, skip.lstm.hidden_size)


def _silence(module: nn.Module, width: int) -> None:
    module.forward = lambda x: x.new_zeros(*x.shape[:-1], width)  # type: ignore[method-assign]


VARIANTS = (
    Variant("the whole method"),
    Variant("no psi", change=without_psi(regions=True, types=True)),
    Variant("psi of date types alone", change=without_psi(regions=True)),
    Variant("psi of regions alone", change=without_psi(types=True)),
    Variant("mean of psi only", change=mean_alone),
    Variant("x-only support", model={"labels_in_support": False}),
    Variant("no base from the support", model={"support_base": False}),
    Variant("spatial view only", views=(0,)),
    Variant("temporal view only", views=(1,)),
    Variant("no AR", model={"aligned_ar": False}, change=without_ar),
    Variant("no skip-LSTM", change=without_skip),
    Variant("static facts added", schema=SCHEMA.model_copy(update={"facts": ("population", "area_km2")})),
    Variant("names always shown", training={"hide_festival": 0.0}),
    Variant("a Gaussian instead of Student-t", model={"student_t": False}),
)


class Views:
    """The prior's tasks with the two views in turn, or one alone."""

    def __init__(self, tasks: PriorTasks, views: tuple[int, ...]) -> None:
        self.tasks, self.views = tasks, views

    @property
    def random(self) -> np.random.Generator:
        return self.tasks.random

    def draw(self, step: int) -> Batch:
        return self.tasks.draw(self.views[step % len(self.views)])

    def validation(self) -> list[Batch]:
        return self.tasks.validation()


def trained(variant: Variant, seed: int) -> STMP:
    """The variant's network after ``STEPS`` simulated markets, calibrated like the whole one."""
    config = TrainingConfig.pretraining()
    model = config.model.model_copy(update={"shots": SHOTS} | variant.model)
    config = config.model_copy(update={"model": model, "steps": STEPS, "evaluate_every": STEPS // 3} | variant.training)
    tasks = Views(PriorTasks(variant.schema, config, CPU, np.random.default_rng(seed)), variant.views)
    with tempfile.TemporaryDirectory() as folder:
        learner = Learner(tasks, ORIGIN, variant.schema, config, CPU, seed, Path(folder))
        for network in (learner.network, learner.average):
            variant.change(network)
        learner.train(None, None)
    network = learner.best_network()
    found = {"config": config, "calibration": calibrate(network, tasks.validation(), seed), "facts": variant.schema.facts}
    return STMP(network, read_card(BASE).model_copy(update=found), CPU)


def simulated_windows() -> Iterator[Window]:
    """The last window of a simulated market that holds a festival peak, of ``MARKETS`` markets."""
    random = np.random.default_rng(MARKETS_SEED)
    found = 0
    while found < MARKETS:
        market = draw_market(random)
        latest, earliest = market.dates[-1], market.dates[0] + pd.Timedelta(days=120)
        peaks = [o.peak for o in market.calendar.occurrences if earliest < o.peak <= latest - pd.Timedelta(days=HORIZON)]
        if peaks:
            found += 1
            yield Window(market, peaks[-1] - pd.Timedelta(days=int(random.integers(3, HORIZON))), HORIZON)


def score(forecaster: STMP, windows: Sequence[Window]) -> list[dict[str, float]]:
    """Relative MSE, CRPS and coverage on the special days of each window."""
    rows = []
    for window in windows:
        horizon = len(window.segment)
        samples = forecaster.forecast(window.view, window.view.cutoff, horizon, samples=SAMPLES, seed=0).samples.astype(np.float64)
        special = (window.segment != "ordinary") & ~np.isnan(window.actual).all((0, 1))
        actual, samples = window.actual[..., special].astype(np.float64), samples[:, :, special]
        scale = metrics.mean_scale(window.view.orders)
        rows.append(
            {
                "mse_rel": metrics.mse_rel(actual, samples.mean(-1), scale),
                "crps": metrics.crps(actual, samples),
                "in_80": metrics.coverage(actual, samples, 0.8),
            }
        )
    return rows


def scored(variant: Variant, seed: int, windows: dict[str, list[Window]]) -> dict[str, list[dict[str, float]]]:
    """The scores of a variant and seed by kind of window, from runs/ablations or made and put there."""
    file = KEPT / f"{variant.name.replace(' ', '-')}-{seed}.json"
    if not file.is_file():
        forecaster = trained(variant, seed)
        content = {kind: score(forecaster, some) for kind, some in windows.items()}
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as temporary:
            temporary.write_text(json.dumps(content), encoding="utf-8")
    found: dict[str, list[dict[str, float]]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def ratios(rows: list[dict[str, float]], whole: list[dict[str, float]], name: str) -> float:
    """Geometric mean over the windows of the error against the whole method's with the same seed."""
    return geometric(row[name] / other[name] for row, other in zip(rows, whole, strict=True) if row[name] > 0 and math.isfinite(row[name]))


def main() -> None:
    """Train what is missing, seed by seed, and print the table."""
    real = [Window(market_of(case.market), pd.Timestamp(case.cutoff), case.horizon) for case in FESTIVALS if case.kind == "tuning"]
    windows = {"simulated": list(simulated_windows()), "real": real}
    found = {(variant.name, seed): scored(variant, seed, windows) for seed in SEEDS for variant in VARIANTS}
    print(f"| {STEPS} markets, {len(SEEDS)} seeds | simulated: rel. MSE | CRPS | real: rel. MSE | CRPS | in 80 % |")
    print("|---|---:|---:|---:|---:|---:|")
    for variant in VARIANTS:
        cells = []
        for kind, name in (("simulated", "mse_rel"), ("simulated", "crps"), ("real", "mse_rel"), ("real", "crps")):
            values = [ratios(found[variant.name, seed][kind], found[VARIANTS[0].name, seed][kind], name) for seed in SEEDS]
            cells.append(f"{geometric(values):.2f} ({min(values):.2f} to {max(values):.2f})")
        covered = statistics.mean(row["in_80"] for seed in SEEDS for row in found[variant.name, seed]["real"])
        print(f"| {variant.name} | {' | '.join(cells)} | {covered:.2f} |")


if __name__ == "__main__":
    main()
