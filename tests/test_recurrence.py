"""What recurs every month and every year, against loops, and that nothing after an origin is read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stmp.batches import Gatherer
from stmp.market import Market
from stmp.recurrence import MONTHS, RECURRING, same_days
from stmp.tasks import WEEKS
from tests.markets import small_market
from tests.small import episode_of, gatherer_of, inputs_of, position, with_opening

SEASON, YEARS, TRUE, MONTH, COUNT = range(WEEKS + 5, WEEKS + 5 + RECURRING)


@pytest.fixture(scope="module")
def market() -> Market:
    """Three years; region 1 opens late, the last days of every month are busy, and February is."""
    plain = with_opening(small_market(regions=3, start="2019-01-01"), 1, "2020-03-10")
    busy = np.exp(0.3 * (plain.dates.day > 27) + 0.2 * (plain.dates.month == 2))
    return replace(plain, orders=(plain.orders * busy).astype(np.float32), digest="busy")


@pytest.fixture(scope="module")
def gatherer(market: Market) -> Gatherer:
    return gatherer_of(market)


def recurring(gatherer: Gatherer, origin: int, *leads: int) -> np.ndarray:
    """[P, C, A] as the first region reads it; all regions read the same."""
    aligned = inputs_of(gatherer, episode_of(gatherer, origin, leads))[1].aligned[0, 0].numpy()
    assert (aligned[:, ..., SEASON : COUNT + 1] == aligned[:1, ..., SEASON : COUNT + 1]).all()
    return aligned[0].swapaxes(0, 1)


class ByHand:
    """Of one category: level, index [D] and which days are ordinary."""

    def __init__(self, gatherer: Gatherer, category: int) -> None:
        panel = gatherer.panel
        series = panel.streams[0]
        logs, levels, founded, present = (
            part[:, category].double().numpy() for part in (series.logs, series.levels, series.founded, series.present)
        )
        self.ordinary = panel.ordinary_days.numpy() > 0
        days = panel.days
        self.level, self.index = np.zeros(days), np.full(days, np.nan)
        for day in range(days):
            if day:
                moved = [levels[r, day] - levels[r, day - 1] for r in range(len(logs)) if founded[r, day] and founded[r, day - 1]]
                self.level[day] = self.level[day - 1] + (np.mean(moved) if moved else 0)
            apart = [logs[r, day] - levels[r, day] for r in range(len(logs)) if founded[r, day] and present[r, day]]
            if self.ordinary[day] and apart:
                self.index[day] = self.level[day] + np.mean(apart)

    def around(self, day: int) -> float:
        values = self.index[max(0, day - 3) : day + 4]
        return float(np.nanmean(values)) if (~np.isnan(values)).sum() >= 3 else np.nan

    def departure(self, day: int) -> float:
        weeks = [self.index[day - 7 * week] for week in range(1, 5) if day >= 7 * week]
        known = [value for value in weeks if not np.isnan(value)]
        return float(self.index[day] - np.mean(known)) if len(known) >= 2 else np.nan

    def season(self, origin: int, target: int) -> tuple[float, int]:
        years = [k for k in range(1, 5) if origin >= 364 * k]
        found = [self.around(target - 364 * k) - self.level[origin - 364 * k] for k in years]
        known = [value for value in found if not np.isnan(value)]
        return sum(known) / (len(known) + 0.5), len(known)

    def truth(self, origin: int) -> float:
        both = square = 0.0
        for day in range(max(0, origin - 13 - 181), origin - 13 + 1):
            season, years = self.season(day, day + 10)
            came = self.around(day + 10) - self.level[day]
            if years and not np.isnan(came):
                both, square = both + season * came, square + season**2
        return both / (square + 0.013)


def test_season_and_day_of_the_month_by_hand(market: Market, gatherer: Gatherer) -> None:
    origin = position(market, "2021-06-25")
    leads = (1, 6, 14, 21)
    found = recurring(gatherer, origin, *leads)
    for category in range(2):
        hand = ByHand(gatherer, category)
        truth = hand.truth(origin)
        for number, lead in enumerate(leads):
            target = origin + lead
            date = market.dates[target]
            months = [position(market, str((date - pd.DateOffset(months=k)).date())) for k in range(1, 13)]
            known = np.array([d for d in map(hand.departure, months) if not np.isnan(d)])
            departure = known.mean() * max(0, 1 - known.var(ddof=1) / len(known) / known.mean() ** 2)
            season, years = hand.season(origin, target)
            expected = [season, np.log1p(years) / 2, season * truth, departure, np.log1p(len(known)) / 2]
            np.testing.assert_allclose(found[number, category, SEASON : COUNT + 1], expected, rtol=1e-3, atol=1e-4)


def test_a_busy_end_of_the_month_and_a_busy_season_are_seen(market: Market, gatherer: Gatherer) -> None:
    end, middle = recurring(gatherer, position(market, "2021-08-25"), 4, 17)[:, 0]
    assert end[MONTH] > 0.15 > 0.05 > middle[MONTH]
    assert ByHand(gatherer, 0).truth(position(market, "2021-06-25")) > 0.5
    february, march = (
        recurring(gatherer, position(market, "2021-01-25"), 14, 21)[:, 0, SEASON],
        recurring(gatherer, position(market, "2021-02-22"), 14, 20)[:, 0, SEASON],
    )
    assert february.min() > 0.05
    assert march.max() < -0.05


def test_a_region_that_opens_is_no_growth_of_the_others(market: Market, gatherer: Gatherer) -> None:
    level, levels = gatherer.panel.recurrence.level[:, 0], gatherer.panel.streams[0].levels[:, 0]
    founded = position(market, "2020-03-16")  # the seventh day of its life, the first with a level
    for day, regions in ((founded - 7, [0, 2]), (founded, [0, 2]), (founded + 1, [0, 1, 2])):
        moved = (levels[regions, day] - levels[regions, day - 1]).mean()
        torch.testing.assert_close(level[day] - level[day - 1], moved, rtol=1e-4, atol=1e-5)


def test_a_first_year_and_a_first_month_have_nothing_before_them(market: Market, gatherer: Gatherer) -> None:
    young = recurring(gatherer, position(market, "2019-12-10"), 1)[0, 0]
    assert young[[SEASON, YEARS, TRUE]].tolist() == [0, 0, 0]
    assert young[COUNT] > 0
    new = recurring(gatherer, position(market, "2019-01-20"), 1)[0, 0]
    assert new[SEASON : COUNT + 1].tolist() == [0] * RECURRING


def test_nothing_after_the_origin_is_read_however_long_the_lead(market: Market, gatherer: Gatherer) -> None:
    origin = position(market, "2021-03-15")
    future = market.orders.copy()
    future[..., origin + 1 :] *= 5
    other = gatherer_of(replace(market, orders=future, digest="other"))
    leads = (1, 20, 28, 29, 45, 70)
    np.testing.assert_array_equal(recurring(other, origin, *leads), recurring(gatherer, origin, *leads))
    assert (recurring(other, origin + 60, 1) != recurring(gatherer, origin + 60, 1)).any()


def test_a_changed_panel_is_one_made_anew(market: Market, gatherer: Gatherer) -> None:
    orders = market.orders.copy()
    orders[0, :, -40:] *= 2
    changed = replace(market, orders=orders, digest="changed")
    patched, anew = gatherer.panel.changed(changed), gatherer_of(changed).panel
    for one, other in zip(patched.recurrence, anew.recurrence, strict=True):
        torch.testing.assert_close(one, other, equal_nan=True, rtol=1e-5, atol=1e-5)
    assert not torch.equal(patched.recurrence.level, gatherer.panel.recurrence.level)
    assert gatherer.panel.changed(market).recurrence is gatherer.panel.recurrence


def test_the_same_day_of_the_months_before() -> None:
    dates = pd.date_range("2019-11-15", "2021-03-31")
    found = same_days(dates)
    assert found.shape == (len(dates), MONTHS)
    for day in ("2020-03-31", "2020-12-31", "2021-01-15"):
        place = dates.get_loc(day)
        expected = [(pd.Timestamp(day) - pd.DateOffset(months=k) - dates[0]).days for k in range(1, MONTHS + 1)]
        assert found[place].tolist() == expected
