"""A trained STMP at work: representations once per market and cutoff, then any number of scenarios from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from stmp.batches import Episode, Gatherer
from stmp.checkpoint import Card, read_checkpoint
from stmp.devices import choose_device
from stmp.errors import CutoffError
from stmp.forecast import Forecaster, Psi, Representations
from stmp.market import Market
from stmp.model import NOISE_PER_PSI, Draws, Gaussian, Query, STMPNetwork
from stmp.scenario import Scenario
from stmp.tasks import Panel

REMEMBERED = 4  # (market, cutoff) pairs whose representations are kept


class STMP(Forecaster):
    """The forecaster of a checkpoint. Any market may be forecast: what the weights have not seen is masked."""

    name = "stmp"

    def __init__(self, network: STMPNetwork, card: Card, device: torch.device) -> None:
        self.network, self.card, self.device = network, card, device
        self._inferred: OrderedDict[tuple[str, pd.Timestamp], _Inferred] = OrderedDict()

    @classmethod
    def load(cls, path: Path, device: str = "auto") -> STMP:
        """Read a checkpoint folder. Raises CheckpointError on any damage, StmpError on a device that is not there."""
        chosen = choose_device(device)
        return cls(*read_checkpoint(path, chosen), chosen)

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] joint samples. Raises CutoffError when the view is shorter than the model's window."""
        with torch.inference_mode():
            inferred = self._infer(view)
            query = inferred.query(scenario, horizon)
            psi = inferred.psi(query.labels)
            noise = inferred.draws(query, samples, seed)
            of_query = noise._replace(date_type=noise.date_type[:, :, [inferred.vocabulary[label] for label in query.labels]])
            z = self.network.sample(query.inputs, inferred.regions, psi, self.card.calibration, of_query)  # [S, R, C, P]
            volume = z[:samples].add_(query.inputs.level[..., None]).expm1_().clamp_(min=0)
            return volume.permute(1, 2, 3, 0).contiguous().numpy(force=True)

    def representations(self, view: Market, labels: Sequence[str] | None = None) -> Representations:
        """psi of every region and of the date types named, by default every one the market's calendar knows."""
        with torch.inference_mode():
            inferred = self._infer(view)
            wanted = tuple(labels if labels is not None else dict.fromkeys(t.label for t in view.calendar.types))
            psi = inferred.psi(wanted)
            return Representations(_psi(view.regions, inferred.regions), _psi(wanted, Gaussian(psi.mean, psi.std)))

    def forget(self) -> None:
        """Drop all representations, so that the next forecast infers them anew."""
        self._inferred.clear()

    def _infer(self, view: Market) -> _Inferred:
        key = (view.digest, view.cutoff)
        if key not in self._inferred:
            self._inferred[key] = _Inferred(self, view)
            while len(self._inferred) > REMEMBERED:
                self._inferred.popitem(last=False)
        self._inferred.move_to_end(key)
        return self._inferred[key]


def _psi(labels: Sequence[str], psi: Gaussian) -> Psi:
    """Gaussian [1, N, C, Z] -> Psi."""
    return Psi(tuple(labels), psi.mean[0].numpy(force=True), psi.std[0].numpy(force=True))


class _Query:
    """A scenario's query, encoded, and the labels of its date types in the order of the Y axis."""

    def __init__(self, inputs: Query, labels: tuple[str, ...]) -> None:
        self.inputs, self.labels = inputs, labels


class _Inferred:
    """What is known of one market at one cutoff: region representations at once, date types as they are asked for."""

    def __init__(self, forecaster: STMP, view: Market) -> None:
        self.network, self.schema, self.device = forecaster.network, forecaster.card.schema_, forecaster.device
        self.config = self.network.config
        needed = self.config.window + self.config.support_lead
        if len(view.dates) < needed:
            raise CutoffError(
                f"{view.about.name} has {len(view.dates)} days until {view.cutoff:%Y-%m-%d}; the model needs {needed}. "
                "Remedy: choose a later cutoff."
            )
        self.view = view
        self.gatherer = Gatherer(Panel(view, self.schema, self.config.window, self.device), self.config)
        self.vocabulary = {t.label: i for i, t in enumerate(self.gatherer.panel.types)}
        self.regions: Gaussian
        self._types: dict[str, tuple[Tensor, Tensor]] = {}
        self._queries: dict[int, _Query] = {}
        self._draws: OrderedDict[tuple[int, int, int], Draws] = OrderedDict()
        self.calibration = forecaster.card.calibration

    def psi(self, labels: Sequence[str]) -> Gaussian:
        """psi of date types [1, Y, C, Z]; those not yet known are inferred in one pass."""
        new = [label for label in labels if label not in self._types]
        if new:
            panel = self.gatherer.panel
            episode = self._episode(panel, tuple(self.vocabulary[label] for label in new), np.zeros((1, len(new))), 1)
            support = self.gatherer.support([episode])
            self.regions, types = self.network.amortization(self.gatherer.support_inputs([episode], support))
            for index, label in enumerate(new):
                self._types[label] = types.mean[:, index], types.std[:, index]
        pairs = [self._types[label] for label in labels]
        return Gaussian(torch.stack([mean for mean, _ in pairs], 1), torch.stack([std for _, std in pairs], 1))

    def query(self, scenario: Scenario, horizon: int) -> _Query:
        """The query side, encoded once; the unchanged calendar's is kept."""
        plain = scenario == Scenario(name=scenario.name)
        if plain and horizon in self._queries:
            return self._queries[horizon]
        gatherer = self.gatherer if plain else Gatherer(self.gatherer.panel.changed(scenario.apply(self.view)), self.config)
        panel = gatherer.panel
        first = panel.first_day + panel.days
        blends = [panel.view.calendar.blend(first + day) for day in range(horizon)]
        labels = tuple(dict.fromkeys(label for blend in blends for label in blend))
        mix = np.array([[blend.get(label, 0.0) for label in labels] for blend in blends], dtype=np.float32)
        index = {t.label: i for i, t in enumerate(panel.types)}
        episode = self._episode(panel, tuple(index[label] for label in labels), mix, horizon)
        inputs = gatherer.query_inputs([episode], gatherer.support([episode]))
        query = _Query(self.network.query(inputs), labels)
        if plain:
            self._queries[horizon] = query
        return query

    def draws(self, query: _Query, samples: int, seed: int) -> Draws:
        """The standard noise of a seed, the same for every scenario, so that two of them differ by what they change alone."""
        key = (samples, query.inputs.mix.shape[1], seed)
        if key not in self._draws:
            generator = torch.Generator(self.device).manual_seed(seed)
            count = -(-samples // NOISE_PER_PSI)
            self._draws[key] = self.network.draw_noise(query.inputs, len(self.vocabulary), count, self.calibration, generator)
            while len(self._draws) > REMEMBERED:
                self._draws.popitem(last=False)
        self._draws.move_to_end(key)
        return self._draws[key]

    @staticmethod
    def _episode(panel: Panel, types: tuple[int, ...], mix: NDArray[np.floating], horizon: int) -> Episode:
        regions, categories = panel.view.orders.shape[:2]
        leads = np.arange(1, horizon + 1)
        weights = np.asarray(mix, dtype=np.float32)
        return Episode(np.arange(regions), np.arange(categories), panel.days - 1, leads, types, weights, np.ones(horizon, dtype=np.float32))
