"""``stmp update``: what it appends, says, asks and replaces."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import stmp.finetuning
from stmp.checkpoint import read_card
from stmp.config import TrainingConfig
from stmp.finetuning import Trial
from stmp.market.load import load_market
from stmp.pretraining import tune
from tests.commands import Run
from tests.ingest.made import built, plan_of, write_log


@pytest.fixture
def mine(market: Path, tmp_path: Path) -> Path:
    """The small market without its last ten days, which are in days.csv."""
    folder = shutil.copytree(market, tmp_path / "mine")
    panel = pd.read_csv(folder / "panel.csv", dtype=str)
    late = panel["date"] > "2021-12-21"
    panel[~late].to_csv(folder / "panel.csv", index=False)
    panel[late].to_csv(tmp_path / "days.csv", index=False)
    return folder


@pytest.fixture
def own(checkpoint: Path, tmp_path: Path) -> Path:
    return shutil.copytree(checkpoint, tmp_path / "runs" / "own")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tiny: TrainingConfig) -> None:
    """Shrinks the tuning that the command starts."""

    def tuned(*arguments: object, config: object, **named: object) -> object:
        return tune(*arguments, config=tiny, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(stmp.finetuning, "tune", tuned)


def test_new_days_are_appended_and_forecast_at_once(run: Run, mine: Path, market: Path, own: Path, tmp_path: Path) -> None:
    options = ["--market", mine, "--cutoff", "2021-12-31", "--device", "cpu", "--samples", 5, "--out", tmp_path / "f.csv"]
    run("forecast", own, *options).assert_refused("2021-12-31 lies outside")
    done = run("update", mine, "--days", tmp_path / "days.csv")
    assert done.code == 0
    assert "appended: 2021-12-22 to 2021-12-31, 60 rows" in done.out
    assert "small ends on 2021-12-31." in done.out
    assert "gaps" not in done.out
    assert load_market(mine).digest == load_market(market).digest
    assert run("forecast", own, *options).code == 0
    again = run("update", mine, "--days", tmp_path / "days.csv")
    assert again.code == 0
    assert "left alone: 60 rows" in again.out
    assert "Nothing to do" in again.out


def test_gaps_and_other_values_are_told(run: Run, mine: Path, tmp_path: Path) -> None:
    days = pd.read_csv(tmp_path / "days.csv", dtype=str)
    some = days[(days["date"] > "2021-12-23") & ~((days["region"] == "r1") & (days["date"] == "2021-12-25"))]
    some.drop(columns="cart_adds").to_csv(tmp_path / "some.csv", index=False)
    done = run("update", mine, "--days", tmp_path / "some.csv")
    assert "gaps: 2 days without any row are missing: 2021-12-22, 2021-12-23" in done.out
    assert "gaps: 2 cells of the other days are missing: r1 2" in done.out
    assert "gaps: the rows hold no cart_adds" in done.out
    days["orders"] = "7"
    days.to_csv(tmp_path / "days.csv", index=False)
    run("update", mine, "--days", tmp_path / "days.csv").assert_refused("days.csv, row 4, column 'orders': the market has", "(found '7')")
    assert "replaced: 46 rows" in run("update", mine, "--days", tmp_path / "days.csv", "--replace").out


def test_wrong_usage_is_refused(run: Run, mine: Path, own: Path, tmp_path: Path) -> None:
    run("update", mine).assert_wrong_usage("nothing to do")
    run("update", mine, "--days", tmp_path / "days.csv", "--orders", "o.csv").assert_wrong_usage("not both")
    run("update", mine, "--days", tmp_path / "days.csv", "--out", own).assert_wrong_usage("--tune")
    run("update", mine, "--days", tmp_path / "none.csv").assert_refused("none.csv", "there is no such file")


def test_order_lines_are_shown_and_asked_about(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [(f"2020-01-{day:02d} 10:00:00", region, "food", "2") for day in range(1, 31) for region in ("a", "b")]
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines[:40]))
    built(plan)
    new = write_log(tmp_path / "new.csv", [*lines[40:], ("2020-01-21 10:00:00", "z", "food", "1")])
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda text, default: asked.append(text) or len(asked) == 1)
    run("update", plan.out, "--orders", new).assert_refused("nothing was appended")
    assert asked == ["Is this what the columns mean?", "Append the days without 1 lines?"]
    done = run("update", plan.out, "--orders", new, "--yes")
    assert done.code == 0
    assert "appended: 2020-01-21 to 2020-01-30, 20 rows" in done.out


@pytest.mark.parametrize(("better", "answer"), [(True, True), (True, False), (False, True)])
def test_a_checkpoint_is_replaced_only_by_a_better_one_and_on_the_users_word(
    run: Run, mine: Path, own: Path, quick: None, monkeypatch: pytest.MonkeyPatch, better: bool, answer: bool
) -> None:
    monkeypatch.setattr(Trial, "better", better)
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda text, default: asked.append(text) or answer)
    before = read_card(own)
    done = run("update", mine, "--tune", own, "--horizon", 7, "--device", "cpu")
    assert done.code == 0
    for part in ("untuned", "tuned", "Better: " if better else "Not better: ", "of 4 windows"):
        assert part in done.out
    assert asked == ([f"Put the tuned checkpoint at {own}?"] if better else [])
    folders = sorted(path.name for path in own.parent.iterdir())
    if better and answer:
        assert folders == ["own", "own-before-2021-11-23"]
        assert read_card(own).trained_until == "2021-11-23"
        assert read_card(own.parent / "own-before-2021-11-23") == before
    else:
        assert "Nothing was replaced." in done.out
        assert folders == ["own"]
        assert read_card(own) == before


def test_yes_asks_nothing_and_out_names_a_place(run: Run, mine: Path, own: Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trial, "better", True)
    options = ["--tune", own, "--horizon", 7, "--device", "cpu", "--yes", "--out", own.parent / "tuned"]
    assert run("update", mine, *options).code == 0
    assert sorted(path.name for path in own.parent.iterdir()) == ["own", "tuned"]
    run("update", mine, *options).assert_refused("tuned is there already")


def test_what_serves_every_market_is_not_replaced(run: Run, mine: Path) -> None:
    base = Path(__file__).resolve().parents[2] / "pretrained" / "stmp-base"
    run("update", mine, "--tune", base, "--yes").assert_refused("stmp-base serves every market", "--out")
