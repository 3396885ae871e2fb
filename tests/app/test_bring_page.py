"""The page that makes a market of a user's own lines: asked, shown, built in the background, and offered on the other pages."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from streamlit.testing.v1 import AppTest

from app import offers
from app.parts.bring import files, meaning, words, work
from app.parts.bring.files import _below, kept
from app.pictures.outside import outside_map
from stmp.errors import StmpError
from stmp.ingest import Plan
from stmp.ingest.lines import TELL, Reason
from stmp.market.load import load_market
from tests.ingest.made import write_boundaries, write_log

Start = Callable[..., AppTest]
LINES = [(f"2020-01-{day:02d} 10:00:00", region, "food", "2") for day in range(1, 29) for region in ("a", "b")]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page in a folder that holds a log and boundaries, with both named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(meaning, "BROUGHT", tmp_path / "brought")
    monkeypatch.setattr(offers, "BROUGHT", tmp_path / "brought")
    write_log(tmp_path / "orders.csv", [*LINES, ("2020-01-03", "z", "food", "1")])
    write_boundaries(tmp_path)

    def script() -> None:
        from app.inputs import address
        from app.inputs.speech import settle_language
        from app.views.bring import page

        address.follow()
        settle_language()
        page()

    test = AppTest.from_function(script, default_timeout=60).run()
    return test


def given(page: AppTest, zone: str | None = "Asia/Shanghai", country: str = "CN") -> AppTest:
    page.text_input("bring-orders-path").set_value("orders.csv")
    page.text_input("bring-regions-path").set_value("districts.geojson").run()
    page.text_input("bring-country").set_value(country)
    if zone is not None:
        page.selectbox("bring-zone").set_value(zone)
    return page.run()


def pressed(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def counted(page: AppTest) -> AppTest:
    """The page once the lines are counted."""
    pressed(page, "Count the lines")
    work, _ = page.session_state["bring-work"]
    for _ in range(300):
        if work.waiting or not work.running:
            break
        time.sleep(0.1)
    return page.run()


def test_the_page_says_how_to_begin_and_what_the_limits_are(page: AppTest) -> None:
    assert not page.exception
    assert page.info[0].value == "Give order lines and boundaries to begin."
    assert "Files of up to" in page.caption[0].value


def test_the_time_zone_is_asked_for(page: AppTest) -> None:
    given(page, zone=None)
    assert page.info[0].value == "Choose the time zone, and name a country or give a calendar."
    assert not page.button


def test_columns_are_guessed_and_shown_with_their_first_values(page: AppTest) -> None:
    given(page)
    assert not page.exception
    shown = page.dataframe[0].value.set_index("Field")
    assert dict(shown["Column"]) == {"Time": "order_time", "District": "district", "Category": "category", "Quantity": "quantity"}
    assert shown.loc["Time", "Read as"] == "year-month-day"
    assert shown.loc["District", "First values"] == "a, b, a"


def test_a_market_is_built_after_the_user_has_seen_the_report(page: AppTest, tmp_path: Path) -> None:
    counted(given(page))
    assert [(metric.label, metric.value) for metric in page.metric] == [("Lines", "57"), ("Counted", "56"), ("Rejected", "1")]
    assert not (tmp_path / "brought" / "my-market").exists()
    pressed(page, "Make a market of the counted lines")
    assert page.success[0].value.replace("\\", "") == "my-market is in the list of markets now, at the left of the other pages."
    assert load_market(tmp_path / "brought" / "my-market").orders.sum() == 112


def test_what_is_discarded_leaves_nothing(page: AppTest, tmp_path: Path) -> None:
    pressed(counted(given(page)), "Discard")
    assert page.info[0].value == "Nothing was written."
    assert list((tmp_path / "brought").iterdir()) == []
    pressed(page, "Begin anew")
    assert "bring-work" not in page.session_state


def test_a_build_that_is_stopped_ends_after_its_step_and_leaves_nothing(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(plan: Plan, accept: object, progress: Callable[[str], None]) -> None:
        progress("counting the lines of orders")
        begun.set()
        go_on.wait(60)
        progress("writing the market")
        (tmp_path / "written").touch()

    monkeypatch.setattr(work, "build", slow)
    pressed(given(page), "Count the lines")
    begun.wait(60)
    page.run()
    assert page.status[0].label == "Counting the lines …"
    pressed(page, "Stop")
    assert page.status[0].label == "Stopping after this step …"
    assert page.button("bring-stop").disabled
    go_on.set()
    building, _ = page.session_state["bring-work"]
    building._thread.join()
    page.run()
    assert page.info[0].value == "Nothing was written."
    assert not (tmp_path / "written").exists()


def test_faults_of_the_files_are_told_all_at_once(page: AppTest, tmp_path: Path) -> None:
    write_log(tmp_path / "orders.csv", LINES, header=("a", "b", "c", "d"))
    given(page)
    assert not page.exception
    assert len(page.error) >= 2
    assert all("Remedy" in error.value for error in page.error)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.COUNTED])
def test_every_reason_is_told_as_the_library_tells_it(reason: Reason) -> None:
    assert words.wrong(reason) == TELL[reason].message
    assert words.remedy(reason)


def test_brought_markets_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "BROUGHT", tmp_path)
    assert offers.brought_markets() == ()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "market.toml").write_text("")
    assert offers.brought_markets() == (tmp_path / "mine",)


@pytest.mark.parametrize("named", ["../secret.csv", "/etc/passwd", "link/passwd"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, named: str) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(StmpError, match="this lies outside"):
        _below(tmp_path, named)


class Upload:
    """What a browser sends."""

    def __init__(self, name: str, content: bytes = b"x") -> None:
        self.name, self.file_id, self.content = name, f"id{abs(hash(name))}", content

    def getbuffer(self) -> bytes:
        return self.content


def test_an_upload_cannot_write_outside_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(files.st, "session_state", state)
    folder = kept("orders", [Upload("../../../etc/cron.d/evil.csv"), Upload("..\\x.CSV.GZ"), Upload("/abs.parquet")], files.LOGS)
    home = Path(state[files.FOLDER].name)  # type: ignore[attr-defined]
    assert folder.parent == home
    assert sorted(file.name for file in folder.iterdir()) == ["orders-1.csv", "orders-2.csv.gz", "orders-3.parquet"]
    shape = kept("regions", [Upload(f"a.{end}") for end in ("shp", "shx", "dbf", "prj")], files.SHAPES)
    assert (shape.name, len(list(shape.parent.iterdir()))) == ("regions.shp", 4)


def test_the_map_shows_outlines_and_the_points_near_them() -> None:
    square = shapely.box(116, 39, 117, 40)
    deck = json.loads(outside_map([square], [(117.5, 39.5), (2.0, 48.0)]).to_json())
    outlines, points = deck["layers"]
    assert outlines["data"]["features"][0]["geometry"]["type"] == "Polygon"
    assert points["data"] == [{"position": [117.5, 39.5]}]  # a point in Paris would make Beijing a dot
    view = deck["initialViewState"]
    assert (view["longitude"], view["latitude"]) == (116.5, 39.5)
