"""What the market and the checkpoint are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app import loading
from app.parts import messages
from app.parts.about.calendar import calendar
from app.parts.about.checkpoint import checkpoint
from app.parts.about.data import overview, streams
from app.parts.about.districts import districts
from app.parts.question import question
from stmp.market.schema import read_manifest


def page(folders: Sequence[Path]) -> None:
    """About this market."""
    with messages.faults_told():
        choice = question(folders)
        if choice is None:
            return
        described, manifest = loading.described(choice.loaded), read_manifest(choice.loaded.folder)
        overview(described, manifest)
        streams(described, choice)
        calendar(described, choice)
        districts(choice, manifest, choice.loaded.folder)
        checkpoint(choice)
