"""A prior over retail markets: each draw is a whole simulated market, to pretrain a forecaster on that then reads real ones.

``beliefs`` states every distribution; ``calendars``, ``festivals`` and ``series`` draw with them; here the parts become a Market.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stmp.market import ALL, About, Calendar, Market
from stmp.market.market import Float
from stmp.prior import beliefs, series
from stmp.prior.calendars import Days, Span, draw_days, draw_span, holiday_effects
from stmp.prior.distributions import Array, Random, autoregressive
from stmp.prior.festivals import Festival, draw_festivals, draw_temper, uplifts

LOG_VOLUMES = (-12.0, 16.0)  # no expected log volume lies outside


def draw_market(random: np.random.Generator) -> Market:
    """One market of the prior: orders [R, C, D], in some markets cart additions, facts and a known-ahead promotion [R, D'].

    The same state of ``random`` gives the same market. NaN where a region is not open yet, is closed in a market that leaves such
    days out, or a day is missing. ``digest`` is drawn too: it names the draw, not its content.
    """
    digest = random.bytes(32).hex()
    span = draw_span(random)
    regions, categories = beliefs.REGIONS.one(random), int(beliefs.CATEGORIES.one(random))
    days, festivals = draw_days(random, span), draw_festivals(random, span)
    size = series.sizes(random, regions, categories)
    promotion = _draw_promotion(random, span, regions)
    orders, carts, zero = _volumes(random, span, days, festivals, size, promotion)
    ids = tuple(f"region {number:02d}" for number in range(1, regions + 1))
    occasions = sorted((o for festival in festivals for o in festival.occurrences(span)), key=lambda o: o.peak)
    return Market(
        about=_about("zero" if zero else "missing"),
        regions=ids,
        categories=(ALL,) if categories == 1 else tuple(f"category {number}" for number in range(1, categories + 1)),
        dates=span.dates[: span.days],
        orders=orders,
        past={} if carts is None else {"cart_adds": carts},
        calendar=Calendar(span.dates, days.workday, days.holiday, tuple(occasions), pd.DataFrame(index=span.dates)),
        known={} if promotion is None else {"promotion": promotion.depth.astype(np.float32)},
        region_table=pd.DataFrame({"name": ids, "name_zh": ids, "lat": np.nan, "lon": np.nan}, index=list(ids)),
        facts=_draw_facts(random, ids, size),
        polygons=None,
        digest=digest,
    )


def _about(absent: str) -> About:
    return About(
        name="prior",
        title="A market of the prior (simulated)",
        title_zh="先验市场（模拟数据）",
        simulated=True,
        frequency="D",
        time_zone="UTC",
        unit="orders",
        licence="Apache-2.0",
        source="Simulated by stmp.prior; every number is invented.",
        absent=absent,
    )


@dataclass(frozen=True)
class Promotion:
    """depth: [R, D'] from 0 to 1, known ahead.  effect: [R, 1] log change at full depth."""

    depth: Array
    effect: Array


def _draw_promotion(random: Random, span: Span, regions: int) -> Promotion | None:
    if not beliefs.PROMOTIONS.one(random):
        return None
    depth = np.zeros((regions, len(span.dates)))
    for _ in range(random.poisson(beliefs.PROMOTIONS_A_YEAR.one(random) * len(span.dates) / 365.25)):
        start, part = random.integers(len(span.dates)), random.random(regions) < beliefs.PROMOTION_SHARE.one(random)
        days = slice(start, start + round(beliefs.PROMOTION_DAYS.one(random)))
        depth[part, days] = np.maximum(depth[part, days], random.uniform(0.2, 1))
    effect = beliefs.PROMOTION_EFFECT.one(random) * np.exp(random.normal(0, beliefs.PROMOTION_EFFECT_SPREAD, (regions, 1)))
    return Promotion(depth, effect)


def _volumes(
    random: Random, span: Span, days: Days, festivals: list[Festival], size: Array, promotion: Promotion | None
) -> tuple[Float, Float | None, bool]:
    """Orders and cart additions [R, C, D], and whether a closed day is written as 0."""
    regions, categories = size.shape
    spread = max(float(size.std()), 1e-3)
    temper = draw_temper(random, span, (size.mean(axis=1) - size.mean()) / spread)
    demand, interest = (part[..., : span.days] for part in uplifts(random, span, days.workday, festivals, temper, categories))
    holidays, shut = holiday_effects(random, span, days, regions)
    opening, deficit = series.opened(random, span, regions)
    base = series.growth(random, span, regions) + series.wandering(random, span, regions) + deficit
    base += series.year(random, span, regions) + series.month(random, span, regions) + holidays[:, : span.days]
    week = series.week(random, span, days, regions)
    yields = beliefs.WEEK_YIELDS.one(random) * np.clip(np.abs(demand.mean(axis=1)), 0, 1)
    base += week - yields * np.clip(week, -1, 1)
    if promotion is not None:
        base += (promotion.depth * promotion.effect)[:, : span.days]
    log_volume = size[..., None] + base[:, None] + series.noise(random, span, regions, categories)
    zero = beliefs.ABSENT_IS_ZERO.one(random)
    nothing = series.closed(random, span, regions) | shut[:, : span.days]
    unknown = series.gaps(random, span, regions) | (np.arange(span.days) < opening[:, None]) | (nothing & (not zero))

    def written(log_mean: Array) -> Float:
        values = series.counts(random, np.clip(log_mean, *LOG_VOLUMES))
        values = np.where(nothing[:, None], 0, values)
        return np.where(unknown[:, None], np.nan, values).astype(np.float32)

    orders = written(log_volume + demand)
    if not beliefs.CARTS.one(random):
        return orders, None, zero
    memory = beliefs.NOISE_MEMORY.one(random)
    apart = autoregressive(random, beliefs.CART_NOISE.one(random), memory, regions, categories, span.days)
    return orders, written(log_volume + interest + apart + np.log(beliefs.CART_RATE.one(random))), zero


def _draw_facts(random: Random, ids: tuple[str, ...], size: Array) -> pd.DataFrame:
    """A population that goes with the volume, and an area that does not; no column in most markets."""
    if not beliefs.FACTS.one(random):
        return pd.DataFrame(index=list(ids))
    volume = np.log(np.exp(size).sum(axis=1))
    population = volume + random.normal(6, beliefs.POPULATION_SPREAD.one(random), len(ids))
    area = random.normal(6, beliefs.AREA_SPREAD, len(ids))
    return pd.DataFrame({"population": np.exp(population).round(), "area_km2": np.exp(area).round(1)}, index=list(ids))
