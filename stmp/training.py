"""Training on one market: episodes of the two views in turn, early stopping on a time-ordered validation span."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from stmp.batches import Gatherer
from stmp.checkpoint import Card, Origin
from stmp.config import Schema, TrainingConfig
from stmp.devices import choose_device
from stmp.errors import CutoffError
from stmp.hours import by_day
from stmp.learning import Batch, Learner, Progress
from stmp.market import Market
from stmp.processes import join
from stmp.sampling import EpisodeSampler
from stmp.tasks import Panel

VALIDATION_EVERY = 7  # days between validation origins


def train(
    market: Market,
    out: Path,
    *,
    until: pd.Timestamp | None = None,
    device: str = "auto",
    seed: int = 0,
    config: TrainingConfig | None = None,
    report: Callable[[Progress], None] | None = None,
    logs: Path | None = None,
) -> Card:
    """Train on the market's data up to ``until`` and write a checkpoint into ``out``.

    Interrupted, the same call goes on where it was. Deterministic for a seed on the CPU. ``logs`` is a folder for
    TensorBoard. Raises CutoffError when the span is too short to learn from.
    """
    config = config or TrainingConfig()
    days = by_day(market)
    view = days.until(until if until is not None else days.cutoff)
    schema, chosen = Schema.of(view), choose_device(device)
    tasks = MarketTasks(view, schema, config, chosen, seed)
    learner = Learner(tasks, Origin.of(view), schema, config, chosen, seed, out, team=join(chosen))
    learner.train(report, logs)
    return learner.keep()


class MarketTasks:
    """Episodes of one market: the first part of its span to learn from, the last to validate on."""

    def __init__(self, view: Market, schema: Schema, config: TrainingConfig, device: torch.device, seed: int) -> None:
        panel = Panel(view, schema, config.model.window, device)
        self.gatherer = Gatherer(panel, config.model)
        first_validation = int(panel.days * (1 - config.validation_share))
        needed = config.model.window + config.model.support_lead + config.model.horizon
        if first_validation < 2 * needed:
            raise CutoffError(
                f"{view.about.name} has {panel.days} days until {view.cutoff:%Y-%m-%d}; training needs at least "
                f"{math.ceil(2 * needed / (1 - config.validation_share))}. Remedy: a later --until, or a market with more history."
            )
        self.sampler = EpisodeSampler(panel, config, first_validation, seed)

    @property
    def random(self) -> np.random.Generator:
        return self.sampler.random

    def draw(self, step: int) -> Batch:
        """See ``learning.Tasks``."""
        return self.gatherer, self.sampler.draw(step)

    def validation(self) -> list[Batch]:
        """One episode per week of the last part of the span, every region and day in it."""
        return [(self.gatherer, [e]) for e in self.sampler.validation(self.gatherer.panel.days, VALIDATION_EVERY)]
