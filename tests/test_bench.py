"""The floor of the speed benchmark: every matrix product and LSTM of a forecast, on the tensors it was given."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.bench import Products


def test_products_are_recorded_with_what_they_were_given_and_nothing_else_is() -> None:
    layer, recurrent, x = nn.Linear(3, 2), nn.LSTM(2, 5, batch_first=True), torch.randn(4, 3)
    with torch.inference_mode(), Products() as products:
        hidden = torch.relu(layer(x))
        made = [layer(x), torch.einsum("ab,cb->ac", hidden, hidden), hidden @ hidden.T, recurrent(hidden[None])[0]]
        torch.exp(hidden)
        hidden.zero_()
    again = [product() for product in products.recorded]
    assert len(again) == 5  # the layer was called twice
    for found, expected in zip(again[1:], made, strict=True):
        torch.testing.assert_close(found[0] if isinstance(found, tuple) else found, expected)
    products.replay()
