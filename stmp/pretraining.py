"""Pretraining on a prior over markets (prior-data fitting, arXiv 2112.10510): every step draws a market that nobody has seen.

What comes of it forecasts a market it never saw, without training: no name, fact or known-ahead column is in its schema.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from stmp.batches import Gatherer
from stmp.checkpoint import Card, Origin, read_checkpoint
from stmp.config import Schema, TrainingConfig
from stmp.devices import choose_device
from stmp.hours import by_day
from stmp.learning import Batch, Learner, Progress, Start
from stmp.market import Market
from stmp.prior import draw_market
from stmp.processes import join
from stmp.sampling import EpisodeSampler
from stmp.tasks import Panel
from stmp.training import MarketTasks

ORIGIN = Origin(market="prior", title="Simulated markets of every kind", simulated=True, unit="orders", data_digest="prior")
SCHEMA = Schema(streams=("cart_adds",), facts=(), known=())
VALIDATION_SEED = (1_000_003, 0)  # markets of the validation: a pair, which no --seed of a training is
VALIDATION_MARKETS = 64


def pretrain(
    out: Path,
    config: TrainingConfig,
    *,
    device: str = "auto",
    seed: int = 0,
    report: Callable[[Progress], None] | None = None,
    logs: Path | None = None,
) -> Card:
    """Train on ``config.steps`` simulated markets and write a checkpoint into ``out``. Interrupted, the same call goes on."""
    chosen = choose_device(device)
    tasks = PriorTasks(SCHEMA, config, chosen, np.random.default_rng(seed))
    learner = Learner(tasks, ORIGIN, SCHEMA, config, chosen, seed, out, team=join(chosen))
    learner.train(report, logs)
    return learner.keep()


def tune(
    market: Market,
    start: Path,
    out: Path,
    *,
    until: pd.Timestamp | None = None,
    device: str = "auto",
    seed: int = 0,
    config: TrainingConfig | None = None,
    report: Callable[[Progress], None] | None = None,
    logs: Path | None = None,
) -> Card:
    """Go on from the checkpoint ``start`` on the market's data up to ``until``, and write a checkpoint into ``out``.

    Every second pair of steps is on simulated markets, so that what was learned from them is kept. The weights of ``start``
    themselves are kept where no step makes the validation span better. Raises CheckpointError, and CutoffError on a short span.
    """
    days = by_day(market)
    view, chosen = days.until(until if until is not None else days.cutoff), choose_device(device)
    network, card = read_checkpoint(start, chosen)
    config = (config or TrainingConfig.tuning()).model_copy(update={"model": card.config.model})
    own = MarketTasks(view, card.schema_, config, chosen, seed)
    tasks = ReplayTasks(own, PriorTasks(card.schema_, config, chosen, own.random))
    before = Start(card.weights_sha256, network.state_dict())
    learner = Learner(tasks, Origin.of(view), card.schema_, config, chosen, seed, out, before, join(chosen))
    learner.train(report, logs)
    return learner.keep()


class ReplayTasks:
    """Episodes of a market and of simulated ones, two steps each in turn, from one random state; validated on the market alone."""

    def __init__(self, own: MarketTasks, simulated: PriorTasks) -> None:
        self.own, self.simulated = own, simulated

    @property
    def random(self) -> np.random.Generator:
        return self.own.random

    def draw(self, step: int) -> Batch:
        """See ``learning.Tasks``."""
        return (self.own, self.simulated)[step // 2 % 2].draw(step)

    def validation(self) -> list[Batch]:
        """See MarketTasks."""
        return self.own.validation()


class PriorTasks:
    """Episodes of one simulated market per step; what the schema names besides is masked."""

    def __init__(self, schema: Schema, config: TrainingConfig, device: torch.device, random: np.random.Generator) -> None:
        self.schema, self.config, self.device, self.random = schema, config, device, random

    def draw(self, step: int) -> Batch:
        """See ``learning.Tasks``."""
        return self._episodes(self.random, step)

    def validation(self) -> list[Batch]:
        """Episodes of ``VALIDATION_MARKETS`` markets that training never draws."""
        random = np.random.default_rng(VALIDATION_SEED)
        return [self._episodes(random, step) for step in range(VALIDATION_MARKETS)]

    def _episodes(self, random: np.random.Generator, step: int) -> Batch:
        market = draw_market(random)
        panel = Panel(market, self.schema, self.config.model.window, self.device)
        sampler = EpisodeSampler(panel, self.config, panel.days, int(random.integers(2**31)))
        return Gatherer(panel, self.config.model), sampler.draw(step)
