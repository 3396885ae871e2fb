"""A trained STMP at work: representations once per market and cutoff, then any number of scenarios from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

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
from stmp.tasks import Panel, region_totals

REMEMBERED = 4  # (market, cutoff) pairs whose representations are kept, and noises of each; of a market in several pieces, one
CELLS = 4500  # regions x categories that are gone through at once; more of them take memory, fewer take time


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
            changed = inferred.changed(scenario)
            noise = inferred.draws(horizon, samples, seed)
            if len(inferred.pieces) == 1:
                return inferred.pieces[0].sample(changed, horizon, noise, samples)
            volume = np.empty((*view.orders.shape[:2], horizon, samples), dtype=np.float32)
            for piece in inferred.each():
                volume[:, piece.categories] = piece.sample(changed, horizon, noise, samples)
            return volume

    def representations(self, view: Market, labels: Sequence[str] | None = None) -> Representations:
        """psi of every region and of the date types named, by default every one the market's calendar knows."""
        with torch.inference_mode():
            inferred = self._infer(view)
            wanted = tuple(labels if labels is not None else dict.fromkeys(t.label for t in view.calendar.types))
            found = [(piece.psi(wanted), piece.regions) for piece in inferred.each()]
            types, regions = (_joined(pieces) for pieces in zip(*found, strict=True))
            return Representations(_psi(view.regions, regions), _psi(wanted, types))

    def forget(self) -> None:
        """Drop all representations, so that the next forecast infers them anew."""
        self._inferred.clear()

    def _infer(self, view: Market) -> _Inferred:
        key = (view.digest, view.cutoff)
        if key not in self._inferred:
            self._inferred[key] = _Inferred(self, view)
            while len(self._inferred) > self._inferred[key].remembered:
                self._inferred.popitem(last=False)
        self._inferred.move_to_end(key)
        return self._inferred[key]


def _psi(labels: Sequence[str], psi: Gaussian) -> Psi:
    """Gaussian [1, N, C, Z] -> Psi."""
    return Psi(tuple(labels), psi.mean[0].numpy(force=True), psi.std[0].numpy(force=True))


def _joined(pieces: Sequence[Gaussian]) -> Gaussian:
    """[1, N, C, Z] of the categories of all pieces."""
    return Gaussian(torch.cat([p.mean for p in pieces], 2), torch.cat([p.std for p in pieces], 2))


class _Query(NamedTuple):
    """A scenario's query, encoded, and the labels of its date types in the order of the Y axis."""

    inputs: Query
    labels: tuple[str, ...]


class _Whole(NamedTuple):
    """A view, and the totals of its regions over all categories [R, 1, D], which every piece reads."""

    view: Market
    total: NDArray[np.floating]

    def piece(self, categories: slice) -> Market:
        """The view of some categories, or of all; nothing is copied."""
        view = self.view
        if categories == slice(0, len(view.categories)):
            return view
        past = {name: values[:, categories] for name, values in view.past.items()}
        return replace(view, categories=view.categories[categories], orders=view.orders[:, categories], past=past)


