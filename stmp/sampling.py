"""Episodes for training (Algorithm 1's two views) and for validation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stmp.batches import Episode
from stmp.config import TrainingConfig
from stmp.tasks import Panel

SPECIAL_COUNT = 3.0  # weight of a festival day or holiday in the validation score, where it is rare


class EpisodeSampler:
    """Draws episodes whose target days all lie in [first, last) of the panel."""

    def __init__(self, panel: Panel, config: TrainingConfig, last: int, seed: int) -> None:
        self.panel, self.config = panel, config
        self.first = panel.window + config.model.support_lead
        self.last = last
        self.random = np.random.default_rng(seed)
        self.regions, self.categories = panel.view.orders.shape[:2]
        days = np.arange(self.first + 1, last)
        types = panel.type_of[days]
        self.ordinary = days[panel.ordinary[days]]
        self.special = [days[types == t] for t in np.unique(types) if panel.types[t].kind in ("holiday", "festival")]

    def draw(self, step: int) -> list[Episode]:
        """The episodes of one step: the spatial view on even steps, the temporal view on odd ones."""
        return [self._spatial() if step % 2 == 0 else self._temporal() for _ in range(self.config.batch)]

    def _aim(self) -> tuple[int, int]:
        """A target day and an origin before it."""
        special = bool(self.special) and self.random.random() < self.config.special_days
        pool = self.special[self.random.integers(len(self.special))] if special else self.ordinary
        target = int(self.random.choice(pool))
        lead = int(self.random.integers(1, min(self.config.model.horizon, target - self.first) + 1))
        return target, target - lead

    def _spatial(self) -> Episode:
        """Holds a date type; the regions are the tasks."""
        target, origin = self._aim()
        ahead = np.arange(origin + 1, min(origin + self.config.model.horizon + 1, self.last))
        same = ahead[self.panel.type_of[ahead] == self.panel.type_of[target]]
        others = self.random.permutation(same[same != target])[: self.config.temporal_days - 1]
        regions = self.random.permutation(self.regions)[: self.config.spatial_regions]
        return self._episode(regions, origin, np.concatenate([[target], others]))

    def _temporal(self) -> Episode:
        """Holds a few regions; the date types of the days ahead are the tasks."""
        target, origin = self._aim()
        ahead = np.arange(origin + 1, min(origin + self.config.model.horizon + 1, self.last))
        others = self.random.permutation(ahead[ahead != target])[: self.config.temporal_days - 1]
        regions = self.random.permutation(self.regions)[: self.config.temporal_regions]
        return self._episode(regions, origin, np.concatenate([[target], others]))

    def _episode(self, regions: NDArray[np.int64], origin: int, targets: NDArray[np.int64]) -> Episode:
        config = self.config
        categories = self.random.permutation(self.categories)[: config.categories]
        masked = self.random.random(len(regions)) < config.mask_history
        hidden = bool(self.random.random() < config.hide_festival)
        episode = make_episode(self.panel, regions, categories, origin, targets, config.temporal_days, hide_name=hidden, masked=masked)
        shift = self.random.normal(0, config.vary_shift, self.panel.days).astype(np.float32)
        return replace(episode, stretch=float(np.exp(self.random.normal(0, config.vary_stretch))), shift=shift)

    def validation(self, end: int, every: int) -> list[Episode]:
        """Fixed episodes over [last, end): every region, a few categories in turn, all days of the horizon."""
        horizon = self.config.model.horizon
        episodes = []
        for number, origin in enumerate(range(max(self.last - 1, self.first), end - 1, every)):
            targets = np.arange(origin + 1, min(origin + horizon + 1, end))
            categories = (np.arange(self.config.categories) + number * self.config.categories) % self.categories
            episodes.append(make_episode(self.panel, np.arange(self.regions), np.unique(categories), origin, targets, len(targets)))
        return episodes


def make_episode(
    panel: Panel,
    regions: NDArray[np.int64],
    categories: NDArray[np.int64],
    origin: int,
    targets: NDArray[np.int64],
    width: int,
    *,
    hide_name: bool = False,
    masked: NDArray[np.bool_] | None = None,
) -> Episode:
    """An episode of ``width`` target days, the missing ones padded and not counted; one column of ``mix`` per target day."""
    padded = np.concatenate([targets, np.full(width - len(targets), targets[0])])
    weight = np.where(panel.ordinary[padded], 1.0, SPECIAL_COUNT) if masked is None else np.full(width, 1 / len(targets))
    weight[len(targets) :] = 0
    return Episode(
        regions=regions,
        categories=categories,
        origin=origin,
        leads=padded - origin,
        types=tuple(map(int, panel.type_of[padded])),
        mix=np.eye(width, dtype=np.float32),
        counted=weight.astype(np.float32),
        hide_name=hide_name,
        masked_regions=masked,
    )
