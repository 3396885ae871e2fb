"""A trained model on disk: a folder with ``model.safetensors`` and ``checkpoint.json``; never pickle.

The JSON (the card) is read without torch, so that lists of checkpoints are quick.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from stmp.config import Calibration, Config, Schema, TrainingConfig
from stmp.errors import CheckpointError
from stmp.files import sha256, whole_file
from stmp.market import Market

if TYPE_CHECKING:
    import torch

    from stmp.model import STMPNetwork

WEIGHTS = "model.safetensors"
CARD = "checkpoint.json"
PACKAGES = ("stmp", "torch", "numpy", "pandas")


class Origin(Config):
    """What a checkpoint learned from: one market's days, or simulated markets of every kind, which have no dates or names."""

    market: str
    title: str
    simulated: bool
    unit: str
    data_digest: str
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    trained_from: str = ""
    trained_until: str = ""

    @classmethod
    def of(cls, view: Market) -> Origin:
        """All that ``view`` holds."""
        return cls(
            market=view.about.name,
            title=view.about.title,
            simulated=view.about.simulated,
            unit=view.about.unit,
            data_digest=view.digest,
            regions=view.regions,
            categories=view.categories,
            trained_from=f"{view.dates[0]:%Y-%m-%d}",
            trained_until=f"{view.cutoff:%Y-%m-%d}",
        )


class Card(Origin):
    """Everything about a checkpoint but its weights."""

    format: Literal[1] = 1
    streams: tuple[str, ...]
    facts: tuple[str, ...]
    known: tuple[str, ...]
    weights_sha256: str
    seed: int
    steps: int
    seconds: float
    parameters: int
    config: TrainingConfig
    calibration: Calibration
    scores: dict[str, float]
    versions: dict[str, str]

    @property
    def schema_(self) -> Schema:
        """What the weights read, by name."""
        return Schema(streams=self.streams, facts=self.facts, known=self.known)

    @property
    def general(self) -> bool:
        """Whether it learned from simulated markets of every kind, and so from no days of any market: its dates are empty."""
        return not self.trained_until

    @property
    def horizon(self) -> int:
        """The longest lead time seen in training, in days."""
        return self.config.model.horizon

    @property
    def days_needed(self) -> int:
        """The fewest days a panel needs to be forecast: a window that ends ``support_lead`` days before a support day."""
        return self.config.model.window + self.config.model.support_lead


def versions() -> dict[str, str]:
    """Versions of Python and the packages that shape a result."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def read_card(path: Path) -> Card:
    """The card of a checkpoint folder. Raises CheckpointError that names the file and the remedy."""
    file = path / CARD
    try:
        return Card.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(f"{file}: there is no such file. Remedy: give the folder of a checkpoint made by 'stmp train'.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{file}: cut short or not JSON ({error}). Remedy: copy the checkpoint again, or train it anew.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'card'}: {e['msg']}" for e in error.errors())
        raise CheckpointError(f"{file}: of another schema: {faults}. Remedy: train the checkpoint anew with this version.") from error


def write_checkpoint(path: Path, network: STMPNetwork, card: Card) -> Card:
    """Write weights, then the card that names their hash; both whole. Returns the card as written."""
    from safetensors.torch import save_file

    with whole_file(path / WEIGHTS) as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}, temporary)
        card = card.model_copy(update={"weights_sha256": sha256(temporary)})
    with whole_file(path / CARD) as temporary:
        temporary.write_text(json.dumps(card.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return card


def read_checkpoint(path: Path, device: torch.device) -> tuple[STMPNetwork, Card]:
    """The network in evaluation mode and its card. Raises CheckpointError on any damage."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from stmp.model import STMPNetwork

    card = read_card(path)
    file = path / WEIGHTS
    if not file.is_file():
        raise CheckpointError(f"{file}: the weights are missing. Remedy: copy the whole checkpoint folder, or train it anew.")
    if sha256(file) != card.weights_sha256:
        raise CheckpointError(
            f"{file}: the weights are not the ones that {CARD} was written for (another hash: cut short, changed, or no safetensors "
            "file). Remedy: copy the checkpoint again, or train it anew."
        )
    try:
        weights = load_file(file)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file}: no safetensors file ({error}). Remedy: pickles are not read; train the checkpoint anew.") from error
    network = STMPNetwork(card.config.model, card.schema_)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{file}: the weights do not fit the config in {CARD}. Remedy: train the checkpoint anew.") from error
    return network.to(device).eval(), card
