"""What could be asked of a market: ready-made scenarios, and the first state of each kind of change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
import pandas as pd

from app.language import label, t
from app.parts.what_if.words import name_of
from app.pictures.measures import population_fact
from stmp.market import Market, Occurrence
from stmp.market.calendar import DAY_OFF, WORKDAY
from stmp.scenario import Add, Days, Fact, Move, Recent, Scenario

SHIFT = 3  # days
IDEAS = 3


@dataclass(frozen=True)
class Setting:
    """What a scenario can change. view: the market at the cutoff.  dates: [H] the target days.  names: of the districts, by region id."""

    view: Market
    dates: pd.DatetimeIndex
    names: pd.Series

    @property
    def first(self) -> date:
        return self.dates[0].date()

    @property
    def middle(self) -> date:
        return self.dates[len(self.dates) // 2].date()

    @property
    def last(self) -> date:
        """The last day of the calendar: what is held after the target days can be moved into them."""
        return self.view.calendar.dates[-1].date()

    @property
    def upcoming(self) -> list[Occurrence]:
        """Festivals whose peak is still to come."""
        return [o for o in self.view.calendar.occurrences if o.peak > self.view.cutoff]

    @property
    def streams(self) -> list[str]:
        """Cart additions first, where the market has them; purchases last."""
        return [*self.view.past, "orders"]

    def move(self, occurrence: Occurrence) -> Move:
        """Held a few days later, or earlier where the target days or the calendar end before."""
        later = occurrence.peak + pd.Timedelta(days=SHIFT)
        ends = self.dates[-1] if occurrence.peak <= self.dates[-1] else self.view.calendar.dates[-1]
        earlier = max(occurrence.peak - pd.Timedelta(days=SHIFT), self.dates[0])
        to = later if later <= ends else earlier
        return Move(festival=occurrence.festival, peak=occurrence.peak.date(), to=to.date())

    def hold(self) -> Add:
        """The next festival, or the one the calendar names last, once more: a week after it, or in the middle of the target days."""
        near = [o for o in self.upcoming if o.peak <= self.dates[-1]]
        festival = near[0].festival if near else self.view.calendar.festivals[-1]
        again = near[0].peak + pd.Timedelta(days=7) if near else None
        peak = again.date() if again is not None and again <= self.dates[-1] else self.middle
        return Add(festival=festival, peak=peak)

    def treat(self) -> Days:
        """The middle day as the peak of the festival held last by then, or as the other kind of ordinary day."""
        calendar = self.view.calendar
        until = calendar.dates <= self.dates[-1]
        peaks = [kind.label for kind, known in zip(calendar.types, until, strict=True) if known and kind.phase == "peak"]
        day = calendar.index(pd.Timestamp(self.middle))
        other = DAY_OFF if day is not None and calendar.workday[day] else WORKDAY
        return Days(first=self.middle, last=self.middle, types={peaks[-1] if peaks else other.label: 1.0})

    def recent(self, stream: str) -> Recent:
        """The last week, doubled, in the largest category."""
        orders = np.nansum(self.view.orders[..., -28:], axis=(0, 2))
        return Recent(stream=stream, factor=2.0, categories=(self.view.categories[int(orders.argmax())],))

    def fact(self) -> Fact:
        """A tenth more residents, or of the first fact, in the first district."""
        name = population_fact(self.view) or str(self.view.facts.columns[0])
        region = self.view.regions[0]
        value = float(self.view.facts.loc[region, name])
        return Fact(region=region, name=name, value=round(1.1 * value) if np.isfinite(value) else 0.0)


def ideas(setting: Setting) -> list[Scenario]:
    """Three that the market allows."""
    return list(islice(_ideas(setting), IDEAS))


def _ideas(setting: Setting) -> Iterator[Scenario]:
    near = [o for o in setting.upcoming if o.peak <= setting.dates[-1]]
    if near and (move := setting.move(near[0])).to != move.peak:
        yield Scenario(name=name_of([move], setting.names), festivals=(move,))
    if setting.view.calendar.festivals:
        hold = setting.hold()
        yield Scenario(name=name_of([hold], setting.names), festivals=(hold,))
    stream = setting.streams[0]
    doubled = setting.recent(stream)
    category = label(doubled.categories[0])
    if stream == "cart_adds":
        yield Scenario(name=t("Twice the recent carts of {category}", category=category), recent=(doubled,))
    yield Scenario(name=t("Twice the recent purchases of {category}", category=category), recent=(setting.recent("orders"),))
    treat = setting.treat()
    yield Scenario(name=name_of([treat], setting.names), days=(treat,))
    yield Scenario(name=t("Half the recent purchases"), recent=(Recent(stream="orders", factor=0.5),))
