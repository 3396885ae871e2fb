"""What a forecast, a training and a start cost, with ratios to floors and to other models measured in the same run.

Run by ``make bench``; ``python -m benchmarks.bench forecast start memory`` leaves out what fits other models, which takes minutes.
Two threads compute, also where there are more cores. The limits are those the project set itself; a run on a busy machine says nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from benchmarks.neural import Neural, Panel, network
from stmp.baselines import make_baselines
from stmp.forecast import BASELINE, Forecaster
from stmp.forecaster import STMP
from stmp.learning import Progress
from stmp.market import Market
from stmp.market.load import load_market
from stmp.scenario import Recent, Scenario
from stmp.training import train

ROOT = Path(__file__).resolve().parents[1]
MARKET = ROOT / "assets" / "markets" / "beijing"
CHECKPOINT, GENERAL = ROOT / "pretrained" / "beijing", ROOT / "pretrained" / "stmp-base"
STMP_COMMAND = [str(Path(sys.executable).with_name("stmp"))]
THREADS = 2
CUTOFF, UNTIL = pd.Timestamp("2019-10-31"), pd.Timestamp("2018-12-31")
HORIZON, SAMPLES = 14, 200
REPEATS, WARM_UP = 15, 3
MILLISECOND = 1e-3
TRAINING_LIMIT = 15 * 60
console = Console(width=170)

# Of the TFT, beyond its budget in neural.py. Windows start 5 days apart, which meets every weekday; with every day's window each
# validation, on the same last fifth of the span as STMP's, would take longer than the training.
EARLY_STOP = {"step_size": 5, "val_check_steps": 100, "early_stop_patience_steps": 3}


@dataclass(frozen=True)
class Row:
    """One line of the table: a measurement, what it is held against, and the limits on either."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    against: str = ""
    reference: float | None = None
    ratio_limit: float | None = None


def median_seconds(call: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Median wall time of ``call``; ``before`` runs untimed ahead of each."""
    times = []
    for _ in range(WARM_UP + REPEATS):
        before()
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times[WARM_UP:])


def forecast_rows() -> Iterator[Row]:
    """A forecast of the bundled market, with representations inferred and from nothing, each against its floor."""
    market = load_market(MARKET)
    forecaster = STMP.load(CHECKPOINT, "cpu")
    what_if = Scenario(name="fuller carts", recent=(Recent(stream="cart_adds", factor=1.2),))

    def forecast(scenario: Scenario) -> None:
        forecaster.forecast(market, CUTOFF, HORIZON, scenario, samples=SAMPLES)

    size = f"{len(market.regions)} x {len(market.categories)} x {HORIZON} x {SAMPLES}"
    forecast(BASELINE)
    cases = [
        (f"forecast {size}, inferred, calendar unchanged", BASELINE, lambda: None, 60),
        (f"forecast {size}, inferred, a new scenario", what_if, lambda: None, 60),
        (f"forecast {size}, from nothing", BASELINE, forecaster.forget, 300),
    ]
    for what, scenario, before, limit in cases:
        before()
        with Products() as products:
            forecast(scenario)
        value = median_seconds(lambda scenario=scenario: forecast(scenario), before)
        floor = median_seconds(products.replay)
        yield Row(what, value / MILLISECOND, "ms", limit, "its matrix products and LSTMs alone", floor / MILLISECOND, 3)


class Products(TorchFunctionMode):
    """Records every matrix product and LSTM called within its block, to call them again on the same tensors and nothing else.

    What counts as a product: linear layers, einsums, ``addmm`` and ``@``. Not counted: all elementwise work, among it the noise of the
    samples and the exponential of each, without which no forecast in samples can be.
    """

    CALLS = frozenset({functional.linear, torch.lstm, torch.einsum, torch.addmm, torch.matmul, Tensor.matmul})

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[Callable[[], object]] = []

    def __torch_function__(self, call: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        if call in self.CALLS:
            kept = tree_map_only(Tensor, torch.clone, args)  # later work in place must not change what it was given
            self.recorded.append(partial(call, *kept, **kwargs))
        return call(*args, **kwargs)

    def replay(self) -> None:
        """Call what was recorded."""
        with torch.inference_mode():
            for product in self.recorded:
                product()


def training_rows() -> Iterator[Row]:
    """Training on the bundled market until 2018-12-31, to the early stop, against LightGBM and TFT on the same panel."""
    market = load_market(MARKET).until(UNTIL)
    step, steps, whole = train_stmp(market)
    what = f"training STMP, {steps} steps to the early stop"
    (lightgbm,) = make_baselines(["lightgbm"])
    yield Row(what, whole, "s", TRAINING_LIMIT, "LightGBM, fit and forecast", fit_and_forecast(lightgbm, market, UNTIL))
    tft = train_tft(market)
    if tft is None:
        console.print("neuralforecast is not installed, so TFT is left out. Remedy: run 'make bench'.")
        yield Row("training STMP, a step", step, "s")
        return
    tft_step, tft_steps, tft_whole = tft
    yield Row(what, whole, "s", TRAINING_LIMIT, f"TFT, {tft_steps} steps to the early stop or the budget", tft_whole)
    yield Row("training STMP, a step", step, "s", None, "TFT, a step", tft_step)


def train_stmp(market: Market) -> tuple[float, int, float]:
    """Median seconds of a step, the steps, and seconds in all, calibration included."""
    ends: list[float] = []

    def report(now: Progress) -> None:
        ends.append(time.perf_counter())

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        train(market, Path(folder), device="cpu", report=report)
    return float(np.median(np.diff(ends))), len(ends), time.perf_counter() - began


def fit_and_forecast(model: Forecaster, market: Market, cutoff: pd.Timestamp) -> float:
    """Seconds of one forecast by a model that is fitted anew at each cutoff."""
    began = time.perf_counter()
    model.forecast(market, cutoff, HORIZON, samples=SAMPLES)
    return time.perf_counter() - began


def train_tft(market: Market) -> tuple[float, int, float] | None:
    """Median seconds of a step, the steps, and seconds in all; None when neuralforecast is not installed."""
    try:
        from pytorch_lightning import Callback
    except ImportError:
        return None
    ends: list[float] = []

    class Clock(Callback):
        def on_train_batch_end(self, *_: object) -> None:
            ends.append(time.perf_counter())

    panel = Panel(market)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = network("tft", HORIZON, panel, seed=0, callbacks=[Clock()], **EARLY_STOP)
        began = time.perf_counter()
        model.fit(panel.table([0], panel.days), val_size=panel.days // 5)
        return float(np.median(np.diff(ends))), len(ends), time.perf_counter() - began


def first_rows() -> Iterator[Row]:
    """The first forecast of a market that the general checkpoint has never seen, files read included, against models fitted to it."""

    def first() -> None:
        STMP.load(GENERAL, "cpu").forecast(load_market(MARKET), CUTOFF, HORIZON, samples=SAMPLES)

    value, market = median_seconds(first), load_market(MARKET)
    peers = dict(zip(("LightGBM", "AutoETS"), make_baselines(["lightgbm", "auto_ets"]), strict=True))
    if find_spec("neuralforecast"):
        peers["TFT"] = Neural("tft")
    else:
        console.print("neuralforecast is not installed, so TFT is left out. Remedy: run 'make bench'.")
    for name, model in peers.items():
        seconds = fit_and_forecast(model, market, CUTOFF)
        yield Row(f"first forecast of a new market by {GENERAL.name}, from its files", value, "s", 2, f"{name}, fit and forecast", seconds)


def start_rows() -> Iterator[Row]:
    """How long a user waits for help."""

    def run(command: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    value, bare = median_seconds(run([*STMP_COMMAND, "--help"])), median_seconds(run([sys.executable, "-c", "pass"]))
    yield Row("stmp --help", value, "s", 0.5, "python -c pass", bare)


def memory_rows() -> Iterator[Row]:
    """Peak memory of one process that forecasts."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--market", str(MARKET), "--cutoff", f"{CUTOFF:%Y-%m-%d}", "--horizon", str(HORIZON), "--samples", str(SAMPLES)]
        out = ["--device", "cpu", "--out", f"{folder}/forecast.csv"]
        value = peak_megabytes([*STMP_COMMAND, "forecast", str(CHECKPOINT), *options, *out])
    yield Row(
        "stmp forecast, peak memory", value, "MB", 600, "python -c 'import torch'", peak_megabytes([sys.executable, "-c", "import torch"])
    )


