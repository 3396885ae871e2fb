"""Paired differences and steps, held against numbers worked out by hand and against single samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from stmp.comparison import along, cells, effect, steps, waterfall
from stmp.forecast import Forecast
from stmp.market import Calendar, Occurrence
from stmp.scenario import Days, Fact, Move, Recent, Scenario
from tests.markets import small_market
from tests.small import forecaster_of

LATE = date(2021, 11, 11)
DATES = pd.date_range("2021-07-01", periods=2)


def forecast_of(samples: list) -> Forecast:
    """[R, C, H, S] nested lists, for regions and categories a, b, ... and two days."""
    drawn = np.array(samples, dtype=np.float32)
    regions, categories = (tuple("abcd"[: drawn.shape[axis]]) for axis in (0, 1))
    return Forecast("by hand", regions, categories, DATES, DATES[0] - pd.Timedelta(days=1), drawn, 0, Scenario())


@pytest.fixture
def plan() -> Forecast:
    """Two regions, one category, three samples that differ widely."""
    return forecast_of([[[[10, 20, 30], [40, 40, 40]]], [[[300, 200, 100], [0, 0, 0]]]])


@pytest.fixture
def what_if(plan: Forecast) -> Forecast:
    """Five more in the first region on each day, in every sample, and nothing else."""
    return replace(plan, samples=plan.samples + np.array([5, 0], dtype=np.float32)[:, None, None, None])


def test_an_effect_holds_the_difference_and_not_the_spread(plan: Forecast, what_if: Forecast) -> None:
    seen = effect(what_if, plan)
    assert seen.change == pytest.approx((10, 10, 10))  # the totals themselves run from 170 to 350
    assert seen.total.middle == pytest.approx(270)
    assert seen.relative.middle == pytest.approx(10 / 260)
    assert effect(what_if, plan, regions=[1]).change == (0, 0, 0)


def test_a_row_per_region_category_or_day(plan: Forecast, what_if: Forecast) -> None:
    regions = along(what_if, plan, "R")
    assert list(regions.index) == ["a", "b"]
    assert regions["baseline"].tolist() == [60, 200]
    assert regions["total"].tolist() == [70, 200]
    assert regions["change"].tolist() == [10, 0]
    assert regions["relative"].tolist() == pytest.approx([10 / 60, 0])
    days = along(what_if, plan, "H", regions=[0])
    assert list(days.index) == list(DATES)
    assert days[["low", "change", "high"]].to_numpy().tolist() == [[5, 5, 5]] * 2
    assert along(what_if, plan, "C")["change"].tolist() == [10]
    assert list(along(what_if, plan, "R", regions=[1]).index) == ["b"]


def test_a_share_of_nothing_is_no_number(plan: Forecast, what_if: Forecast) -> None:
    nothing = replace(plan, samples=np.zeros_like(plan.samples))
    assert along(what_if, nothing, "R")["relative"].isna().all()


def test_cells_are_changes_of_each_region_and_category(plan: Forecast, what_if: Forecast) -> None:
    table = cells(what_if, plan)
    assert table.loc["a", "a"] == pytest.approx(10 / 60)
    assert table.loc["b", "a"] == 0


@pytest.mark.parametrize("other", [{"seed": 1}, {"regions": ("a", "c")}, {"cutoff": DATES[0]}, {"samples": np.ones((2, 1, 2, 4))}])
def test_forecasts_that_share_no_draws_are_not_compared(plan: Forecast, other: dict) -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        effect(replace(plan, **other), plan)


def test_a_model_s_forecasts_are_paired() -> None:
    """Where a scenario changes the recent past of one region alone, the samples of a plan and a what-if differ there and nowhere else."""
    market = small_market()
    forecaster = forecaster_of(market)
    recent = Scenario(name="more", recent=(Recent(stream="orders", factor=1.5, regions=("r1",)),))
    before, after = (forecaster.forecast(market, "2021-11-01", 7, scenario, samples=40) for scenario in (Scenario(), recent))
    table = along(after, before, "R")
    assert table.loc["r1", "change"] > 0
    assert (table.loc["r1", "high"] - table.loc["r1", "low"]) < 0.5 * np.ptp(before.total("CH")[1])
    assert effect(after, before).relative == effect(after, before).relative


def test_the_steps_add_up_to_the_last_total(plan: Forecast, what_if: Forecast) -> None:
    third = replace(plan, samples=plan.samples * np.float32(0.7))
    table = waterfall([plan, what_if, third])
    assert table["total"].tolist() == pytest.approx([plan.samples.sum() / 3, plan.samples.sum() / 3 + 10, 0.7 * plan.samples.sum() / 3])
    assert table["change"].sum() == pytest.approx(table["total"].iloc[-1], rel=1e-15)
    assert table.loc[1, ["low", "high"]].tolist() == pytest.approx([10, 10])
    assert waterfall([plan, what_if], regions=[1])["change"].tolist() == [200, 0]


def kinds(scenario: Scenario, calendar: Calendar, first: str = "2021-11-02", days: int = 14) -> list[str]:
    return [step.kind for step in steps(scenario, calendar, pd.date_range(first, periods=days))]


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return small_market().calendar


MOVE = Move(festival="Late", peak=LATE, to=date(2021, 11, 8))
DAY = Days(first=date(2021, 11, 3), last=date(2021, 11, 3), types={"Mid · peak": 1.0})
MORE = Recent(stream="cart_adds", factor=2)
PEOPLE = Fact(region="r0", name="population", value=1)


def test_steps_lead_from_ordinary_days_to_the_scenario(calendar: Calendar) -> None:
    scenario = Scenario(name="all", festivals=(MOVE,), days=(DAY,), recent=(MORE,), facts=(PEOPLE,))
    found = steps(scenario, calendar, pd.date_range("2021-11-02", periods=14))
    assert [step.kind for step in found] == ["ordinary", "festivals", "changed", "days", "recent", "facts"]
    assert found[1].scenario == Scenario()
    assert found[2].scenario.festivals == (MOVE,)
    assert (found[2].scenario.days, found[3].scenario.days, found[3].scenario.recent) == ((), (DAY,), ())
    assert (found[4].scenario.recent, found[4].scenario.facts) == ((MORE,), ())
    assert found[-1].scenario == scenario


def test_steps_that_change_nothing_are_left_out(calendar: Calendar) -> None:
    assert kinds(Scenario(name="carts", recent=(MORE,)), calendar) == ["ordinary", "festivals", "recent"]
    assert kinds(Scenario(name="renamed"), calendar) == ["ordinary", "festivals"]
    assert kinds(Scenario(), calendar, "2021-08-02") == ["ordinary"]
    assert steps(Scenario(), calendar, pd.date_range("2021-08-02", periods=14))[0].scenario == Scenario()


def types(calendar: Calendar, scenario: Scenario, dates: pd.DatetimeIndex) -> Iterable[str]:
    market = replace(small_market(end="2021-11-01"), calendar=calendar)
    changed = scenario.apply(market).calendar
    return [changed.types[i].label for i in changed.dates.get_indexer(dates)]


def test_ordinary_days_are_worked_or_not_as_the_calendar_says(calendar: Calendar) -> None:
    """A make-up working Saturday stays a working day; a holiday is a day off until its own step; a festival over it comes last."""
    dates = pd.date_range("2021-12-29", periods=5)  # Wednesday to Sunday; the calendar has a holiday on 1 January
    made_up = calendar.workday.copy()
    made_up[calendar.index(dates[4])] = True
    festival = Occurrence("Late", dates[3], run_up=0, after=0)
    made = replace(calendar, workday=made_up).with_occurrences([*calendar.occurrences, festival])
    found = steps(Scenario(), made, dates)
    assert [step.kind for step in found] == ["ordinary", "holidays", "festivals"]
    labels = [types(made, step.scenario, dates) for step in found]
    assert labels[0] == ["workday", "workday", "workday", "day off", "workday"]
    assert labels[1] == ["workday", "workday", "workday", "holiday · New Year's Day", "workday"]
    assert labels[2] == ["workday", "workday", "workday", "Late · peak", "workday"]
