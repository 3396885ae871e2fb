"""Small markets made in memory, and their tables written as files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from stmp.market import About, Calendar, Market, Occurrence


def small_market(
    regions: int = 4,
    categories: int = 2,
    start: str = "2020-01-01",
    end: str = "2021-12-31",
    seed: int = 0,
    carts: bool = True,
    uplift: float = 3.0,
) -> Market:
    """Weekly season, Poisson noise, a "Mid" festival each 18 June and a "Late" one each 11 November."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range(start, end)
    ahead = pd.date_range(start, pd.Timestamp(end) + pd.Timedelta(days=60))
    occurrences = tuple(
        Occurrence(name, pd.Timestamp(year=year, month=month, day=day))
        for year in range(ahead[0].year, ahead[-1].year + 1)
        for name, month, day in (("Mid", 6, 18), ("Late", 11, 11))
    )
    workday = np.asarray(ahead.dayofweek < 5)
    holiday = np.where((ahead.month == 1) & (ahead.day == 1), "New Year's Day", "")
    calendar = Calendar(ahead, workday & (holiday == ""), holiday, occurrences, pd.DataFrame(index=ahead))
    level = rng.uniform(50, 500, (regions, categories, 1))
    mean = level * (1 + 0.2 * np.sin(2 * np.pi * dates.dayofweek.to_numpy() / 7))
    for occurrence in occurrences:
        day = calendar.index(occurrence.peak)
        if day is not None and day < len(dates):
            mean[..., day] *= uplift * rng.uniform(0.8, 1.25, (regions, 1))
    orders = rng.poisson(mean).astype(np.float32)
    names = tuple(f"r{i}" for i in range(regions))
    table = pd.DataFrame(
        {"name": names, "name_zh": names, "lat": np.linspace(39, 41, regions), "lon": np.linspace(115, 117, regions)}, index=list(names)
    )
    facts = pd.DataFrame({"population": np.linspace(1e5, 1e6, regions)}, index=list(names))
    about = About("small", "Small market", "小市场", True, "D", "UTC", "orders", "CC0", "made in memory for tests")
    past = {"cart_adds": rng.poisson(3 * mean).astype(np.float32)} if carts else {}
    digest = hashlib.sha256(orders.tobytes() + repr((names, start, end)).encode()).hexdigest()
    labels = tuple(f"c{i}" for i in range(categories))
    return Market(about, names, labels, dates, orders, past, calendar, {}, table, facts, None, digest)


def write_tables(made: Market, folder: Path) -> None:
    """The market's panel.csv and calendar.csv."""
    index = pd.MultiIndex.from_product([made.regions, made.categories, made.dates], names=["region", "category", "date"])
    panel = pd.DataFrame({"orders": made.orders.ravel(), "cart_adds": made.past["cart_adds"].ravel()}, index=index)
    panel.to_csv(folder / "panel.csv", float_format="%.0f")
    days = made.calendar
    calendar = pd.DataFrame({"workday": days.workday.astype(int), "holiday": days.holiday, "festival": ""}, index=days.dates.rename("date"))
    for occurrence in days.occurrences:
        if occurrence.peak in calendar.index:
            calendar.loc[occurrence.peak, "festival"] = occurrence.festival
    calendar.to_csv(folder / "calendar.csv")


def hourly_market(regions: int = 3, days: int = 200, seed: int = 0) -> Market:
    """The last days of a small market hour by hour, from 10:00 of the first day to 12:00 of the last; nothing is bought at night."""
    made = small_market(regions=regions, seed=seed)
    rng = np.random.default_rng(seed + 1)
    share = np.where(np.arange(24) < 7, 0, 1 + np.sin(np.pi * np.arange(24) / 24) ** 2)
    share = share / share.sum()
    inside = slice(10, days * 24 - 11)

    def hours(values: np.ndarray) -> np.ndarray:
        drawn = rng.poisson(values[..., -days:, None] * share).astype(np.float32)
        return drawn.reshape(*values.shape[:2], -1)[..., inside]

    dates = pd.date_range(made.dates[-days], periods=days * 24, freq="h")[inside]
    past = {name: hours(values) for name, values in made.past.items()}
    about = replace(made.about, name="hours", frequency="h")
    return replace(made, about=about, dates=dates, orders=hours(made.orders), past=past, digest=f"hours {regions} {days} {seed}")
