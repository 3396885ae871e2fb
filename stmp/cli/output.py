"""What the commands show in the terminal: lines, bars and tables."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

if TYPE_CHECKING:
    import pandas as pd

    from stmp.evaluation import Evaluation
    from stmp.learning import Progress

FILE_WIDTH = 140  # columns of a table where no terminal sets them

# Lines are left whole, so that paths can be copied and scripts can read them; bars and errors keep out of their way.
console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH, soft_wrap=True, highlight=False)
errors = Console(soft_wrap=True, highlight=False, stderr=True)

SHOWN = ("wape", "mse_rel", "mase", "bias", "crps", "coverage80", "total_wape", "total_coverage80")


def say(message: str) -> None:
    """Print a line as it is; of processes that torchrun started together, the first speaks for all."""
    if os.environ.get("RANK", "0") == "0":
        console.print(message, markup=False)


def fail(message: str) -> NoReturn:
    """Print an error as it is and end with 1."""
    errors.print(f"Error: {message}", markup=False, style="red")
    raise SystemExit(1)


@contextmanager
def training_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar with the losses, and the time left if training does not stop early."""
    with _bar() as update:

        def report(now: Progress) -> None:
            validation = "" if math.isnan(now.validation) else f", validation {now.validation:.4f}"
            update(now.step, now.steps, f"training: loss {now.loss:.4f}{validation}, at most {now.seconds_left:.0f} s left")

        yield report


@contextmanager
def evaluation_bar(runs: int) -> Iterator[Callable[[str, pd.Timestamp], None]]:
    """A bar over the (model, cutoff) pairs; ``report`` is called before each."""
    with _bar() as update:
        done = iter(range(runs))

        def report(model: str, cutoff: pd.Timestamp) -> None:
            update(next(done), runs, f"evaluating: {model} {cutoff:%Y-%m-%d}")

        yield report
        update(runs, runs, "evaluated")


@contextmanager
def _bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar that appears with its first update, so that input refused before it leaves an error and nothing else."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), console=errors)
    task = bar.add_task("")

    def update(done: int, total: int, text: str) -> None:
        bar.update(task, completed=done, total=total, description=text)
        bar.start()

    try:
        yield update
    finally:
        if bar.live.is_started:
            bar.stop()


def print_scores(result: Evaluation) -> None:
    """A table of the scores pooled over all cutoffs; the file holds each cutoff's, too."""
    from rich.table import Table

    kind = "simulated data" if result.simulated else "real data"
    table = Table(title=f"{result.market} ({kind}), {len(result.cutoffs)} cutoffs, {result.horizon} days", title_justify="left")
    for name in ("model", "segment", "days"):
        table.add_column(name, no_wrap=True)
    for name in SHOWN:
        table.add_column(name, justify="right")
    for score in result.scores:
        if score.cutoff == "all":
            table.add_row(score.model, score.segment, str(score.days), *(f"{getattr(score, name):.3f}" for name in SHOWN))
    console.print(table)
