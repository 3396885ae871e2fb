"""The answers to the scenarios on the desk: forecasts of one seed beside the baseline's, and what was measured of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from app import loading
from app.inputs.sidebar import Choice
from app.parts.what_if.desk import Desk
from app.reading import Reading
from stmp import comparison
from stmp.comparison import Step
from stmp.errors import StmpError
from stmp.experience import Finding, experience
from stmp.forecast import Forecast
from stmp.market import Market
from stmp.scenario import Scenario


@dataclass(frozen=True)
class Answer:
    """One scenario's forecast, and the distances of what it changes to what the model learned from."""

    name: str
    forecast: Forecast
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Answers:
    """plan: the baseline as the pages read it.  answered: in the order of the desk.  refused: name -> why it cannot be forecast.
    steps, stairs: the steps to the scenario that is edited, and their forecasts; empty when that one was refused.
    """

    plan: Reading
    answered: tuple[Answer, ...]
    refused: dict[str, str]
    chosen: str
    steps: tuple[Step, ...]
    stairs: tuple[Forecast, ...]

    @property
    def answer(self) -> Answer | None:
        """That of the scenario that is edited."""
        return next((answer for answer in self.answered if answer.name == self.chosen), None)


def baseline(choice: Choice) -> Choice:
    """The same question of the calendar as planned."""
    return replace(choice, question=replace(choice.question, scenario=Scenario()))


def answers(planned: Choice, desk: Desk) -> Answers:
    """Forecast every scenario on the desk. Raises StmpError when the baseline itself cannot be forecast."""
    question = planned.question
    plan = Reading.of(planned, loading.run(question), None)
    learned, date_types = _learned(planned, plan.view), loading.representations(question).date_types

    def forecast(scenario: Scenario) -> Forecast:
        return loading.run(replace(question, scenario=scenario)).forecast

    answered, refused = [], {}
    for draft in desk.drafts.values():
        try:
            found = experience(plan.view, learned, draft.scenario, date_types)
            answered.append(Answer(draft.name, forecast(draft.scenario), found))
        except StmpError as error:
            refused[draft.name] = str(error)
    chosen = desk.draft
    steps = () if chosen.name in refused else comparison.steps(chosen.scenario, plan.view.calendar, plan.forecast.dates)
    return Answers(plan, tuple(answered), refused, chosen.name, steps, tuple(forecast(step.scenario) for step in steps))


def _learned(choice: Choice, view: Market) -> Market:
    """The market as far as the model learned from it; all that is known of it where the model learned from another one."""
    card, market = choice.question.offer.card, choice.question.market
    if choice.question.offer.fit(market) > 1:
        return view
    until = min(pd.Timestamp(card.trained_until), view.cutoff)
    return market.until(until) if until >= view.dates[0] else view
