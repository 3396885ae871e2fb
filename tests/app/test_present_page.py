"""The presentation tells the story of the report, and the downloads are files of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import numpy as np
import openpyxl
import pypdf
import pytest
from PIL import Image
from pptx import Presentation
from streamlit.testing.v1 import AppTest

from app import brand, loading, offers
from app.formats import volume
from app.inputs.scenario import DATE_TYPE
from app.inputs.sidebar import Choice
from app.loading import Question
from app.parts.plans import reported
from app.parts.report import Subject, made, report_of
from app.pictures.told import NIGHT
from app.views import stock as stock_view
from stmp.market.load import load_market
from stmp.plans import Store, overridden
from stmp.report import Saved, pictures
from stmp.report.brand import PAPER, Brand
from stmp.report.model import Fans, Map, Report
from stmp.report.words import Words
from stmp.scenario import Drop, Scenario
from stmp.stock import Rule
from tests.app.test_plans_page import UP, content, forecast
from tests.plans.made import LI
from tests.report.test_ways_out import texts as texts_of

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
    return open_page(dashboard)


def open_page(dashboard: Start, name: str = "present", **link: object) -> AppTest:
    start = dashboard()
    (number,) = [n for n, info in start._registered_pages.items() if info.get("url_pathname") == name]
    opened = AppTest.from_file(start._script_path, default_timeout=60)
    opened._registered_pages, opened._page_hash = start._registered_pages, number
    opened.query_params.update({key: str(value) for key, value in link.items()})
    return opened.run()


def told(page: AppTest) -> str:
    return unescape("\n".join(str(element.proto.body) for element in page.get("html")))


def test_arrows_step_through_the_report(page: AppTest, choice: Choice) -> None:
    report: Report = report_of(Subject(choice), "en")
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
    pages = len(report_of(Subject(choice), "en").slides) + 1
    assert len(Presentation(io.BytesIO(made(Subject(choice), "en", ".pptx"))).slides) == pages
    assert "小市场" in pypdf.PdfReader(io.BytesIO(made(Subject(choice), "zh", ".pdf"))).pages[0].extract_text()
    assert len(openpyxl.load_workbook(io.BytesIO(made(Subject(choice), "en", ".xlsx"))).sheetnames) == pages - 1


def test_a_scenario_is_in_the_report_of_its_question(choice: Choice, here: Path) -> None:
    peak = next(o for o in load_market(here / "squares").calendar.occurrences if o.peak > choice.question.cutoff)
    dropped = Scenario(name="Without it", festivals=(Drop(festival=peak.festival, peak=peak.peak.date()),))
    report = report_of(Subject(replace(choice, question=replace(choice.question, scenario=dropped))), "en")
    assert "scenario" in [slide.key for slide in report.slides]
    assert report.origin["Scenario"] == "Without it"


def test_a_scenario_goes_by_the_name_it_is_asked_by_though_its_forecast_was_made_under_another(choice: Choice, here: Path) -> None:
    peak = next(o for o in load_market(here / "squares").calendar.occurrences if o.peak > choice.question.cutoff)
    for name in ("Without it", "没有它"):
        dropped = Scenario(name=name, festivals=(Drop(festival=peak.festival, peak=peak.peak.date()),))
        asked = replace(choice.question, scenario=dropped)
        assert loading.run(asked).forecast.scenario.name == name
        assert report_of(Subject(replace(choice, question=asked)), "en").origin["Scenario"] == name


def test_pictures_are_drawn_on_the_ground_they_are_given(choice: Choice) -> None:
    report = report_of(Subject(choice), "en")
    blocks = [block for slide in report.slides for block in slide.blocks]
    fans, places = (next(block for block in blocks if isinstance(block, kind)) for kind in (Fans, Map))
    for ground in (PAPER, NIGHT):
        words = Words("en")
        for png in (pictures.fans(fans, 6, 3, Brand(), words, ground), pictures.map_of(places, 6, 3, words, ground)):
            drawn = Image.open(io.BytesIO(png)).convert("RGB")
            assert f"#{bytes(drawn.getpixel((1, 1))).hex()}" == ground.paper.lower()


def test_a_saved_plan_is_presented_with_its_overrides(
    dashboard: Start, choice: Choice, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/plans.sqlite"
    monkeypatch.setenv("STMP_PLANS", url)
    store = Store(url)
    saved = store.create("Double 11", content(here, UP), LI)
    store.save(saved.id, content(here), LI, based_on=1)
    page = open_page(dashboard, plan=saved.id, version=1)
    assert not page.exception
    page.button(key="slide-next").click().run()
    before, after = (volume(total.middle) for total in (saved.latest.content.statistical.total, saved.latest.content.planned.total))
    assert f"The statistical forecast says {before} orders; with what was changed by hand it is {after}." in told(page)
    assert "a rival closes" in told(page)
    assert "Plan: Double 11, version 1" in told(page)
    for address in ({"plan": 77, "version": 1}, {"plan": saved.id, "version": 9}, {"plan": "x", "version": 1}):
        page.query_params.update({name: str(value) for name, value in address.items()})
        page.run()
        assert not page.exception
        assert len(page.error) == 1
        assert [link.proto.label for link in page.get("page_link")] == ["End"]  # there is no sidebar to leave by


def test_every_document_of_a_plan_tells_the_overrides_in_the_companys_look(
    choice: Choice, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brand.toml").write_text('company = "Example & Sons"\n', encoding="utf-8")
    monkeypatch.setenv("STMP_BRAND", str(tmp_path / "brand.toml"))
    plan = Subject(choice, (UP,))
    deck = Presentation(io.BytesIO(made(plan, "en", ".pptx")))
    pages = [" ".join(texts_of(slide)) for slide in deck.slides]
    assert "Example & Sons" in pages[0]
    pages += [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made(plan, "en", ".pdf"))).pages]
    assert sum("a rival closes" in page for page in pages) == 2
    book = openpyxl.load_workbook(io.BytesIO(made(plan, "en", ".xlsx")))
    cells = {cell.value for row in book["What was changed by hand"].iter_rows() for cell in row}
    planned = overridden(forecast(here), [UP])
    assert {"a rival closes", "Li", "'+25 %"} <= cells
    for total in (np.median(one.samples.astype(float).sum(axis=(0, 1, 2))) for one in (forecast(here), planned)):
        assert any(value == pytest.approx(total) for value in cells if isinstance(value, float))


def test_the_presentation_and_the_sidebar_have_the_companys_look(dashboard: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(dashboard)
    plain = told(page)
    assert "--accent: #2b7bba" in plain
    assert '<img class="logo"' not in plain
    assert brand.GROUND not in plain
    Image.new("RGB", (300, 80), "#aa3355").save(tmp_path / "logo.png")
    (tmp_path / "brand.toml").write_text('company = "Example"\nlogo = "logo.png"\naccent = "#aa3355"\n', encoding="utf-8")
    monkeypatch.setenv("STMP_BRAND", str(tmp_path / "brand.toml"))
    dressed = told(page.run())
    assert "--accent: #aa3355" in dressed
    assert '<img class="logo" alt="Example" src="data:image/png;base64,' in dressed
    assert brand.GROUND in dressed
    (tmp_path / "brand.toml").write_text("accent = 'blue'", encoding="utf-8")
    page.run()
    assert not page.exception
    assert "accent" in page.error[0].value  # told where the document is made; the dashboard goes on


def test_the_pages_of_plans_and_stock_offer_the_report_of_what_they_show(
    dashboard: Start, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/plans.sqlite"
    monkeypatch.setenv("STMP_PLANS", url)
    saved = Store(url).create("a", content(here, UP), LI)
    found: list[Subject] = []
    monkeypatch.setattr(reported, "files", found.append)
    monkeypatch.setattr(stock_view, "files", found.append)
    page = open_page(dashboard, "plans", plan=saved.id)
    assert (found[-1].overrides, found[-1].saved) == ((UP,), Saved("a", saved.latest))
    page.date_input(key="cutoff").set_value(date(2021, 11, 1)).run()
    assert found[-1].saved is None  # other days than those that were saved
    page = open_page(dashboard, "stock")
    assert (list(found[-1].rules), found[-1].supply) == ([Rule(), Rule()], None)
    page.segmented_control(key="stock-kind").set_value("costs").run()
    page.number_input(key="supply-squares-None").set_value(20_000).run()
    assert (list(found[-1].rules), found[-1].supply) == ([Rule.of_costs(3, 1)] * 2, 20_000)
    page.selectbox(key="category").set_value("c1").run()
    assert (list(found[-1].rules), found[-1].supply) == ([Rule(), Rule.of_costs(3, 1)], None)


def test_a_question_becomes_a_plan_with_one_click(dashboard: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STMP_PLANS", f"sqlite:///{tmp_path}/plans.sqlite")
    page = dashboard()
    page.radio(key="scenario").set_value(DATE_TYPE).run()
    page.button(key="save-as-plan").click().run()
    assert not page.exception
    assert page.selectbox(key="plan-squares").value == 0
    assert page.radio(key="scenario").value == DATE_TYPE
    assert any(button.key == "plan-save" for button in page.button)


def test_the_forecast_page_offers_deck_pdf_and_workbook(dashboard: Start) -> None:
    buttons = {button.proto.label for button in dashboard().get("download_button")}
    assert {"Deck", "PDF", "Workbook"} <= buttons
