"""Seasonal naive: the last same weekday again. On purpose without any calendar."""

from __future__ import annotations

from stmp.baselines.past import Array, Past, first_known
from stmp.baselines.rule import RuleForecaster
from stmp.market import DateType


class SeasonalNaive(RuleForecaster):
    """y(t) = y(t - 7k), k the smallest number of weeks that reaches the cutoff; the recent level where that is missing."""

    name = "seasonal_naive"

    def day(self, past: Past, origin: int, target: int, date_type: DateType) -> Array:
        weeks = -(-(target - origin) // 7)
        return first_known(past.orders[..., max(target - 7 * weeks, 0)], past.level[..., origin])
