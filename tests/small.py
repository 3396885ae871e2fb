"""A tiny STMP on the small markets, trained or not, and the inputs it reads: what the tests of the model share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from stmp.batches import Episode, Gatherer
from stmp.checkpoint import Card, versions
from stmp.config import Calibration, ModelConfig, Schema, TrainingConfig
from stmp.forecaster import STMP
from stmp.market import Market
from stmp.model import Noise, STMPNetwork
from stmp.tasks import Panel, QueryInputs, SupportInputs

CPU = torch.device("cpu")
TINY = ModelConfig(window=14, horizon=7, shots=3, skip_hidden=4, hidden=5, features=6, latent=4)
FAITHFUL = TINY.model_copy(update={k: v for k, v in ModelConfig.faithful() if isinstance(v, bool)})
TINY_TRAINING = TrainingConfig(model=TINY, steps=6, batch=2, categories=2, spatial_regions=3, temporal_regions=2, evaluate_every=3)


ALL = slice(None)  # support days


def gatherer_of(market: Market, model: ModelConfig = TINY) -> Gatherer:
    return Gatherer(Panel(market, Schema.of(market), model.window, CPU), model)


def network_of(market: Market, model: ModelConfig = TINY, seed: int = 0) -> STMPNetwork:
    """An untrained network whose head hears psi as loudly as a trained one does."""
    torch.manual_seed(seed)
    network = STMPNetwork(model, Schema.of(market)).eval()
    with torch.no_grad():
        network.generator.head.weight.mul_(5)
    return network


def card_of(market: Market, model: ModelConfig = TINY, calibration: Calibration | None = None) -> Card:
    schema = Schema.of(market)
    return Card(
        market=market.about.name,
        title=market.about.title,
        simulated=True,
        unit="orders",
        regions=market.regions,
        categories=market.categories,
        streams=schema.streams,
        facts=schema.facts,
        known=schema.known,
        trained_from="2020-01-01",
        trained_until="2021-06-30",
        data_digest=market.digest,
        weights_sha256="",
        seed=0,
        steps=6,
        seconds=1.5,
        parameters=1,
        config=TINY_TRAINING.model_copy(update={"model": model}),
        calibration=calibration or Calibration(),
        scores={"validation_loss": 0.25},
        versions=versions(),
    )


def forecaster_of(market: Market, calibration: Calibration | None = None) -> STMP:
    return STMP(network_of(market), card_of(market, calibration=calibration), CPU)


def logs_of(market: Market, region: int, category: int) -> pd.Series:
    return pd.Series(np.log1p(market.orders[region, category].astype(float)), index=market.dates)


def level_of(gatherer: Gatherer, market: Market, region: int, category: int, date: str) -> float:
    return gatherer.panel.streams[0].levels[region, category, position(market, date)].item()


def position(market: Market, date: str) -> int:
    """Of a day in the panel, or in the calendar beyond it; both begin together in the small markets."""
    return (pd.Timestamp(date) - market.dates[0]).days


def episode_of(gatherer: Gatherer, origin: int, leads: Sequence[int] = (1, 2, 3), regions: Sequence[int] | None = None) -> Episode:
    """Every category, and each target day with its own date type."""
    count, categories = gatherer.panel.view.orders.shape[:2]
    targets = origin + np.array(leads)
    return Episode(
        regions=np.arange(count) if regions is None else np.array(regions),
        categories=np.arange(categories),
        origin=origin,
        leads=np.array(leads),
        types=tuple(map(int, gatherer.panel.type_of[targets])),
        mix=np.eye(len(leads), dtype=np.float32),
        counted=np.ones(len(leads), dtype=np.float32),
    )


def inputs_of(gatherer: Gatherer, *episodes: Episode) -> tuple[SupportInputs, QueryInputs]:
    support = gatherer.support(list(episodes))
    return gatherer.support_inputs(list(episodes), support), gatherer.query_inputs(list(episodes), support)


def tensors(inputs: SupportInputs | QueryInputs) -> dict[str, Tensor]:
    """Every tensor of the inputs by name, the windows and what is pooled one by one."""
    found = {f.name: getattr(inputs, f.name) for f in fields(inputs)}
    windows, pooled = found.pop("windows"), found.pop("pooled")
    windows = windows(ALL) if callable(windows) else windows
    return found | pooled._asdict() | {f"windows {i}": window for i, window in enumerate(windows)}


def close(a: Tensor, b: Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@torch.no_grad()
def answer(network: STMPNetwork, support: SupportInputs, query: QueryInputs) -> tuple[Tensor, Noise]:
    """Location and noise [B, R, C, P] with psi at its means."""
    region, date_type = network.amortization(support)
    encoded = network.query(query)
    location, _ = network.generator.location(encoded, region.mean[None], date_type.mean[None])
    return location[0], network.generator.noise(encoded, region.mean, date_type.mean)


def with_panel(market: Market, orders: np.ndarray, digest: str, past: dict[str, np.ndarray] | None = None) -> Market:
    """The market with other values, and a digest that says so."""
    return replace(market, orders=orders, past=market.past if past is None else past, digest=digest)


def with_opening(market: Market, region: int, date: str, seed: int = 0) -> Market:
    """The market with a region that opens on a day, with volumes of its first week that depend on the seed."""
    day = position(market, date)
    factor = np.random.default_rng(seed).uniform(0.1, 10, 7)

    def opened(values: np.ndarray) -> np.ndarray:
        changed = values.copy()
        changed[region, :, :day] = np.nan
        changed[region, :, day : day + 7] *= factor
        return changed

    return with_panel(market, opened(market.orders), f"opened {date} {seed}", {n: opened(v) for n, v in market.past.items()})


def scrambled(market: Market, after: int) -> Market:
    """Every value later than the position ``after`` is another one, or missing."""
    rng = np.random.default_rng(5)

    def other(values: np.ndarray) -> np.ndarray:
        changed = values.copy()
        noise = rng.uniform(0, 1e5, changed[..., after + 1 :].shape)
        changed[..., after + 1 :] = np.where(rng.random(noise.shape) < 0.2, np.nan, noise)
        return changed

    return with_panel(market, other(market.orders), f"scrambled after {after}", {n: other(v) for n, v in market.past.items()})
