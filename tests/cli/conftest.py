"""A small market folder, a checkpoint trained on it, and the command line run in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from stmp import cli
from stmp.config import ModelConfig, TrainingConfig
from stmp.market.load import load_market
from stmp.training import train
from tests.commands import Outcome, Run
from tests.markets import small_market, write_tables

UNTIL = pd.Timestamp("2021-06-30")
TINY = TrainingConfig(
    model=ModelConfig(window=14, shots=2, skip_hidden=4, hidden=4, features=4, latent=4), steps=2, batch=2, evaluate_every=2
)
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


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    made = small_market(regions=3)
    write_tables(made, folder)
    (folder / "market.toml").write_text(MANIFEST, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def checkpoint(market: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    train(load_market(market), folder, until=UNTIL, device="cpu", config=TINY)
    return folder


@pytest.fixture
def tiny() -> TrainingConfig:
    """The smallest training there is."""
    return TINY


@pytest.fixture
def forecast(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> Run:
    """The forecast command with one sensible value for each option; what is given replaces it."""

    def command(**changes: object) -> Outcome:
        options = {"market": market, "cutoff": "2021-10-31", "device": "cpu", "samples": 20, "out": tmp_path / "forecast.csv", **changes}
        place = options.pop("checkpoint", checkpoint)
        return run("forecast", place, *(part for name, value in options.items() for part in (f"--{name}", value)))

    return command
