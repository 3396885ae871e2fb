"""The commands, run as a user runs them: what they write, what they print, and exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import stmp.training
from stmp import cli
from stmp.checkpoint import CARD, WEIGHTS, read_card
from stmp.config import ModelConfig, TrainingConfig
from stmp.forecast import Forecaster
from stmp.market.load import load_market
from stmp.scenario import Drop, Scenario
from stmp.simulate import SEED
from stmp.training import Progress, train
from tests.markets import small_market

BUNDLED = Path(__file__).resolve().parents[1] / "assets" / "markets" / "beijing"
UNTIL = pd.Timestamp("2021-06-30")
TINY = TrainingConfig(
    model=ModelConfig(window=14, shots=2, skip_hidden=4, hidden=4, features=4, latent=2), steps=2, batch=2, evaluate_every=2
)
COLUMNS = ["region", "category", "date", "lead", "mean", "q05", "q10", "q25", "q50", "q75", "q90", "q95"]
MANIFEST = """\
name = "small"
title = "Small market"
title_zh = "小市场"
simulated = true
time_zone = "UTC"
frequency = "D"
unit = "orders"
licence = "CC0"
source = "made for tests"
[panel]
file = "panel.csv"
absent = "missing"
[calendar]
file = "calendar.csv"
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    error: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("market", "check", folder)``: the command line in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["stmp", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return command


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    made = small_market(regions=3)
    index = pd.MultiIndex.from_product([made.regions, made.categories, made.dates], names=["region", "category", "date"])
    panel = pd.DataFrame({"orders": made.orders.ravel(), "cart_adds": made.past["cart_adds"].ravel()}, index=index)
    panel.to_csv(folder / "panel.csv", float_format="%.0f")
    calendar = pd.DataFrame({"workday": made.calendar.workday.astype(int), "festival": ""}, index=made.calendar.dates.rename("date"))
    calendar["holiday"] = made.calendar.holiday
    for occurrence in made.calendar.occurrences:
        if occurrence.peak in calendar.index:
            calendar.loc[occurrence.peak, "festival"] = occurrence.festival
    calendar.to_csv(folder / "calendar.csv")
    (folder / "market.toml").write_text(MANIFEST, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def checkpoint(market: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    train(load_market(market), folder, until=UNTIL, device="cpu", config=TINY)
    return folder


@pytest.fixture
def forecast(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> Run:
    """The forecast command with one sensible value for each option; what is given replaces it."""

    def command(**changes: object) -> Outcome:
        options = {"market": market, "cutoff": "2021-10-31", "device": "cpu", "samples": 20, "out": tmp_path / "forecast.csv", **changes}
        place = options.pop("checkpoint", checkpoint)
        return run("forecast", place, *(part for name, value in options.items() for part in (f"--{name}", value)))

    return command


def assert_refused(outcome: Outcome, *parts: str) -> None:
    """Exit code 1 and one message with all the parts and a remedy, without a traceback."""
    assert outcome.code == 1
    assert outcome.error.startswith("Error: ")
    assert "Remedy: " in outcome.error
    assert "Traceback" not in outcome.error
    for part in parts:
        assert part in outcome.error


def assert_wrong_usage(outcome: Outcome, *parts: str) -> None:
    assert outcome.code == 2
    for part in parts:
        assert part in outcome.error


@pytest.mark.parametrize("command", [["market", "simulate"], ["market", "check"], ["train"], ["forecast"], ["evaluate"], ["app"]])
def test_every_command_has_help_with_an_example(run: Run, command: Sequence[str]) -> None:
    outcome = run(*command, "--help")
    assert outcome.code == 0
    assert f"Example: stmp {' '.join(command)} " in outcome.out


def test_the_commands_are_listed(run: Run) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    assert re.findall(r"^│ (\w+) ", outcome.out, re.MULTILINE) == ["train", "forecast", "evaluate", "app", "market"]


@pytest.mark.parametrize(
    "arguments", [["paint"], ["train"], ["market", "check"], ["market", "check", "x", "--fast"], ["app", "--port", "0"]]
)
def test_wrong_usage_ends_with_2(run: Run, arguments: Sequence[str]) -> None:
    assert_wrong_usage(run(*arguments), "Usage: stmp")


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


def test_check_lists_every_problem(run: Run, market: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(market, broken)
    lines = (broken / "panel.csv").read_text().splitlines()
    lines[2] = "r0,c0,2020-01-02,-5,1"
    lines[4] = "r0,c0,2020-01-04,many,1"
    (broken / "panel.csv").write_text("\n".join(lines))
    outcome = run("market", "check", broken)
    panel = broken / "panel.csv"
    assert_refused(outcome, "the market has 2 problems", f"{panel}, row 3, column 'orders'", f"{panel}, row 5, column 'orders'", "many")


def test_a_folder_without_a_manifest_is_refused(run: Run, tmp_path: Path) -> None:
    assert_refused(run("market", "check", tmp_path), str(tmp_path / "market.toml"), "there is no such file")


@pytest.fixture
def quick_training(monkeypatch: pytest.MonkeyPatch) -> list[TrainingConfig]:
    """Shrinks the training that the command starts, and keeps the configurations it was to run with."""
    asked: list[TrainingConfig] = []

    def quick(*arguments: object, config: TrainingConfig, **named: object) -> object:
        asked.append(config)
        return train(*arguments, config=TINY, **named)

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


@pytest.mark.parametrize(
    ("until", "parts"), [("2030-01-01", ["2030-01-01", "outside small's data"]), ("2020-02-01", ["small has 32 days", "training needs"])]
)
def test_train_refuses_a_span_it_cannot_learn_from(run: Run, market: Path, tmp_path: Path, until: str, parts: list[str]) -> None:
    assert_refused(run("train", market, "--out", tmp_path / "out", "--until", until, "--device", "cpu"), *parts)
    assert not (tmp_path / "out").exists()


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


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"cutoff": "2022-01-01"}, ["2022-01-01", "2020-01-01 to 2021-12-31"]),
        ({"cutoff": "2019-12-31"}, ["2019-12-31", "2020-01-01 to 2021-12-31"]),
        ({"cutoff": "2020-01-05"}, ["small has 5 days until 2020-01-05"]),
        ({"horizon": 0}, ["the horizon is 0 days"]),
        ({"horizon": 400}, ["the calendar of small ends on 2022-03-01"]),
        ({"samples": 0}, ["0 samples"]),
        ({"market": "nowhere"}, ["nowhere/market.toml", "no such file"]),
        ({"checkpoint": "nowhere"}, [f"nowhere/{CARD}", "no such file"]),
        ({"scenario": "nowhere.toml"}, ["nowhere.toml", "no such file"]),
        ({"out": "MARKET/market.toml/x.csv"}, ["market.toml", "a file, not a folder"]),
    ],
)
def test_forecast_refuses_bad_input_and_writes_nothing(
    forecast: Run, market: Path, tmp_path: Path, changes: dict[str, object], parts: list[str]
) -> None:
    given = {name: str(value).replace("MARKET", str(market)) for name, value in changes.items()}
    assert_refused(forecast(**given), *parts)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('name = "x"\n[[festivals]]\naction = "drop"\nfestival = "Never"\npeak = 2021-11-11', ["unknown festival 'Never'", "Late, Mid"]),
        ('name = "x"\n[[recent]]\nstream = "orders"\nfactor = 2\nregions = ["r9"]', ["unknown district 'r9'", "r0, r1, r2"]),
    ],
)
def test_forecast_refuses_a_scenario_with_unknown_names(forecast: Run, tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "x.toml").write_text(text)
    assert_refused(forecast(scenario=tmp_path / "x.toml"), "scenario 'x'", *parts)
    assert [path.name for path in tmp_path.iterdir()] == ["x.toml"]


