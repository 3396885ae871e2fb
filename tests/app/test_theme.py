"""What is read and what is pointed at stands out from its ground, in both themes: WCAG AA, 4.5 to 1 for text and 3 to 1 for the rest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from app.pictures.maps import NAME, NAME_GROUND
from app.pictures.palette import ACTUAL, CHOSEN, COMPARED, FALL, FORECAST, HISTORY, PLAN, RISE
from app.pictures.printed import GREY, INK
from app.pictures.told import NIGHT

APP = Path(__file__).resolve().parents[2] / "app"
THEME = tomllib.loads((APP / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
PARTS = {"light": THEME["light"], "dark": THEME["dark"]}
PARTS |= {f"{name}-sidebar": theme | theme["sidebar"] for name, theme in PARTS.items()}
TEXT, SHAPE = 4.5, 3.0
CAPTION = 0.6  # opacity of captions, and of the titles of a table's columns

Colour = tuple[float, ...]


def colour(written: str) -> Colour:
    return tuple(int(written[at : at + 2], 16) / 255 for at in (1, 3, 5))


def over(above: Colour, below: Colour, opacity: float) -> Colour:
    return tuple(opacity * a + (1 - opacity) * b for a, b in zip(above, below, strict=True))


def luminance(seen: Colour) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in seen)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_knows_its_ends_and_the_lightest_grey_that_passes() -> None:
    assert contrast(colour("#000000"), colour("#FFFFFF")) == pytest.approx(21)
    assert contrast(colour("#767676"), colour("#FFFFFF")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("part", PARTS)
def test_text_reads_on_every_ground_of_the_page(part: str) -> None:
    theme = PARTS[part]
    grounds = [colour(theme[name]) for name in ("backgroundColor", "secondaryBackgroundColor")]
    for ground in grounds:
        text = colour(theme["textColor"])
        assert contrast(text, ground) >= TEXT
        assert contrast(over(text, ground, CAPTION), ground) >= TEXT
        for name in ("linkColor", "primaryColor"):  # the accent writes what is chosen, and is the ring around what has the focus
            assert contrast(colour(theme[name]), ground) >= TEXT, name


@pytest.mark.parametrize("part", ["light", "dark"])
def test_tinted_words_read_on_the_page_and_on_their_own_ground(part: str) -> None:
    theme = PARTS[part]
    page = colour(theme["backgroundColor"])
    assert contrast(colour(theme["grayTextColor"]), colour(theme["grayBackgroundColor"])) >= TEXT
    for name in ("orangeTextColor", "yellowTextColor"):
        assert name not in theme or contrast(colour(theme[name]), page) >= TEXT


def test_the_names_of_chosen_districts_read_on_the_accent() -> None:
    rule = re.search(r"light-dark\((#\w{6}), (#\w{6})\)", (APP / "style.css").read_text(encoding="utf-8"))
    assert rule is not None
    for part, text in zip(("light", "dark"), rule.groups(), strict=True):
        assert contrast(colour(text), colour(PARTS[part]["primaryColor"])) >= TEXT


@pytest.mark.parametrize("part", ["light", "dark"])
@pytest.mark.parametrize("line", [FORECAST, ACTUAL, HISTORY, PLAN, RISE, FALL, *(drawn for drawn, _ in COMPARED)])
def test_lines_bars_and_frames_stand_out_on_both_pages(part: str, line: str) -> None:
    page = colour(PARTS[part]["backgroundColor"])
    assert contrast(colour(line), page) >= SHAPE
    assert contrast(tuple(channel / 255 for channel in CHOSEN), page) >= SHAPE


def test_names_on_maps_read_whatever_colour_lies_below() -> None:
    name, ground = (tuple(channel / 255 for channel in given[:3]) for given in (NAME, NAME_GROUND))
    assert contrast(name, over(ground, colour("#FFFFFF"), NAME_GROUND[3] / 255)) >= TEXT  # white is the worst


def test_printed_pictures_read_on_white() -> None:
    assert contrast(colour(INK), colour("#FFFFFF")) >= TEXT
    assert contrast(colour(GREY), colour("#FFFFFF")) >= TEXT


def test_pictures_of_a_presentation_stand_on_the_dark_page_and_are_read_there() -> None:
    theme = PARTS["dark"]
    assert (NIGHT.paper, NIGHT.ink, NIGHT.grey, NIGHT.line) == tuple(
        theme[name] for name in ("backgroundColor", "textColor", "grayTextColor", "borderColor")
    )
    assert contrast(colour(NIGHT.grey), colour(NIGHT.paper)) >= TEXT
