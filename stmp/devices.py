"""Which device computes."""

from __future__ import annotations

import os

import torch

from stmp.errors import StmpError


def choose_device(name: str) -> torch.device:
    """auto, cpu or cuda -> a device that is there; of processes that torchrun started on a machine, each has a GPU of its own.
    Raises StmpError when there is none."""
    if name not in ("auto", "cpu", "cuda"):
        raise StmpError(f"unknown device '{name}'. Remedy: use auto, cpu or cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise StmpError("no CUDA device was found. Remedy: use --device cpu, or auto.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    own = os.environ.get("LOCAL_RANK")
    if own is None:
        return torch.device("cuda")
    if int(own) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise StmpError(
            f"process {int(own) + 1} has no GPU of its own: {count} found. Remedy: start {count} processes, or use --device cpu."
        )
    return torch.device("cuda", int(own))
