"""Spatio-temporal feature extraction, the part of the figure (model.py) that both networks have: an instance x -> h.

Axes as in model.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from stmp.config import ModelConfig, Schema
from stmp.tasks import ALIGNED, INTERVAL, PRESENT, STEP_FEATURES

INSTANCES = 1024  # windows that the LSTMs read at once: their states at every step take the most memory, and in few they stay in the cache


class SkipLSTM(nn.Module):
    """LSTM whose recurrence links steps one period apart (LSTNet, arXiv 1703.07015); it keeps the time axis."""

    def __init__(self, inputs: int, hidden: int, period: int) -> None:
        super().__init__()
        self.period = period
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """[M, T, F] -> [M, T, hidden]; T must be a multiple of the period."""
        count, steps, width = x.shape
        folded = x.reshape(count, steps // self.period, self.period, width).transpose(1, 2)  # [M, period, T / period, F]
        out: Tensor = self.lstm(folded.reshape(count * self.period, steps // self.period, width))[0]
        return out.reshape(count, self.period, steps // self.period, -1).transpose(1, 2).reshape(count, steps, -1)


class Extractor(nn.Module):
    """Spatio-temporal feature extraction, x -> h."""

    def __init__(self, config: ModelConfig, schema: Schema) -> None:
        super().__init__()
        count = 2 + len(schema.streams)
        self.skip = nn.ModuleList(SkipLSTM(STEP_FEATURES, config.skip_hidden, config.period) for _ in range(count))
        self.shared = nn.Linear(config.skip_hidden + STEP_FEATURES, config.skip_hidden)
        self.recurrent = nn.ModuleList(nn.LSTM(config.skip_hidden, config.hidden, batch_first=True) for _ in range(count))
        self.facts = nn.Linear(max(1, 2 * len(schema.facts)), config.hidden)
        self.interval = nn.Linear(INTERVAL + 2 * len(schema.known), config.hidden)
        self.joint = nn.Linear(config.hidden, config.hidden)
        # The top fc on the concatenation of its inputs, written as a sum so that each part keeps only its own axes.
        self.top_streams = nn.ModuleList(nn.Linear(config.hidden, config.features, bias=False) for _ in range(count))
        self.top_ar = nn.Linear(ALIGNED + len(schema.streams), config.features)
        self.top_joint = nn.Linear(config.hidden, config.features, bias=False)
        self.out = nn.Linear(config.features, config.features)

    def encode(self, windows: Sequence[Tensor]) -> Tensor:
        """Windows of each stream [B, M, R, C or 1, T, F] -> their sum in the top fc, [B, M, R, C, H].

        A stream says nothing of a window that holds none of it.
        """
        total: Tensor | None = None
        for window, skip, recurrent, top in zip(windows, self.skip, self.recurrent, self.top_streams, strict=True):
            if total is None:  # the first stream is the orders, which has every axis
                total = window.new_zeros(*window.shape[:-2], self.top_ar.out_features)
            there = window[..., PRESENT].amax(-1, keepdim=True)  # [B, M, R, C or 1, 1]
            if not there.any():
                continue
            flat = window.reshape(-1, *window.shape[-2:])
            states = [self._state(part, skip, recurrent) for part in torch.split(flat, INSTANCES)]
            total = total + there * top(torch.cat(states)).reshape(*window.shape[:-2], -1)
        assert total is not None
        return total

    def _state(self, window: Tensor, skip: nn.Module, recurrent: nn.Module) -> Tensor:
        """[M, T, F] -> the last state of a stream's LSTMs, [M, H']."""
        linked = functional.relu(self.shared(torch.cat([skip(window), window], dim=-1)))
        state: Tensor = recurrent(linked)[1][0][0]
        return state

    def forward(self, encoded: Tensor, aligned: Tensor, interval: Tensor, facts: Tensor) -> Tensor:
        """encoded [B, M, R, C, H], aligned [B, M, R, C, P, A], interval [B, M, R or 1, 1, P, I] -> h [B, M, R, C, P, H]."""
        known = facts if facts.shape[-1] else facts.new_zeros(*facts.shape[:-1], 1)
        joint = functional.relu(self.joint(functional.relu(self.facts(known) + self.interval(interval))))
        return functional.relu(self.out(functional.relu(encoded[..., None, :] + self.top_ar(aligned) + self.top_joint(joint))))
