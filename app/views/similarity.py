"""How alike districts and date types are to the model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.parts import messages
from app.parts.question import question


def page(folders: Sequence[Path]) -> None:
    """Similarity."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
