"""``stmp report``: a file of each kind, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from pptx import Presentation

from tests.commands import Outcome, Run

SCENARIO = 'name = "Late, later"\n[[festivals]]\naction = "move"\nfestival = "Late"\npeak = 2021-11-11\nto = 2021-11-13\n'


@pytest.fixture
def report(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """The command with one sensible value for each option; what is given replaces it."""

    def command(**changes: object) -> Outcome:
        options = {"market": market, "cutoff": "2021-10-31", "device": "cpu", "out": tmp_path / "deck.pptx", **changes}
        return run(
            "report", options.pop("checkpoint", checkpoint), *(part for name, value in options.items() for part in (f"--{name}", value))
        )

    return command


def test_a_deck_is_written(report: Callable[..., Outcome], tmp_path: Path) -> None:
    done = report()
    assert (done.code, done.error) == (0, "")
    assert f"Wrote {tmp_path / 'deck.pptx'}: 13 pages." in done.out
    assert len(Presentation(str(tmp_path / "deck.pptx")).slides) == 13


def test_a_scenario_a_language_and_a_brand_are_taken(report: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "later.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "brand.toml").write_text('company = "Example"\n', encoding="utf-8")
    out = tmp_path / "report.pdf"
    assert report(out=out, scenario=tmp_path / "later.toml", brand=tmp_path / "brand.toml", lang="zh", horizon=21).code == 0
    pages = [page.extract_text() for page in pypdf.PdfReader(out).pages]
    assert len(pages) == 15
    assert "小市场" in pages[0]
    assert "Example" in pages[0]
    assert all("Late, later" in page for page in pages)


def test_what_cannot_be_made_is_refused_before_any_work(report: Callable[..., Outcome], tmp_path: Path) -> None:
    report(out=tmp_path / "deck.odp").assert_wrong_usage(".pptx, .pdf, .xlsx")
    report(lang="fr").assert_wrong_usage("'fr'")
    report(cutoff="tomorrow").assert_wrong_usage("--cutoff")
    report(brand=tmp_path / "none.toml").assert_refused("none.toml", "no such file")
    report(cutoff="2031-01-01").assert_refused("2031-01-01", "outside")
    assert not (tmp_path / "deck.pptx").exists()
