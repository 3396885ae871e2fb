"""A simulated retail market for Beijing's 18 districts.

A market, not the forecaster run backwards: log demand is a sum of growth, seasons, holidays, a Spring Festival trough,
festivals of random strength, autoregressive noise and local shocks; carts fill before a peak and turn into orders at it; counts are
negative binomial. Axes: R districts, C categories, D days.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.market.calendar import Occurrence
from stmp.market.days import country_days, country_festivals
from stmp.simulate.parameters import Festival, FestivalShape, Noise, Parameters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """orders, carts: [R, C, D] counts.  dates: [D].  calendar: date, workday, holiday, festival up to ``calendar_last``."""

    districts: pd.DataFrame
    categories: tuple[str, ...]
    dates: pd.DatetimeIndex
    orders: NDArray[np.int64]
    carts: NDArray[np.int64]
    calendar: pd.DataFrame


def generate(parameters: Parameters, districts_file: Path, seed: int) -> Simulated:
    """Simulate the market. The same seed gives the same counts."""
    return _Generator(parameters, districts_file, seed).run()


class _Generator:
    def __init__(self, parameters: Parameters, districts_file: Path, seed: int) -> None:
        self.p = parameters
        self.random = np.random.Generator(np.random.PCG64(seed))
        self.districts = pd.read_csv(districts_file, dtype={"adcode": str})
        self.calendar_dates = pd.date_range(parameters.first, parameters.calendar_last)
        self.dates = self.calendar_dates[self.calendar_dates <= pd.Timestamp(parameters.last)]
        self.workday, self.holiday = country_days("CN", self.calendar_dates)
        self.occurrences = country_festivals("CN", self.calendar_dates)
        self.shape = (len(self.districts), len(parameters.category), len(self.dates))
        migrants = self.districts["population_2010"] - self.districts["hukou_population_2010"]
        self.migrant_share = (migrants / self.districts["population_2010"]).clip(lower=0).to_numpy()

    def run(self) -> Simulated:
        base = self._base() + self._seasons() + self._holidays() + self._trough() + self._noise() + self._shocks()
        demand, interest = self._festivals()
        orders_mean = np.exp(base + demand)
        carts_mean = self.p.cart_rate * np.exp(base + interest)
        orders_mean *= self._stockouts()
        orders = self._counts(orders_mean, self.p.dispersion)
        carts = self._counts(carts_mean, self.p.cart_dispersion)
        return Simulated(self.districts, tuple(c.name for c in self.p.category), self.dates, orders, carts, self._calendar())

    def _base(self) -> Array:
        """Population, taste and growth: [R, C, D]."""
        p, (regions, categories, days) = self.p, self.shape
        years = np.arange(days) / 365.25
        since_2010 = np.clip((self.dates.year.to_numpy() + self.dates.dayofyear.to_numpy() / 366 - 2010) / 10, 0, 1)
        start, end = (self.districts[f"population_{year}"].to_numpy()[:, None] for year in (2010, 2020))
        population = start + (end - start) * since_2010
        share = np.array([c.share for c in p.category])
        boost = self.districts["zone"].map(p.district.zone_boost).to_numpy()
        taste = self.random.normal(0, p.district.taste_spread, (regions, categories)) + boost[:, None]
        growth = p.growth + self.random.normal(0, p.growth_spread, categories)
        local = self.random.normal(0, p.district_growth_spread, regions)
        level = np.log(population * p.orders_per_thousand_residents / 1000)[:, None, :] + np.log(share)[:, None]
        return np.asarray(level + taste[..., None] + (growth[None, :, None] + local[:, None, None]) * years)

    def _seasons(self) -> Array:
        """Week and year by category: [1, C, D]."""
        month = (self.dates.dayofyear.to_numpy() - 1) / 365.25 * 12 + 1
        yearly = [c.season * np.cos(2 * np.pi * (month - c.peak_month) / 12) for c in self.p.category]
        shape_of_week = self.random.normal(0, self.p.week_spread, (len(self.p.category), 7))
        off = ~self.workday[: len(self.dates)]
        weekly = [c.weekend * off + shape_of_week[i, self.dates.dayofweek] for i, c in enumerate(self.p.category)]
        return np.array(yearly)[None] + np.array(weekly)[None]

    def _holidays(self) -> Array:
        """Public holidays but the Spring Festival: [1, C, D]."""
        names = sorted(set(self.holiday) - {"", "Spring Festival"})
        result = np.zeros((1, *self.shape[1:]))
        for name in names:
            effect = self.p.holiday.effect + self.random.normal(0, self.p.holiday.spread, self.shape[1])
            result[0] += effect[:, None] * (self.holiday[: self.shape[2]] == name)
        return result

    def _trough(self) -> Array:
        """The city empties at the Spring Festival, by each district's share of migrants: [R, 1, D]."""
        p = self.p.spring_festival
        inside = np.flatnonzero(self.holiday == "Spring Festival")
        starts = [i for i in inside if i - 1 not in inside]
        depth = np.zeros(self.shape[2])
        for start in starts:
            end = start
            while end + 1 in inside:
                end += 1
            day = np.arange(self.shape[2])
            falling = np.clip(1 - (start - day) / (p.days_before + 1), 0, 1) ** p.curve
            rising = np.clip(1 - (day - end) / (p.days_after + 1), 0, 1) ** p.curve
            depth = np.maximum(depth, np.where(day < start, falling, np.where(day > end, rising, 1.0)))
        drop = p.base_depth + p.migrant_depth * self.migrant_share
        return -drop[:, None, None] * depth

    def _noise(self) -> Array:
        regions, categories, days = self.shape
        n = self.p.noise
        city = self._autoregressive(n.city_day, (1, 1, days))
        return city + self._autoregressive(n.category_day, (1, categories, days)) + self._autoregressive(n.district_day, (regions, 1, days))

    def _autoregressive(self, noise: Noise, shape: tuple[int, ...]) -> Array:
        steps = self.random.normal(0, noise.scale * np.sqrt(1 - noise.memory**2), shape)
        for day in range(1, shape[-1]):
            steps[..., day] += noise.memory * steps[..., day - 1]
        return steps

    def _shocks(self) -> Array:
        """Local events: [R, 1, D]."""
        result = np.zeros((self.shape[0], 1, self.shape[2]))
        p = self.p.shock
        for _ in range(p.count):
            region, start = self.random.integers(self.shape[0]), self.random.integers(self.shape[2])
            length = self.random.integers(p.days[0], p.days[1] + 1)
            result[region, 0, start : start + length] += self.random.normal(0, p.scale)
        return result

    def _stockouts(self) -> Array:
        """Factor on orders: [R, C, D]."""
        result = np.ones(self.shape)
        p = self.p.stockout
        for _ in range(p.count):
            region, category = self.random.integers(self.shape[0]), self.random.integers(self.shape[1])
            start = self.random.integers(self.shape[2])
            result[region, category, start : start + self.random.integers(p.days[0], p.days[1] + 1)] = p.left
        return result

    def _festivals(self) -> tuple[Array, Array]:
        """Log uplift of orders and of cart additions: [R, C, D] each."""
        regions, categories, days = self.shape
        p = self.p.district
        own = np.exp(self.random.normal(0, p.festival_spread, (regions, 1)))
        own = own * np.exp(self.random.normal(0, p.festival_category_spread, (regions, categories)))
        orders, carts = np.zeros(self.shape), np.zeros(self.shape)
        for index, festival in enumerate(self.p.festival):
            taste = np.array([c.festivals[index] for c in self.p.category])
            for occurrence in (o for o in self.occurrences if o.festival == festival.name):
                year = self.random.normal(0, festival.year_spread)
                by_category = self.random.normal(0, festival.category_year_spread, (1, categories))
                by_district = self.random.normal(0, festival.district_year_spread, (regions, 1))
                strength = own * taste * np.exp(year + by_category + by_district)  # [R, C]
                for day, demand, interest in _course(self.p.festival_shape, festival, occurrence, self.dates[0]):
                    if 0 <= day < days:
                        orders[..., day] += strength * demand
                        carts[..., day] += strength * interest
        return orders, carts

    def _counts(self, mean: Array, dispersion: float) -> NDArray[np.int64]:
        """Negative binomial with variance mean + mean^2 / dispersion."""
        mean = np.round(mean, 6)  # so that the last bit of exp, which differs between processors, changes no count
        return self.random.poisson(mean * self.random.gamma(dispersion, 1 / dispersion, mean.shape))

    def _calendar(self) -> pd.DataFrame:
        label = {o.opening: f"{o.festival} opening" for o in self.occurrences if o.opening is not None}
        label |= {o.peak: o.festival for o in self.occurrences}
        columns = {"date": self.calendar_dates.strftime("%Y-%m-%d"), "workday": self.workday.astype(int), "holiday": self.holiday}
        return pd.DataFrame(columns | {"festival": [label.get(day, "") for day in self.calendar_dates]})


