"""Processes that train together, started by PyTorch's own launcher: ``torchrun --nproc-per-node 2 .venv/bin/stmp train ...``.

All of them draw a step's whole batch, and its noise, from the same random states; each computes its share, and the gradients are added
up. What is learned is therefore that of one process, up to rounding and the weight of missing cells, whatever their number.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

T = TypeVar("T")


@dataclass(frozen=True)
class Team:
    """``rank`` of ``size`` processes. One that was started alone is a team, too."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    @property
    def share(self) -> slice:
        """This process's part of a list: every entry belongs to exactly one process."""
        return slice(self.rank, None, self.size)

    def normal(self, batch: int) -> Callable[..., Tensor]:
        """``torch.randn`` for this process's share of ``batch`` tasks, the second axis: the numbers that one process alone would draw."""

        def drawn(draws: int, _: int, *rest: int, device: torch.device) -> Tensor:
            return torch.randn(draws, batch, *rest, device=device)[:, self.share]

        return drawn

    def add_up(self, loss: Tensor, parameters: Iterable[nn.Parameter]) -> Tensor:
        """Sum the gradients over all processes, in place and in one message with the loss, whose sum is returned. A parameter that no
        process has a gradient of keeps none, as in one process alone."""
        if self.size == 1:
            return loss
        own = list(parameters)
        heard = loss.new_tensor([p.grad is not None for p in own])
        gradients = [(torch.zeros_like(p) if p.grad is None else p.grad).reshape(-1) for p in own]
        message = torch.cat([loss[None], heard, *gradients])
        distributed.all_reduce(message)
        total, heard, *gradients = torch.split(message, [1, len(own), *(p.numel() for p in own)])
        for parameter, by, gradient in zip(own, heard.tolist(), gradients, strict=True):
            parameter.grad = gradient.view_as(parameter) if by else None
        return total[0]

    def gather(self, value: T) -> list[T]:
        """The value of every process, in the order of their ranks; the same list for all."""
        if self.size == 1:
            return [value]
        values: list[T] = [value] * self.size
        distributed.all_gather_object(values, value)
        return values


ALONE = Team()


def join(device: torch.device) -> Team:
    """The team that torchrun has started this process in, connected at the first call until the process ends."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    if not distributed.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(device)
        distributed.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
        atexit.register(distributed.destroy_process_group)
    return Team(distributed.get_rank(), size)
