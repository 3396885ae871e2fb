"""An answer with what it is read against: the level of ordinary days, what came, the calendar and the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from app.inputs.sidebar import Choice
from app.language import label, named, t
from app.loading import Run
from app.pictures.measures import population_fact
from app.pictures.series import Daily
from stmp import summary
from stmp.forecast import Forecast
from stmp.market import Calendar, Market
from stmp.newcomers import founded, guesses

FEWEST_PAST = 28  # days before the cutoff that are shown; twice the days forecast where that is more


@dataclass(frozen=True)
class Reading:
    """choice: the question and the category to look at.  run: its answer.  plan: the answer as planned, where the question is a
    what-if.  view: the market as it was known at the cutoff.  calendar: with the scenario's changes.  level: [R, C], guessed where a
    district has none of its own.  actual: [R, C, H].  names: by region id, no two alike.
    """

    choice: Choice
    run: Run
    plan: Run | None
    view: Market
    calendar: Calendar
    level: summary.Floats
    actual: summary.Floats
    names: pd.Series

    @classmethod
    def of(cls, choice: Choice, run: Run, plan: Run | None) -> Reading:
        market = choice.question.market
        view = market.until(run.forecast.cutoff)
        calendar = choice.question.scenario.apply(view).calendar
        level = summary.ordinary_level(founded(view, guesses(view)))
        actual = summary.actuals(market, run.forecast.dates)
        return cls(choice, run, plan, view, calendar, level, actual, distinct(named(market.region_table)))

    @property
    def market(self) -> Market:
        return self.choice.question.market

    @property
    def forecast(self) -> Forecast:
        return self.run.forecast

    @property
    def categories(self) -> list[int]:
        """Positions on the C axis."""
        return list(range(len(self.forecast.categories))) if self.choice.category is None else [self.choice.category]

    def rows(self, districts: Sequence[str]) -> list[int]:
        """Positions on the R axis; none chosen is all districts."""
        return [self.forecast.regions.index(region) for region in districts] or list(range(len(self.forecast.regions)))

    def name(self, districts: Sequence[str]) -> str:
        """What the districts are called together; none chosen is all districts."""
        names = [str(self.names[region]) for region in districts]
        if len(names) > 3:
            return t("{first}, {second} and {count} more", first=names[0], second=names[1], count=len(names) - 2)
        return t(", ").join(names) or t("All districts")

    def outlook(self, districts: Sequence[str]) -> summary.Outlook:
        """Key figures of the districts together, in the categories chosen."""
        return summary.outlook(self.forecast, self.level, self.actual, self.rows(districts), self.categories)

    def daily(self, districts: Sequence[str], categories: Sequence[int] | None = None, name: str = "") -> Daily:
        """Past, samples and actuals of the districts together, in the categories at the positions given, by default those chosen."""
        rows, columns = self.rows(districts), self.categories if categories is None else categories

        def summed(values: summary.Floats, days: pd.DatetimeIndex) -> pd.Series:
            """[R, C, D] -> sums of the cells by day, missing where all of them are."""
            return pd.DataFrame(summary.chosen(values, rows, columns).reshape(-1, len(days)).T, index=days).sum(axis=1, min_count=1)

        def drawn(forecast: Forecast) -> summary.Floats:
            """[H, S]"""
            return summary.chosen(forecast.samples, rows, columns).sum(axis=(0, 1), dtype=float)

        past = self.view.dates[-max(FEWEST_PAST, 2 * len(self.forecast.dates)) :]
        return Daily(
            name or self.name(districts),
            summed(self.view.orders[..., -len(past) :].astype(float), past),
            drawn(self.forecast),
            self.forecast.dates,
            summed(self.actual, self.forecast.dates),
            None if self.plan is None else pd.Series(np.median(drawn(self.plan.forecast), axis=1), index=self.forecast.dates),
        )

    def category_name(self, category: int) -> str:
        return label(self.forecast.categories[category])

    @cached_property
    def table(self) -> pd.DataFrame:
        """``summary.by_region`` of the whole period, in the categories chosen."""
        return self._by_region(None)

    @cached_property
    def medians(self) -> summary.Floats:
        """[R, H] of each region's days, in the categories chosen."""
        chosen = summary.chosen(self.forecast.samples, None, self.categories)
        return np.asarray(np.median(chosen.sum(axis=1), axis=-1))

    @cached_property
    def tables(self) -> list[pd.DataFrame]:
        """The same of each target day."""
        return [self._by_region([day]) for day in range(len(self.forecast.dates))]

    def _by_region(self, days: Sequence[int] | None) -> pd.DataFrame:
        fact = population_fact(self.market)
        population = None if fact is None else self.market.facts[fact]
        return summary.by_region(self.forecast, self.level, self.actual, self.categories, days, population)


def distinct(names: pd.Series) -> pd.Series:
    """Names by id, those that are not alone with their id, for a list gives back the words it shows."""
    return names.where(~names.duplicated(keep=False), names + " (" + names.index.astype(str) + ")")
