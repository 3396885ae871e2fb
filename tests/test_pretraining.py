"""Pretraining on simulated markets, and going on from its weights on a market of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp import pretraining
from stmp.checkpoint import Card, read_checkpoint, write_checkpoint
from stmp.config import Schema, TrainingConfig
from stmp.forecast import Forecaster
from stmp.learning import RESUME, Progress
from stmp.market import Market
from stmp.pretraining import SCHEMA, PriorTasks, ReplayTasks, pretrain, tune
from stmp.training import MarketTasks
from tests.markets import small_market
from tests.small import CPU, TINY, card_of, network_of, position, scrambled

CONFIG = TrainingConfig.pretraining().model_copy(
    update={"model": TINY, "steps": 6, "batch": 2, "spatial_regions": 3, "temporal_regions": 2, "temporal_days": 2, "evaluate_every": 3}
)
TUNING = CONFIG.model_copy(update={"learning_rate": 1e-3})
UNTIL = pd.Timestamp("2020-12-31")
FILES = {"model.safetensors", "checkpoint.json"}


class Interrupted(Exception):
    """What a person who stops a training raises."""


def stop_at(step: int) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.step == step:
            raise Interrupted

    return report


@pytest.fixture(autouse=True)
def _few_validation_markets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretraining, "VALIDATION_MARKETS", 6)


def pretrained(out: Path, config: TrainingConfig = CONFIG, seed: int = 0, **options: object) -> Card:
    return pretrain(out, config, device="cpu", seed=seed, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card]:
    """One undisturbed pretraining of six steps."""
    out = tmp_path_factory.mktemp("base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretraining, "VALIDATION_MARKETS", 6)
        return out, pretrained(out)


@pytest.fixture(scope="module")
def market() -> Market:
    """With names, facts and a known-ahead column that no simulated market has."""
    plain = small_market(regions=3)
    promotion = np.random.default_rng(1).uniform(0, 1, (3, len(plain.calendar.dates)))
    return replace(plain, known={"voucher": promotion}, digest="with vouchers")


def test_a_seed_gives_the_same_weights_again(base: tuple[Path, Card], tmp_path: Path) -> None:
    again = pretrained(tmp_path / "again")
    assert (again.weights_sha256, again.calibration) == (base[1].weights_sha256, base[1].calibration)
    assert pretrained(tmp_path / "other", seed=1).weights_sha256 != again.weights_sha256


def test_an_interrupted_pretraining_ends_as_if_it_had_not_been(base: tuple[Path, Card], tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        pretrained(tmp_path, report=stop_at(5))
    assert {file.name for file in tmp_path.iterdir()} == {RESUME}
    steps: list[int] = []
    card = pretrained(tmp_path, report=lambda progress: steps.append(progress.step))
    assert steps == [4, 5, 6]
    assert (card.weights_sha256, card.calibration) == (base[1].weights_sha256, base[1].calibration)
    assert {file.name for file in tmp_path.iterdir()} == FILES


def test_the_card_says_that_no_market_was_seen(base: tuple[Path, Card]) -> None:
    out, card = base
    assert read_checkpoint(out, CPU)[1] == card
    assert (card.market, card.simulated, card.data_digest) == ("prior", True, "prior")
    assert (card.regions, card.categories, card.facts, card.known) == ((), (), (), ())
    assert (card.trained_from, card.trained_until) == ("", "")
    assert card.schema_ == SCHEMA
    assert card.calibration.days > 0
    assert 0 < card.calibration.festival_days < card.calibration.days


@pytest.mark.parametrize("carts", [True, False], ids=["carts", "no carts"])
def test_it_forecasts_a_market_of_other_names_streams_and_facts(base: tuple[Path, Card], market: Market, carts: bool) -> None:
    returns = np.full_like(market.orders, 3.0)
    other = replace(market, past={"returns": returns, **(market.past if carts else {})}, digest=f"other {carts}")
    forecast = Forecaster.load(base[0], device="cpu").forecast(other, "2021-11-05", 10, samples=200)
    assert forecast.samples.shape == (3, 2, 10, 200)
    end = position(market, "2021-11-05")
    level = market.orders[..., end - 13 : end + 1].mean(-1)
    middle = np.median(forecast.samples, axis=-1)
    assert (np.abs(np.log(middle[..., 9] / level)) < np.log(1.5)).all()  # 15 November, a working day
    assert (middle[..., 5] > 1.8 * level).all()  # the peak


def test_markets_of_the_validation_are_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def draw_market(random: np.random.Generator) -> Market:
        market = draw(random)
        seen.append(market.digest)
        return market

    draw = pretraining.draw_market
    monkeypatch.setattr(pretraining, "draw_market", draw_market)
    tasks = PriorTasks(SCHEMA, CONFIG, CPU, np.random.default_rng(0))
    first = tasks.validation()
    held_out = set(seen)
    assert len(held_out) == len(first) == 6
    for step in range(20):
        tasks.draw(step)
    drawn = seen[6:]
    assert len(set(drawn)) == 20  # each step a new one
    assert not held_out & set(drawn)
    again = tasks.validation()
    assert set(seen[26:]) == held_out
    for (_, one), (_, other) in zip(first, again, strict=True):
        assert [(e.origin, e.types) for e in one] == [(e.origin, e.types) for e in other]


def test_loss_falls_on_markets_that_were_never_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretraining, "VALIDATION_MARKETS", 24)  # of few, one odd market can hide what was learned
    reports: list[Progress] = []
    config = CONFIG.model_copy(update={"steps": 60, "evaluate_every": 12, "learning_rate": 3e-3, "batch": 4})
    card = pretrained(tmp_path, config, report=reports.append)
    validation = list(dict.fromkeys(p.validation for p in reports if np.isfinite(p.validation)))
    assert validation[-1] < validation[0] - 0.05
    assert validation == sorted(validation, reverse=True)
    assert card.scores["validation_loss"] == min(validation)


def tuned(market: Market, base: tuple[Path, Card], out: Path, config: TrainingConfig = TUNING, **options: object) -> Card:
    return tune(market, base[0], out, until=UNTIL, device="cpu", config=config, **options)  # type: ignore[arg-type]


def test_tuning_reads_what_the_weights_know_and_says_where_it_was_done(market: Market, base: tuple[Path, Card], tmp_path: Path) -> None:
    card = tuned(market, base, tmp_path)
    assert card.schema_ == SCHEMA
    assert card.config.model == base[1].config.model
    assert (card.market, card.data_digest, card.trained_until) == ("small", "with vouchers", "2020-12-31")
    assert (card.regions, card.categories) == (market.regions, market.categories)
    assert card.weights_sha256 != base[1].weights_sha256
    assert read_checkpoint(tmp_path, CPU)[1] == card
    assert Forecaster.load(tmp_path, device="cpu").forecast(market, "2021-06-01", 5, samples=4).samples.shape == (3, 2, 5, 4)


def test_weights_that_know_facts_and_vouchers_are_tuned_too(market: Market, tmp_path: Path) -> None:
    """A simulated market has no such thing: it is masked."""
    write_checkpoint(tmp_path / "own", network_of(market), card_of(market))
    card = tune(market, tmp_path / "own", tmp_path / "out", until=UNTIL, device="cpu", config=TUNING)
    assert card.schema_ == Schema.of(market)
    assert np.isfinite(card.scores["validation_loss"])


def test_an_interrupted_tuning_ends_as_if_it_had_not_been(market: Market, base: tuple[Path, Card], tmp_path: Path) -> None:
    """The simulated markets of its later steps are the same ones, too."""
    whole = tuned(market, base, tmp_path / "whole")
    with pytest.raises(Interrupted):
        tuned(market, base, tmp_path, report=stop_at(4))
    card = tuned(market, base, tmp_path)
    assert (card.weights_sha256, card.calibration) == (whole.weights_sha256, whole.calibration)
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == FILES


def test_nothing_after_the_span_matters_to_tuning(market: Market, base: tuple[Path, Card], tmp_path: Path) -> None:
    later = scrambled(market, after=position(market, f"{UNTIL:%Y-%m-%d}"))
    card, other = tuned(market, base, tmp_path / "plain"), tuned(later, base, tmp_path / "later")
    assert (card.weights_sha256, card.calibration) == (other.weights_sha256, other.calibration)


def test_weights_that_nothing_makes_better_are_kept(market: Market, base: tuple[Path, Card], tmp_path: Path) -> None:
    card = tuned(market, base, tmp_path, TUNING.model_copy(update={"learning_rate": 3.0}))
    assert card.steps == 0
    assert card.weights_sha256 == base[1].weights_sha256
    assert card.calibration != base[1].calibration  # found on the market's own days
    assert card.calibration.days == 366 - int(366 * 0.8)


def test_every_second_pair_of_steps_is_on_simulated_markets(market: Market) -> None:
    own = MarketTasks(market.until(UNTIL), SCHEMA, TUNING, CPU, 0)
    tasks = ReplayTasks(own, PriorTasks(SCHEMA, TUNING, CPU, own.random))
    gatherers = [tasks.draw(step)[0] for step in range(8)]
    assert [gatherer is own.gatherer for gatherer in gatherers] == [True, True, False, False] * 2
    assert len({id(gatherer) for gatherer in gatherers if gatherer is not own.gatherer}) == 4
    assert all(gatherer is own.gatherer for gatherer, _ in tasks.validation())
