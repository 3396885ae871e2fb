"""The project's standing rules: what imports what, what is pinned, and that the documents name what there is."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from stmp.cli import cli
from stmp.market.schema import Manifest
from stmp.scenario import Scenario

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = sorted((ROOT / "stmp").rglob("*.py"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
REQUIREMENTS = [*sorted(ROOT.glob("requirements*.txt")), ROOT / "benchmarks" / "requirements.txt"]
HEAVY = {
    *("torch", "numpy", "pandas", "pydantic", "scipy", "sklearn", "lightgbm", "statsforecast", "geopandas", "pandera", "streamlit"),
    *("sqlalchemy", "alembic", "psycopg", "platformdirs", "ibis", "duckdb"),
}

# A part of the library may import from itself and from what stands before it.
ORDER = [
    "errors",
    "files",
    "devices",
    "processes",
    "market",
    "ingest",
    "config",
    "simulate",
    "prior",
    "scenario",
    "hours",
    "newcomers",
    "forecast",
    "summary",
    "stock",
    "comparison",
    "plans",
    "similarity",
    "projection",
    "experience",
    "recurrence",
    "tasks",
    "batches",
    "sampling",
    "labels",
    "layout",
    "extractor",
    "model",
    "calibration",
    "checkpoint",
    "learning",
    "training",
    "pretraining",
    "forecaster",
    "conformal",
    "baselines",
    "evaluation",
    "finetuning",
    "report",
    "cli",
]
# The interface offers ``Forecaster.load``, which hands out the one implementation that has checkpoints.
EXCEPTIONS = {("forecast", "forecaster")}


def imported(file: Path) -> Iterator[str]:
    """Dotted names a file imports anywhere, also within functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import; write the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(file: Path) -> str:
    return file.relative_to(ROOT / "stmp").parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_go_one_way(file: Path) -> None:
    own = part_of(file)
    if own == "__init__":
        assert list(imported(file)) == []
        return
    assert own in ORDER, f"stmp/{own} has no place in the order of imports: give it one here and in docs/architecture.md"
    for name in imported(file):
        top, _, rest = name.partition(".")
        assert top not in ("app", "streamlit", "pydeck", "tests"), f"{file} imports {name}"
        other = rest.split(".")[0]
        if top == "stmp" and (own, other) not in EXCEPTIONS and other in ORDER:
            assert ORDER.index(other) <= ORDER.index(own), f"{file} imports {name}, which stands after it"


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_reads_a_pickle(file: Path) -> None:
    assert not {"pickle", "joblib", "dill", "shelve", "marshal"} & {name.split(".")[0] for name in imported(file)}
    assert not re.search(r"torch\.(load|save)\(|read_pickle|to_pickle|allow_pickle", file.read_text(encoding="utf-8"))


def test_help_waits_for_nothing_heavy() -> None:
    code = f"""
import sys
from stmp.cli import main
sys.argv = ["stmp", "--help"]
try:
    main()
except SystemExit as ended:
    print("code", ended.code)
print("loaded", *sorted({HEAVY!r} & set(sys.modules)))
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert printed.splitlines()[-2:] == ["code 0", "loaded"]


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_requirements_are_pinned(file: Path) -> None:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_-]+==[0-9][0-9A-Za-z.]*", line)] == []


def test_dependencies_are_stated_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"dependencies", "optional-dependencies"} <= set(project["project"]["dynamic"])
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}


def targets() -> set[str]:
    """What ``make`` offers: the phony targets."""
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return set(phony.split())


def test_the_readme_names_every_make_target_and_no_other() -> None:
    named = set(re.findall(r"`?make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"run", "test"} <= named
    assert named == targets() - {"browser", "postgres"}


@pytest.mark.parametrize("target", ["run", "setup", "test", "lint", "bench", "train"])
def test_every_make_target_has_a_recipe(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", "--always-make", target], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "-m venv .venv" in done.stdout


def test_the_port_is_taken_from_the_command_line() -> None:
    printed = subprocess.run(["make", "--dry-run", "run", "PORT=8600"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "stmp app --port 8600" in printed


def commands(file: Path) -> list[str]:
    """The ``stmp`` command lines within a document's code blocks, continued lines joined."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.removeprefix(".venv/bin/") for line in lines if re.match(r"(\.venv/bin/)?stmp ", line)]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_documented_commands_are_understood(file: Path) -> None:
    for line in commands(file):
        command, arguments = typer.main.get_command(cli), shlex.split(line, comments=True)[1:]
        while isinstance(command, TyperGroup):
            command = command.commands[arguments.pop(0)]
        command.make_context(line, arguments)


def test_the_readme_shows_every_command() -> None:
    shown = " ".join(commands(ROOT / "README.md"))
    for name in (
        "market build",
        "market simulate",
        "market check",
        "market add-district",
        "market festivals",
        "train",
        "update",
        "forecast",
        "evaluate",
        "report",
        "app",
    ):
        assert f"stmp {name} " in shown


def test_the_files_shown_in_the_readme_are_valid() -> None:
    market, scenario = re.findall(r"^```toml\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert Manifest.model_validate(tomllib.loads(market)).name == "my-market"
    assert len(Scenario.model_validate(tomllib.loads(scenario)).festivals) == 1


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
