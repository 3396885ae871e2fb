"""The prior over markets: what every draw promises, and what many draws look like together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.config import Schema
from stmp.market import Market
from stmp.prior import beliefs, draw_market
from stmp.tasks import Panel

DRAWS = 60


@pytest.fixture(scope="module")
def markets() -> list[Market]:
    return [draw_market(np.random.default_rng(seed)) for seed in range(DRAWS)]


def totals(market: Market) -> np.ndarray:
    """[D] log of all that was sold in a day; NaN for nothing."""
    total = np.nansum(market.orders, axis=(0, 1))
    return np.log(np.where(total > 0, total, np.nan))


def panel_types(market: Market) -> np.ndarray:
    return np.array([(t.kind, t.phase) for t in market.calendar.types])[: len(market.dates)]


def around(values: np.ndarray, day: int, usual: np.ndarray) -> float:
    """``values`` [D] on a day, above the median of the ``usual`` [D] days within four weeks of it; NaN where these are too few."""
    near = slice(max(0, day - 28), day + 29)
    rest = values[near][usual[near]]
    return values[day] - np.nanmedian(rest) if np.isfinite(rest).sum() >= 10 else np.nan


def test_a_draw_has_the_promised_size(markets: list[Market]) -> None:
    for market in markets:
        assert 5 <= len(market.regions) <= 40
        assert 1 <= len(market.categories) <= 3
        assert 365 <= len(market.dates) <= 1827
        assert market.orders.shape == (len(market.regions), len(market.categories), len(market.dates))
        assert market.orders.dtype == np.float32
        assert market.dates.freqstr == "D"
        assert market.about.simulated
        assert market.about.name == "prior"
        assert "simulated" in market.about.title
        assert list(market.region_table.index) == list(market.facts.index) == list(market.regions)


def test_volumes_are_counts_and_missing_in_all_categories_and_streams_at_once(markets: list[Market]) -> None:
    for market in markets:
        missing = np.isnan(market.orders)
        for values in (market.orders, *market.past.values()):
            there = values[~missing]
            assert np.isfinite(there).all()
            assert (there >= 0).all()
            assert (there == np.round(there)).all()
            assert (np.isnan(values) == missing.all(axis=1, keepdims=True)).all()


def test_only_gaps_are_missing_once_a_region_is_open_in_a_market_that_writes_zeros(markets: list[Market]) -> None:
    checked = 0
    for market in markets:
        missing = np.isnan(market.orders[:, 0])
        assert (~missing).mean(axis=1).min() > 0.05  # every region has a history
        if market.about.absent == "zero":
            shares = [row[np.argmin(row) :].mean() for row in missing]
            assert np.mean(shares) < beliefs.GAP_SHARE.high + 4 / len(market.dates)
            checked += 1
    assert checked > DRAWS / 4


def test_the_calendar_outlasts_the_panel_and_holds_the_festivals(markets: list[Market]) -> None:
    for market in markets:
        calendar = market.calendar
        assert calendar.dates[0] == market.dates[0]
        assert (calendar.dates[-1] - market.cutoff).days >= 60
        assert len(market.horizon_dates(60)) == 60
        assert 1 <= len(calendar.festivals) <= 6
        assert list(calendar.occurrences) == sorted(calendar.occurrences, key=lambda o: o.peak)
        named = {t.name for t in calendar.types if t.kind == "festival" and t.phase == "peak"}
        assert named <= set(calendar.festivals)
        assert len(named) >= len(calendar.festivals) - 1  # a festival may be hidden by another that covers its peak
        for occurrence in calendar.occurrences:
            position = calendar.index(occurrence.peak)
            assert position is not None
            assert (calendar.types[position].kind, calendar.types[position].phase) == ("festival", "peak")
            assert occurrence.opening is None or 5 <= (occurrence.peak - occurrence.opening).days <= 20
            assert occurrence.run_up in range(8)
            assert occurrence.after in range(8)


def test_the_panel_takes_every_draw_with_streams_and_facts_masked_where_absent(markets: list[Market]) -> None:
    schema = Schema(streams=("cart_adds",), facts=("population", "area_km2"), known=("promotion",))
    for market in markets:
        panel = Panel(market, schema, 28, torch.device("cpu"))
        assert bool(panel.streams[2].present.any()) == ("cart_adds" in market.past)
        assert bool(panel.facts[:, 2:].any()) == (not market.facts.empty)
        assert bool(panel.known[..., 1].any()) == ("promotion" in market.known)
        values = [part for series in panel.streams for part in (series.logs, series.levels)]
        assert all(bool(torch.isfinite(part).all()) for part in (*values, panel.facts, panel.known))
        without = Panel(market.until(market.dates[200]), Schema(streams=("cart_adds",), facts=(), known=()), 28, torch.device("cpu"))
        assert without.days == 201


def test_a_seed_gives_one_market_and_no_other_seed_the_same() -> None:
    one, again = (draw_market(np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one.orders, again.orders)
    assert one.calendar.occurrences == again.calendar.occurrences
    assert one.digest == again.digest
    assert len(one.digest) == 64
    random = np.random.default_rng(7)
    first, second = draw_market(random), draw_market(random)
    assert first.digest == one.digest != second.digest
    assert first.orders.shape != second.orders.shape or not np.array_equal(first.orders, second.orders, equal_nan=True)


def test_digests_differ(markets: list[Market]) -> None:
    assert len({market.digest for market in markets}) == DRAWS


def test_usual_volumes_span_three_orders_of_magnitude(markets: list[Market]) -> None:
    with np.errstate(all="ignore"):
        usual = np.concatenate([np.nanmedian(market.orders.sum(axis=1), axis=-1) for market in markets])
    low, high = np.nanquantile(usual, [0.05, 0.95])
    assert high / low > 1000
    assert 5 < np.nanmedian(usual) < 50_000


def test_peaks_stand_out_as_they_do_in_retail(markets: list[Market]) -> None:
    ratios = []
    for market in markets:
        log, types = totals(market), panel_types(market)
        usual = np.isin(types[:, 0], ("workday", "day off"))
        first = {o.festival: market.calendar.index(o.peak) for o in market.calendar.occurrences}
        ratios += [around(log, day, usual) for day in first.values() if day is not None and day < len(log)]
    ratios = np.array(ratios)[np.isfinite(ratios)]
    assert len(ratios) > DRAWS
    assert 0.1 < np.median(ratios) < 0.8
    assert 0.6 < np.quantile(ratios, 0.9) < 2.0
    assert np.quantile(ratios, 0.98) < 3.3
    assert 0.02 < (ratios < 0).mean() < 0.35


def test_festivals_never_seen_before_occur(markets: list[Market]) -> None:
    new = 0
    for market in markets:
        middle = market.dates[len(market.dates) // 2]
        first = {o.festival: o.peak for o in reversed(market.calendar.occurrences)}
        new += len(market.dates) > 730 and any(middle < peak <= market.cutoff for peak in first.values())
    assert new > DRAWS / 20


def test_what_a_market_may_bring_comes_as_often_as_stated(markets: list[Market]) -> None:
    def share(found: list[bool]) -> float:
        return float(np.mean(found))

    assert abs(share(["cart_adds" in m.past for m in markets]) - 0.30) < 0.18
    assert abs(share([not m.facts.empty for m in markets]) - 0.40) < 0.18
    assert abs(share(["promotion" in m.known for m in markets]) - 0.25) < 0.18
    assert 0.05 <= share([not m.calendar.holiday.any() for m in markets]) <= 0.35
    assert share([len(m.categories) == 1 for m in markets]) > 0.5
    assert 0.3 < share([m.about.absent == "zero" for m in markets]) < 0.7
    assert 0.1 < share([bool(np.isnan(m.orders[:, 0, 0]).sum() >= 2) for m in markets]) < 0.6  # regions that come late


def test_carts_fill_before_a_peak(markets: list[Market]) -> None:
    ahead = []
    for market in (m for m in markets if "cart_adds" in m.past):
        carts = np.nansum(market.past["cart_adds"], axis=(0, 1))
        log, usual = np.log(np.where(carts > 0, carts, np.nan)), np.isin(panel_types(market)[:, 0], ("workday", "day off"))
        eves = [market.calendar.index(o.peak - pd.Timedelta(days=1)) for o in market.calendar.occurrences]
        ahead += [around(log, day, usual) for day in eves if day is not None and day < len(log)]
    assert len(ahead) > 20
    assert np.nanmedian(ahead) > 0.05


def test_a_promotion_sells(markets: list[Market]) -> None:
    gains = []
    for market in (m for m in markets if "promotion" in m.known):
        depth = market.known["promotion"]
        assert depth.shape == (len(market.regions), len(market.calendar.dates))
        assert depth.min() == 0
        assert depth.max() <= 1
        orders, usual = market.orders.sum(axis=1), np.isin(panel_types(market)[:, 0], ("workday", "day off"))
        log = np.log(np.where(orders > 0, orders, np.nan))
        for row, deep in zip(log, depth[:, : len(market.dates)] > 0.6, strict=True):
            starts = np.flatnonzero(deep[1:] & ~deep[:-1]) + 1
            gains += [around(row, day, usual & ~deep) for day in starts]
    assert len(gains) > 100
    assert np.nanmedian(gains) > 0.02


def test_population_goes_with_volume_and_area_does_not(markets: list[Market]) -> None:
    found = []
    for market in (m for m in markets if not m.facts.empty and len(m.regions) >= 10):
        volume = pd.Series(np.nanmean(market.orders.sum(axis=1), axis=-1), index=market.facts.index)
        found.append([market.facts[name].corr(volume, method="spearman") for name in ("population", "area_km2")])
    population, area = np.mean(found, axis=0)
    assert population > 0.6
    assert abs(area) < 0.25