def _course(shape: FestivalShape, festival: Festival, occurrence: Occurrence, first: pd.Timestamp) -> list[tuple[int, float, float]]:
    """(day, log uplift of orders, of cart additions) around one occurrence, for a district and category of strength 1."""
    peak = (occurrence.peak - first).days
    days: list[tuple[int, float, float]] = [(peak, festival.size, festival.size * shape.carts_at_peak)]
    for back in range(1, shape.carts_lead + 1):
        fill = festival.carts * (1 - (back - 1) / shape.carts_lead) ** shape.carts_curve
        hold = festival.hold_back * (1 - (back - 1) / festival.run_up) if back <= festival.run_up else 0.0
        days.append((peak - back, -hold, fill))
    for after in range(1, festival.after + 1):
        left = 1 - (after - 1) / festival.after
        warm = shape.spill_over * festival.size if after == 1 else 0.0
        days.append((peak + after, warm - festival.slump * left, -shape.carts_slump * festival.slump * left))
    if occurrence.opening is not None and festival.opening > 0:
        days += _opening(shape, festival, (occurrence.opening - first).days)
    return days


def _opening(shape: FestivalShape, festival: Festival, opening: int) -> list[tuple[int, float, float]]:
    """The part of ``_course`` around the opening day."""
    size = festival.size * festival.opening
    pairs = zip(shape.opening_orders, shape.opening_carts, strict=True)
    days = [(opening + after, orders * size, carts * size) for after, (orders, carts) in enumerate(pairs)]
    for back in range(1, shape.before_opening_days + 1):
        hold, fill = shape.before_opening_hold_back * festival.hold_back, shape.before_opening_carts * festival.carts / back
        days.append((opening - back, -hold, fill))
    return days
