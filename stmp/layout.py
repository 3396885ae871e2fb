"""How tensors lie in memory, where a forecast of many samples is fast or slow by it; values are never changed."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def planes(layer: nn.Linear, x: Tensor) -> tuple[Tensor, ...]:
    """The outputs of a narrow layer one by one, each [...] of x [..., G] and whole in memory: elementwise work on every
    fourth number of a row takes three times as long."""
    return torch.addmm(layer.bias[:, None], layer.weight, x.flatten(0, -2).T).reshape(-1, *x.shape[:-1]).unbind()


def draws_innermost(values: Tensor, axes: int) -> Tensor:
    """The same tensor, whose first ``axes`` axes, the draws, are closest in memory: samples then come out in the order
    [R, C, H, S] in which a forecast keeps them."""
    ahead, behind = tuple(range(axes)), tuple(range(-axes, 0))
    return values.movedim(ahead, behind).contiguous().movedim(behind, ahead)
