"""``stmp market build``: what is shown, asked and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Run
from tests.ingest.made import cells, plan_of, write_boundaries, write_log

LINES = [(f"2020-01-{day:02d} 10:00:00", region, "food", "2") for day in range(1, 29) for region in ("a", "b")]


@pytest.fixture
def build(run: Run, tmp_path: Path) -> Run:
    """The command with one sensible value for each option; what is given is added."""
    orders = write_log(tmp_path / "orders.csv", [*LINES, ("2020-01-03", "z", "food", "1"), ("soon", "a", "food", "1")])

    def command(*more: object) -> object:
        needed = ["--orders", orders, "--regions", write_boundaries(tmp_path), "--time-zone", "Asia/Shanghai", "--country", "CN"]
        return run("market", "build", tmp_path / "market", *needed, *more)

    return command  # type: ignore[return-value]


def test_a_market_is_built_that_the_other_commands_read(build: Run, run: Run, tmp_path: Path) -> None:
    done = build("--yes", "--title", "My city")
    assert done.code == 0
    for part in ("order_time", "2020-01-01 10:00:00", "year-month-day", "no id: repeats are not looked for"):
        assert part in done.out
    for part in ("58 lines, 56 counted (112 in all), 2 rejected", "row 58", "row 59", "regions without a line, which are left out: c"):
        assert part in done.out
    assert sum(cells(plan_of(tmp_path, "")).values()) == 112
    assert "My city" in run("market", "check", tmp_path / "market").out
    report = json.loads((tmp_path / "market" / "report.json").read_text(encoding="utf-8"))
    assert [(r["reason"], r["lines"]) for r in report["logs"][0]["rejections"]] == [("bad_time", 1), ("unknown_region", 1)]


@pytest.mark.parametrize(("answers", "asked"), [("n\n", "Is this what the columns mean?"), ("y\nn\n", "Build the market without 2 lines?")])
def test_the_user_is_asked_and_may_say_no(build: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: str, asked: str) -> None:
    replies = iter(answers.split())
    questions: list[str] = []

    def confirm(text: str, default: bool) -> bool:
        questions.append(text)
        return next(replies) == "y"

    monkeypatch.setattr("typer.confirm", confirm)
    build().assert_refused("nothing was written")
    assert questions[-1] == asked
    assert not (tmp_path / "market").exists()


def test_wrong_words_are_refused(build: Run) -> None:
    build("--yes", "--map", "colour=red").assert_refused("'colour=red' maps nothing")
    build("--yes", "--limit", "colour=1").assert_refused("is no limit")
    build("--yes", "--from", "soon").assert_wrong_usage("--from")
    build("--yes", "--datum", "NAD27").assert_wrong_usage("--datum")


def test_a_market_that_is_there_is_left_alone(build: Run, tmp_path: Path) -> None:
    assert build("--yes").code == 0
    build("--yes").assert_refused("this market is there already")
    assert build("--yes", "--replace").code == 0
