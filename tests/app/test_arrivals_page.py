"""New days on the page that brought the market: uploaded, appended, and told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.parts import arrivals
from stmp.market.load import load_market
from tests.ingest.made import built, plan_of, write_log

LINES = [(f"2020-01-{day:02d} 10:00:00", region, "food", "2") for day in range(1, 31) for region in ("a", "b")]


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """A market of the first twenty days."""
    plan = plan_of(tmp_path, write_log(tmp_path / "orders.csv", LINES[:40]))
    built(plan)
    return plan.out


@pytest.fixture
def page(brought: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AppTest:
    """The part, with ``new.csv`` in place of what a browser uploads, which a test cannot do."""
    monkeypatch.setattr(arrivals, "kept", lambda kind, files, endings: files[0])
    monkeypatch.setattr(arrivals.st, "file_uploader", lambda *arguments, **named: tmp_path / "new.csv")

    def script(folder: str) -> None:
        from pathlib import Path

        from app.inputs import address
        from app.inputs.speech import settle_language
        from app.parts import messages
        from app.parts.arrivals import ask_days

        address.follow()
        settle_language()
        with messages.faults_told():
            ask_days([Path(folder)])

    return AppTest.from_function(script, default_timeout=60, args=(str(brought),)).run()


def appended(page: AppTest) -> AppTest:
    assert not page.exception
    return next(button for button in page.button if button.label == "Append the days").click().run()


def test_lines_of_new_days_are_appended_and_told(page: AppTest, brought: Path, tmp_path: Path) -> None:
    write_log(tmp_path / "new.csv", [*LINES[36:48], *LINES[50:], ("2020-01-30", "z", "food", "1")])
    appended(page)
    assert not page.exception
    assert page.success[0].value == "Rows appended: 18. Rows that were there already: 4."
    for part in ("Without any row, and so missing: 2020-01-25", "Lines rejected: 1; rejected-until-2020-01-30.csv"):
        assert part in page.warning[0].value.replace("\\", "")
    assert f"{load_market(brought).cutoff:%Y-%m-%d}" == "2020-01-30"
    appended(page)
    assert page.info[0].value == "The market has all of these days already."


def test_a_table_with_another_value_is_refused_until_it_is_asked_for(page: AppTest, brought: Path, tmp_path: Path) -> None:
    page.segmented_control("arrivals-kind").set_value("days").run()
    (tmp_path / "new.csv").write_text("region,category,date,orders\na,food,2020-01-20,7\n")
    appended(page)
    assert page.error[0].value.replace("\\", "").startswith("new.csv, row 2, column 'orders'")
    assert load_market(brought).orders[0, 0, -1] == 2
    page.checkbox("arrivals-replace").check().run()
    appended(page)
    assert page.success[0].value == "Rows that replaced others: 1."
    assert load_market(brought).orders[0, 0, -1] == 7


def test_without_a_market_of_ones_own_nothing_is_asked(brought: Path) -> None:
    def script() -> None:
        from app.parts.arrivals import ask_days

        ask_days([])

    shutil.rmtree(brought)
    assert not AppTest.from_function(script).run().expander
