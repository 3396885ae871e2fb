"""The parts of the prior over markets, against exact expectations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stmp.prior import beliefs
from stmp.prior.calendars import Days, Span, Yearly, draw_days, draw_span, holiday_effects
from stmp.prior.distributions import Chance, Choice, LogUniform, Uniform, Whole, autoregressive
from stmp.prior.festivals import OFFSETS, PEAK, Festival, Temper, draw_course, draw_festivals, uplifts
from stmp.prior.series import counts, month, week

SPAN = Span(pd.date_range("2019-03-01", periods=800, freq="D"), 730)


def dates_of(rule: Yearly, span: Span) -> list[str]:
    return [f"{span.dates[position]:%Y-%m-%d}" for position in rule.positions(span)]


def day_of_year(date: str) -> int:
    return pd.Timestamp(f"2001-{date}").dayofyear - 1


def test_what_keeps_its_date_keeps_it_in_leap_years() -> None:
    assert dates_of(Yearly(day_of_year("11-11")), SPAN) == ["2019-11-11", "2020-11-11"]
    assert dates_of(Yearly(day_of_year("03-01")), SPAN) == ["2019-03-01", "2020-03-01", "2021-03-01"]


def test_a_second_sunday_is_the_first_one_from_the_eighth_on() -> None:
    assert dates_of(Yearly(day_of_year("05-08"), weekday=6), SPAN) == ["2019-05-12", "2020-05-10"]  # Mother's Day


def test_what_follows_the_moon_comes_after_twelve_or_thirteen_moons() -> None:
    long = Span(pd.date_range("2005-01-01", "2020-12-31"), 5000)
    for moon in np.linspace(0, 29, 9):
        steps = np.diff(Yearly(140, moon=float(moon)).positions(long))
        assert set(steps) <= {353, 354, 355, 356, 383, 384, 385}
        assert len(steps) >= 14
        assert abs(steps.mean() - 365.25) < 3


def test_make_up_days_are_weekend_days_near_a_long_holiday() -> None:
    found = 0
    for seed in range(80):
        random = np.random.default_rng(seed)
        span = draw_span(random)
        days = draw_days(random, span)
        worked = [set(np.flatnonzero(days.workday & (span.weekday == weekday))) for weekday in range(7)]
        made_up = min(worked[5], worked[4], key=len) | (worked[6] if len(worked[6]) < 20 else worked[5])
        near = {d for h in days.holidays if h.days > 2 for s in h.starts for d in (*range(s - 7, s), *range(s + h.days, s + h.days + 7))}
        assert made_up <= near
        found += bool(made_up)
        assert not (days.workday & (days.holiday != "")).any()
    assert found > 5


def test_a_shut_holiday_shuts_its_own_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "SHUT_HOLIDAY", Chance(1.0))
    monkeypatch.setattr(beliefs, "SHUT_SHARE", Uniform(1.0, 1.5))
    random = np.random.default_rng(3)
    monkeypatch.setattr(beliefs, "HOLIDAYS", Chance(1.0))
    days = draw_days(random, SPAN)
    effect, shut = holiday_effects(random, SPAN, days, 4)
    np.testing.assert_array_equal(shut, np.broadcast_to(days.holiday != "", shut.shape) & shut)
    assert shut[:, days.holiday != ""].all()
    assert np.isfinite(effect).all()


EXACT = Temper(
    sensitivity=np.ones((3, 1)),
    year=0,
    region=0,
    region_year=0,
    category=0,
    category_year=0,
    course_year=0,
    course_region=0,
    course_day=0,
    appetite=np.zeros(len(SPAN.dates)),
    off_day=0,
    waiting=np.zeros((3, 1)),
    leaving=np.array([0.0, 1.0, 0.0, 0.0]),
)
WORKDAYS = np.ones(len(SPAN.dates), dtype=bool)


def fair(**changes: object) -> Festival:
    course = np.zeros(len(OFFSETS))
    course[PEAK - 1 : PEAK + 3] = [0.3, 1.0, 0.5, -0.2]
    settings = {"held": [100, 465], "strengths": [0.8, 1.2], "days": 1, "opening": None, "run_up": 3, "after": 3, "moved": 0, "named": True}
    return Festival(**{"name": "Fair", "course": course} | settings | changes)  # type: ignore[arg-type]


@pytest.fixture
def punctual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "SOMETIMES_MISPLACED", Chance(0.0))


def lift(festival: Festival, temper: Temper = EXACT, workday: np.ndarray = WORKDAYS, seed: int = 0) -> np.ndarray:
    return uplifts(np.random.default_rng(seed), SPAN, workday, [festival], temper, 1)[0]


@pytest.mark.usefixtures("punctual")
def test_without_spreads_an_uplift_is_strength_times_course() -> None:
    expected = np.zeros(len(SPAN.dates))
    expected[99:103] = 0.8 * np.array([0.3, 1.0, 0.5, -0.2])
    expected[464:468] = 1.2 * np.array([0.3, 1.0, 0.5, -0.2])
    np.testing.assert_allclose(lift(fair()), np.broadcast_to(expected, (3, 1, len(expected))))
    np.testing.assert_allclose(lift(fair(moved=2))[0, 0, 2:], expected[:-2])
    np.testing.assert_allclose(lift(fair(held=[0], strengths=[0.8]))[0, 0, :3], 0.8 * np.array([1.0, 0.5, -0.2]))


@pytest.mark.usefixtures("punctual")
def test_parcels_leave_a_day_later() -> None:
    late = lift(fair(), replace(EXACT, waiting=np.array([[0.0], [1.0], [0.5]])))
    on_time = lift(fair())[0, 0]
    np.testing.assert_allclose(late[0, 0], on_time)
    np.testing.assert_allclose(late[1, 0, 1:], on_time[:-1], atol=1e-12)
    assert late[2, 0, 101] == late[2].max(initial=0, where=np.arange(len(SPAN.dates)) < 300)  # half waits: the day after is the best


@pytest.mark.usefixtures("punctual")
def test_a_year_surprises_all_regions_alike_and_a_region_in_all_years_alike() -> None:
    year = lift(fair(strengths=[1.0, 1.0]), replace(EXACT, year=0.3))
    assert np.ptp(year, axis=0).max() == 0
    assert abs(year[0, 0, 100] - year[0, 0, 465]) > 0.01
    region = lift(fair(strengths=[1.0, 1.0]), replace(EXACT, region=0.3))
    np.testing.assert_allclose(region[..., 100], region[..., 465])
    assert np.ptp(region[:, 0, 100]) > 0.01


@pytest.mark.usefixtures("punctual")
def test_a_day_off_changes_an_uplift() -> None:
    rest = WORKDAYS.copy()
    rest[100] = False
    changed = lift(fair(), replace(EXACT, off_day=0.25), rest)[0, 0]
    assert changed[100] == pytest.approx(1.25 * 0.8)
    assert changed[101] == pytest.approx(0.5 * 0.8)


@pytest.mark.usefixtures("punctual")
def test_carts_foretell_the_strength_of_the_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "CART_UPLIFT_SPREAD", LogUniform(1e-9, 1.1e-9))
    carts = uplifts(np.random.default_rng(0), SPAN, WORKDAYS, [fair()], EXACT, 1)[1][:, 0]
    assert (carts[:, 99] >= 0.8 * beliefs.CARTS_FILL.low - 1e-6).all()
    np.testing.assert_allclose(carts[:, 90:110] / 0.8, carts[:, 455:475] / 1.2, rtol=1e-6)
    assert (carts[:, :80] == 0).all()


def test_a_course_is_1_on_its_best_peak_day_and_opens_where_it_should() -> None:
    for seed in range(50):
        days = 1 + seed % 7
        course = draw_course(np.random.default_rng(seed), days, 15)
        assert course[PEAK : PEAK + days].max() == 1
        assert course[PEAK : PEAK + days].min() >= 1 - beliefs.PEAK_LOSS.high
        assert course[PEAK - 15] > course[PEAK - 16] + 0.1
        assert (course[: PEAK - beliefs.LONG_BUILD_UP_DAYS.high - 1] == 0).all()


@pytest.mark.parametrize("career", ["steady", "trend", "late", "fizzles", "once"])
def test_careers(career: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "CAREER", Choice(((career, 1.0),)))
    monkeypatch.setattr(beliefs, "KEPT_BY", Choice((("date", 1.0),)))
    long = Span(pd.date_range("2010-01-01", periods=1890, freq="D"), 1826)
    festivals = [f for seed in range(20) for f in draw_festivals(np.random.default_rng(seed), long)]
    times = np.array([len(f.held) for f in festivals])
    change = np.array([f.strengths[-1] / f.strengths[0] for f in festivals])
    if career == "once":
        assert (times == 1).all()
    elif career == "late":
        assert times.min() == 1
        assert times.max() >= 5
    else:
        assert times.min() >= 5
        assert (change == 1).all() if career == "steady" else (change != 1).mean() > 0.5
        assert career != "fizzles" or change.max() <= 1


def test_counts_have_the_mean_asked_for_and_more_than_poisson_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "DISPERSION", LogUniform(10, 10.0001))
    monkeypatch.setattr(beliefs, "DISPERSION_SPREAD", 0.0)
    log_mean = np.full((1, 1, 40_000), np.log(50.0))
    for chance, variance in ((1.0, 50.0), (0.0, 50 + 50**2 / 10)):
        monkeypatch.setattr(beliefs, "POISSON", Chance(chance))
        drawn = counts(np.random.default_rng(1), log_mean)
        assert drawn.mean() == pytest.approx(50, rel=0.02)
        assert drawn.var() == pytest.approx(variance, rel=0.05)


def test_a_market_with_a_day_of_rest_sells_next_to_nothing_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "SHUT_WEEKDAY", Chance(1.0))
    monkeypatch.setattr(beliefs, "WEEK", LogUniform(0.01, 0.02))
    days = Days(WORKDAYS, np.full(len(WORKDAYS), ""), [])
    pattern = week(np.random.default_rng(5), SPAN, days, 4)
    by_weekday = np.array([pattern[:, SPAN.weekday[: SPAN.days] == k].max() for k in range(7)])
    assert (by_weekday < -2.5).sum() == 1
    assert np.argmin(by_weekday) in (5, 6)


def test_autoregressive_noise_is_stationary() -> None:
    noise = autoregressive(np.random.default_rng(2), 0.3, 0.8, 4000, 60)
    assert noise[:, 0].std() == pytest.approx(0.3, rel=0.05)
    assert noise[:, -1].std() == pytest.approx(0.3, rel=0.05)
    assert np.corrcoef(noise[:, 30], noise[:, 31])[0, 1] == pytest.approx(0.8, abs=0.03)


def test_distributions_keep_their_promises() -> None:
    random = np.random.default_rng(0)
    drawn = LogUniform(0.01, 1.0).many(random, 20_000)
    assert drawn.min() >= 0.01
    assert drawn.max() <= 1.0
    assert np.median(drawn) == pytest.approx(0.1, rel=0.05)
    assert {Whole(2, 4).one(random) for _ in range(100)} == {2, 3, 4}
    words = [Choice((("a", 3.0), ("b", 1.0))).one(random) for _ in range(4000)]
    assert words.count("a") / len(words) == pytest.approx(0.75, abs=0.03)
    assert Chance(0.2).many(random, 20_000).mean() == pytest.approx(0.2, abs=0.01)


def test_paydays_come_on_the_same_days_of_every_month_and_fade(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PAYDAYS": Choice((("1", 1.0),)), "PAYDAY": Uniform(0.1, 0.1), "PAYDAY_OWN": Uniform(0.0, 0.0)}.items():
        monkeypatch.setattr(beliefs, name, value)
    dates = SPAN.dates[: SPAN.days]
    for seed in range(5):
        found = month(np.random.default_rng(seed), SPAN, 3)
        assert found.shape == (3, SPAN.days)
        assert (found == found[0]).all()
        assert abs(found.mean()) < 1e-12
        paid = np.flatnonzero(np.isclose(found[0], found[0].max()))
        assert set(pd.Series(dates[paid]).dt.to_period("M").value_counts()) == {1}
        days = {date.day if date.day < date.days_in_month else 31 for date in dates[paid]}
        assert len(days) <= 2  # the same day, or the last of a month that is too short for it
        after = found[0, paid[1] : paid[1] + 20]
        assert (np.diff(after) <= 0).all()
