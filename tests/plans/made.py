"""A forecast made by hand, and what is saved of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from stmp.forecast import Forecast
from stmp.plans import PERCENT, Content, Override, Person, Role, anybody
from stmp.scenario import Days, Scenario

DATES = pd.date_range("2021-11-05", periods=5)
FIRST, LAST = DATES[0].date(), DATES[-1].date()
LI, ANA, BO = map(anybody, ("Li", "Ana", "Bo"))  # where nobody signs in
VIEWER, PLANNER, OTHER, ADMIN = (  # where people do
    Person("Vi", Role.VIEWER, "idp vi"),
    Person("Pat", Role.PLANNER, "idp pat"),
    Person("Pat", Role.PLANNER, "idp another pat"),
    Person("Ada", Role.ADMIN, "idp ada"),
)
SCENARIO = Scenario(name="双11 “earlier”", days=(Days(first=date(2021, 11, 6), last=date(2021, 11, 7), types={"workday": 1.0}),))


def forecast(seed: int = 0, samples: int = 41, scale: float = 1.0, spread: float = 0.3) -> Forecast:
    """Three districts, two categories, five days; the samples of a district move together."""
    rng = np.random.default_rng(seed)
    level = scale * rng.uniform(20, 200, (3, 2, 5, 1))
    drawn = level * np.exp(spread * (rng.normal(size=(3, 1, 1, samples)) + rng.normal(size=(3, 2, 5, samples))))
    cutoff = DATES[0] - pd.Timedelta(days=1)
    return Forecast("by hand", ("r0", "r1", "r2"), ("c0", "c1"), DATES, cutoff, drawn.astype(np.float32), seed, SCENARIO)


def override(amount: float = 10.0, kind: str = PERCENT, **given: object) -> Override:
    told: dict[str, object] = {"first": FIRST, "last": LAST, "reason": "a rival closes", "author": "Li", **given}
    return Override(kind=kind, amount=amount, **told)  # type: ignore[arg-type]


def content(*overrides: Override, scale: float = 1.0, market: str = "beijing", **given: object) -> Content:
    found = Content.of(
        forecast(scale=scale),
        overrides,
        market=market,
        data_digest="d" * 64,
        checkpoint="a" * 64,
        checkpoint_name="pretrained/beijing",
        note="as agreed",
    )
    return replace(found, **given)  # type: ignore[arg-type]
