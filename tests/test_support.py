"""What the support days' own volumes say: labels, what is pooled of them, and where there is no level to be relative to."""

from __future__ import annotations

import numpy as np
import pytest

from stmp.batches import Gatherer
from stmp.market import Market
from stmp.tasks import LEAST_DAYS, WEEKS
from tests.markets import small_market
from tests.small import TINY, episode_of, gatherer_of, inputs_of, level_of, logs_of, position, with_opening, with_panel

KINDS = ("workday", "day off", "festival")
YEAR_THERE = WEEKS + 4  # behind the means of 7 and 3 days, the last day and the year before


@pytest.fixture(scope="module")
def market() -> Market:
    return small_market(regions=3)


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


def relative(market: Market, gatherer: Gatherer, day: int, lead: int) -> np.ndarray:
    """[R, C] a day's log volume less the level ``lead`` days before, NaN where that rests on fewer than seven days of values."""
    logs, origin = np.log1p(market.orders.astype(float)), day - lead
    known = (~np.isnan(market.orders[..., : origin + 1])).sum(-1)
    return np.where(known >= LEAST_DAYS, logs[..., day] - gatherer.panel.streams[0].levels[..., origin].numpy(), np.nan)


@pytest.fixture(scope="module")
def holed(market: Market) -> Market:
    """Region 1 opens three days before the peak of 2020; region 0 misses the peak of June, and a category that day everywhere."""
    opened = with_opening(market, 1, "2020-11-08")
    orders = opened.orders.copy()
    orders[0, :, position(market, "2021-06-18")] = np.nan
    orders[:, 1, position(market, "2021-06-18")] = np.nan
    return with_panel(opened, orders, "holed")


def test_labels_are_relative_to_a_level_that_rests_on_a_week(holed: Market) -> None:
    gatherer = gatherer_of(holed)
    episode = episode_of(gatherer, position(holed, "2021-11-05"), (2, 6))
    support = gatherer.support([episode])
    handed, query = gatherer.support_inputs([episode], support), gatherer.query_inputs([episode], support)
    for number, day in enumerate(support.days[0]):
        label = relative(holed, gatherer, day, TINY.support_lead)
        np.testing.assert_array_equal(handed.present[0, number] > 0, ~np.isnan(label))
        np.testing.assert_allclose(handed.labels[0, number], np.nan_to_num(label), atol=1e-5)
        for target, lead in enumerate(episode.leads):
            matched = relative(holed, gatherer, day, lead)
            there = ~np.isnan(matched)
            np.testing.assert_array_equal(query.matched_present[0, target, number] > 0, there)
            np.testing.assert_allclose(query.matched[0, target, number].numpy()[there], matched[there], atol=1e-5)
    peak = list(support.days[0]).index(position(holed, "2020-11-11"))
    assert handed.present[0, peak].tolist() == [[1, 1], [0, 0], [1, 1]]


def test_what_the_labels_say_by_themselves(holed: Market) -> None:
    """Uplift and departures by loops, each drawn towards 0 by a day that says nothing."""
    gatherer = gatherer_of(holed)
    episode = episode_of(gatherer, position(holed, "2021-11-05"), (2, 4, 6, 10))
    support = gatherer.support([episode])
    days, rows = support.days[0], support.row[0]
    labels = np.stack([relative(holed, gatherer, day, TINY.support_lead) for day in days])  # [N, R, C]
    kinds = [holed.calendar.types[day].kind for day in days]
    uplift, departures = np.zeros((4, 2)), np.zeros((3, 2, 3))
    for c in range(2):
        known = [n for n in range(len(days)) if not np.isnan(labels[n, :, c]).all()]
        for y in range(4):
            weight = {n: (0.0, 0.1, 0.3, 1.0)[support.members[0, y, n]] for n in known}
            uplift[y, c] = sum(w * np.nanmean(labels[n, :, c]) for n, w in weight.items()) / (sum(weight.values()) + 1)
        for r, k in np.ndindex(3, 3):
            mine = [n for n in known if rows[n] and kinds[n] == KINDS[k]]
            own = [labels[n, r, c] - np.nanmean(labels[n, :, c]) for n in mine]
            departures[r, c, k] = np.nansum(own) / (np.count_nonzero(~np.isnan(own)) + 1)
    for inputs in (gatherer.support_inputs([episode], support), gatherer.query_inputs([episode], support)):
        np.testing.assert_allclose(inputs.pooled.uplift[0], uplift, atol=1e-5)
        np.testing.assert_allclose(inputs.pooled.departures[0], departures, atol=1e-5)
    assert 0.5 < uplift[2].max() < np.log(3) < 1.2  # the peak, drawn towards 0
    assert np.abs(uplift[0]).max() < 0.2


def test_with_labels_kept_out_of_psi_nothing_is_pooled(market: Market) -> None:
    gatherer = gatherer_of(market, TINY.model_copy(update={"labels_in_support": False}))
    for inputs in inputs_of(gatherer, episode_of(gatherer, position(market, "2021-06-25"))):
        assert max(part.abs().max() for part in inputs.pooled) == 0


def test_the_weekdays_pattern_before_a_support_day(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2021-11-06"), (5,))
    support = gatherer.support([episode])
    query, number = gatherer.query_inputs([episode], support), list(support.days[0]).index(position(market, "2020-11-11"))
    level = level_of(gatherer, market, 2, 1, "2020-11-04")
    same = [logs_of(market, 2, 1)[day] - level for day in ("2020-11-04", "2020-10-28", "2020-10-21", "2020-10-14")]
    assert query.weekday[0, number, 2, 1].item() == pytest.approx(np.mean(same), abs=1e-5)


def test_kinds_of_date_types_and_of_support_days(market: Market, gatherer: Gatherer) -> None:
    episode = episode_of(gatherer, position(market, "2020-12-30"), (1, 2, 3))  # a working day, New Year's Day, a day off
    support = gatherer.support([episode])
    handed, query = gatherer.support_inputs([episode], support), gatherer.query_inputs([episode], support)
    for inputs in (handed, query):
        assert inputs.kinds[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    kinds = [market.calendar.types[day].kind for day in support.days[0]]
    np.testing.assert_array_equal(query.day_kinds[0], [[kind == wanted for wanted in KINDS] for kind in kinds])


def test_nothing_is_learned_of_days_before_a_week_of_values(market: Market) -> None:
    opened = with_opening(market, 1, "2021-03-10")
    gatherer = gatherer_of(opened)
    for origin, there in (("2021-03-12", 0), ("2021-03-15", 0), ("2021-03-16", 1)):
        present = gatherer.targets([episode_of(gatherer, position(opened, origin))])[1]
        assert present[0, 1].unique().tolist() == [there]
        assert present[0, [0, 2]].min() == 1


def test_of_a_year_before_without_a_level_nothing_is_read(market: Market) -> None:
    opened = with_opening(market, 1, "2020-11-08")
    gatherer = gatherer_of(opened)
    for origin, there in (("2021-11-11", 0), ("2021-11-13", 1)):  # 364 days before: the 5th and the 7th day of its life
        aligned = inputs_of(gatherer, episode_of(gatherer, position(opened, origin), (9,)))[1].aligned[0, 0, :, 0, 0]
        assert aligned[:, YEAR_THERE].tolist() == [1, there, 1]
        assert (aligned[1, YEAR_THERE - 1] != 0) == bool(there)
