"""Windows, calendar features and support sets, against loops and days picked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.config import Schema
from stmp.market import DateType, Market
from stmp.scenario import Scenario
from stmp.tasks import INTERVAL, SPECIAL_WEIGHT, Panel, calendar_features, distances, rolling_level
from tests.markets import small_market
from tests.small import CPU, TINY, position


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


@pytest.fixture(scope="module")
def panel(market: Market) -> Panel:
    return Panel(market, Schema.of(market), TINY.window, CPU)


def test_level_is_the_weighted_mean_of_the_window_and_the_last_known_one_in_a_gap() -> None:
    rng = np.random.default_rng(0)
    logs, weight = rng.normal(5, 1, (2, 40)), rng.choice([0.0, 0.1, 1.0], (2, 40))
    weight[0, :3] = 0  # nothing known at first
    weight[1, 10:25] = 0  # a gap longer than the window
    expected = np.zeros_like(logs)
    for row in range(2):
        for day in range(40):
            window = slice(max(0, day - 6), day + 1)
            mass = weight[row, window].sum()
            before = expected[row, day - 1] if day else 0.0
            expected[row, day] = (logs[row, window] * weight[row, window]).sum() / mass if mass > 0 else before
    np.testing.assert_allclose(rolling_level(logs, weight, 7), expected, rtol=1e-9)
    assert (expected[0, :3] == 0).all()
    assert expected[1, 24] == expected[1, 16]


def test_a_level_hardly_hears_a_festival(market: Market, panel: Panel) -> None:
    peak = position(market, "2021-11-11")
    window = slice(peak - TINY.window + 1, peak + 1)
    weight = np.where(panel.ordinary[window], 1.0, SPECIAL_WEIGHT)
    assert weight.sum() == pytest.approx(TINY.window - 4 + 4 * SPECIAL_WEIGHT)  # three days of run-up and the peak
    logs = np.log1p(market.orders[1, 0, window].astype(float))
    assert panel.streams[0].levels[1, 0, peak].item() == pytest.approx((logs * weight).sum() / weight.sum(), rel=1e-5)


def test_distances_count_to_the_next_and_from_the_last_marked_day() -> None:
    following, since = distances(np.array([0, 0, 1, 0, 0, 0, 1, 0], dtype=bool), limit=3)
    assert following.tolist() == [2, 1, 0, 3, 2, 1, 0, 3]
    assert since.tolist() == [3, 3, 0, 1, 2, 3, 0, 1]


def test_calendar_features_of_known_days(market: Market) -> None:
    features = calendar_features(market)
    assert features.shape == (len(market.calendar.dates), INTERVAL - 1)  # the lead time is the last one
    monday = features[position(market, "2021-11-08")]  # three days before the peak
    np.testing.assert_allclose(monday[:4], [0, 1, 0, 1], atol=1e-12)
    angle = 2 * np.pi * 312 / 365.25
    np.testing.assert_allclose(monday[4:8], [np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)])
    assert monday[8:11].tolist() == [1, 0, 0]
    np.testing.assert_allclose(monday[11:15], [np.log1p(3) / 4, np.log1p(60) / 4, np.exp(-1), np.exp(-20)])
    np.testing.assert_allclose(monday[15:], [np.exp(-18) - np.exp(-20), np.exp(-30), np.exp(-30)])  # New Year in 54 days; no openings
    new_year = features[position(market, "2021-01-01")]  # a Friday
    assert new_year[8:11].tolist() == [0, 1, 1]
    assert new_year[0] == pytest.approx(np.sin(2 * np.pi * 4 / 7))
    assert new_year[12] == pytest.approx(np.log1p(51) / 4)  # since 11 November
    saturday = features[position(market, "2021-11-13")]
    assert saturday[8:11].tolist() == [0, 1, 0]
    np.testing.assert_allclose(saturday[11:15], [np.log1p(60) / 4, np.log1p(2) / 4, np.exp(-20), np.exp(-2 / 3)])


def chosen(market: Market, panel: Panel, origin: str, label: str, shots: int = 3, *, hide_name: bool = False) -> list[str]:
    """Dates of the support days of one date type."""
    types = [panel.types.index(DateType.parse(label))]
    (days,) = panel.support(position(market, origin), types, shots, TINY.support_lead, hide_name=hide_name)
    return [f"{market.dates[day]:%Y-%m-%d}" for day in days]


@pytest.mark.parametrize(
    ("origin", "label", "expected"),
    [
        # Its own past first, then the same phase of the other festival, each from the latest on.
        ("2021-11-05", "Late · peak", ["2020-11-11", "2021-06-18", "2020-06-18"]),
        ("2021-11-11", "Late · peak", ["2021-11-11", "2020-11-11", "2021-06-18"]),  # the origin itself is past
        ("2020-11-05", "Late · peak", ["2020-06-18"]),  # never held: the same phase of the other
        ("2020-06-16", "Late · peak", ["2020-06-16", "2020-06-15"]),  # no phase of its kind: any day of a festival
        ("2020-06-10", "Late · peak", []),  # no festival yet
        ("2021-06-10", "holiday · New Year's Day", ["2021-01-01"]),
        ("2021-11-05", "workday", ["2021-11-05", "2021-11-04", "2021-11-03"]),
        ("2021-11-05", "day off", ["2021-10-31", "2021-10-30", "2021-10-24"]),
    ],
)
def test_support_goes_down_the_hierarchy(market: Market, panel: Panel, origin: str, label: str, expected: list[str]) -> None:
    assert chosen(market, panel, origin, label) == expected


def test_a_hidden_name_is_served_by_the_other_festivals(market: Market, panel: Panel) -> None:
    assert chosen(market, panel, "2021-11-05", "Late · peak", hide_name=True) == ["2021-06-18", "2020-06-18"]
    assert chosen(market, panel, "2021-11-05", "day off", shots=1, hide_name=True) == ["2021-10-31"]


def test_support_days_leave_room_for_their_own_windows(market: Market, panel: Panel) -> None:
    earliest = TINY.support_lead + TINY.window // 4
    for label in ("workday", "day off", "holiday · New Year's Day"):
        days = chosen(market, panel, "2020-02-01", label, shots=99)
        assert all(day >= f"{market.dates[earliest]:%Y-%m-%d}" for day in days)
    assert chosen(market, panel, "2020-02-01", "holiday · New Year's Day") == []  # 1 January is the panel's first day


def test_regions_own_support_is_of_each_kind_of_day(market: Market, panel: Panel) -> None:
    days = panel.row_support(position(market, "2021-11-05"), 2, TINY.support_lead)
    assert [f"{market.dates[day]:%m-%d}" for day in days] == ["11-04", "11-05", "10-30", "10-31", "11-11", "06-18"]
    assert market.dates[days[-2]] == pd.Timestamp("2020-11-11")


def test_streams_and_facts_that_the_market_lacks_are_masked(market: Market) -> None:
    schema = Schema(streams=("cart_adds",), facts=("population", "income"), known=("promotion",))
    panel = Panel(small_market(regions=3, carts=False), schema, TINY.window, CPU)
    assert [float(series.present.mean()) for series in panel.streams] == [1, 1, 0]
    assert panel.streams[2].logs.abs().max() == panel.streams[2].levels.abs().max() == 0
    logs = np.log1p(np.linspace(1e5, 1e6, 3))
    torch.testing.assert_close(panel.facts[:, 0], torch.tensor((logs - logs.mean()) / logs.std(), dtype=torch.float32))
    assert panel.facts[:, 1:].tolist() == [[0, 1, 0]] * 3
    assert panel.known.shape == (1, len(market.calendar.dates), 2)
    assert panel.known.abs().max() == 0


def test_the_second_stream_is_the_regions_total(market: Market, panel: Panel) -> None:
    torch.testing.assert_close(panel.streams[1].logs[:, 0], torch.log1p(torch.as_tensor(market.orders.sum(1))))


def test_a_market_of_one_category_has_no_total_beside_it() -> None:
    single = small_market(regions=2, categories=1)
    panel = Panel(single, Schema.of(single), TINY.window, CPU)
    assert [series.present.mean().item() for series in panel.streams] == [1, 0, 1]


def test_a_level_is_known_after_a_week_of_values(market: Market) -> None:
    orders = market.orders.copy()
    orders[1, :, :100] = np.nan
    orders[1, 0, 103] = np.nan  # a gap is no value
    orders[1, 1, 150:300] = np.nan  # nor does one make a level unknown again
    panel = Panel(replace(market, orders=orders, digest="opened"), Schema.of(market), TINY.window, CPU)
    founded = panel.streams[0].founded.numpy()
    assert founded[0].argmax(-1).tolist() == [6, 6]
    assert founded[1].argmax(-1).tolist() == [107, 106]
    assert (np.diff(founded) >= 0).all()
    assert panel.streams[1].founded[1, 0].argmax() == 106  # of the total, any category


def test_a_panel_knows_types_that_a_moved_festival_would_uncover(market: Market, panel: Panel) -> None:
    shown = dict.fromkeys(market.calendar.types)
    assert panel.types[: len(shown)] == tuple(shown)
    assert DateType("festival", "Late", "opening") in panel.types
    bare = replace(market, calendar=replace(market.calendar, workday=np.ones_like(market.calendar.workday)), digest="no days off")
    assert DateType("day off") in Panel(bare, Schema.of(bare), TINY.window, CPU).types


CUTOFF = pd.Timestamp("2021-11-09")  # within the run-up of Late, so that a scenario of it changes past days' types, too
DROP = {"festivals": [{"action": "drop", "festival": "Late", "peak": "2021-11-11"}]}


def with_gaps(market: Market) -> Market:
    """A region without values for longer than a window just before the cutoff, and one that opened in its last days."""
    orders, end = market.orders.copy(), position(market, "2021-11-09")
    orders[0, :, end - 2 * TINY.window : end - 1] = np.nan
    orders[1, 0, : end - 3] = np.nan
    return replace(market, orders=orders, digest="gaps")


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "with gaps"])
@pytest.mark.parametrize(
    "scenario",
    [
        {"recent": [{"stream": "orders", "factor": 0.5, "days": 3, "regions": ["r0", "r2"]}]},
        {"recent": [{"stream": "cart_adds", "factor": 0.0, "days": 40}, {"stream": "orders", "factor": 3.0, "days": 1}]},
        {"recent": [{"stream": "orders", "factor": 1.0}]},
        {"facts": [{"region": "r1", "name": "population", "value": 5e6}]},
        DROP,
        DROP | {"recent": [{"stream": "orders", "factor": 2.0, "days": 366}]},
        {"days": [{"first": "2021-11-10", "last": "2021-11-12", "types": {"workday": 0.5, "Mid · peak": 0.5}}]},
    ],
    ids=["orders", "both streams", "a factor of 1", "a fact", "a festival", "a festival and orders", "a blend"],
)
def test_a_changed_panel_is_the_one_that_would_be_made_anew(market: Market, scenario: dict[str, object], gaps: bool) -> None:
    view = (with_gaps(market) if gaps else market).until(CUTOFF)
    schema = Schema.of(market)
    other = Scenario.model_validate(scenario).apply(view)
    plain, anew = Panel(view, schema, TINY.window, CPU), Panel(other, schema, TINY.window, CPU)
    before = [series.levels.clone() for series in plain.streams]
    found = plain.changed(other)
    for own, expected in zip(found.streams, anew.streams, strict=True):
        for name in ("logs", "levels", "present", "founded"):
            torch.testing.assert_close(getattr(own, name), getattr(expected, name), rtol=1e-6, atol=1e-6)
    assert found.types == anew.types
    for name in ("type_of", "relation", "kind_of", "offsets", "weekday", "ordinary", "level_weight"):
        np.testing.assert_array_equal(getattr(found, name), getattr(anew, name))
    for name in ("type_kinds", "calendar_features", "known", "facts", "step_flags", "ordinary_days"):
        assert torch.equal(getattr(found, name), getattr(anew, name))
    assert all(torch.equal(series.levels, kept) for series, kept in zip(plain.streams, before, strict=True))


def test_a_changed_panel_shares_what_the_scenario_leaves_alone(market: Market, panel: Panel) -> None:
    scenario = Scenario.model_validate({"recent": [{"stream": "cart_adds", "factor": 1.2}]})
    changed = panel.changed(scenario.apply(market))
    assert [own is before for own, before in zip(changed.streams, panel.streams, strict=True)] == [True, True, False]
    assert changed.calendar_features is panel.calendar_features
    assert changed.facts is panel.facts
    assert changed.streams[2].present is panel.streams[2].present
