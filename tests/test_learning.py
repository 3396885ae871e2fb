"""The loop that finds weights: averaged, stopped in time, and resumed as if it had not been interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from stmp.checkpoint import CARD, WEIGHTS, Origin
from stmp.config import Schema
from stmp.learning import RESUME, Learner, Progress, Start
from stmp.market import Market
from stmp.training import MarketTasks
from tests.markets import small_market
from tests.small import CPU, TINY, TINY_TRAINING

Weights = dict[str, Tensor]


class Interrupted(Exception):
    """What a person who stops a training raises."""


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3, end="2020-08-31")


@pytest.fixture
def learner(market: Market, tmp_path: Path) -> Callable[..., Learner]:
    """A learner of the small market; options are those of the training, but for seed, out, digest and start."""

    def make(seed: int = 0, out: Path = tmp_path, digest: str = "mine", start: Start | None = None, **options: float) -> Learner:
        config = TINY_TRAINING.model_copy(update=options)
        schema = Schema.of(market)
        origin = Origin.of(market).model_copy(update={"data_digest": digest})
        return Learner(MarketTasks(market, schema, config, CPU, seed), origin, schema, config, CPU, seed, out, start)

    return make


def learned(learner: Learner, stop: int | None = None) -> list[Progress]:
    """What a training reported, to its end or to an interruption as a step is reported."""
    reports: list[Progress] = []

    def report(progress: Progress) -> None:
        reports.append(progress)
        if progress.step == stop:
            raise Interrupted

    if stop is None:
        learner.train(report, None)
    else:
        with pytest.raises(Interrupted):
            learner.train(report, None)
    return reports


def weights(learner: Learner) -> Weights:
    return {name: value.clone() for name, value in learner.best_network().state_dict().items()}


def alike(one: Weights, other: Weights) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_weights_move_by_the_warmed_up_rate_and_their_running_mean_is_kept(learner: Callable[..., Learner]) -> None:
    run = learner(steps=40, learning_rate=1e-3, evaluate_every=40)
    mean = [p.detach().clone() for p in run.network.parameters()]
    rates = []
    for step in range(6):
        run._one_step()
        run.step += 1
        rates.append(run.optimizer.param_groups[0]["lr"])
        keep = (step + 1) / (step + 10)
        mean = [keep * m + (1 - keep) * p.detach() for m, p in zip(mean, run.network.parameters(), strict=True)]
    cosine = [0.525 + 0.475 * np.cos(np.pi * step / 40) for step in range(6)]
    np.testing.assert_allclose(rates, [1e-3 * warm * c for warm, c in zip((0.5, 1, 1, 1, 1, 1), cosine, strict=True)], rtol=1e-9)
    for found, expected in zip(run.average.parameters(), mean, strict=True):
        torch.testing.assert_close(found.detach(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("step", [2, 3, 5], ids=["before anything is kept", "as it is kept", "some steps later"])
def test_an_interrupted_run_ends_as_if_it_had_not_been(learner: Callable[..., Learner], tmp_path: Path, step: int) -> None:
    whole = learner(out=tmp_path / "whole")
    reports = learned(whole)
    learned(learner(), stop=step)
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == (set() if step < 3 else {RESUME})
    torch.rand(7)  # whatever else was drawn meanwhile
    again = learner()
    resumed = learned(again)
    assert [p.step for p in resumed] == list(range(1 if step < 3 else 4, 7))
    assert [(p.loss, p.validation) for p in resumed] == [(p.loss, p.validation) for p in reports[-len(resumed) :]]
    assert alike(weights(again), weights(whole))
    assert (again.best, again.best_step) == (whole.best, whole.best_step)
    again.keep()
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {WEIGHTS, CARD}


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"digest": "theirs"}, {"learning_rate": 1e-4}, {"model": TINY.model_copy(update={"features": 7})}],
    ids=["seed", "data", "rate", "network"],
)
def test_what_another_run_left_is_not_taken_up(learner: Callable[..., Learner], tmp_path: Path, other: dict[str, object]) -> None:
    learned(learner(**other), stop=4)
    assert (tmp_path / RESUME).is_file()
    run = learner()
    assert [p.step for p in learned(run)] == [1, 2, 3, 4, 5, 6]
    fresh = learner(out=tmp_path / "fresh")
    learned(fresh)
    assert alike(weights(run), weights(fresh))


def test_what_is_kept_of_an_interrupted_run_are_tensors_with_counters_beside_them(learner: Callable[..., Learner], tmp_path: Path) -> None:
    run = learner()
    learned(run, stop=4)
    with safe_open(tmp_path / RESUME, "pt") as file:
        state, names = json.loads(file.metadata()["state"]), set(file.keys())
    assert (state["step"], state["run"]["digest"], state["run"]["seed"]) == (3, "mine", 0)
    assert state["best"] == pytest.approx(run.best)
    parameters = set(run.network.state_dict())
    for prefix in ("network", "average", "best"):
        assert {f"{prefix}.{name}" for name in parameters} <= names
    assert {"random", "optimizer.0.step", "optimizer.0.exp_avg", "optimizer.0.exp_avg_sq"} <= names


def test_evaluations_do_not_disturb_the_training(learner: Callable[..., Learner], tmp_path: Path) -> None:
    often, seldom = (learned(learner(out=tmp_path / str(every), evaluate_every=every)) for every in (1, 6))
    assert [p.loss for p in often] == [p.loss for p in seldom]
    assert often[-1].validation == seldom[-1].validation


def test_learning_stops_when_nothing_gets_better(learner: Callable[..., Learner]) -> None:
    run = learner(steps=400, evaluate_every=2, patience=2, learning_rate=3.0)
    reports = learned(run)
    assert len(reports) == run.best_step + 4 < 100
    scores = [p.validation for p in reports if np.isfinite(p.validation)]
    assert run.best == min(scores) == reports[-1].best < scores[-1]
    run.best_network()
    run._evaluate()  # what is kept are the weights of that score, not the last ones
    assert run.validation == pytest.approx(run.best, rel=1e-6)


def test_weights_to_go_on_from_are_kept_where_no_step_is_better(learner: Callable[..., Learner], tmp_path: Path) -> None:
    first = learner(out=tmp_path / "first", steps=30, evaluate_every=15, learning_rate=1e-2)
    learned(first)
    start = weights(first)
    worse = learner(start=Start("theirs", start), steps=8, evaluate_every=2, patience=2, learning_rate=3.0)
    reports = learned(worse)
    assert worse.best_step == 0
    assert len(reports) == 4
    assert worse.best == pytest.approx(first.best, rel=1e-6)
    assert [p.best for p in reports] == [worse.best] * 4
    assert alike(weights(worse), start)
    better = learner(out=tmp_path / "better", start=Start("theirs", start), steps=20, evaluate_every=10, learning_rate=3e-3)
    learned(better)
    assert better.best < first.best
    assert better.best_step > 0


def test_progress_tells_step_losses_and_time(learner: Callable[..., Learner]) -> None:
    reports = learned(learner())
    assert [(p.step, p.steps) for p in reports] == [(step, 6) for step in range(1, 7)]
    assert all(np.isfinite(p.loss) and p.seconds_left >= 0 for p in reports)
    assert reports[-1].seconds_left == 0
    assert [np.isfinite(p.validation) for p in reports] == [np.isfinite(p.best) for p in reports] == [False] * 2 + [True] * 4
    assert reports[-1].best == min(p.validation for p in reports[2:])


def test_tensorboard_is_written(learner: Callable[..., Learner], tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    losses: list[float] = []
    learner().train(lambda progress: losses.append(progress.loss), tmp_path / "logs")
    events = EventAccumulator(str(tmp_path / "logs")).Reload()
    assert [e.step for e in events.Scalars("loss/training")] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose([e.value for e in events.Scalars("loss/training")], losses, rtol=1e-5)
    assert [e.step for e in events.Scalars("loss/validation")] == [3, 6]
