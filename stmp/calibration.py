"""Scales and persistence of the noise, from residuals on the validation span."""

from __future__ import annotations

import numpy as np
import torch

from stmp.batches import Episode, Gatherer
from stmp.config import Calibration
from stmp.model import STMPNetwork

DRAWS = 32
CENTRAL = 0.8  # share of residuals that an 80 % interval should hold


def calibrate(network: STMPNetwork, batches: list[tuple[Gatherer, list[Episode]]], seed: int) -> Calibration:
    """Factors that make 80 % intervals of cells and of a day's total hold 80 % of the validation residuals.

    Each factor is the 80 % quantile of |residual| / half-width of the model's own interval. Persistence is the correlation of
    the day's common residual with the next day's, over the same origin.
    """
    torch.manual_seed(seed)
    cells, totals, kinds = [], [], []
    pairs: list[tuple[float, float]] = []
    for gatherer, episode in ((gatherer, episode) for gatherer, episodes in batches for episode in episodes):
        support = gatherer.support([episode])
        target, present = gatherer.targets([episode])
        with torch.no_grad():
            samples, level = network.sample_logs(
                gatherer.support_inputs([episode], support), gatherer.query_inputs([episode], support), DRAWS, Calibration()
            )
        drawn = samples.numpy(force=True)  # [S, R, C, P] log volume relative to the level
        actual = (target - level[..., None])[0].numpy(force=True)
        there = present[0].numpy(force=True) > 0
        cells.append(_ratio(drawn, actual)[there])
        weight = np.exp(level[0].numpy(force=True))[..., None] * there
        share = weight / np.maximum(weight.sum((0, 1)), 1e-9)
        common, drawn_common = (share * actual).sum((0, 1)), (share * drawn).sum((1, 2))
        known = there.any((0, 1))
        totals.append(_ratio(drawn_common, common)[known])
        residual = dict(zip(episode.leads[known], (common - np.median(drawn_common, axis=0))[known], strict=True))
        pairs += [(value, residual[lead + 1]) for lead, value in residual.items() if lead + 1 in residual]
        kinds += [((gatherer, episode.origin + int(lead)), gatherer.panel.kind_of[episode.origin + lead]) for lead in episode.leads]
    before, after = np.array(pairs).reshape(-1, 2).T
    persistence = float((before * after).sum() / max(1e-9, np.sqrt((before**2).sum() * (after**2).sum())))
    days = dict(kinds)
    return Calibration(
        cell=_factor(np.concatenate(cells)),
        shared=_factor(np.concatenate(totals)),
        persistence=float(np.clip(persistence, 0.0, 0.95)),
        days=len(days),
        festival_days=sum(kind == "festival" for kind in days.values()),
    )


def _ratio(drawn: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """|residual| from the median over the half-width of the central interval of the draws (axis 0)."""
    low, middle, high = np.quantile(drawn, [(1 - CENTRAL) / 2, 0.5, (1 + CENTRAL) / 2], axis=0)
    return np.asarray(np.abs(actual - middle) / np.maximum((high - low) / 2, 1e-6))


def _factor(ratios: np.ndarray) -> float:
    return float(np.clip(np.quantile(ratios, CENTRAL), 0.7, 2.0)) if len(ratios) else 1.0
