"""The presentation tells the story of the report, and the downloads are files of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import openpyxl
import pypdf
import pytest
from pptx import Presentation
from streamlit.testing.v1 import AppTest

from app import loading, offers
from app.inputs.sidebar import Choice
from app.loading import Question
from app.parts.report import _made, report_of
from stmp.market.load import load_market
from stmp.report.model import Report
from stmp.scenario import Drop, Scenario

Start = Callable[..., AppTest]


@pytest.fixture
def choice(here: Path) -> Choice:
    """What the sidebar asks first."""
    loaded = loading.market(here / "squares")
    (offer, *_), _ = offers.checkpoints(loaded.market)
    first, last = offers.cutoffs(loaded.market, offer.card)
    cutoff = offers.useful_cutoff(loaded.market, first, last)
    return Choice(Question(loaded.market, offer, "auto", cutoff, 14, Scenario()), loaded, None)


@pytest.fixture
def page(dashboard: Start) -> AppTest:
    start = dashboard()
    (number,) = [n for n, info in start._registered_pages.items() if info.get("url_pathname") == "present"]
    opened = AppTest.from_file(start._script_path, default_timeout=60)
    opened._registered_pages, opened._page_hash = start._registered_pages, number
    return opened.run()


def told(page: AppTest) -> str:
    return unescape("\n".join(str(element.proto.body) for element in page.get("html")))


def test_arrows_step_through_the_report(page: AppTest, choice: Choice) -> None:
    report: Report = report_of(choice, "en")
    assert not page.exception
    for number, slide in enumerate(report.slides):
        assert f"<h1>{slide.title}" in told(page)
        assert slide.lead in told(page)
        assert "tiny" in told(page)
        assert "Simulated data" in told(page)
        assert page.button(key="slide-back").disabled == (number == 0)
        assert page.button(key="slide-next").disabled == (number == len(report.slides) - 1)
        if number < len(report.slides) - 1:
            page.button(key="slide-next").click().run()
            assert not page.exception
    page.button(key="slide-back").click().run()
    assert f"<h1>{report.slides[-2].title}" in told(page)


def test_each_download_is_a_file_of_the_report(choice: Choice) -> None:
    pages = len(report_of(choice, "en").slides) + 1
    assert len(Presentation(io.BytesIO(_made(choice, "en", ".pptx"))).slides) == pages
    assert "小市场" in pypdf.PdfReader(io.BytesIO(_made(choice, "zh", ".pdf"))).pages[0].extract_text()
    assert len(openpyxl.load_workbook(io.BytesIO(_made(choice, "en", ".xlsx"))).sheetnames) == pages - 1


def test_a_scenario_is_in_the_report_of_its_question(choice: Choice, here: Path) -> None:
    peak = next(o for o in load_market(here / "squares").calendar.occurrences if o.peak > choice.question.cutoff)
    dropped = Scenario(name="Without it", festivals=(Drop(festival=peak.festival, peak=peak.peak.date()),))
    report = report_of(replace(choice, question=replace(choice.question, scenario=dropped)), "en")
    assert "scenario" in [slide.key for slide in report.slides]
    assert report.origin["Scenario"] == "Without it"


def test_the_forecast_page_offers_deck_pdf_and_workbook(dashboard: Start) -> None:
    buttons = {button.proto.label for button in dashboard().get("download_button")}
    assert {"Deck", "PDF", "Workbook"} <= buttons
