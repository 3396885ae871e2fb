"""Bad input ends with 1 and wrong usage with 2; each says what to do, and neither leaves a file behind."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from stmp.checkpoint import CARD, WEIGHTS
from tests.commands import Run


@pytest.mark.parametrize(
    "arguments", [["paint"], ["train"], ["market", "check"], ["market", "check", "x", "--fast"], ["app", "--port", "0"]]
)
def test_wrong_usage_ends_with_2(run: Run, arguments: Sequence[str]) -> None:
    run(*arguments).assert_wrong_usage("Usage: stmp")


def test_check_lists_every_problem(run: Run, market: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(market, broken)
    lines = (broken / "panel.csv").read_text().splitlines()
    lines[2] = "r0,c0,2020-01-02,-5,1"
    lines[4] = "r0,c0,2020-01-04,many,1"
    (broken / "panel.csv").write_text("\n".join(lines))
    outcome = run("market", "check", broken)
    panel = broken / "panel.csv"
    outcome.assert_refused("the market has 2 problems", f"{panel}, row 3, column 'orders'", f"{panel}, row 5, column 'orders'", "many")


def test_a_folder_without_a_manifest_is_refused(run: Run, tmp_path: Path) -> None:
    run("market", "check", tmp_path).assert_refused(str(tmp_path / "market.toml"), "there is no such file")


@pytest.mark.parametrize(
    ("until", "parts"), [("2030-01-01", ["2030-01-01", "outside small's data"]), ("2020-02-01", ["small has 32 days", "training needs"])]
)
def test_train_refuses_a_span_it_cannot_learn_from(run: Run, market: Path, tmp_path: Path, until: str, parts: list[str]) -> None:
    run("train", market, "--out", tmp_path / "out", "--until", until, "--device", "cpu").assert_refused(*parts)
    assert not (tmp_path / "out").exists()


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
    forecast(**given).assert_refused(*parts)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            'name = "x"\n[[festivals]]\naction = "drop"\nfestival = "Never"\npeak = 2021-11-11',
            ["festivals.0.festival: unknown festival 'Never'. Remedy: ", "Late, Mid"],
        ),
        (
            'name = "x"\n[[festivals]]\naction = "drop"\nfestival = "Late"\npeak = 2021-11-12',
            ["festivals.0.peak: no peak of Late begins on 2021-11-12. Remedy: ", "2021-11-11"],
        ),
        (
            'name = "x"\n[[recent]]\nstream = "orders"\nfactor = 2\nregions = ["r9"]',
            ["recent.0.regions: unknown district 'r9'. Remedy: ", "r0, r1, r2"],
        ),
    ],
)
def test_forecast_refuses_a_scenario_with_unknown_names(forecast: Run, tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "x.toml").write_text(text)
    place, remedy = parts
    forecast(scenario=tmp_path / "x.toml").assert_refused(f"{tmp_path / 'x.toml'}: {place}", remedy)
    assert [path.name for path in tmp_path.iterdir()] == ["x.toml"]


def test_a_report_refuses_a_scenario_with_unknown_names(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> None:
    scenario, out = tmp_path / "x.toml", tmp_path / "x.pdf"
    scenario.write_text('[[facts]]\nregion = "r0"\nname = "income"\nvalue = 1')
    options = ["--market", market, "--cutoff", "2021-10-31", "--device", "cpu", "--scenario", scenario, "--out", out]
    run("report", checkpoint, *options).assert_refused(f"{scenario}: facts.0.name: unknown district fact 'income'. Remedy: use one of: ")
    assert not out.exists()


def test_a_folder_that_is_a_file_is_refused_in_words_that_fit_every_command(run: Run, market: Path, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    refused = (f"{file}: this is a file, not a folder. Remedy: choose another folder.",)
    run("market", "simulate", file).assert_refused(*refused)
    run("train", market, "--out", file).assert_refused(*refused)
    assert file.read_text() == "mine"


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
    forecast(checkpoint=copy).assert_refused(str(copy / file), fault)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_full_disk_leaves_no_half_written_file(forecast: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(frame: pd.DataFrame, path: Path, **_: object) -> None:
        path.write_text("region,cat")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    forecast().assert_refused("No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_found_out_first(forecast: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    forecast(market="never-read").assert_refused(str(tmp_path), "may not be written to")


@pytest.mark.parametrize("text", ["2021-13-01", "2021-02-30", "2021-1-5", "20210105", "2021-W01-1", "tomorrow", ""])
@pytest.mark.parametrize("option", ["cutoff", "until", "cutoffs"])
def test_a_malformed_date_is_wrong_usage_before_anything_is_read(run: Run, tmp_path: Path, option: str, text: str) -> None:
    commands = {
        "cutoff": ["forecast", "nowhere", "--market", "nowhere", "--cutoff", text, "--out", tmp_path / "x.csv"],
        "until": ["train", "nowhere", "--until", text, "--out", tmp_path / "x"],
        "cutoffs": ["evaluate", "nowhere", "--market", "nowhere", "--cutoffs", f"2021-07-01,{text}", "--out", tmp_path / "x.json"],
    }
    run(*commands[option]).assert_wrong_usage(f"--{option}", f"'{text}' is no date", "YYYY-MM-DD")


def test_an_unknown_suffix_is_wrong_usage_before_anything_is_read(run: Run, forecast: Run, tmp_path: Path) -> None:
    forecast(checkpoint="nowhere", market="nowhere", out=tmp_path / "x.xlsx").assert_wrong_usage("--out", "neither .csv nor .parquet")
    options = ["--market", "nowhere", "--cutoffs", "2021-07-01", "--out", tmp_path / "x.csv"]
    run("evaluate", "nowhere", *options).assert_wrong_usage("--out", "does not end in .json")
    options[-1] = tmp_path / "x.json"
    run("evaluate", "nowhere", *options, "--cells", tmp_path / "x.csv").assert_wrong_usage("--cells", "does not end in .parquet")


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
    run("evaluate", checkpoint, *options).assert_refused(*parts)
    assert not out.exists()
