"""Fine-tuning as an offer: weights tuned on a market's past until a cutoff, and measured against the same weights untuned on the days
after it. Only then may they take the place of a checkpoint."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stmp.checkpoint import Card, read_card
from stmp.config import TrainingConfig
from stmp.errors import CutoffError
from stmp.evaluation import Evaluation, Score, evaluate, recent_cutoffs
from stmp.files import exchange
from stmp.forecaster import STMP
from stmp.learning import Progress
from stmp.market import Market
from stmp.pretraining import tune

WINDOWS = 4  # held out at the end of the panel, end to end
MARGIN = 0.01  # a CRPS that is lower by a smaller share may be so by chance
UNTUNED, TUNED = "untuned", "tuned"


@dataclass(frozen=True)
class Trial:
    """A tuned checkpoint in ``folder``, and how it and the untuned weights did on the same windows."""

    folder: Path
    card: Card
    evaluation: Evaluation

    def score(self, model: str, cutoff: str = "all") -> Score:
        """On all days of one window, or of all."""
        return next(s for s in self.evaluation.scores if (s.model, s.segment, s.cutoff) == (model, "all", cutoff))

    @property
    def gain(self) -> float:
        """Share of the untuned weights' CRPS that tuning takes away; negative where it adds to it."""
        return 1 - self.score(TUNED).crps / self.score(UNTUNED).crps

    @property
    def wins(self) -> int:
        """Windows in which the tuned weights have the lower CRPS."""
        return sum(self.score(TUNED, cutoff).crps < self.score(UNTUNED, cutoff).crps for cutoff in self.evaluation.cutoffs)

    @property
    def better(self) -> bool:
        """Whether it is: over all windows by more than chance, and in more than half of them."""
        return self.gain > MARGIN and 2 * self.wins > len(self.evaluation.cutoffs)


def held_out(market: Market, card: Card, horizon: int) -> list[pd.Timestamp]:
    """Cutoffs of the windows that neither the weights nor their tuning have seen. Raises CutoffError when not one is left."""
    first = market.dates[0] if card.general else pd.Timestamp(card.trained_until)
    cutoffs = recent_cutoffs(market, horizon, first)[-WINDOWS:]
    if not cutoffs:
        raise CutoffError(
            f"{market.about.name} ends on {market.cutoff:%Y-%m-%d}, and a test needs {horizon} days after {first:%Y-%m-%d}, which the "
            "weights have not seen. Remedy: wait for more days, ask for a shorter --horizon, or tune pretrained/stmp-base."
        )
    return cutoffs


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A folder to tune into, beside ``target``, so that it can take its place in one step; gone when the block ends."""
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.absolute().parent))
    try:
        yield stage / target.name
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def attempt(
    market: Market,
    start: Path,
    folder: Path,
    *,
    horizon: int = 14,
    device: str = "auto",
    seed: int = 0,
    config: TrainingConfig | None = None,
    training: Callable[[Progress], None] | None = None,
    testing: Callable[[str, pd.Timestamp], None] | None = None,
) -> Trial:
    """Tune the checkpoint ``start`` into ``folder`` on the days before the first held-out window, and score both on all of them.

    Raises CutoffError when the market is too short for either, and CheckpointError.
    """
    untuned = STMP.load(start, device)
    cutoffs = held_out(market, untuned.card, horizon)
    card = tune(market, start, folder, until=cutoffs[0], device=device, seed=seed, config=config, report=training)
    tuned = STMP.load(folder, device)
    untuned.name, tuned.name = UNTUNED, TUNED
    scores = evaluate([untuned, tuned], market, cutoffs, horizon, seed=seed, trained_until=cutoffs[0], report=testing)
    return Trial(folder, card, scores)


def adopt(trial: Trial, target: Path) -> Path | None:
    """Put a tuned checkpoint in the place of ``target`` in one step. Returns where the one that was there now lies, None without one."""
    if not target.exists():
        trial.folder.rename(target)
        return None
    read_card(target)  # what is no checkpoint is not put aside
    exchange(trial.folder, target)
    beside = target.with_name(f"{target.name}-before-{trial.card.trained_until}")
    number = 1
    while beside.exists():
        number += 1
        beside = target.with_name(f"{target.name}-before-{trial.card.trained_until}-{number}")
    trial.folder.rename(beside)
    return beside
