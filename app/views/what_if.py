"""Scenarios side by side against the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.parts import messages
from app.parts.question import question


def page(folders: Sequence[Path]) -> None:
    """What-if."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
