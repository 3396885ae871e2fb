"""Markets with orders written by hand, for checking baselines by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stmp.market import Market
from tests.markets import small_market


def made_market(
    start: str, end: str, levels: dict[str, float] | float, days: dict[str, list[float]] | None = None, regions: int = 1
) -> Market:
    """One category; region i sells (i + 1) times the level, which ``levels`` changes from the day named on; ``days``: a day's orders
    by region. Festivals: "Mid" each 18 June, "Late" each 11 November."""
    market = small_market(regions=regions, categories=1, start=start, end=end, carts=False)
    steps = {start: levels} if isinstance(levels, float | int) else levels
    orders = np.zeros((regions, 1, len(market.dates)), dtype=np.float32)
    for day, level in steps.items():
        orders[..., market.dates >= pd.Timestamp(day)] = level * np.arange(1, regions + 1)[:, None, None]
    for day, values in (days or {}).items():
        orders[:, 0, market.dates.get_loc(pd.Timestamp(day))] = values
    return replace(market, orders=orders, digest="made")


def position(market: Market, day: str) -> int:
    """Of a day that may lie past the panel."""
    return (pd.Timestamp(day) - market.dates[0]).days
