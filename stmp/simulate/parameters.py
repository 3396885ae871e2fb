"""The simulator's parameters: frozen, validated, read from parameters.toml, which documents each of them."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

from stmp.config import Config


class Noise(Config):
    scale: float
    memory: float


class DayNoise(Config):
    city_day: Noise
    category_day: Noise
    district_day: Noise


class District(Config):
    taste_spread: float
    festival_spread: float
    festival_category_spread: float
    zone_boost: dict[str, float]


class SpringFestival(Config):
    days_before: int
    days_after: int
    base_depth: float
    migrant_depth: float
    curve: float


class Holiday(Config):
    effect: float
    spread: float


class Shock(Config):
    count: int
    scale: float
    days: tuple[int, int]


class Stockout(Config):
    count: int
    left: float
    days: tuple[int, int]


class FestivalShape(Config):
    carts_lead: int
    carts_curve: float
    carts_at_peak: float
    carts_slump: float
    spill_over: float
    opening_orders: tuple[float, ...]
    opening_carts: tuple[float, ...]
    before_opening_days: int
    before_opening_hold_back: float
    before_opening_carts: float


class Festival(Config):
    name: str
    size: float
    opening: float
    run_up: int
    after: int
    hold_back: float
    slump: float
    carts: float
    year_spread: float
    category_year_spread: float
    district_year_spread: float


class Category(Config):
    name: str
    share: float
    weekend: float
    season: float
    peak_month: float
    festivals: tuple[float, ...]


class Parameters(Config):
    """Everything the generator needs but the districts' public facts and the calendar."""

    first: date
    last: date
    calendar_last: date
    orders_per_thousand_residents: float
    growth: float
    growth_spread: float
    district_growth_spread: float
    week_spread: float
    dispersion: float
    cart_rate: float
    cart_dispersion: float
    noise: DayNoise
    district: District
    spring_festival: SpringFestival
    holiday: Holiday
    shock: Shock
    stockout: Stockout
    festival_shape: FestivalShape
    festival: tuple[Festival, ...]
    category: tuple[Category, ...]


def read_parameters() -> Parameters:
    """The parameters that travel with the package."""
    return Parameters.model_validate(tomllib.loads(files("stmp.simulate").joinpath("parameters.toml").read_text(encoding="utf-8")))