def peak_megabytes(command: list[str]) -> float:
    """Peak resident memory of a command. It is started by a small process, for a child's peak counts its parent's size at the fork."""
    measure = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", measure, *command], check=True, capture_output=True, text=True)
    return int(done.stdout) * 1024 / 1e6


SECTIONS = {"forecast": forecast_rows, "first": first_rows, "start": start_rows, "memory": memory_rows, "training": training_rows}


def main(names: list[str]) -> None:
    """Measure the sections named, or all, and print one table."""
    unknown = set(names) - set(SECTIONS)
    if unknown:
        sys.exit(f"unknown section {', '.join(sorted(unknown))}. Remedy: use {', '.join(SECTIONS)}.")
    for folder, remedy in ((CHECKPOINT, "make train"), (GENERAL, "make pretrain")):
        if not folder.is_dir():
            sys.exit(f"{folder} is missing. Remedy: run '{remedy}'.")
    os.environ["OMP_NUM_THREADS"] = str(THREADS)
    torch.set_num_threads(THREADS)
    how = f"forecast, first, start: medians of {REPEATS} runs after {WARM_UP}; a step: the median; memory and all fits: one run each"
    table = empty_table(f"{how}\n{THREADS} threads of {os.cpu_count()} cores, torch {torch.__version__}")
    for name in names or SECTIONS:
        console.print(f"measuring: {name} ...")
        for row in SECTIONS[name]():
            table.add_row(*cells(row))
    console.print(table)


def empty_table(title: str) -> Table:
    """A table of ``cells``."""
    table = Table(title=title, title_justify="left")
    table.add_column("what", no_wrap=True)
    for name in ("measured", "limit"):
        table.add_column(name, justify="right")
    table.add_column("against", no_wrap=True)
    for name in ("measured", "ratio", "limit", "held"):
        table.add_column(name, justify="right")
    return table


def cells(row: Row) -> list[str]:
    """A row as text; ``held`` says whether the limits were, and is empty where there are none."""
    ratio = None if row.reference is None else row.value / row.reference
    checks = [(row.value, row.limit), (ratio, row.ratio_limit)]
    held = [value <= limit for value, limit in checks if value is not None and limit is not None]
    return [
        row.what,
        f"{row.value:.3g} {row.unit}",
        "" if row.limit is None else f"{row.limit:g} {row.unit}",
        row.against,
        "" if row.reference is None else f"{row.reference:.3g} {row.unit}",
        "" if ratio is None else f"{ratio:.2f}",
        "" if row.ratio_limit is None else f"{row.ratio_limit:g}",
        "" if not held else ("yes" if all(held) else "no"),
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
