"""Training: deterministic, resumable, blind to what comes after its span."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.checkpoint import Card, read_checkpoint
from stmp.config import TrainingConfig
from stmp.errors import CutoffError
from stmp.market import Market
from stmp.training import RESUME_STATE, RESUME_WEIGHTS, Progress, _Run, train
from tests.markets import small_market
from tests.small import CPU, TINY, TINY_TRAINING, position, scrambled

UNTIL = pd.Timestamp("2021-06-30")
FILES = {"model.safetensors", "checkpoint.json"}


class Interrupted(Exception):
    """What a person who stops a training raises."""


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


def trained(market: Market, out: Path, config: TrainingConfig = TINY_TRAINING, seed: int = 0, **options: object) -> Card:
    return train(market, out, until=UNTIL, device="cpu", seed=seed, config=config, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain(market: Market, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card]:
    """One undisturbed training of six steps."""
    out = tmp_path_factory.mktemp("plain")
    return out, trained(market, out)


def stop_at(step: int) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.step == step:
            raise Interrupted

    return report


def test_a_seed_gives_the_same_weights_again(market: Market, plain: tuple[Path, Card], tmp_path: Path) -> None:
    again = trained(market, tmp_path / "again")
    assert again.weights_sha256 == plain[1].weights_sha256
    assert again.calibration == plain[1].calibration
    assert trained(market, tmp_path / "other", seed=1).weights_sha256 != again.weights_sha256


def test_only_the_checkpoint_is_left(plain: tuple[Path, Card]) -> None:
    assert {file.name for file in plain[0].iterdir()} == FILES


@pytest.mark.parametrize("step", [2, 3, 5], ids=["before anything is kept", "as it is kept", "some steps later"])
def test_an_interrupted_training_ends_as_if_it_had_not_been(market: Market, plain: tuple[Path, Card], tmp_path: Path, step: int) -> None:
    with pytest.raises(Interrupted):
        trained(market, tmp_path, report=stop_at(step))
    assert {file.name for file in tmp_path.iterdir()} == (set() if step < 3 else {RESUME_STATE, RESUME_WEIGHTS})
    steps: list[int] = []
    card = trained(market, tmp_path, report=lambda progress: steps.append(progress.step))
    assert steps == list(range(1 if step < 3 else 4, 7))
    assert card.weights_sha256 == plain[1].weights_sha256
    assert card.calibration == plain[1].calibration
    assert {file.name for file in tmp_path.iterdir()} == FILES


def test_what_another_run_left_is_not_taken_up(market: Market, plain: tuple[Path, Card], tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        trained(market, tmp_path, seed=1, report=stop_at(4))
    assert trained(market, tmp_path).weights_sha256 == plain[1].weights_sha256


def test_nothing_after_the_span_matters(market: Market, plain: tuple[Path, Card], tmp_path: Path) -> None:
    later = scrambled(market, after=position(market, f"{UNTIL:%Y-%m-%d}"))
    card = trained(later, tmp_path / "later")
    assert card.weights_sha256 == plain[1].weights_sha256
    assert card.calibration == plain[1].calibration
    assert card.data_digest != plain[1].data_digest
    sooner = scrambled(market, after=position(market, f"{UNTIL:%Y-%m-%d}") - 1)
    assert trained(sooner, tmp_path / "sooner").calibration != card.calibration  # the last day does matter


def test_the_card_says_what_was_done(market: Market, plain: tuple[Path, Card]) -> None:
    out, card = plain
    network, read = read_checkpoint(out, CPU)
    assert read == card
    assert (card.trained_from, card.trained_until) == ("2020-01-01", "2021-06-30")
    assert (card.market, card.regions, card.categories) == ("small", market.regions, market.categories)
    assert (card.streams, card.facts, card.known) == (("cart_adds",), ("population",), ())
    assert card.data_digest == market.digest
    assert card.parameters == sum(p.numel() for p in network.parameters())
    assert card.steps in (3, 6)
    assert card.config == TINY_TRAINING
    assert card.calibration.days == 547 - int(547 * 0.8)
    assert np.isfinite(card.scores["validation_loss"])
    assert card.versions["torch"] == torch.__version__


def test_loss_falls(market: Market, tmp_path: Path) -> None:
    reports: list[Progress] = []
    config = TINY_TRAINING.model_copy(update={"steps": 90, "evaluate_every": 15, "learning_rate": 1e-2})
    card = trained(market, tmp_path, config, report=reports.append)
    losses = [progress.loss for progress in reports]
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) - 0.2
    validation = list(dict.fromkeys(p.validation for p in reports if np.isfinite(p.validation)))
    assert validation[-1] < validation[0] - 0.1
    assert card.scores["validation_loss"] == min(validation) == reports[-1].best
    assert [p.step for p in reports] == list(range(1, len(reports) + 1))
    assert all(p.seconds_left >= 0 for p in reports)
    network, _ = read_checkpoint(tmp_path, CPU)
    assert network.amortization.relation[0] == 0  # days that are no members of a type stay unheard


def test_training_stops_when_nothing_gets_better(market: Market, tmp_path: Path) -> None:
    reports: list[Progress] = []
    config = TINY_TRAINING.model_copy(update={"steps": 400, "evaluate_every": 2, "patience": 2, "learning_rate": 3.0})
    card = trained(market, tmp_path, config, report=reports.append)
    assert len(reports) == card.steps + 4 < 100
    assert card.scores["validation_loss"] == min(p.validation for p in reports if np.isfinite(p.validation)) < reports[-1].validation
    # What is kept are the weights of that score, not the last ones.
    run = _Run(market.until(UNTIL), config, CPU, 0, tmp_path)
    run.average.load_state_dict(read_checkpoint(tmp_path, CPU)[0].state_dict())
    run._evaluate()
    assert run.validation == pytest.approx(card.scores["validation_loss"], rel=1e-6)


def test_evaluations_do_not_disturb_the_training(market: Market, tmp_path: Path) -> None:
    losses: list[list[float]] = [[], []]
    for seen, every in zip(losses, (1, 6), strict=True):
        config = TINY_TRAINING.model_copy(update={"evaluate_every": every})
        trained(market, tmp_path / str(every), config, report=lambda progress, seen=seen: seen.append(progress.loss))
    assert losses[0] == losses[1]


def test_tensorboard_is_written(market: Market, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    losses: list[float] = []
    trained(market, tmp_path / "out", logs=tmp_path / "logs", report=lambda progress: losses.append(progress.loss))
    events = EventAccumulator(str(tmp_path / "logs")).Reload()
    assert [e.step for e in events.Scalars("loss/training")] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose([e.value for e in events.Scalars("loss/training")], losses, rtol=1e-5)
    assert [e.step for e in events.Scalars("loss/validation")] == [3, 6]


@pytest.mark.parametrize("kept", [{"carts": False}, {"regions": 1, "categories": 1}], ids=["no carts", "one series"])
def test_markets_of_less_are_trained_on(tmp_path: Path, kept: dict[str, int]) -> None:
    less = replace(small_market(**{"regions": 2, **kept}), facts=pd.DataFrame(index=[f"r{i}" for i in range(kept.get("regions", 2))]))
    card = trained(less, tmp_path)
    assert card.facts == ()
    assert np.isfinite(card.scores["validation_loss"])


def test_an_hourly_market_is_refused(market: Market, tmp_path: Path) -> None:
    hourly = replace(market, about=replace(market.about, frequency="h"))
    with pytest.raises(CutoffError, match=r"small is an hourly market.*Remedy: give it daily sums"):
        trained(hourly, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_span_too_short_is_refused_with_the_days_it_needs(market: Market, tmp_path: Path) -> None:
    needed = TINY.window + TINY.support_lead + TINY.horizon  # twice, and a fifth for validation
    with pytest.raises(CutoffError, match=r"has 61 days until 2020-03-01; training needs at least 70\. Remedy: a later --until") as refused:
        train(market, tmp_path / "out", until=pd.Timestamp("2020-03-01"), device="cpu", config=TINY_TRAINING)
    assert str(round(2 * needed / 0.8)) in str(refused.value)
    assert not (tmp_path / "out").exists()
    enough = market.dates[69]
    assert train(market, tmp_path / "out", until=enough, device="cpu", config=TINY_TRAINING).trained_until == f"{enough:%Y-%m-%d}"


def test_what_is_kept_of_an_interrupted_run_is_json_and_tensors(market: Market, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        trained(market, tmp_path, report=stop_at(4))
    state = json.loads((tmp_path / RESUME_STATE).read_text(encoding="utf-8"))
    assert state["step"] == 3
    assert state["run"]["until"] == "2021-06-30"
    assert int.from_bytes((tmp_path / RESUME_WEIGHTS).read_bytes()[:8], "little") < 1e5  # the length of a safetensors header
