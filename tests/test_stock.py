"""Quantities, allocations and curves, held against a search through every possibility and against numbers worked out by hand."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stmp.errors import StockError
from stmp.stock import Rule, allocate, curve, load, outcome, quantities

Samples = NDArray[np.float32]


def samples_of(demand: Sequence) -> Samples:
    """[R, C, S] demand of the period, on one day."""
    return np.array(demand, dtype=np.float32)[:, :, None, :]


def sold(demand: Sequence, stock: Sequence[int]) -> float:
    """Expected sales of [R, C, S] with stock in the order of the cells, in plain Python."""
    cells = [cell for row in demand for cell in row]
    return sum(sum(min(d, q) for d in cell) / len(cell) for cell, q in zip(cells, stock, strict=True))


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[list, list[Rule], int]:
    """Demand [R, C, S], a rule per category with cases of one size, and a supply."""
    regions, categories, size = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 5))
    numbers = st.one_of(st.integers(0, 12).map(float), st.floats(0, 12, width=32))
    demand = [[[draw(numbers) for _ in range(size)] for _ in range(categories)] for _ in range(regions)]
    pack = draw(st.integers(1, 4))
    rules = [Rule(minimum=draw(st.integers(0, 3)), pack=pack) for _ in range(categories)]
    least = regions * sum(rule.least * pack for rule in rules)
    return demand, rules, least + draw(st.integers(0, 25))


def every_allocation(regions: int, rules: Sequence[Rule], supply: int) -> list[tuple[int, ...]]:
    """Every way to give at most the supply, in whole cases and at least the minimums."""
    cells = [rule for _ in range(regions) for rule in rules]
    ways = [range(rule.least * rule.pack, supply + 1, rule.pack) for rule in cells]
    return [way for way in itertools.product(*ways) if sum(way) <= supply]


@settings(max_examples=60, deadline=None)
@given(small_cases().filter(lambda case: len(case[0]) * len(case[1]) <= 4))
def test_no_other_allocation_is_expected_to_sell_more(case: tuple[list, list[Rule], int]) -> None:
    demand, rules, supply = case
    found = allocate(samples_of(demand), rules, supply)
    given_out = found.quantities.reshape(-1).tolist()
    assert sum(given_out) + found.kept == supply
    assert all(q % rule.pack == 0 and q >= rule.minimum for q, rule in zip(given_out, rules * len(demand), strict=True))
    best = max(sold(demand, way) for way in every_allocation(len(demand), rules, supply))
    assert sold(demand, given_out) == pytest.approx(best, abs=1e-5)
    assert found.gap == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=2, max_size=2), st.integers(0, 40))
def test_of_cases_of_several_sizes_the_bound_is_kept(demand: list[list[int]], supply: int) -> None:
    rules = [Rule(pack=3), Rule(pack=5)]
    found = allocate(samples_of([demand]), rules, supply)
    best = max(sold([demand], way) for way in every_allocation(1, rules, supply))
    assert best - 1e-5 <= sold([demand], found.quantities[0].tolist()) + found.gap
    assert found.quantities.sum() + found.kept == supply


@settings(max_examples=60, deadline=None)
@given(small_cases(), st.floats(0.05, 0.95), st.booleans())
def test_quantities_are_the_fewest_cases_that_keep_the_level_or_those_that_cost_least(
    case: tuple[list, list[Rule], int], level: float, by_costs: bool
) -> None:
    demand, shapes, _ = case
    rules = [Rule(level, shape.minimum, shape.pack, cheapest=by_costs) for shape in shapes]
    found = quantities(samples_of(demand), rules)

    def cost(cell: list[float], q: int) -> float:
        return sum(level * max(d - q, 0) + (1 - level) * max(q - d, 0) for d in cell) / len(cell)

    def kept(cell: list[float], q: int) -> bool:
        return sum(d <= q + 1e-9 for d in cell) / len(cell) >= level - 1e-9

    for region, category in np.ndindex(found.shape):
        cell, rule, q = demand[region][category], rules[category], int(found[region, category])
        ways = [n * rule.pack for n in range(rule.least, 20)]
        assert q in ways
        if by_costs:
            assert cost(cell, q) == pytest.approx(min(cost(cell, way) for way in ways), abs=1e-5)
        else:
            assert q == next(way for way in ways if kept(cell, way))


def test_costs_stand_for_a_service_level() -> None:
    assert Rule.of_costs(3, 1).level == 0.75
    drawn = samples_of([[list(range(1, 101))]])
    assert quantities(drawn, [Rule.of_costs(9, 1)]).item() == quantities(drawn, [Rule(0.9)]).item() == 90
    assert quantities(drawn, [Rule(0.9, pack=24)]).item() == 96  # rounded up, so that the level is kept
    assert quantities(drawn, [Rule.of_costs(9, 1, pack=40)]).item() == 80  # 80 costs 5.1 a period, 120 costs 6.95
    assert quantities(drawn, [Rule(0.9, minimum=200, pack=24)]).item() == 216


def test_the_period_is_summed_sample_by_sample() -> None:
    against = np.array([[[[0, 10], [10, 0]]]], dtype=np.float32)  # each day varies, the period does not
    assert quantities(against, [Rule(0.99)]).item() == 10


def test_what_is_to_be_expected_of_quantities() -> None:
    seen = outcome(samples_of([[[2, 8]], [[8, 2]]]), np.array([[5], [5]]))
    assert (seen.sold.tolist(), seen.lost.tolist(), seen.left.tolist()) == ([[3.5], [3.5]], [[1.5], [1.5]], [[1.5], [1.5]])
    assert seen.short.tolist() == [[0.5], [0.5]]
    assert seen.filled == 0.7
    assert seen.total_lost == (3, 3, 3)  # one region is short when the other is not: together they always lose 3
    assert seen.total_left == (3, 3, 3)


def test_a_supply_goes_where_it_sells() -> None:
    found = allocate(samples_of([[[10, 10]], [[0, 10]], [[0, 0]]]), [Rule()], 15)
    assert found.quantities[:, 0].tolist() == [10, 5, 0]
    more = allocate(samples_of([[[10, 10]], [[0, 10]], [[0, 0]]]), [Rule()], 25)
    assert (more.quantities[:, 0].tolist(), more.kept) == ([10, 10, 0], 5)  # nobody would buy the rest


def test_a_supply_below_the_minimums_is_refused() -> None:
    with pytest.raises(StockError, match="minimums, which add up to 24"):
        allocate(samples_of([[[1]], [[1]]]), [Rule(minimum=7, pack=12)], 23)


def test_the_curve_is_what_allocations_lose_and_leave() -> None:
    drawn = np.random.default_rng(3).gamma(2, 40, (4, 2, 3, 50)).astype(np.float32)
    rules = [Rule(minimum=20, pack=12), Rule(pack=12)]
    shown = curve(drawn, rules, points=12)
    assert 6 <= len(shown.stock) <= 12
    assert shown.stock[0] == 4 * 24
    for stock, lost, left in zip(*shown, strict=True):
        expected = outcome(drawn, allocate(drawn, rules, int(stock)).quantities)
        assert (lost, left) == pytest.approx((expected.lost.sum(), expected.left.sum()), abs=1e-3)
    assert shown.lost[-1] == pytest.approx(0, abs=1e-3)
    assert (np.diff(shown.lost) < 0).all()
    assert (np.diff(np.diff(shown.lost) / np.diff(shown.stock)) > -1e-6).all()  # each further case saves less


def test_a_million_units_are_allocated_at_once() -> None:
    drawn = np.random.default_rng(0).gamma(3, 200, (50, 10, 14, 200)).astype(np.float32)  # about 4 million units
    start = time.perf_counter()
    found = allocate(drawn, [Rule()] * 10, 3_000_000)
    assert time.perf_counter() - start < 2
    assert found.quantities.sum() == 3_000_000
    assert found.kept == 0


def test_capacity_is_held_against_the_90th_percentile_of_the_day() -> None:
    daily = np.zeros((2, 1, 2, 10), dtype=np.float32)
    daily[0, 0, 0] = np.arange(1, 11)
    daily[1, 0, 0] = np.arange(10, 0, -1)  # together they are always 11
    both = load(daily, 11)
    assert (both.busy.tolist(), both.chance.tolist(), both.over.tolist()) == ([11, 0], [0, 0], [False, False])
    each = load(daily, np.array([8.0, np.nan]))
    assert each.busy[:, 0].tolist() == pytest.approx([9.1, 9.1])
    assert each.chance[0, 0] == pytest.approx(0.2)
    assert np.isnan(each.chance[1, 0])
    assert each.over.tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("level", [0, 1, -0.1, float("nan")])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(StockError, match="Remedy"):
        Rule(level)


@pytest.mark.parametrize(
    "make", [lambda: Rule(pack=0), lambda: Rule(minimum=-1), lambda: Rule.of_costs(0, 1), lambda: Rule.of_costs(1, -1)]
)
def test_rules_that_no_stock_can_follow_are_refused(make: object) -> None:
    with pytest.raises(StockError, match="Remedy"):
        make()


def test_a_capacity_below_nothing_is_refused() -> None:
    with pytest.raises(StockError, match="below 0"):
        load(np.ones((1, 1, 1, 1), dtype=np.float32), -1)
