"""Everything of a simulated market's volumes but its festivals and holidays: sizes, trends, seasons, noise, counts and gaps.

Shapes: R regions, C categories, D days of the panel, D' of the calendar. Log effects unless a docstring says otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stmp.prior import beliefs
from stmp.prior.calendars import Days, Span
from stmp.prior.distributions import Array, Distribution, Random, autoregressive


def sizes(random: Random, regions: int, categories: int) -> Array:
    """[R, C] log of a usual day's orders."""
    middle = np.log(beliefs.MARKET_VOLUME.one(random))
    region = random.normal(middle, beliefs.REGION_SPREAD.one(random), (regions, 1))
    if beliefs.CAPITAL.one(random):
        region[random.integers(regions)] += beliefs.CAPITAL_SIZE.one(random)
    category = random.normal(0, beliefs.CATEGORY_SPREAD.one(random), (1, categories)) * (categories > 1)
    taste = random.normal(0, beliefs.TASTE_SPREAD.one(random), (regions, categories)) * (categories > 1)
    return np.asarray(np.clip(region + category + taste, *np.log(beliefs.VOLUMES)))


def growth(random: Random, span: Span, regions: int) -> Array:
    """[R, D] steady growth, 0 in the middle of the panel."""
    rate = beliefs.PACE.one(random) * (beliefs.GROWTH.one(random) + beliefs.REGION_GROWTH.many(random, regions, 1))
    return np.asarray(rate * (np.arange(span.days) - span.days / 2) / 365.25)


def wandering(random: Random, span: Span, regions: int) -> Array:
    """[R, D] everything that moves the level but growth: drifts, breaks and shocks."""
    return beliefs.RESTLESSNESS.one(random) * (_drifts(random, span, regions) + _shocks(random, span, regions))


def _loadings(random: Random, regions: int) -> Array:
    """[R, 1] factors with which regions follow what is common to all."""
    return random.normal(1, beliefs.LOADING_SPREAD.one(random), (regions, 1))


def _drifts(random: Random, span: Span, regions: int) -> Array:
    """[R, D] slow drifts and level breaks, common and own."""
    days = span.days
    memory, own_memory = np.exp(-1 / beliefs.DRIFT_DAYS.many(random, 2))
    level = _loadings(random, regions) * autoregressive(random, beliefs.COMMON_DRIFT.one(random), memory, 1, days)
    level += autoregressive(random, beliefs.REGION_DRIFT.one(random), own_memory, regions, days)
    for _ in range(random.poisson(beliefs.COMMON_BREAKS_A_YEAR * span.years)):
        level += _break(random, days)
    for region in _struck(random, beliefs.REGION_BREAKS_A_YEAR, span, regions):
        level[region] += _break(random, days)
    return level


def _break(random: Random, days: int) -> Array:
    """[D] a change that stays; it is half there on each side of its day, so that a market keeps its size on the whole."""
    done = np.clip((np.arange(days) - random.integers(days)) / beliefs.BREAK_DAYS.one(random), 0, 1)
    return np.asarray(beliefs.BREAK_SIZE.one(random) * (done - 0.5))


def _struck(random: Random, rate: Distribution, span: Span, regions: int) -> NDArray[np.int64]:
    """The regions of events that come at random, so many a year to each region."""
    return random.integers(regions, size=random.poisson(rate.one(random) * span.years * regions))


def _shocks(random: Random, span: Span, regions: int) -> Array:
    """[R, D] what passes: lockdowns of many regions at once, and local events."""
    day = np.arange(span.days)
    result = np.zeros((regions, span.days))
    for _ in range(random.poisson(beliefs.LOCKDOWNS_A_YEAR * span.years)):
        length, start = beliefs.LOCKDOWN_DAYS.one(random), random.integers(span.days)
        inside = np.clip(np.minimum(day - start + 1, start + length - day) / (0.15 * length), 0, 1)  # it comes and goes within days
        met = random.random(regions) < beliefs.LOCKDOWN_SHARE.one(random)
        depth = random.normal(beliefs.LOCKDOWN_DEPTH.one(random), beliefs.LOCKDOWN_OWN_SPREAD, regions) * met
        result += depth[:, None] * inside
    for region in _struck(random, beliefs.LOCAL_EVENTS_A_YEAR, span, regions):
        start = random.integers(span.days)
        result[region, start : start + round(beliefs.LOCAL_EVENT_DAYS.one(random))] += beliefs.LOCAL_EVENT_SIZE.one(random)
    return result


def week(random: Random, span: Span, days: Days, regions: int) -> Array:
    """[R, D] the pattern of the week, which goes by the calendar's days off as well, changes slowly and may know a day of rest."""
    strength = beliefs.WEEK.one(random)
    own = strength * beliefs.WEEK_OWN.one(random)
    pattern = random.normal(0, strength, 7) + random.normal(0, own, (regions, 7))
    change = random.normal(0, strength * beliefs.WEEK_CHANGE.one(random), 7)
    if beliefs.SHUT_WEEKDAY.one(random):
        pattern[:, random.integers(5, 7)] = beliefs.SHUT_DEPTH.one(random)
    day_off = beliefs.WEEKEND.one(random) * strength + random.normal(0, own, (regions, 1))
    weekday, off = span.weekday[: span.days], ~days.workday[: span.days]
    return np.asarray(pattern[:, weekday] + change[weekday] * np.linspace(-0.5, 0.5, span.days) + day_off * off)


