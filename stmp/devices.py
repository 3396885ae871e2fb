"""Which device computes."""

from __future__ import annotations

import torch

from stmp.errors import StmpError


def choose_device(name: str) -> torch.device:
    """auto, cpu or cuda -> a device that is there. Raises StmpError when it is not."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise StmpError("no CUDA device was found. Remedy: use --device cpu, or auto.")
    if name not in ("cpu", "cuda"):
        raise StmpError(f"unknown device '{name}'. Remedy: use auto, cpu or cuda.")
    return torch.device(name)
