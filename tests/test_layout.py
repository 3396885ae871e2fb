"""Layouts in memory: the values stay, and lie where they are said to."""

from __future__ import annotations

import torch
from torch import nn

from stmp.layout import draws_innermost, planes


def test_planes_are_the_outputs_of_the_layer_each_whole_in_memory() -> None:
    layer, x = nn.Linear(5, 3), torch.randn(2, 4, 6, 5)
    found = planes(layer, x)
    assert [plane.shape for plane in found] == [(2, 4, 6)] * 3
    assert all(plane.is_contiguous() for plane in found)
    torch.testing.assert_close(torch.stack(found, -1), layer(x))


def test_draws_come_to_lie_innermost_and_nothing_else_changes() -> None:
    values = torch.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    for axes, strides in ((1, (1, 40, 10, 2)), (2, (3, 1, 30, 6))):
        found = draws_innermost(values, axes)
        assert torch.equal(found, values)
        assert found.stride() == strides