def year(random: Random, span: Span, regions: int) -> Array:
    """[R, D] a smooth or rough season."""
    strength, waves = beliefs.YEAR.one(random), np.arange(1, beliefs.YEAR_WAVES.one(random) + 1)
    angle = 2 * np.pi * waves[:, None] * span.dates.dayofyear.to_numpy()[: span.days] / 365.25
    basis = np.concatenate([np.sin(angle), np.cos(angle)]) / np.sqrt(len(waves))  # [2 K, D]
    common = random.normal(0, strength, (1, len(basis)))
    own = random.normal(0, strength * beliefs.YEAR_OWN.one(random), (regions, len(basis)))
    return np.asarray((common + own) @ basis)


def month(random: Random, span: Span, regions: int) -> Array:
    """[R, D] what paydays leave in the till: most on the day itself, less on each day after; 0 on the mean of the panel."""
    dates = span.dates[: span.days]
    day, length = dates.day.to_numpy(), dates.days_in_month.to_numpy()
    before = (dates.to_period("M") - 1).days_in_month.to_numpy()
    total = np.zeros(span.days)
    for _ in range(int(beliefs.PAYDAYS.one(random))):
        payday = np.minimum(random.integers(1, 32), length)  # the 31st is the last of a shorter month
        since = np.where(day >= payday, day - payday, day + before - np.minimum(payday, before))
        total += beliefs.PAYDAY.one(random) * np.exp(-since / beliefs.PAYDAY_FADES.one(random))
    return np.asarray(np.exp(random.normal(0, beliefs.PAYDAY_OWN.one(random), (regions, 1))) * (total - total.mean()))


def noise(random: Random, span: Span, regions: int, categories: int) -> Array:
    """[R, C, D] autoregressive noise, common, of a region, of a cell, and days out of the ordinary."""
    factor = np.exp(random.normal(0, beliefs.NOISE_FACTOR_SPREAD, (regions, 1)))
    common = autoregressive(random, beliefs.COMMON_NOISE.one(random), beliefs.NOISE_MEMORY.one(random), 1, span.days)
    own = factor * autoregressive(random, beliefs.REGION_NOISE.one(random), beliefs.NOISE_MEMORY.one(random), regions, span.days)
    cell = beliefs.CELL_NOISE.one(random) * (categories > 1)
    result = autoregressive(random, cell, beliefs.NOISE_MEMORY.one(random), regions, categories, span.days)
    result += (_loadings(random, regions) * common + own)[:, None]
    everywhere = np.flatnonzero(random.random(span.days) < beliefs.COMMON_OUTLIERS.one(random))
    result[..., everywhere] += beliefs.COMMON_OUTLIER_SIZE.many(random, len(everywhere))
    region, day = np.nonzero(random.random((regions, span.days)) < beliefs.OUTLIERS.one(random))
    result[region, :, day] += beliefs.OUTLIER_SIZE.many(random, len(region), 1)
    return beliefs.RESTLESSNESS.one(random) * result


def counts(random: Random, log_mean: Array) -> Array:
    """[R, C, D] whole numbers: Poisson, or negative binomial with a dispersion of each region's own."""
    mean = np.exp(log_mean)
    if not beliefs.POISSON.one(random):
        dispersion = beliefs.DISPERSION.one(random) * np.exp(random.normal(0, beliefs.DISPERSION_SPREAD, (len(mean), 1, 1)))
        mean = mean * random.standard_gamma(np.broadcast_to(dispersion, mean.shape)) / dispersion
    return random.poisson(mean).astype(np.float64)


def opened(random: Random, span: Span, regions: int) -> tuple[NDArray[np.int64], Array]:
    """[R] the day each region opens, 0 for most, and [R, D] the log deficit while it finds its customers."""
    late = beliefs.NEW_REGIONS.one(random) * (random.random(regions) < beliefs.NEW_REGION_SHARE.one(random))
    opening = np.where(late, beliefs.OPENS_AFTER.many(random, regions) * span.days, 0).astype(np.int64)
    since = np.maximum(np.arange(span.days) - opening[:, None], 0)
    deficit = np.where(late, beliefs.RAMP.many(random, regions), 0)[:, None] * np.exp(-since / beliefs.RAMP_DAYS.one(random))
    return opening, -deficit


def closed(random: Random, span: Span, regions: int) -> NDArray[np.bool_]:
    """[R, D] the days for which a region closes."""
    result = np.zeros((regions, span.days), dtype=bool)
    if beliefs.CLOSING.one(random):
        for region in _struck(random, beliefs.CLOSURES_A_YEAR, span, regions):
            start = random.integers(span.days)
            result[region, start : start + round(beliefs.CLOSURE_DAYS.one(random))] = True
    return result


def gaps(random: Random, span: Span, regions: int) -> NDArray[np.bool_]:
    """[R, D] the days that nobody wrote down."""
    share = beliefs.GAP_SHARE.one(random) if beliefs.GAPS.one(random) else 0.0
    result = random.random((regions, span.days)) < share
    if beliefs.LOST_DAYS.one(random):
        result[:, random.integers(span.days, size=random.integers(1, 4))] = True
    return result
