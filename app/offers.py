"""What there is to choose from: market folders, checkpoints in the order they fit a market, and cutoffs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.language import t, title
from stmp.checkpoint import CARD, Card, read_card
from stmp.errors import CheckpointError, CutoffError, MarketError
from stmp.market import Market
from stmp.market.schema import MANIFEST, Manifest, read_manifest

PROJECT = Path(__file__).resolve().parents[1]
SHELVES = ("pretrained", "runs")  # folders that the commands of README.md write checkpoints into
BROUGHT = Path.cwd() / "runs" / "brought"  # markets that users made of their own data
BEFORE_PEAK = 7  # days from the cutoff that is offered first to the festival peak it looks ahead to


@dataclass(frozen=True)
class Offer:
    """A checkpoint that may be chosen."""

    folder: Path
    card: Card

    @property
    def name(self) -> str:
        """The folder with the shelf it lies on, such as runs/beijing."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    def fit(self, market: Market) -> int:
        """0 trained on this very data, 1 on other data of a market of this name, 2 on markets of every kind, 3 on another market."""
        if self.card.data_digest == market.digest:
            return 0
        if self.card.market == market.about.name:
            return 1
        return 2 if self.card.general else 3

    def learned_from(self, market: Market) -> str:
        """Title of the market it learned from: in the page's language where it is ``market``, else as its card has it."""
        return title(market.about) if self.card.market == market.about.name else self.card.title

    def origin(self, market: Market) -> str:
        """What it learned from: every daily market can be served, but not every one equally well."""
        until = self.card.trained_until
        return (
            t("Trained on this market until {until}.", until=until),
            t("Trained on other data of this market until {until}.", until=until),
            t("Trained on simulated markets of every kind; no training on this one is needed."),
            t("Trained on another market: {title}.", title=self.card.title),
        )[self.fit(market)]


def bundled_markets() -> tuple[Path, ...]:
    """Folders of the markets that come with the project."""
    return tuple(sorted(file.parent for file in (PROJECT / "assets" / "markets").glob(f"*/{MANIFEST}")))


def brought_markets() -> tuple[Path, ...]:
    """Folders of the markets that users made of their own data."""
    return tuple(sorted(file.parent for file in BROUGHT.glob(f"*/{MANIFEST}")))


def market_titles(folders: Iterable[Path]) -> dict[Path, str]:
    """Each market's title; its folder's name where the manifest is at fault, which is told when it is chosen."""
    return _told_apart({folder: _of_manifest(folder, title) for folder in folders})


def market_names(folders: Iterable[Path]) -> dict[Path, str]:
    """What an address calls each market."""
    return _told_apart({folder: _of_manifest(folder, lambda manifest: manifest.name) for folder in folders})


def _of_manifest(folder: Path, read: Callable[[Manifest], str]) -> str:
    try:
        return read(read_manifest(folder))
    except MarketError:
        return folder.name


def checkpoint_labels(found: Iterable[Offer]) -> dict[Path, str]:
    """The label of each checkpoint, by folder."""
    return _told_apart({offer.folder: offer.name for offer in found})


def _told_apart(labels: dict[Path, str]) -> dict[Path, str]:
    """Labels that several folders share get the folder added."""
    count = Counter(labels.values())
    return {folder: label if count[label] == 1 else f"{label}, {folder}" for folder, label in labels.items()}


def market_stamp(folder: Path) -> tuple[int, ...]:
    """Times of change of every file the market names, so that a new export is read without a restart. Raises MarketError."""
    manifest = read_manifest(folder)
    named = [manifest.panel.file, manifest.regions.file, manifest.regions.polygons, manifest.calendar.file, manifest.calendar.table]
    files = [folder / name for name in (MANIFEST, *named, manifest.known and manifest.known.file) if name]
    return tuple(file.stat().st_mtime_ns if file.is_file() else 0 for file in files)


def checkpoints(market: Market) -> tuple[list[Offer], list[str]]:
    """Checkpoints of the project and of the folder the dashboard was started in, the best fit first; and the faults of damaged ones."""
    roots = dict.fromkeys((PROJECT, Path.cwd()))
    cards = [card for root in roots for shelf in SHELVES for card in sorted((root / shelf).glob(f"*/{CARD}"))]
    offers, faults = [], []
    for card in cards:
        try:
            offers.append(Offer(card.parent, read_card(card.parent)))
        except CheckpointError as error:
            faults.append(str(error))
    return sorted(offers, key=lambda offer: offer.fit(market)), faults


def cutoffs(market: Market, card: Card) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and the last day that may be the cutoff. Raises CutoffError when the market is too short for the model."""
    needed = card.days_needed
    if len(market.dates) < needed:
        raise CutoffError(
            f"{market.about.name} holds {len(market.dates)} days; the model needs {needed}. Remedy: give it a longer panel, or "
            "choose a checkpoint with a shorter window."
        )
    return market.dates[needed - 1].normalize(), market.dates[-1].normalize()


def useful_cutoff(market: Market, first: pd.Timestamp, last: pd.Timestamp) -> pd.Timestamp:
    """A week before the last festival peak of the data, so that what came is known; without one, two weeks before the end."""
    peaks: Iterable[pd.Timestamp] = (o.peak for o in market.calendar.occurrences if o.peak <= last)
    day = max(peaks, default=last - pd.Timedelta(days=BEFORE_PEAK)) - pd.Timedelta(days=BEFORE_PEAK)
    return max(first, day)
