"""What is kept of a plan. All of it is frozen: a version never changes, a change makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from stmp.forecast import Forecast
from stmp.plans.overrides import Override, overridden
from stmp.scenario import Scenario
from stmp.summary import INTERVAL, Interval


@dataclass(frozen=True)
class Figures:
    """Medians and 80 % intervals over all categories and target days, of the market and of each district by id; in units."""

    total: Interval
    districts: Mapping[str, Interval]

    @classmethod
    def of(cls, forecast: Forecast) -> Figures:
        """Those of a forecast."""
        totals = forecast.samples.astype(float).sum(axis=(1, 2))  # [R, S]
        rows = np.vstack([totals.sum(axis=0), totals])
        bounds = np.quantile(rows, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=1).T.tolist()
        market, *districts = (Interval(*bound) for bound in bounds)
        return cls(market, dict(zip(forecast.regions, districts, strict=True)))


@dataclass(frozen=True)
class Content:
    """What a version says: the whole question to the forecaster, the overrides, and the numbers as they were when it was saved.

    market: name.  data_digest: of the market.  checkpoint: hash of the weights.  checkpoint_name: what it was called.
    statistical, planned: without and with the overrides.
    """

    market: str
    data_digest: str
    checkpoint: str
    checkpoint_name: str
    cutoff: date
    horizon: int
    seed: int
    samples: int
    scenario: Scenario
    overrides: tuple[Override, ...]
    statistical: Figures
    planned: Figures
    note: str = ""

    @classmethod
    def of(
        cls,
        forecast: Forecast,
        overrides: tuple[Override, ...] = (),
        *,
        market: str,
        data_digest: str,
        checkpoint: str,
        checkpoint_name: str,
        note: str = "",
    ) -> Content:
        """Of a statistical forecast and the overrides on it. Raises PlanError where they do not fit."""
        return cls(
            market=market,
            data_digest=data_digest,
            checkpoint=checkpoint,
            checkpoint_name=checkpoint_name,
            cutoff=forecast.cutoff.date(),
            horizon=len(forecast.dates),
            seed=forecast.seed,
            samples=forecast.samples.shape[-1],
            scenario=forecast.scenario,
            overrides=overrides,
            statistical=Figures.of(forecast),
            planned=Figures.of(overridden(forecast, overrides)),
            note=note,
        )


@dataclass(frozen=True)
class Version:
    """number: 1, 2, ...  made_at: in UTC.  restores: number of the version it is equal to, where it was made by restoring one."""

    number: int
    author: str
    made_at: datetime
    restores: int | None
    content: Content


@dataclass(frozen=True)
class Plan:
    """A name and its versions, the oldest first. owner: id of who made it, None where nobody signed in.

    archived_at, archived_by: None while it is living.
    """

    id: int
    market: str
    name: str
    owner: str | None
    archived_at: datetime | None
    archived_by: str | None
    versions: tuple[Version, ...]

    @property
    def latest(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True)
class Promotion:
    """That a version became "the plan" of its market, cutoff and horizon."""

    plan: Plan
    version: Version
    author: str
    made_at: datetime
