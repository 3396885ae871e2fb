"""``stmp report``: a file of each kind, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdf
import pytest
from pptx import Presentation

from stmp.forecast import Forecaster
from stmp.market.load import load_market
from stmp.plans import PERCENT, Content, Override, Store, anybody, overridden
from stmp.report.words import Words
from tests.commands import Outcome, Run
from tests.report.test_ways_out import texts

SCENARIO = 'name = "Late, later"\n[[festivals]]\naction = "move"\nfestival = "Late"\npeak = 2021-11-11\nto = 2021-11-13\n'


@pytest.fixture
def report(run: Run, market: Path, checkpoint: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """The command with one sensible value for each option; what is given replaces it, None takes it out."""

    def command(**changes: object) -> Outcome:
        options = {"market": market, "cutoff": "2021-10-31", "device": "cpu", "out": tmp_path / "deck.pptx", **changes}
        place = options.pop("checkpoint", checkpoint)
        return run("report", place, *(part for name, value in options.items() if value is not None for part in (f"--{name}", value)))

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


def test_a_saved_plan_is_reported_with_its_overrides(
    report: Callable[..., Outcome], market: Path, checkpoint: Path, tmp_path: Path
) -> None:
    loaded, forecaster = load_market(market), Forecaster.load(checkpoint, "cpu")
    forecast = forecaster.forecast(loaded, "2021-10-31", 10, seed=5)
    first, last = forecast.dates[0].date(), forecast.dates[-1].date()
    override = Override(first, last, PERCENT, 50.0, "a rival closes", "Ana", region="r1")
    told = {"market": "small", "data_digest": loaded.digest, "checkpoint": forecaster.card.weights_sha256, "checkpoint_name": "tiny"}
    url = f"sqlite:///{tmp_path}/plans.sqlite"
    Store(url).create("双11", Content.of(forecast, (override,), **told), anybody("Li"))
    done = report(cutoff=None, plan="双11", plans=url)
    assert (done.code, done.error) == (0, "")
    assert "another checkpoint" not in done.out
    pages = [" ".join(texts(slide)) for slide in Presentation(str(tmp_path / "deck.pptx")).slides]
    assert all("双11, version 1" in page for page in pages)
    t, planned = Words(), overridden(forecast, [override])
    (changed,) = (page for page in pages if "What was changed by hand" in page)
    for total in (np.median(one.samples.astype(float).sum(axis=(0, 1, 2))) for one in (forecast, planned)):
        assert f"{t.volume(float(total))} orders" in changed
    assert "a rival closes" in changed
    assert "Ana" in changed
    report(cutoff=None, plan="618", plans=url).assert_refused("small has no plan '618'", "'双11'")
    report(cutoff="2021-10-31", plan="双11", plans=url).assert_wrong_usage("--cutoff or --plan")
    report(cutoff=None).assert_wrong_usage("--cutoff or --plan")
    report(cutoff=None, plan="双11", plans=url, horizon=14).assert_wrong_usage("--horizon", "leave it out")


def test_what_cannot_be_made_is_refused_before_any_work(report: Callable[..., Outcome], tmp_path: Path) -> None:
    report(out=tmp_path / "deck.odp").assert_wrong_usage(".pptx, .pdf, .xlsx")
    report(lang="fr").assert_wrong_usage("'fr'")
    report(cutoff="tomorrow").assert_wrong_usage("--cutoff")
    report(brand=tmp_path / "none.toml").assert_refused("none.toml", "no such file")
    report(cutoff="2031-01-01").assert_refused("2031-01-01", "outside")
    assert not (tmp_path / "deck.pptx").exists()
