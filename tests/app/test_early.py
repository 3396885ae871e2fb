"""The browser is told at the start of each run what maps, charts and tables are drawn with."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from app.parts.early import PARTS, SCRIPTS, parts


def test_this_version_of_streamlit_has_every_part_once() -> None:
    assert [part.removeprefix("./static/js/").split(".")[0] for part in parts()] == list(PARTS)
    assert all((SCRIPTS / part.removeprefix("./static/js/")).is_file() for part in parts())


def test_the_page_fetches_them_before_it_asks_for_a_forecast(dashboard: Callable[..., AppTest]) -> None:
    page = dashboard()
    scripts = [one.proto.body for one in page.get("html") if one.proto.unsafe_allow_javascript]
    assert len(scripts) == 1
    assert all(part in scripts[0] for part in parts())
