"""An answer with what it is read against: the level of ordinary days, what came, the calendar and the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from app.inputs.sidebar import Choice
from app.loading import Run
from app.pictures.measures import population_fact
from stmp import summary
from stmp.forecast import Forecast
from stmp.market import Calendar, Market


@dataclass(frozen=True)
class Reading:
    """choice: the question and the category to look at.  run: its answer.  plan: the answer as planned, where the question is a
    what-if.  view: the market as it was known at the cutoff.  calendar: with the scenario's changes.  level: [R, C].
    actual: [R, C, H].  names: by region id.
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
        level, actual = summary.ordinary_level(view), summary.actuals(market, run.forecast.dates)
        return cls(choice, run, plan, view, calendar, level, actual, market.region_table["name"].astype(str))

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

    def rows(self, district: str | None) -> list[int]:
        """Positions on the R axis; None is all districts."""
        return list(range(len(self.forecast.regions))) if district is None else [self.forecast.regions.index(district)]

    def name(self, district: str | None) -> str:
        """The district's name; None is all districts."""
        return "All districts" if district is None else str(self.names[district])

    def outlook(self, district: str | None) -> summary.Outlook:
        """Key figures of the district and the category chosen."""
        return summary.outlook(self.forecast, self.level, self.actual, self.rows(district), self.categories)

    def table(self, days: Sequence[int] | None = None) -> pd.DataFrame:
        """``summary.by_region`` of the category chosen, over the target days at the positions given."""
        fact = population_fact(self.market)
        population = None if fact is None else self.market.facts[fact]
        return summary.by_region(self.forecast, self.level, self.actual, self.categories, days, population)
