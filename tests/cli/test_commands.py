"""The commands, run as a user runs them: what they write and what they print."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import stmp.training
from stmp import cli
from stmp.checkpoint import CARD, WEIGHTS, read_card
from stmp.config import ModelConfig, TrainingConfig
from stmp.evaluation import Backtest, study
from stmp.files import sha256
from stmp.forecast import Forecaster
from stmp.market.load import load_market
from stmp.scenario import Drop, Scenario
from stmp.simulate import SEED
from stmp.training import Progress, train
from tests.commands import Run

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "markets" / "beijing"
COLUMNS = ["region", "category", "date", "lead", "mean", "q05", "q10", "q25", "q50", "q75", "q90", "q95"]


@pytest.mark.parametrize(
    "command", [["market", "simulate"], ["market", "check"], ["train"], ["forecast"], ["evaluate"], ["update"], ["app"]]
)
def test_every_command_has_help_with_an_example(run: Run, command: Sequence[str]) -> None:
    outcome = run(*command, "--help")
    assert outcome.code == 0
    assert f"Example: stmp {' '.join(command)} " in outcome.out


def test_the_commands_are_listed(run: Run) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    listed = ["train", "pretrain", "forecast", "evaluate", "update", "report", "app", "market"]
    assert re.findall(r"^│ (\w+) ", outcome.out, re.MULTILINE) == listed


def test_simulate_writes_the_bundled_market_again(run: Run, tmp_path: Path) -> None:
    outcome = run("market", "simulate", tmp_path / "beijing", "--seed", SEED)
    assert outcome.code == 0
    for name in ("panel.csv.gz", "calendar.csv"):
        assert (tmp_path / "beijing" / name).read_bytes() == (BUNDLED / name).read_bytes()


def test_check_prints_what_the_market_holds(run: Run, market: Path) -> None:
    outcome = run("market", "check", market)
    assert outcome.code == 0
    for found in ("Small market", "2020-01-01", "2021-12-31", "Mid", "Late"):
        assert found in outcome.out


@pytest.fixture
def quick_training(monkeypatch: pytest.MonkeyPatch, tiny: TrainingConfig) -> list[TrainingConfig]:
    """Shrinks the training that the command starts, and keeps the configurations it was to run with."""
    asked: list[TrainingConfig] = []

    def quick(*arguments: object, config: TrainingConfig, **named: object) -> object:
        asked.append(config)
        return train(*arguments, config=tiny, **named)

    monkeypatch.setattr(stmp.training, "train", quick)
    return asked


def test_train_writes_a_checkpoint(run: Run, market: Path, tmp_path: Path, quick_training: list[TrainingConfig]) -> None:
    out, logs = tmp_path / "deep" / "mine", tmp_path / "logs"
    outcome = run("train", market, "--out", out, "--until", "2021-06-30", "--device", "cpu", "--seed", 3, "--logs", logs)
    assert outcome.code == 0
    card = read_card(out)
    assert (card.market, card.trained_until, card.seed) == ("small", "2021-06-30", 3)
    assert f"Wrote {out}: {card.parameters:,} parameters" in outcome.out
    assert sorted(path.name for path in out.iterdir()) == [CARD, WEIGHTS]
    assert len(list(logs.iterdir())) == 1
    assert quick_training == [TrainingConfig()]


def test_train_can_take_the_faithful_variant(run: Run, market: Path, tmp_path: Path, quick_training: list[TrainingConfig]) -> None:
    assert run("train", market, "--out", tmp_path / "out", "--device", "cpu", "--variant", "faithful").code == 0
    assert quick_training == [TrainingConfig(model=ModelConfig.faithful())]


def test_training_shows_losses_and_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    with cli.training_bar() as report:
        report(Progress(step=1, steps=4, loss=2.5, validation=float("nan"), best=float("nan"), seconds_left=9.0))
        report(Progress(step=4, steps=4, loss=1.25, validation=0.75, best=0.75, seconds_left=0.0))
    assert "4/4 training: loss 1.2500, validation 0.7500, at most 0 s left" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_forecast_writes_what_the_library_gives(forecast: Run, market: Path, checkpoint: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"forecast{suffix}"
    outcome = forecast(out=out, horizon=9, seed=5)
    assert outcome.code == 0
    assert f"Wrote {out}: 54 rows, 3 regions x 2 categories x 9 days." in outcome.out
    written = pd.read_csv(out, parse_dates=["date"]) if suffix == ".csv" else pd.read_parquet(out)
    assert list(written.columns) == COLUMNS
    assert list(written["lead"]) == 6 * list(range(1, 10))
    expected = Forecaster.load(checkpoint, "cpu").forecast(load_market(market), "2021-10-31", 9, samples=20, seed=5).to_frame()
    pd.testing.assert_frame_equal(written, expected, check_dtype=False, rtol=1e-6)


def test_forecast_writes_a_folder_partitioned_by_region(forecast: Run, market: Path, checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs" / "batch"
    assert f"Wrote {out}: 54 rows" in forecast(out=out, horizon=9, seed=5).out
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.parquet")) == [
        f"region=r{i}/forecast.parquet" for i in range(3)
    ]
    assert [path.name for path in out.parent.iterdir()] == ["batch"]
    written = pd.read_parquet(out).astype({"region": str, "category": str})[COLUMNS]
    expected = Forecaster.load(checkpoint, "cpu").forecast(load_market(market), "2021-10-31", 9, samples=20, seed=5).to_frame()
    pd.testing.assert_frame_equal(written, expected, check_dtype=False, rtol=1e-6)
    assert forecast(out=out, horizon=2).code == 0  # a former forecast is replaced, whole
    assert len(pd.read_parquet(out)) == 12


def test_an_interrupted_forecast_leaves_no_half_folder(forecast: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "batch"
    assert forecast(out=out, horizon=2).code == 0
    to_parquet, written = pd.DataFrame.to_parquet, []

    def stops(frame: pd.DataFrame, path: Path, **more: object) -> None:
        written.append(path)
        if len(written) == 2:
            raise OSError(28, "No space left on device", str(path))
        to_parquet(frame, path, **more)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", stops)
    assert "No space left on device" in forecast(out=out, horizon=3).error
    assert len(written) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["batch"]
    assert len(pd.read_parquet(out)) == 12  # the former one is there still


def test_a_forecast_replaces_no_other_files(forecast: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    outcome = forecast(checkpoint="nowhere", out=tmp_path)
    assert outcome.code == 1
    assert "this folder holds other files, which a forecast would replace. Remedy: name a new folder." in outcome.error
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_same_seed_gives_the_same_file(forecast: Run, tmp_path: Path) -> None:
    for name, seed in (("a.csv", 1), ("b.csv", 1), ("c.csv", 2)):
        assert forecast(out=tmp_path / name, seed=seed).code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "c.csv").read_bytes()


def test_forecast_takes_a_scenario(forecast: Run, market: Path, checkpoint: Path, tmp_path: Path) -> None:
    scenario = Scenario(name="no festival", festivals=(Drop(festival="Late", peak=date(2021, 11, 11)),))
    scenario.write(tmp_path / "none.toml")
    assert forecast(out=tmp_path / "plain.csv").code == 0
    assert forecast(out=tmp_path / "dropped.csv", scenario=tmp_path / "none.toml").code == 0
    plain, dropped = (pd.read_csv(tmp_path / name, parse_dates=["date"]) for name in ("plain.csv", "dropped.csv"))
    expected = Forecaster.load(checkpoint, "cpu").forecast(load_market(market), "2021-10-31", 14, scenario, samples=20).to_frame()
    pd.testing.assert_frame_equal(dropped, expected, check_dtype=False, rtol=1e-6)
    peak = plain["date"] == "2021-11-11"
    assert (plain["mean"] > 1.5 * dropped["mean"])[peak].all()


def test_a_cutoff_the_checkpoint_has_learned_past_is_noted(forecast: Run) -> None:
    assert "learned from days until 2021-06-30" in forecast(cutoff="2021-06-29").out
    assert "learned from days" not in forecast(cutoff="2021-06-30").out


def test_evaluate_writes_scores_and_prints_them(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    cutoffs = "2021-07-31,2021-11-07"
    options = ["--market", market, "--cutoffs", cutoffs, "--horizon", 7, "--against", "seasonal_naive,shrunk_uplift", "--out", out]
    outcome = run("evaluate", checkpoint, *options, "--device", "cpu")
    assert outcome.code == 0
    content = json.loads(out.read_text(encoding="utf-8"))
    assert (content["market"], content["trained_until"], content["horizon"]) == ("small", "2021-06-30", 7)
    assert content["cutoffs"] == cutoffs.split(",")
    pooled = {(score["model"], score["segment"]): score for score in content["scores"] if score["cutoff"] == "all"}
    assert {model for model, _ in pooled} == {"stmp", "seasonal_naive", "shrunk_uplift"}
    assert {segment for _, segment in pooled} == {"ordinary", "festival", "all"}
    assert pooled["stmp", "all"]["days"] == 14
    assert {"wape", "mse_rel", "mase", "bias", "crps", "coverage80"} <= pooled["stmp", "all"].keys()
    assert "small (simulated data), 2 cutoffs, 7 days" in outcome.out
    for (model, segment), score in pooled.items():
        assert re.search(rf"{model} +│ {segment} +│ {score['days']} +│ +{score['wape']:.3f} ", outcome.out)


def test_evaluate_writes_the_cells_that_the_dashboard_reads(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> None:
    cells = tmp_path / "backtest.parquet"
    options = ["--market", market, "--cutoffs", "2021-07-31,2021-11-07", "--horizon", 7, "--against", "seasonal_naive", "--device", "cpu"]
    outcome = run("evaluate", checkpoint, *options, "--out", tmp_path / "scores.json", "--cells", cells)
    assert outcome.code == 0
    assert f"Wrote {cells}." in outcome.out
    backtest = Backtest.read(cells)
    assert backtest.provenance.weights_sha256 == sha256(checkpoint / "model.safetensors")
    assert backtest.provenance.data_digest == load_market(market).digest
    table = study.by_kind(study.districts(backtest.cells)).set_index(["model", "kind"])
    content = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    for score in (score for score in content["scores"] if score["cutoff"] == "all"):
        found = table.loc[score["model"], score["segment"]]
        assert found["wape"] == pytest.approx(score["wape"], rel=1e-3)
        assert found["in80"] == score["coverage80"]


def test_app_starts_the_dashboard_with_the_markets_named(run: Run, market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def start(program: str, arguments: list[str]) -> None:
        started.append(arguments)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", start)
    monkeypatch.setattr(cli, "APP", tmp_path / "main.py")
    run("app").assert_refused(str(tmp_path / "main.py"), "the dashboard is missing")
    (tmp_path / "main.py").touch()
    assert run("app", "--market", market, "--market", BUNDLED, "--port", 8600).code == 0
    (arguments,) = started
    assert arguments[1:5] == ["-m", "streamlit", "run", str(tmp_path / "main.py")]
    assert {"--server.port=8600", "--server.address=127.0.0.1"} <= set(arguments)
    assert arguments[arguments.index("--") :] == ["--", "--market", str(market), "--market", str(BUNDLED)]
    run("app", "--market", tmp_path).assert_refused(str(tmp_path / "market.toml"))
    assert len(started) == 1