def _cut_card(folder: Path) -> None:
    text = (folder / CARD).read_text()
    (folder / CARD).write_text(text[: len(text) // 2])


def _other_schema(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(card | {"format": 99}))


def _cut_weights(folder: Path) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])


def _pickle(folder: Path) -> None:
    import torch

    torch.save({"weights": torch.zeros(3)}, folder / WEIGHTS)


def _no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


@pytest.mark.parametrize(
    ("damage", "file", "fault"),
    [
        (_cut_card, CARD, "cut short or not JSON"),
        (_other_schema, CARD, "of another schema: format"),
        (_cut_weights, WEIGHTS, "another hash"),
        (_pickle, WEIGHTS, "no safetensors"),
        (_no_weights, WEIGHTS, "missing"),
    ],
)
def test_a_damaged_checkpoint_is_refused(
    forecast: Run, checkpoint: Path, tmp_path: Path, damage: Callable[[Path], None], file: str, fault: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint, copy)
    damage(copy)
    assert_refused(forecast(checkpoint=copy), str(copy / file), fault)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_full_disk_leaves_no_half_written_file(forecast: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(frame: pd.DataFrame, path: Path, **_: object) -> None:
        path.write_text("region,cat")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    assert_refused(forecast(), "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_found_out_first(forecast: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert_refused(forecast(market="never-read"), str(tmp_path), "may not be written to")


@pytest.mark.parametrize("text", ["2021-13-01", "2021-02-30", "2021-1-5", "20210105", "2021-W01-1", "tomorrow", ""])
@pytest.mark.parametrize("option", ["cutoff", "until", "cutoffs"])
def test_a_malformed_date_is_wrong_usage_before_anything_is_read(run: Run, tmp_path: Path, option: str, text: str) -> None:
    commands = {
        "cutoff": ["forecast", "nowhere", "--market", "nowhere", "--cutoff", text, "--out", tmp_path / "x.csv"],
        "until": ["train", "nowhere", "--until", text, "--out", tmp_path / "x"],
        "cutoffs": ["evaluate", "nowhere", "--market", "nowhere", "--cutoffs", f"2021-07-01,{text}", "--out", tmp_path / "x.json"],
    }
    assert_wrong_usage(run(*commands[option]), f"--{option}", f"'{text}' is no date", "YYYY-MM-DD")


def test_an_unknown_suffix_is_wrong_usage_before_anything_is_read(run: Run, forecast: Run, tmp_path: Path) -> None:
    assert_wrong_usage(forecast(checkpoint="nowhere", market="nowhere", out=tmp_path / "x.xlsx"), "--out", "neither .csv nor .parquet")
    options = ["--market", "nowhere", "--cutoffs", "2021-07-01", "--out", tmp_path / "x.csv"]
    assert_wrong_usage(run("evaluate", "nowhere", *options), "--out", "does not end in .json")


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


@pytest.mark.parametrize(
    ("cutoffs", "against", "parts"),
    [
        ("2021-06-29", "seasonal_naive", ["2021-06-29 is earlier than the checkpoint's training end, 2021-06-30"]),
        ("2021-07-31,2021-07-31", "seasonal_naive", ["all different"]),
        ("2021-12-30", "seasonal_naive", ["nothing to compare with"]),
        ("2021-07-31", "seasonal_naive,oracle", ["unknown baseline 'oracle'", "use one of seasonal_naive, "]),
    ],
)
def test_evaluate_refuses_bad_input(
    run: Run, market: Path, checkpoint: Path, tmp_path: Path, cutoffs: str, against: str, parts: list[str]
) -> None:
    out = tmp_path / "scores.json"
    options = ["--market", market, "--cutoffs", cutoffs, "--against", against, "--out", out, "--device", "cpu"]
    assert_refused(run("evaluate", checkpoint, *options), *parts)
    assert not out.exists()


def test_app_starts_the_dashboard_with_the_markets_named(run: Run, market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def start(program: str, arguments: list[str]) -> None:
        started.append(arguments)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", start)
    monkeypatch.setattr(cli, "APP", tmp_path / "main.py")
    assert_refused(run("app"), str(tmp_path / "main.py"), "the dashboard is missing")
    (tmp_path / "main.py").touch()
    assert run("app", "--market", market, "--market", BUNDLED, "--port", 8600).code == 0
    (arguments,) = started
    assert arguments[1:5] == ["-m", "streamlit", "run", str(tmp_path / "main.py")]
    assert "--server.port=8600" in arguments
    assert arguments[arguments.index("--") :] == ["--", "--market", str(market), "--market", str(BUNDLED)]
    assert_refused(run("app", "--market", tmp_path), str(tmp_path / "market.toml"))
    assert len(started) == 1
