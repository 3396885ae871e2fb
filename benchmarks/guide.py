"""The pictures of docs/guide.md, taken from the running dashboard with the bundled market: ``python -m benchmarks.guide``."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Page

from app.inputs.address import scenario_text
from benchmarks.browser import CHROMIUM, NO_CHROMIUM, ROOT, chromium, come_to_rest, served, visitor
from benchmarks.screenshots import ASKED, SCENARIOS, Shot, show

OUT = ROOT / "docs" / "pictures"
WIDTH, COLOURS = 1000, 256  # at most
MARGIN = 14  # pixels around what is shown
NOWHERE = (700, 5)  # where the pointer changes nothing
HEADING = "[data-testid=stLayoutWrapper]:has(> [data-testid=stHorizontalBlock] [data-testid=stColumn] h3)"
FIGURES = "[data-testid=stGrid]:has([data-testid=stMetric])"
MAP = "[data-testid=stGridCell]:has([data-testid=stDeckGlJsonChart])"
MAP_AND_DAYS = "[data-testid=stGrid]:has([data-testid=stDeckGlJsonChart])"
STOCK = ".st-key-downloads-stock-quantities"
DOWNLOADS = ".st-key-downloads-forecast-districts"


@dataclass(frozen=True)
class Picture:
    """What is opened, what is done there, and which elements must be on the picture; the smallest part that holds them is shown."""

    shot: Shot
    shows: tuple[str, ...]
    do: Callable[[Page], object] = come_to_rest


def peak_day_in_uplift(page: Page) -> None:
    page.get_by_role("combobox", name="Colour").click()
    page.get_by_role("option", name="Uplift").click()
    page.locator("[data-testid=stMain] input[type=range]").press("End")


def open_downloads(page: Page) -> None:
    page.locator(DOWNLOADS).get_by_role("button", name="Data").click()


PICTURES = [
    Picture(Shot("forecast", "", ASKED), ("[data-testid=stSidebar] h1, [data-testid=stSidebarHeader]", MAP_AND_DAYS)),
    Picture(Shot("peak-day", "", ASKED), (MAP,), peak_day_in_uplift),
    Picture(Shot("district", "", {**ASKED, "districts": "110105"}), (HEADING, FIGURES, MAP_AND_DAYS)),
    Picture(Shot("what-if", "what-if", {**ASKED, "what": scenario_text(SCENARIOS[0])}), (HEADING, FIGURES, ".st-key-scenarios-days")),
    Picture(Shot("festivals", "accuracy", ASKED), (".st-key-downloads-accuracy-festivals", ".st-key-accuracy-festivals")),
    Picture(Shot("stock", "stock", ASKED), (".st-key-stock-kind", FIGURES, STOCK, f"[data-testid=stDataFrame]:below({STOCK})")),
    Picture(Shot("download", "", ASKED), (DOWNLOADS, "[data-testid=stPopoverBody]", "[data-testid=stDataFrame] >> nth=0"), open_downloads),
]


def main() -> None:
    """Take the pictures anew."""
    if CHROMIUM is None:
        sys.exit(NO_CHROMIUM)
    OUT.mkdir(exist_ok=True)
    with chromium() as browser, served() as server:
        for picture in PICTURES:
            page = visitor(browser)
            show(page, server, picture.shot)
            picture.do(page)
            page.mouse.move(*NOWHERE)
            page.wait_for_timeout(1000)
            come_to_rest(page)
            keep(picture, page)
            page.context.close()


def keep(picture: Picture, page: Page) -> None:
    """The part of the page as a small file: narrower, and in few colours, which these pages have."""
    boxes = [page.locator(part).first.bounding_box() for part in picture.shows]
    assert all(boxes), picture.shot.name
    left, top = (max(0, min(box[side] for box in boxes) - MARGIN) for side in ("x", "y"))
    right, bottom = (max(box[side] + box[size] for box in boxes) + MARGIN for side, size in (("x", "width"), ("y", "height")))
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    image.thumbnail((WIDTH, image.height), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(OUT / f"{picture.shot.name}.png", optimize=True)


if __name__ == "__main__":
    main()