class _Inferred:
    """What is known of one market at one cutoff, and its noise.

    A large market is gone through in pieces of a few categories. Categories meet only in the regions' totals and in the noise that they
    share, and these are made of the whole, so a piece draws what it would have drawn within it. Regions are not parted: a date type's
    psi is pooled over all of them.
    """

    def __init__(self, forecaster: STMP, view: Market) -> None:
        self.forecaster = forecaster
        needed = forecaster.card.days_needed
        if len(view.dates) < needed:
            raise CutoffError(
                f"{view.about.name} has {len(view.dates)} days until {view.cutoff:%Y-%m-%d}; the model needs {needed}. "
                "Remedy: choose a later cutoff."
            )
        self.whole = _Whole(view, region_totals(view))
        regions, categories = view.orders.shape[:2]
        width = max(1, CELLS // regions)
        self.pieces = [
            _Piece(forecaster, self.whole, slice(first, min(first + width, categories))) for first in range(0, categories, width)
        ]
        self.remembered = REMEMBERED if len(self.pieces) == 1 else 1  # noises of it, and markets beside it
        self._draws: OrderedDict[tuple[int, int, int], Draws] = OrderedDict()

    def each(self) -> Iterator[_Piece]:
        """The pieces in turn; of one among several nothing but psi is kept."""
        for piece in self.pieces:
            yield piece
            if len(self.pieces) > 1:
                piece.let_go()

    def changed(self, scenario: Scenario) -> _Whole | None:
        """The market as the scenario would have it; None where it changes nothing."""
        if scenario == Scenario(name=scenario.name):
            return None
        view, total = self.whole
        applied = scenario.apply(view)
        return _Whole(applied, total if applied.orders is view.orders else region_totals(applied))

    def draws(self, horizon: int, samples: int, seed: int) -> Draws:
        """The standard noise of a seed, the same for every scenario, so that two of them differ by what they change alone."""
        key = (samples, horizon, seed)
        if key not in self._draws:
            while len(self._draws) >= self.remembered:
                self._draws.popitem(last=False)
            network, calibration = self.forecaster.network, self.forecaster.card.calibration
            generator = torch.Generator(self.forecaster.device).manual_seed(seed)
            sizes, count = (*self.whole.view.orders.shape[:2], horizon), -(-samples // NOISE_PER_PSI)
            self._draws[key] = network.draw_noise(sizes, len(self.pieces[0].vocabulary), count, calibration, generator)
        self._draws.move_to_end(key)
        return self._draws[key]


class _Piece:
    """Some categories of a market: region representations at once, date types as they are asked for."""

    def __init__(self, forecaster: STMP, whole: _Whole, categories: slice) -> None:
        self.forecaster, self.whole, self.categories = forecaster, whole, categories
        self.network, self.config = forecaster.network, forecaster.network.config
        self.regions: Gaussian
        self._types: dict[str, tuple[Tensor, Tensor]] = {}
        self._queries: dict[int, _Query] = {}

    @cached_property
    def gatherer(self) -> Gatherer:
        view, schema, device = self.whole.piece(self.categories), self.forecaster.card.schema_, self.forecaster.device
        return Gatherer(Panel(view, schema, self.config.window, device, self.whole.total), self.config)

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Positions of the date types in the panel's."""
        return {t.label: i for i, t in enumerate(self.gatherer.panel.types)}

    def let_go(self) -> None:
        """Of everything but psi, which is small."""
        self.__dict__.pop("gatherer", None)
        self._queries.clear()

    def sample(self, changed: _Whole | None, horizon: int, noise: Draws, samples: int) -> NDArray[np.float32]:
        """[R, C, H, S] of the market as it is, or as a scenario changed it."""
        query = self.query(changed, horizon)
        psi = self.psi(query.labels)
        drawn = noise.of([self.vocabulary[label] for label in query.labels], self.categories)
        z = self.network.sample(query.inputs, self.regions, psi, self.forecaster.card.calibration, drawn)  # [S, R, C, P]
        volume = z[:samples].add_(query.inputs.level[..., None]).expm1_().clamp_(min=0)
        return volume.permute(1, 2, 3, 0).contiguous().numpy(force=True)

    def psi(self, labels: Sequence[str]) -> Gaussian:
        """psi of date types [1, Y, C, Z]; those not yet known are inferred in one pass."""
        new = [label for label in labels if label not in self._types]
        if new:
            types = tuple(self.vocabulary[label] for label in new)
            episode = self._episode(self.gatherer.panel, types, np.zeros((1, len(new))), 1)
            support = self.gatherer.support([episode])
            self.regions, found = self.network.amortization(self.gatherer.support_inputs([episode], support))
            for index, label in enumerate(new):
                self._types[label] = found.mean[:, index], found.std[:, index]
        pairs = [self._types[label] for label in labels]
        return Gaussian(torch.stack([mean for mean, _ in pairs], 1), torch.stack([std for _, std in pairs], 1))

    def query(self, changed: _Whole | None, horizon: int) -> _Query:
        """The query side, encoded once; that of the market as it is, is kept."""
        if changed is None and horizon in self._queries:
            return self._queries[horizon]
        panel = self.gatherer.panel
        if changed is not None:
            panel = panel.changed(changed.piece(self.categories), changed.total)
        gatherer = Gatherer(panel, self.config)
        first = panel.first_day + panel.days
        blends = [panel.view.calendar.blend(first + day) for day in range(horizon)]
        labels = tuple(dict.fromkeys(label for blend in blends for label in blend))
        mix = np.array([[blend.get(label, 0.0) for label in labels] for blend in blends], dtype=np.float32)
        index = {t.label: i for i, t in enumerate(panel.types)}
        episode = self._episode(panel, tuple(index[label] for label in labels), mix, horizon)
        inputs = gatherer.query_inputs([episode], gatherer.support([episode]))
        query = _Query(self.network.query(inputs), labels)
        if changed is None:
            self._queries[horizon] = query
        return query

    @staticmethod
    def _episode(panel: Panel, types: tuple[int, ...], mix: NDArray[np.floating], horizon: int) -> Episode:
        regions, categories = panel.view.orders.shape[:2]
        leads = np.arange(1, horizon + 1)
        weights = np.asarray(mix, dtype=np.float32)
        return Episode(np.arange(regions), np.arange(categories), panel.days - 1, leads, types, weights, np.ones(horizon, dtype=np.float32))
