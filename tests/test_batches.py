"""What the networks are handed: by hand on chosen days, and never anything later than the origin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.batches import Gatherer
from stmp.config import Schema, TrainingConfig
from stmp.market import Market
from stmp.recurrence import RECURRING
from stmp.sampling import EpisodeSampler
from stmp.tasks import SPECIAL_WEIGHT, WEEKS, Panel
from tests.markets import small_market
from tests.small import (
    ALL,
    CPU,
    TINY,
    episode_of,
    gatherer_of,
    inputs_of,
    level_of,
    logs_of,
    position,
    scrambled,
    tensors,
    with_panel,
)

ORIGIN = "2021-06-25"  # shortly after the festival of 18 June
YEAR_THERE = WEEKS + 4  # behind the means of 7 and 3 days, the last day and the year before


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


def test_a_window_ends_at_the_origin(market: Market, gatherer: Gatherer) -> None:
    origin = position(market, ORIGIN)
    window = inputs_of(gatherer, episode_of(gatherer, origin))[1].windows[0][0, 0, 2, 1].numpy()  # [T, F]
    days = market.dates[origin - TINY.window + 1 : origin + 1]
    np.testing.assert_allclose(window[:, 0], logs_of(market, 2, 1)[days] - level_of(gatherer, market, 2, 1, ORIGIN), atol=1e-5)
    assert (window[:, 1] == 1).all()
    np.testing.assert_array_equal(window[:, 2], days.dayofweek >= 5)
    assert (window[:, 3] == 0).all()  # no holiday
    np.testing.assert_array_equal(window[:, 4], (days >= pd.Timestamp("2021-06-15")) & (days <= pd.Timestamp("2021-06-21")))


def test_a_support_window_ends_a_weeks_lead_before_its_day(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, ORIGIN))
    support = gatherer.support([episode])
    inputs = gatherer.support_inputs([episode], support)
    for number, day in enumerate(support.days[0]):
        date = market.dates[day - TINY.support_lead]
        level = level_of(gatherer, market, 1, 0, f"{date:%Y-%m-%d}")
        assert inputs.windows(ALL)[0][0, number, 1, 0, -1, 0].item() == pytest.approx(logs_of(market, 1, 0)[date] - level, abs=1e-5)
        assert inputs.labels[0, number, 1, 0].item() == pytest.approx(logs_of(market, 1, 0).iloc[day] - level, abs=1e-5)


def test_aligned_features_of_a_day_picked_by_hand(market: Market, gatherer: Gatherer) -> None:
    aligned = inputs_of(gatherer, episode_of(gatherer, position(market, ORIGIN), (3,)))[1].aligned[0, 0, 1, 0, 0].numpy()
    logs, level = logs_of(market, 1, 0), level_of(gatherer, market, 1, 0, ORIGIN)
    # 28 June: 21 June still belonged to the festival, and of the last seven days 19 to 21 June did.
    same = [0.0, *(logs[day] - level for day in ("2021-06-14", "2021-06-07", "2021-05-31"))]
    recent = [logs[f"2021-06-{first}" : "2021-06-25"].mean() - level for first in (22, 23, 25)]
    year = logs["2020-06-29"] - level_of(gatherer, market, 1, 0, "2020-06-26")
    aligned = np.delete(aligned, YEAR_THERE + 1 + np.arange(RECURRING))  # of which test_recurrence.py knows
    np.testing.assert_allclose(aligned, [*same, *recent, year, 1, cart_rise(market, gatherer, 1, 0, ORIGIN)], atol=1e-5)


def cart_rise(market: Market, gatherer: Gatherer, region: int, category: int, date: str) -> float:
    """Mean log cart additions of the three days until ``date``, less their level there."""
    logs = np.log1p(pd.Series(market.past["cart_adds"][region, category], market.dates))
    level = gatherer.panel.streams[2].levels[region, category, position(market, date)].item()
    return float(logs[:date].iloc[-3:].mean() - level)


def test_surplus_of_carts_is_against_the_same_lead_before_the_support_day(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2021-11-09"), (1, 2))  # the peak is the second
    support, surplus = gatherer.support([episode]), inputs_of(gatherer, episode)[1].surplus[0]  # [P, N, R, C, 1]
    before = list(support.days[0]).index(position(market, "2020-11-11"))
    now = cart_rise(market, gatherer, 1, 0, "2021-11-09")
    for target, then in enumerate(("2020-11-10", "2020-11-09")):
        assert surplus[target, before, 1, 0, 0].item() == pytest.approx(now - cart_rise(market, gatherer, 1, 0, then), abs=1e-5)


def test_carts_that_are_not_known_are_no_surplus(market: Market) -> None:
    carts = market.past["cart_adds"].copy()
    carts[1, :, position(market, "2021-11-07") : position(market, "2021-11-10")] = np.nan
    gatherer = gatherer_of(with_panel(market, market.orders, "gap", {"cart_adds": carts}))
    query = inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-09"), (1, 2)))[1]
    assert query.surplus[:, :, :, 1].abs().max() == 0
    assert query.surplus[:, :, :, 0].abs().max() > 0
    assert query.aligned[0, 0, 1, ..., -1].abs().max() == 0


def test_what_varies_the_orders_of_a_festival_day_leaves_its_carts_alone(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2021-11-09"), (1, 2))
    shift = np.full(gatherer.panel.days, 0.7, dtype=np.float32)
    plain, varied = (inputs_of(gatherer, e)[1] for e in (episode, replace(episode, shift=shift)))
    np.testing.assert_allclose(varied.surplus, plain.surplus, atol=1e-6)
    assert (varied.matched - plain.matched).abs().max() > 0.5


def test_a_long_lead_still_reads_weekdays_up_to_the_origin(market: Market, gatherer: Gatherer) -> None:
    aligned = inputs_of(gatherer, episode_of(gatherer, position(market, "2021-09-10"), (7, 8, 14)))[1].aligned[0, 0, 0, 1].numpy()
    logs, level = logs_of(market, 0, 1), level_of(gatherer, market, 0, 1, "2021-09-10")
    for number, latest in enumerate(("2021-09-10", "2021-09-04", "2021-09-10")):  # Friday, Saturday, Friday
        assert aligned[number, 0] == pytest.approx(logs[latest] - level, abs=1e-5)


def test_a_day_of_another_type_is_no_year_before(market: Market, gatherer: Gatherer) -> None:
    days = (5, 6)  # 11 November 2021 and the day after; 364 days before: 12 and 13 November 2020, both after the peak
    aligned = inputs_of(gatherer, episode_of(gatherer, position(market, "2021-11-06"), days))[1].aligned[0, 0, 0, 0]
    assert aligned[:, YEAR_THERE].tolist() == [0, 1]
    assert aligned[0, YEAR_THERE - 1] == 0


def test_matched_volumes_have_the_targets_own_lead(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2021-11-06"), (2, 5))
    support = gatherer.support([episode])
    query = gatherer.query_inputs([episode], support)
    peak = list(support.days[0]).index(position(market, "2020-11-11"))
    for number, before in enumerate(("2020-11-09", "2020-11-06")):
        expected = logs_of(market, 2, 0)["2020-11-11"] - level_of(gatherer, market, 2, 0, before)
        assert query.matched[0, number, peak, 2, 0].item() == pytest.approx(expected, abs=1e-5)
    assert query.members[0, 1, peak] == 3
    assert query.level[0, 2, 0].item() == pytest.approx(level_of(gatherer, market, 2, 0, "2021-11-06"))


def test_relations_of_a_support_day_to_a_target(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2021-11-06"), (5, 6))  # the peak, a Thursday, and the day after it
    support = gatherer.support([episode])
    relations = gatherer.query_inputs([episode], support).relations[0].numpy()  # [P, Y, N, Q]
    last_year, mid = (list(support.days[0]).index(position(market, day)) for day in ("2020-11-11", "2021-06-18"))
    age = np.log1p(365 / 30) / 3
    np.testing.assert_allclose(relations[0, 0, last_year], [0, 0, 1, 0, 0, 1, age, 1, 1], atol=1e-6)
    age = np.log1p(146 / 30) / 3
    np.testing.assert_allclose(relations[0, 0, mid], [0, 1, 0, 0, 0, 1, age, 1, 0], atol=1e-6)
    assert relations[1, 1, last_year, 4] == pytest.approx(0.1)  # one day from the peak
    assert relations[1, 1, last_year, 5] == 0


def test_interval_features_end_with_the_lead(market: Market, gatherer: Gatherer) -> None:
    support, query = inputs_of(gatherer, episode_of(gatherer, position(market, ORIGIN), (1, 4)))
    torch.testing.assert_close(query.interval[0, 0, 0, 0, :, -1], torch.log1p(torch.tensor([1.0, 4.0])) / 3)
    torch.testing.assert_close(query.interval[0, 0, 0, 0, 1, :-1], gatherer.panel.calendar_features[position(market, "2021-06-29")])
    assert (support.interval[..., -1] == np.float32(np.log1p(TINY.support_lead) / 3)).all()


def test_known_ahead_columns_of_each_region_reach_the_target_days(market: Market) -> None:
    promotion = np.random.default_rng(1).normal(3, 2, (3, len(market.calendar.dates)))
    promotion[1, position(market, "2021-06-26")] = np.nan
    gatherer = gatherer_of(replace(market, known={"promotion": promotion}))
    query = inputs_of(gatherer, episode_of(gatherer, position(market, ORIGIN), (1, 2), [2, 1]))[1]
    past = promotion[:, : len(market.dates)]
    scaled = (promotion - np.nanmean(past)) / np.nanstd(past)
    assert query.interval[0, 0, 0, 0, 1, -2:].tolist() == pytest.approx([scaled[2, position(market, "2021-06-27")], 1], rel=1e-4)
    assert query.interval[0, 0, 1, 0, 0, -2:].tolist() == [0, 0]


@pytest.mark.parametrize("origin", [ORIGIN, "2021-11-05", "2021-11-11", "2020-08-01"])
def test_nothing_after_the_origin_moves_an_input(market: Market, gatherer: Gatherer, origin: str) -> None:
    last = position(market, origin)
    leads = range(1, 22)
    before = inputs_of(gatherer, episode_of(gatherer, last, leads))
    elsewhere = gatherer_of(scrambled(market, after=last))
    for one, other in zip(before, inputs_of(elsewhere, episode_of(elsewhere, last, leads)), strict=True):
        for name, values in tensors(one).items():
            assert torch.equal(values, tensors(other)[name]), name
    # It is not that the inputs are deaf: the last day before does move them.
    moved = gatherer_of(scrambled(market, after=last - 1))
    changed = inputs_of(moved, episode_of(moved, last, leads))[1]
    assert not torch.equal(changed.level, before[1].level)
    assert not torch.equal(changed.windows[2], before[1].windows[2])


def test_a_market_cut_at_the_origin_gives_the_same_inputs(market: Market, gatherer: Gatherer) -> None:
    last = position(market, "2021-11-05")
    cut = gatherer_of(market.until(market.dates[last]))
    for one, other in zip(inputs_of(gatherer, episode_of(gatherer, last)), inputs_of(cut, episode_of(cut, last)), strict=True):
        for name, values in tensors(one).items():
            torch.testing.assert_close(values, tensors(other)[name], rtol=1e-6, atol=1e-6, msg=name)


def test_labels_come_from_days_up_to_the_origin(market: Market, gatherer: Gatherer) -> None:
    sampler = EpisodeSampler(gatherer.panel, TrainingConfig(model=TINY, hide_festival=0.5), 600, seed=2)
    seen = set()
    for step in range(30):
        episodes = sampler.draw(step)
        for episode, days in zip(episodes, gatherer.support(episodes).days, strict=True):
            assert days.max() <= episode.origin
            seen |= {episode.origin - days.max()}
    assert 0 in seen


def test_a_masked_region_keeps_two_weeks_and_its_targets(market: Market, gatherer: Gatherer) -> None:
    plain = replace(episode_of(gatherer, position(market, "2021-09-10"), (1, 2)), masked_regions=np.zeros(3, dtype=bool))
    masked = replace(plain, masked_regions=np.array([False, True, False]))
    support = gatherer.support([masked])
    inputs = gatherer.support_inputs([masked], support)
    # A label needs a level, which needs a week of the two that are kept.
    young = torch.as_tensor(support.days[0] - TINY.support_lead >= masked.origin - 7).float()
    assert 0 < young.sum() < len(young)
    torch.testing.assert_close(inputs.present[0, :, 1], young[:, None].expand(-1, 2))
    assert inputs.present[0, :, [0, 2]].min() == 1
    assert (inputs.labels[0, :, 1] * (1 - young[:, None])).abs().max() == 0
    window = gatherer.query_inputs([masked], support).windows[0][0, 0]
    assert window[..., 1].mean((1, 2)).tolist() == [1, 1, 1]  # two weeks are this model's whole window
    old = inputs.windows(ALL)[0][0, :, 1, :, :, 1].mean((1, 2))  # support windows of the masked region end a week before their days
    assert old.max() < 1
    for one, other in zip(gatherer.targets([masked]), gatherer.targets([plain]), strict=True):
        assert torch.equal(one, other)
    kept = slice(masked.origin - 13, masked.origin + 1)
    weight = np.where(gatherer.panel.ordinary[kept], 1, SPECIAL_WEIGHT)
    expected = (np.log1p(market.orders[1, :, kept]) * weight).sum(-1) / weight.sum()
    np.testing.assert_allclose(gatherer.query_inputs([masked], support).level[0, 1].numpy(), expected, rtol=1e-5)


def test_a_stretched_episode_changes_festivals_in_support_and_targets_alike(market: Market, gatherer: Gatherer) -> None:
    none = np.zeros(len(market.dates), dtype=np.float32)
    plain = episode_of(gatherer, position(market, "2021-11-06"), (1, 5))
    same, double = (replace(plain, shift=none, stretch=factor) for factor in (1.0, 2.0))
    torch.testing.assert_close(gatherer.targets([same])[0], gatherer.targets([plain])[0], rtol=1e-5, atol=1e-5)
    before, after = gatherer.targets([plain])[0][0], gatherer.targets([double])[0][0]
    torch.testing.assert_close(after[..., 0], before[..., 0])  # a day off
    level = gatherer.panel.streams[0].levels[:, :, position(market, "2021-11-11")]
    torch.testing.assert_close(after[..., 1] - level, 2 * (before[..., 1] - level), rtol=1e-4, atol=1e-4)
    support = gatherer.support([plain])
    moved = (gatherer.support_inputs([double], support).labels - gatherer.support_inputs([plain], support).labels).abs()[0].amax((1, 2))
    np.testing.assert_array_equal(moved.numpy() > 1e-6, ~gatherer.panel.ordinary[support.days[0]])


def test_gaps_are_told_from_zeros(market: Market) -> None:
    orders, origin = market.orders.copy(), position(market, ORIGIN)
    orders[0, 0, origin - 2], orders[1, 0, origin - 2] = np.nan, 0
    gatherer = gatherer_of(with_panel(market, orders, "gap"))
    query = inputs_of(gatherer, episode_of(gatherer, origin))[1]
    assert query.windows[0][0, 0, 0, 0, -3, :2].tolist() == [0, 0]
    zero = query.windows[0][0, 0, 1, 0, -3, :2].tolist()
    assert zero == pytest.approx([-query.level[0, 1, 0].item(), 1], rel=1e-5)


def test_episodes_of_unequal_support_share_a_batch(market: Market, gatherer: Gatherer) -> None:
    """The second has more support days; each is as it is alone."""
    first = episode_of(gatherer, position(market, "2020-06-10"), (1, 2))
    second = episode_of(gatherer, position(market, "2021-11-06"), (1, 5))
    support = gatherer.support([first, second])
    counts = (support.days >= 0).sum(1)
    assert counts[0] < counts[1] == support.days.shape[1]
    both = tensors(gatherer.support_inputs([first, second], support))
    alone = tensors(inputs_of(gatherer, second)[0])
    for name, values in alone.items():
        torch.testing.assert_close(both[name][1:], values, rtol=1e-6, atol=1e-6, msg=name)
    assert both["present"][0, counts[0] :].abs().sum() == 0


def test_a_panel_may_begin_later_than_its_calendar(market: Market) -> None:
    """Positions count from the panel's first day, whatever the calendar holds before it."""
    cut = 100
    past = {name: values[..., cut:] for name, values in market.past.items()}
    late = replace(market, dates=market.dates[cut:], orders=market.orders[..., cut:], past=past, digest="late")
    panel = Panel(late, Schema.of(late), TINY.window, CPU)
    assert panel.first_day == cut
    assert panel.types[panel.type_of[position(late, "2021-11-11")]].label == "Late · peak"
    gatherer = Gatherer(panel, TINY)
    query = inputs_of(gatherer, episode_of(gatherer, position(late, "2021-11-05"), (6,)))[1]
    whole = gatherer_of(market)
    expected = inputs_of(whole, episode_of(whole, position(market, "2021-11-05"), (6,)))[1]
    for name in ("windows 0", "interval", "aligned", "level", "members"):
        torch.testing.assert_close(tensors(query)[name], tensors(expected)[name], rtol=1e-5, atol=1e-5)
