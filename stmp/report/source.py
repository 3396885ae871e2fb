"""What a report is made from: one question to one checkpoint, its answers, and what they are read against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stmp import comparison, summary
from stmp.checkpoint import Card
from stmp.comparison import Step
from stmp.errors import StmpError
from stmp.evaluation import Backtest
from stmp.evaluation.cells import FILE, read_provenance
from stmp.forecast import Forecast
from stmp.market import Calendar, Market
from stmp.newcomers import founded, guesses
from stmp.plans import Override, Version, overridden
from stmp.scenario import Scenario
from stmp.stock import Rule

HISTORY_DAYS = 28
Ask = Callable[[Scenario], Forecast]  # one cutoff, horizon and seed: the same draws for every scenario


class Saved(NamedTuple):
    """A version of a saved plan, and the plan's name."""

    plan: str
    version: Version


@dataclass(frozen=True, eq=False)
class Source:
    """market: whole.  checkpoint: its name.  statistical: the scenario's forecast.  forecast: with the overrides.  plan: the calendar's as
    planned, None where the scenario is none.  steps, stairs: from ordinary days to the scenario, and their forecasts.
    rules: of each category's stock.  supply: units to give out, where they are limited.  saved: the version that is reported, if one is.
    backtest: of this checkpoint on this market, where there is one.
    """

    market: Market
    card: Card
    checkpoint: str
    statistical: Forecast
    forecast: Forecast
    plan: Forecast | None
    steps: tuple[Step, ...]
    stairs: tuple[Forecast, ...]
    overrides: tuple[Override, ...]
    rules: tuple[Rule, ...]
    supply: int | None
    saved: Saved | None
    backtest: Backtest | None

    @classmethod
    def of(
        cls,
        market: Market,
        card: Card,
        checkpoint: str,
        scenario: Scenario,
        ask: Ask,
        *,
        overrides: Sequence[Override] = (),
        rules: Sequence[Rule] | None = None,
        supply: int | None = None,
        saved: Saved | None = None,
        backtest: Backtest | None = None,
    ) -> Source:
        """Ask for all forecasts that the report needs. Raises StmpError where one of them cannot be had."""
        statistical = ask(scenario)
        planned = Scenario()
        steps = comparison.steps(scenario, market.until(statistical.cutoff).calendar, statistical.dates)
        return cls(
            market,
            card,
            checkpoint,
            statistical,
            overridden(statistical, overrides) if overrides else statistical,
            None if scenario == planned else ask(planned),
            steps,
            tuple(ask(step.scenario) for step in steps),
            tuple(overrides),
            tuple(rules or [Rule()] * len(statistical.categories)),
            supply,
            saved,
            backtest,
        )

    @property
    def scenario(self) -> Scenario:
        return self.forecast.scenario

    @cached_property
    def view(self) -> Market:
        """The market as it was known at the cutoff."""
        return self.market.until(self.forecast.cutoff)

    @cached_property
    def calendar(self) -> Calendar:
        """With the scenario's changes."""
        return self.scenario.apply(self.view).calendar

    @cached_property
    def level(self) -> summary.Floats:
        """[R, C] of ordinary days."""
        return summary.ordinary_level(founded(self.view, guesses(self.view)))

    @cached_property
    def actual(self) -> summary.Floats:
        """[R, C, H] what came; NaN where it is still to come."""
        return summary.actuals(self.market, self.forecast.dates)

    @cached_property
    def largest(self) -> list[int]:
        """Positions of the regions, the largest median total first."""
        totals = np.median(self.forecast.samples.sum(axis=(1, 2), dtype=float), axis=-1)
        return [int(i) for i in np.argsort(-totals, kind="stable")]


def stored_backtest(folder: Path, card: Card, market: Market) -> Backtest | None:
    """The backtest in a checkpoint's folder; None where there is none, or one of other weights or other data."""
    file = folder / FILE
    try:
        told = read_provenance(file) if file.is_file() else None
        same = told is not None and (told.weights_sha256, told.data_digest) == (card.weights_sha256, market.digest)
        return Backtest.read(file) if same else None
    except StmpError:
        return None
