"""A checkpoint comes back as it was written; a damaged one is refused with file and remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stmp.checkpoint import Card, read_card, read_checkpoint, write_checkpoint
from stmp.config import Calibration
from stmp.errors import CheckpointError, CutoffError
from stmp.files import sha256
from stmp.forecast import Forecaster
from tests.markets import small_market
from tests.small import CPU, card_of, network_of

MARKET = small_market(regions=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path, network_of(MARKET), card_of(MARKET, calibration=Calibration(cell=1.25, days=80)))
    return tmp_path


def change_card(folder: Path, **changes: object) -> None:
    file = folder / "checkpoint.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def refused(folder: Path, file: str) -> str:
    """The message, which names the file and a remedy; the dashboard's way in refuses alike."""
    with pytest.raises(CheckpointError) as raised:
        read_checkpoint(folder, CPU)
    with pytest.raises(CheckpointError):
        Forecaster.load(folder, device="cpu")
    message = str(raised.value)
    assert message.startswith(f"{folder / file}: ")
    assert "Remedy: " in message
    assert "\n" not in message
    return message


def test_weights_and_card_come_back(tmp_path: Path) -> None:
    network, card = network_of(MARKET, seed=4), card_of(MARKET, calibration=Calibration(cell=1.25, persistence=0.3, days=80))
    written = write_checkpoint(tmp_path / "new" / "folder", network, card)
    read, read_back = read_checkpoint(tmp_path / "new" / "folder", CPU)
    assert read_back == written == read_card(tmp_path / "new" / "folder")
    assert written == card.model_copy(update={"weights_sha256": sha256(tmp_path / "new" / "folder" / "model.safetensors")})
    assert not read.training
    assert read.state_dict().keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        assert torch.equal(read.state_dict()[name], value), name


def test_a_checkpoint_written_over_another_is_whole(folder: Path) -> None:
    write_checkpoint(folder, network_of(MARKET, seed=9), card_of(MARKET))
    assert torch.equal(read_checkpoint(folder, CPU)[0].generator.head.weight, network_of(MARKET, seed=9).generator.head.weight)
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "checkpoint.json"}


def test_changed_weights_are_refused(folder: Path) -> None:
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    assert "another hash" in refused(folder, "model.safetensors")


def test_weights_cut_short_are_refused_even_under_their_own_hash(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    assert "cut short" in refused(folder, "model.safetensors")
    change_card(folder, weights_sha256=sha256(file))
    assert "no safetensors file" in refused(folder, "model.safetensors")


def test_a_pickle_is_refused_and_not_run(folder: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (folder / "sprung",)  # type: ignore[return-value]

    torch.save({"weights": Trap()}, folder / "model.safetensors")
    change_card(folder, weights_sha256=sha256(folder / "model.safetensors"))
    assert "pickles are not read" in refused(folder, "model.safetensors")
    assert not (folder / "sprung").exists()


def test_missing_files_are_named(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "the weights are missing" in refused(folder, "model.safetensors")
    (folder / "checkpoint.json").unlink()
    assert "there is no such file" in refused(folder, "checkpoint.json")
    assert "made by 'stmp train'" in refused(folder / "nowhere", "checkpoint.json")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flavour": "sweet"}, "flavour: Extra inputs are not permitted"),
        ({"format": 2}, "format: Input should be 1"),
        ({"calibration": {"cell": 1.0, "wild": 2.0}}, "calibration.wild"),
        ({"config": {"model": {"window": 1}}}, "config.model.window"),
        ({"seed": None}, "seed"),
    ],
    ids=["unknown key", "another format", "unknown key within", "value out of range", "no value"],
)
def test_a_card_of_another_schema_is_refused(folder: Path, changes: dict[str, object], words: str) -> None:
    change_card(folder, **changes)
    message = refused(folder, "checkpoint.json")
    assert "of another schema" in message
    assert words in message


@pytest.mark.parametrize("content", [b'{"format": 1, "mark', b"", b"\xff\xfe\x00", b"\x80\x04pickle"])
def test_a_card_cut_short_or_not_json_is_refused(folder: Path, content: bytes) -> None:
    (folder / "checkpoint.json").write_bytes(content)
    assert "cut short or not JSON" in refused(folder, "checkpoint.json")


def test_a_card_that_is_no_object_is_refused(folder: Path) -> None:
    (folder / "checkpoint.json").write_text("[1, 2]", encoding="utf-8")
    assert "of another schema" in refused(folder, "checkpoint.json")


@pytest.mark.parametrize("change", ["latent", "streams"])
def test_weights_that_do_not_fit_the_card_are_refused(folder: Path, change: str) -> None:
    config = read_card(folder).config.model_dump(mode="json")
    config["model"]["latent"] += 1
    change_card(folder, **({"config": config} if change == "latent" else {"streams": ["cart_adds", "returns"]}))
    assert "do not fit the config" in refused(folder, "model.safetensors")


def test_a_card_is_read_without_torch(folder: Path) -> None:
    code = "import sys; from pathlib import Path; from stmp.checkpoint import read_card\n"
    code += f"print(read_card(Path({str(folder)!r})).calibration.cell, 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["1.25", "False"]


def test_a_card_knows_its_schema_and_horizon() -> None:
    card: Card = card_of(MARKET)
    assert (card.horizon, card.schema_.streams, card.schema_.facts) == (7, ("cart_adds",), ("population",))


def test_a_card_knows_how_many_days_a_forecast_needs(folder: Path) -> None:
    forecaster = Forecaster.load(folder, device="cpu")
    needed = forecaster.card.days_needed
    assert forecaster.forecast(MARKET, MARKET.dates[needed - 1], 3, samples=2).samples.shape == (3, 2, 3, 2)
    with pytest.raises(CutoffError, match=f"has {needed - 1} days .* the model needs {needed}"):
        forecaster.forecast(MARKET, MARKET.dates[needed - 2], 3, samples=2)
