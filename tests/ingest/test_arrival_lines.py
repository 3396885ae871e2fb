"""New days from order lines: counted as the market's own were, and appended."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stmp.errors import MarketError
from stmp.ingest import Plan
from stmp.ingest.arrivals import append_lines
from stmp.market.arrivals import Arrival
from stmp.market.load import load_market
from tests.ingest.made import built, plan_of, write_log

Line = tuple[str, str, str, str]


def lines(days: Sequence[int], regions: str = "ab") -> list[Line]:
    """Two meals a region and day; b buys no toys after the tenth."""
    found = [(f"2020-01-{day:02d} 10:00:00", region, "food", str(day)) for day in days for region in regions for _ in range(2)]
    return found + [
        (f"2020-01-{day:02d} 23:30:00", region, "toys", "3") for day in days for region in regions if day <= 10 or region == "a"
    ]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """That of a market of the first twenty days, which is built."""
    folder = tmp_path_factory.mktemp("first")
    plan = plan_of(folder, write_log(folder / "orders.csv", lines(range(1, 21))))
    built(plan)
    return plan


@pytest.fixture
def plan(first: Plan, tmp_path: Path) -> Plan:
    """The same of a copy."""
    return replace(first, out=shutil.copytree(first.out, tmp_path / "market"))


def arrived(plan: Plan, new: Sequence[Line], **options: object) -> Arrival | None:
    return append_lines(plan.out, str(write_log(plan.out.parent / "new.csv", new)), **options)  # type: ignore[arg-type]


def test_lines_of_new_days_make_the_market_of_all_lines(plan: Plan, tmp_path: Path) -> None:
    arrival = arrived(plan, lines(range(18, 29)))
    assert arrival is not None
    assert (arrival.appended, arrival.same, arrival.replaced) == (32, 12, 0)  # 8 days x 2 x 2: without a line, b's toys are known to be 0
    whole = replace(plan_of(tmp_path, write_log(tmp_path / "all.csv", lines(range(1, 29)))), out=tmp_path / "all" / "market")
    built(whole)
    assert load_market(plan.out).digest == load_market(whole.out).digest == arrival.market.digest
    again = arrived(plan, lines(range(18, 29)))
    assert again is not None
    assert not again.changed


def test_a_region_that_sold_nothing_has_zeros_not_gaps(plan: Plan) -> None:
    arrival = arrived(plan, lines(range(21, 23), "a"))
    assert arrival is not None
    assert not arrival.lacking
    np.testing.assert_array_equal(load_market(plan.out).orders[1, :, -2:], np.zeros((2, 2)))


def test_part_of_a_day_is_refused_for_it_would_change_what_is_known(plan: Plan) -> None:
    before = (plan.out / "panel.parquet").read_bytes()
    with pytest.raises(MarketError, match=r"the market has 40 for a, food on 2020-01-20 \(found '20'\)"):
        arrived(plan, lines(range(20, 22))[1:])
    assert (plan.out / "panel.parquet").read_bytes() == before


def test_columns_mean_what_they_meant_when_the_market_was_built(tmp_path: Path) -> None:
    counted = plan_of(tmp_path, write_log(tmp_path / "orders.csv", lines(range(1, 21))), maps={"orders": {"quantity": "-"}})
    built(counted)
    assert arrived(counted, lines([21])) is not None
    np.testing.assert_array_equal(load_market(counted.out).orders[:, 0, -2:], [[2, 2], [2, 2]])  # lines, not quantities


def test_rejected_lines_are_kept_beside_the_market(plan: Plan) -> None:
    arrived(plan, [*lines([21]), ("2020-01-21 10:00:00", "z", "food", "1")])
    assert "unknown_region" in (plan.out / "rejected-until-2020-01-21.csv").read_text(encoding="utf-8-sig")
    assert (plan.out / "report-until-2020-01-21.json").is_file()
    assert "2020-01-21" not in (plan.out / "rejected.csv").read_text(encoding="utf-8-sig")  # the market's own account stands


@pytest.mark.parametrize("question", ["confirm", "accept"])
def test_who_says_no_changes_nothing(plan: Plan, question: str) -> None:
    before = {file.name for file in plan.out.iterdir()}, load_market(plan.out).digest
    assert arrived(plan, lines([21]), **{question: lambda shown: False}) is None
    assert ({file.name for file in plan.out.iterdir()}, load_market(plan.out).digest) == before


def test_a_market_with_a_calendar_of_its_own_takes_lines(plan: Plan) -> None:
    days = pd.date_range("2020-01-01", "2020-02-29").strftime("%Y-%m-%d,1,,")
    (plan.out / "calendar.csv").write_text("\n".join(["date,workday,holiday,festival", *days]))
    manifest = plan.out / "market.toml"
    manifest.write_text(manifest.read_text().replace('country = "CN"', 'file = "calendar.csv"'))
    arrival = arrived(plan, lines([21]))
    assert arrival is not None
    assert arrival.appended == 4
