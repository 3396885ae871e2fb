"""Which device computes."""

from __future__ import annotations

import ctypes
import os
import sys

import torch

from stmp.errors import StmpError

FREED = 1 << 30  # bytes that are kept for the next tensors
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def choose_device(name: str) -> torch.device:
    """auto, cpu or cuda -> a device that is there; of processes that torchrun started on a machine, each has a GPU of its own.
    Raises StmpError when there is none."""
    if name not in ("auto", "cpu", "cuda"):
        raise StmpError(f"unknown device '{name}'. Remedy: use auto, cpu or cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise StmpError("no CUDA device was found. Remedy: use --device cpu, or auto.")
    if name == "cpu" or not torch.cuda.is_available():
        _keep_freed_memory()
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


def _keep_freed_memory() -> None:
    """Freed tensors stay with the process for the next ones. By default glibc hands those over 32 MB back at once, and the kernel clears
    every page that it hands out again: with many regions this took a third of a forecast."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, FREED)
            mallopt(M_TRIM_THRESHOLD, FREED)
