"""Training in two processes, started by torchrun: what one process learns, in half the time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from stmp.checkpoint import CARD, WEIGHTS, Card, read_card
from stmp.cli.output import say
from stmp.devices import choose_device
from stmp.errors import StmpError
from stmp.learning import RESUME, Progress
from stmp.processes import Team
from tests.small import TINY_TRAINING
from tests.together import STOP, gradients, learner_of, trainings

ROOT = Path(__file__).resolve().parents[1]
RATE = TINY_TRAINING.learning_rate


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes leave."""
    folder = tmp_path_factory.mktemp("two")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tests.together", str(folder)]
    done = subprocess.run(launch, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Card]]:
    """What one process leaves and is told."""
    folder = tmp_path_factory.mktemp("one")
    return folder, trainings(folder)


def told(folder: Path, rank: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"told-{rank}.json").read_text(encoding="utf-8"))
    return found


def test_gradients_are_those_of_one_process_whatever_the_share(two: Path, tmp_path: Path) -> None:
    alone = gradients(learner_of(tmp_path))
    for rank in (0, 1):
        found = load_file(two / f"gradients-{rank}.safetensors")
        assert set(found) == set(alone)
        for name, expected in alone.items():
            torch.testing.assert_close(found[name], expected, rtol=1e-4, atol=1e-6)
    assert max(float(value.abs().max()) for value in alone.values()) > 1e-2  # there is something to compare


@pytest.mark.parametrize("name", ["train", "pretrain", "tune"])
def test_weights_are_those_of_one_process_up_to_rounding(one: tuple[Path, dict[str, Card]], two: Path, name: str) -> None:
    folder, cards = one
    card = read_card(two / name)
    found, expected = load_file(two / name / WEIGHTS), load_file(folder / name / WEIGHTS)
    for key, value in expected.items():  # Adam's steps are as long as the rate, so a wrong one would show
        torch.testing.assert_close(found[key], value, rtol=0, atol=RATE / 10)
    assert card.scores["validation_loss"] == pytest.approx(cards[name].scores["validation_loss"], abs=0.05)  # of other draws of psi
    assert card.steps == cards[name].steps


def test_a_longer_training_agrees_within_noise(one: tuple[Path, dict[str, Card]], two: Path) -> None:
    score, alone = read_card(two / "long").scores["validation_loss"], one[1]["long"].scores["validation_loss"]
    first = one[1]["train"].scores["validation_loss"]
    assert alone < first - 0.2  # it has learned
    assert abs(score - alone) < 0.1 * abs(first - alone)


def test_the_first_process_alone_writes_and_all_are_told_the_same(two: Path) -> None:
    first, second = told(two, 0), told(two, 1)
    assert first == second
    for name in ("train", "pretrain", "tune", "long"):
        assert {file.name for file in (two / name).iterdir()} == {WEIGHTS, CARD}
        assert first[name] == read_card(two / name).model_dump(mode="json")
    assert (two / "logs-0").is_dir()
    assert not (two / "logs-1").exists()


def test_one_process_goes_on_where_two_were_interrupted(two: Path, tmp_path: Path) -> None:
    assert [file.name for file in (two / "stopped").iterdir()] == [RESUME]
    whole, resumed = learner_of(tmp_path), learner_of(two / "stopped")
    steps: list[Progress] = []
    whole.train(None, None)
    resumed.train(steps.append, None)
    assert [p.step for p in steps] == list(range(STOP, 7))
    for found, expected in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=RATE / 10)


def test_processes_that_cannot_share_or_do_not_begin_alike_are_refused(two: Path) -> None:
    for rank in (0, 1):
        assert told(two, rank)["many"] == "2 processes cannot share the 1 episodes of a step. Remedy: start 1 or fewer."
        assert told(two, rank)["unlike"].startswith("the 2 processes do not begin alike")
        assert "Remedy: " in told(two, rank)["unlike"]


def test_every_entry_belongs_to_exactly_one_process_with_the_noise_it_has_alone() -> None:
    entries = list(range(7))
    shares = [entries[Team(rank, 3).share] for rank in range(3)]
    assert sorted(entry for share in shares for entry in share) == entries
    torch.manual_seed(0)
    whole = torch.randn(2, 7, 5)
    for rank, share in enumerate(shares):
        torch.manual_seed(0)
        own = Team(rank, 3).normal(7)(2, len(share), 5, device=torch.device("cpu"))
        assert torch.equal(own, whole[:, share])


def test_the_first_process_speaks_for_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        say(f"from {rank}")
    assert capsys.readouterr().out == "from 0\n"


def test_each_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda") == torch.device("cuda")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert choose_device("auto") == torch.device("cuda", 1)
    assert choose_device("cpu") == torch.device("cpu")
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(StmpError, match=r"process 3 has no GPU of its own: 2 found\. Remedy: start 2 processes"):
        choose_device("auto")
