"""``stmp app``: what it checks before the dashboard starts, and what it tells it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Run
from tests.plans.test_claims import GOOD


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """Arguments of each dashboard that would have been started. The environment is put back afterwards."""
    found: list[list[str]] = []

    def start(program: str, arguments: list[str]) -> None:
        found.append(arguments)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", start)
    before = dict(os.environ)
    for name in ("STMP_BRAND", "STMP_SIGN_IN"):
        os.environ.pop(name, None)
    yield found
    os.environ.clear()
    os.environ.update(before)


def test_by_default_nobody_signs_in(run: Run, started: list[list[str]]) -> None:
    assert run("app").code == 0
    assert "STMP_SIGN_IN" not in os.environ
    assert not any("secrets" in argument for argument in started[0])


def test_a_file_of_the_sign_in_is_checked_and_handed_on(run: Run, started: list[list[str]], tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    run("app", "--sign-in", file).assert_refused("secrets.toml", "no such file")
    file.write_text(GOOD.replace("[roles]", "[rules]"), encoding="utf-8")
    run("app", "--sign-in", file).assert_refused("secrets.toml", "roles")
    assert started == []
    file.write_text(GOOD, encoding="utf-8")
    assert run("app", "--sign-in", file).code == 0
    (arguments,) = started
    assert {f"--secrets.files={file}", "--browser.serverAddress=plans.example.com"} <= set(arguments)
    assert os.environ["STMP_SIGN_IN"] == str(file)
    assert not any("a-secret" in argument for argument in arguments)


def test_a_brand_is_checked_and_handed_on(run: Run, started: list[list[str]], tmp_path: Path) -> None:
    file = tmp_path / "brand.toml"
    file.write_text('accent = "blue"\n', encoding="utf-8")
    run("app", "--brand", file).assert_refused("brand.toml", "accent")
    assert started == []
    file.write_text('company = "Example"\n', encoding="utf-8")
    assert run("app", "--brand", file).code == 0
    assert os.environ["STMP_BRAND"] == str(file)
