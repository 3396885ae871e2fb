"""Fine-tuning: tuned on the past alone, measured on windows that neither has seen, and put in place in one step."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from stmp.checkpoint import read_card, read_checkpoint, write_checkpoint
from stmp.config import TrainingConfig
from stmp.errors import CheckpointError, CutoffError
from stmp.evaluation import evaluate
from stmp.files import exchange
from stmp.finetuning import TUNED, UNTUNED, WINDOWS, Trial, adopt, attempt, held_out, staged
from stmp.forecaster import STMP
from stmp.market import Market
from tests.killed import assert_killed, die
from tests.markets import small_market
from tests.small import CPU, TINY, card_of, network_of, scrambled

TUNING = TrainingConfig.tuning().model_copy(
    update={"model": TINY, "steps": 4, "batch": 2, "categories": 1, "spatial_regions": 3, "temporal_regions": 2, "evaluate_every": 2}
)
HORIZON = 7


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


@pytest.fixture(scope="module")
def start(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that says it learned until the end of June 2021."""
    folder = tmp_path_factory.mktemp("start") / "mine"
    write_checkpoint(folder, network_of(market), card_of(market))
    return folder


@pytest.fixture(scope="module")
def trial(market: Market, start: Path, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return attempt(market, start, tmp_path_factory.mktemp("trial") / "tuned", horizon=HORIZON, device="cpu", config=TUNING)


def copied(checkpoint: Path, folder: Path) -> Path:
    network, card = read_checkpoint(checkpoint, CPU)
    write_checkpoint(folder, network, card)
    return folder


def test_windows_lie_end_to_end_before_the_end_and_after_what_was_learned(market: Market, start: Path) -> None:
    card = read_card(start)
    cutoffs = held_out(market, card, HORIZON)
    assert len(cutoffs) == WINDOWS
    assert cutoffs[-1] + pd.Timedelta(days=HORIZON) == market.dates[-1]
    assert {(b - a).days for a, b in pairwise(cutoffs)} == {HORIZON}
    late = card.model_copy(update={"trained_until": "2021-12-20"})
    assert held_out(market, late, HORIZON) == [pd.Timestamp("2021-12-24")]
    with pytest.raises(CutoffError, match=r"small ends on 2021-12-31, and a test needs 7 days after 2021-12-28, which.*Remedy: wait"):
        held_out(market, card.model_copy(update={"trained_until": "2021-12-28"}), HORIZON)


def test_both_are_scored_on_the_same_windows_as_an_evaluation_scores_them(market: Market, start: Path, trial: Trial) -> None:
    cutoffs = held_out(market, read_card(start), HORIZON)
    assert trial.evaluation.cutoffs == tuple(f"{cutoff:%Y-%m-%d}" for cutoff in cutoffs)
    assert {score.model for score in trial.evaluation.scores} == {UNTUNED, TUNED}
    for name, folder in ((UNTUNED, start), (TUNED, trial.folder)):
        alone = evaluate([STMP.load(folder, "cpu")], market, cutoffs, HORIZON)
        assert [replace(s, model=name) for s in alone.scores] == [s for s in trial.evaluation.scores if s.model == name]


def test_it_is_tuned_on_nothing_that_is_held_out(market: Market, start: Path, trial: Trial, tmp_path: Path) -> None:
    first = held_out(market, read_card(start), HORIZON)[0]
    assert trial.card.trained_until == f"{first:%Y-%m-%d}"
    later = scrambled(market, after=(first - market.dates[0]).days)
    other = attempt(later, start, tmp_path / "tuned", horizon=HORIZON, device="cpu", config=TUNING)
    assert (other.card.weights_sha256, other.card.calibration) == (trial.card.weights_sha256, trial.card.calibration)


def judged(trial: Trial, untuned: list[float], tuned: list[float]) -> Trial:
    """The trial with other CRPS of all days, window by window; pooled they are the means."""
    cutoffs = (*trial.evaluation.cutoffs, "all")
    crps = {
        name: dict(zip(cutoffs, [*values, sum(values) / len(values)], strict=True)) for name, values in ((UNTUNED, untuned), (TUNED, tuned))
    }
    scores = tuple(replace(s, crps=crps[s.model][s.cutoff]) for s in trial.evaluation.scores)
    return replace(trial, evaluation=replace(trial.evaluation, scores=scores))


@pytest.mark.parametrize(
    ("tuned", "wins", "better"),
    [
        ([0.9, 0.9, 0.9, 1.1], 3, True),
        ([1.0, 1.0, 1.0, 1.0], 0, False),
        ([0.995, 0.995, 0.995, 0.995], 4, False),  # less than what another seed changes
        ([0.2, 1.01, 1.01, 0.9], 2, False),  # one lucky window
        ([1.1, 1.1, 1.1, 1.1], 0, False),
    ],
)
def test_better_means_by_more_than_chance_and_in_most_windows(trial: Trial, tuned: list[float], wins: int, better: bool) -> None:
    found = judged(trial, [1.0] * 4, tuned)
    assert found.gain == pytest.approx(1 - sum(tuned) / 4)
    assert (found.wins, found.better) == (wins, better)


def test_the_tuned_one_takes_its_place_and_the_old_one_is_kept_beside_it(start: Path, trial: Trial, tmp_path: Path) -> None:
    target, old = copied(start, tmp_path / "mine"), read_card(start)
    for number in ("", "-2"):
        with staged(target) as stage:
            new = replace(trial, folder=copied(trial.folder, stage))
            beside = adopt(new, target)
        assert beside == tmp_path / f"mine-before-{trial.card.trained_until}{number}"
        assert read_checkpoint(beside, CPU)[1] == old
        old = read_checkpoint(target, CPU)[1]
        assert old.weights_sha256 == trial.card.weights_sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", *(f"mine-before-{trial.card.trained_until}{n}" for n in ("", "-2"))]


def test_where_nothing_was_the_tuned_one_is_put(trial: Trial, tmp_path: Path) -> None:
    with staged(tmp_path / "new") as stage:
        assert adopt(replace(trial, folder=copied(trial.folder, stage)), tmp_path / "new") is None
    assert read_checkpoint(tmp_path / "new", CPU)[1].weights_sha256 == trial.card.weights_sha256
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_what_is_not_adopted_leaves_nothing_and_no_other_folder_is_put_aside(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(CheckpointError), staged(tmp_path / "photos") as stage:
        adopt(replace(trial, folder=copied(trial.folder, stage)), tmp_path / "photos")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_killed_at_any_moment_a_whole_checkpoint_is_there(
    start: Path, trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, other = copied(start, tmp_path / "mine"), tmp_path / "stage" / "mine"
    new = replace(trial, folder=copied(trial.folder, other))
    for place, expected in (("stmp.finetuning.exchange", start), ("pathlib.Path.rename", trial.folder)):
        with monkeypatch.context() as patch:
            patch.setattr(place, die)
            assert_killed(lambda: adopt(new, target))
        assert read_checkpoint(target, CPU)[1] == read_card(expected)
        read_checkpoint(other, CPU)  # and what was not put there lies whole beside it


@pytest.mark.parametrize("atomic", [True, False], ids=["in one step", "where the system cannot"])
def test_folders_are_swapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    if not atomic:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    exchange(tmp_path / "a", tmp_path / "b")
    assert [(tmp_path / name / "file").read_text() for name in ("a", "b")] == ["b", "a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    with pytest.raises(OSError, match="none"):
        exchange(tmp_path / "none", tmp_path / "b")
