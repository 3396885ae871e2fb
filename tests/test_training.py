"""Training on one market: deterministic, blind to what comes after its span, and told in the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.checkpoint import Card, read_checkpoint
from stmp.config import Schema, TrainingConfig
from stmp.errors import CutoffError
from stmp.learning import RESUME, Progress
from stmp.market import Market
from stmp.training import VALIDATION_EVERY, MarketTasks, train
from tests.markets import small_market
from tests.small import CPU, TINY, TINY_TRAINING, position, scrambled

UNTIL = pd.Timestamp("2020-12-31")
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


def test_an_interrupted_training_leaves_the_same_checkpoint_and_nothing_else(
    market: Market, plain: tuple[Path, Card], tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        trained(market, tmp_path, report=stop_at(4))
    assert {file.name for file in tmp_path.iterdir()} == {RESUME}
    card = trained(market, tmp_path)
    assert card.weights_sha256 == plain[1].weights_sha256
    assert card.calibration == plain[1].calibration
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in plain[0].iterdir()} == FILES


def test_what_a_training_of_another_span_left_is_not_taken_up(market: Market, plain: tuple[Path, Card], tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(market, tmp_path, until=UNTIL - pd.Timedelta(days=1), device="cpu", config=TINY_TRAINING, report=stop_at(4))
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
    assert (card.trained_from, card.trained_until) == ("2020-01-01", "2020-12-31")
    assert (card.market, card.regions, card.categories) == ("small", market.regions, market.categories)
    assert (card.streams, card.facts, card.known) == (("cart_adds",), ("population",), ())
    assert card.data_digest == market.digest
    assert card.parameters == sum(p.numel() for p in network.parameters())
    assert card.steps in (3, 6)
    assert card.config == TINY_TRAINING
    assert card.calibration.days == 366 - int(366 * 0.8)
    assert np.isfinite(card.scores["validation_loss"])
    assert card.versions["torch"] == torch.__version__


def test_validation_comes_after_what_is_learned_from(market: Market) -> None:
    view = market.until(UNTIL)
    tasks = MarketTasks(view, Schema.of(view), TINY_TRAINING, CPU, 0)
    first = int(366 * 0.8)
    episodes = [episode for _, (episode,) in tasks.validation()]
    assert [e.origin for e in episodes] == list(range(first - 1, 365, VALIDATION_EVERY))
    assert set(np.concatenate([e.origin + e.leads for e in episodes])) == set(range(first, 366))
    drawn = [episode for step in range(20) for episode in tasks.draw(step)[1]]
    assert max((e.origin + e.leads).max() for e in drawn) < first


def test_loss_falls(market: Market, tmp_path: Path) -> None:
    reports: list[Progress] = []
    config = TINY_TRAINING.model_copy(update={"steps": 90, "evaluate_every": 15, "learning_rate": 1e-2})
    card = trained(market, tmp_path, config, report=reports.append)
    losses = [progress.loss for progress in reports]
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) - 0.2
    validation = list(dict.fromkeys(p.validation for p in reports if np.isfinite(p.validation)))
    assert validation[-1] < validation[0] - 0.1
    assert card.scores["validation_loss"] == min(validation) == reports[-1].best
    network, _ = read_checkpoint(tmp_path, CPU)
    assert network.amortization.relation[0] == 0  # days that are no members of a type stay unheard


@pytest.mark.parametrize("kept", [{"carts": False}, {"regions": 1, "categories": 1}], ids=["no carts", "one series"])
def test_markets_of_less_are_trained_on(tmp_path: Path, kept: dict[str, int]) -> None:
    less = replace(small_market(**{"regions": 2, **kept}), facts=pd.DataFrame(index=[f"r{i}" for i in range(kept.get("regions", 2))]))
    card = trained(less, tmp_path)
    assert card.facts == ()
    assert np.isfinite(card.scores["validation_loss"])


def test_a_span_too_short_is_refused_with_the_days_it_needs(market: Market, tmp_path: Path) -> None:
    needed = TINY.window + TINY.support_lead + TINY.horizon  # twice, and a fifth for validation
    with pytest.raises(CutoffError, match=r"has 61 days until 2020-03-01; training needs at least 70\. Remedy: a later --until") as refused:
        train(market, tmp_path / "out", until=pd.Timestamp("2020-03-01"), device="cpu", config=TINY_TRAINING)
    assert str(round(2 * needed / 0.8)) in str(refused.value)
    assert not (tmp_path / "out").exists()
    enough = market.dates[69]
    assert train(market, tmp_path / "out", until=enough, device="cpu", config=TINY_TRAINING).trained_until == f"{enough:%Y-%m-%d}"
