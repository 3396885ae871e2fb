"""The switch in the sidebar turns every page into Chinese: texts, numbers, dates, districts, charts and the map."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Page, expect

from app.inputs.address import scenario_text
from app.language import CHINESE, ENGLISH, LANGUAGES, catalogue
from benchmarks.browser import come_to_rest
from stmp.scenario import Move, Scenario
from tests.app.browser import Visit, drawn, figures, holds, main, point, ranked, sidebar

# In the order of a walk: the page's name, and a heading that it has in no other place.
PAGES = {
    "Forecast": "Districts ranked",
    "What-if": "From ordinary days to this scenario",
    "Plans": "Overrides",
    "Stock": "How much to stock",
    "Similarity": "What this scenario resembles",
    "Accuracy": "Past festivals",
    "About this market": "Streams and gaps",
    "Bring your data": "Bring your data",
    "Add to a market": "Add to a market",
}
# Names of methods, measures, formats, places and files are the same in both languages.
NAMES = r"""
    STMP | LightGBM | AutoETS | PCA | UMAP | WAPE | MSE | CRPS | CPU | GPU | CSV | PNG | SVG | PDF | TOML | SHA-256
    | Apache-2\.0 | BSD-3-Clause | Asia/Shanghai | (?:python|stmp|torch|numpy|pandas)\ \d[\w.+]*
    | (?:pretrained|runs|assets)/[\w/-]+ | [\w./]+\.(?:csv|gz|geojson|toml) | stmp\ \w+\ \w+ | English | Language
    | \d\ MB | /[\w./-]+ | beijing | [0-9a-f]{12,}
    | \b(?:date|category|orders)\b
"""
# Text nodes that are seen, those of a table on its canvas, and of charts; not what the browser draws as icons, nor file and column names,
# set as code. Streamlit's link to skip to the content is seen only while the keyboard is on it, and is the same in every language.
SEEN = """() => {
    const texts = new Set()
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
        const text = walk.currentNode.textContent.trim(), within = walk.currentNode.parentElement
        if (!text || within.closest("script, style, code, [data-testid=stSkipToContent]")) continue
        if (getComputedStyle(within).fontFamily.includes("Material")) continue
        const { width, height } = within.getBoundingClientRect()
        const painted = within.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && width > 2 && height > 2
        if (painted || within.closest("canvas")) texts.add(text)
    }
    return [...texts]
}"""


def english(page: Page) -> list[str]:
    """Texts in view with a word of Latin letters that is no name."""
    named = re.compile(NAMES, re.VERBOSE)
    return [text for text in page.evaluate(SEEN) if re.search("[A-Za-z]{2,}", named.sub("", text))]


def switch(page: Page, language: str) -> str:
    sidebar(page).get_by_text(LANGUAGES[language], exact=True).click()
    holds(page, "language", language)
    return language


def shows(page: Page, heading: str) -> None:
    expect(main(page).get_by_role("heading", name=heading, exact=True)).to_be_visible()
    come_to_rest(page)


def in_chinese(text: str) -> str:
    return catalogue(CHINESE)[None, text]


def test_every_page_is_chinese_once_switched_and_stays_so(visit: Visit) -> None:
    """A walk over all pages: the language is switched on each, and kept on the way to the next."""
    named = Scenario(name="A", festivals=(Move(festival="Double 11", peak=date(2019, 11, 11), to=date(2019, 11, 8)),))
    page = visit(market="beijing", cutoff="2019-10-31", what=scenario_text(named))
    language = ENGLISH
    for name, heading in PAGES.items():
        sidebar(page).get_by_role("link", name=name if language == ENGLISH else in_chinese(name)).click()
        if language == ENGLISH:
            shows(page, heading)
            assert len(english(page)) > 20  # so the scan does see English
            language = switch(page, CHINESE)
            shows(page, in_chinese(heading))
            assert english(page) == [], name
        else:
            shows(page, in_chinese(heading))
            assert english(page) == [], name
            language = switch(page, ENGLISH)
            shows(page, heading)


def test_every_slide_of_the_presentation_is_chinese(visit: Visit) -> None:
    page = visit("present", shows=[], market="beijing", cutoff="2019-10-31", language=CHINESE)
    titles = []
    while True:
        come_to_rest(page)
        assert english(page) == [], titles
        titles.append(main(page).get_by_role("heading", level=1).inner_text())
        step = main(page).get_by_role("button", name=in_chinese("Next"))
        if step.is_disabled():
            break
        page.keyboard.press("ArrowRight")
    assert len(set(titles)) == len(titles) > 5


def test_numbers_dates_districts_map_and_charts_are_chinese(visit: Visit) -> None:
    page = visit(market="beijing", cutoff="2019-10-31", language=CHINESE)
    total, peak, *_ = figures(page, 4)
    assert re.match(r"14 天合计\s+[\d.]+ 万 ?单", total), total
    assert re.match(r"高峰日\s+11月11日 周一", peak), peak
    expect(main(page)).to_contain_text("截至 2019年10月31日 周四")
    districts = [next(text for text in row if text) for row in ranked(page)]
    assert len(districts) == 18
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", name) for name in districts), districts
    ticks = drawn(page, "series", "[...chart.querySelectorAll('.xtick text, .ytick text')].map(tick => tick.textContent)")
    assert any("月" in tick for tick in ticks), ticks
    assert any("万" in tick for tick in ticks), ticks
    assert "预测，中位数" in drawn(page, "series", "chart.data.map(line => line.name)")
    name, value, interval = point(page, 0.5, 0.55, "区").split("\n")
    assert re.fullmatch(r"总量[：:] ?[\d.,]+( 万)?", value), value
    assert interval.endswith("单"), interval
    assert name in districts


def test_the_frameworks_own_words_at_a_file_and_a_text_box_are_chinese(visit: Visit) -> None:
    page = visit("bring", shows=[], language=CHINESE)
    told = main(page).locator(".st-key-bring-calendar").get_by_test_id("stFileUploaderDropzoneInstructions")
    limit = told.evaluate("element => getComputedStyle(element, '::after').content")
    assert in_chinese("Up to {size} MB for each file").format(size=200) in limit
    assert "CSV" in limit
    main(page).locator(".st-key-bring-orders-path input").fill("orders.csv")
    enter = main(page).get_by_test_id("InputInstructions").evaluate("element => getComputedStyle(element, '::before').content")
    assert in_chinese("Enter applies it") in enter
    assert english(page) == []
