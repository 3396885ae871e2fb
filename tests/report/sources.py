"""Sources of reports made in memory, without a model: a forecaster that knows festivals, and markets with and without places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.evaluation import Backtest, cells_of, evaluate
from stmp.evaluation.cells import Provenance
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.plans import Content, Override, Version
from stmp.report import Saved, Source
from stmp.scenario import Move, Scenario
from stmp.stock import Rule
from tests.markets import small_market
from tests.small import card_of

CUTOFF = pd.Timestamp("2021-11-05")
PLAN = Scenario()
LATER = Scenario(name="Late, three days later", festivals=(Move(festival="Late", peak=date(2021, 11, 11), to=date(2021, 11, 14)),))
OVERRIDE = Override(date(2021, 11, 10), date(2021, 11, 12), "percent", 20, "A competitor closes", "Ana", region="r1")


class Festive(Forecaster):
    """The last month's mean, three times as much on peaks, with noise that all cells share and noise of their own."""

    name = "stmp"

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        rng = np.random.default_rng(seed)
        calendar = scenario.apply(view).calendar
        days = calendar.dates.get_indexer(view.horizon_dates(horizon))
        factor = np.array([3.0 if calendar.types[day].phase == "peak" else 1.0 for day in days])
        level = np.nanmean(view.orders[..., -28:], axis=-1)[..., None, None] * factor[:, None]
        noise = rng.normal(0, 0.2, (*view.orders.shape[:2], horizon, samples)) + rng.normal(0, 0.1, samples)
        return (level * np.exp(noise)).astype(np.float32)


def squares(regions: Sequence[str]) -> dict:
    """Outlines side by side, as a market has them."""
    rings = [[[x, 40], [x + 1, 40], [x + 1, 41], [x, 41], [x, 40]] for x in range(116, 116 + len(regions))]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"region_id": region}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for region, ring in zip(regions, rings, strict=True)
        ],
    }


def source(
    scenario: Scenario = PLAN,
    market: Market | None = None,
    *,
    overrides: tuple[Override, ...] = (),
    rules: Sequence[Rule] | None = None,
    supply: int | None = None,
    saved: Saved | None = None,
    tested: bool = False,
    horizon: int = 14,
) -> Source:
    """Of a small market with outlines, by default as planned, without overrides and without a backtest."""
    made = small_market() if market is None else market
    if market is None:
        made = replace(made, polygons=squares(made.regions))
    card = card_of(made).model_copy(update={"weights_sha256": "0123456789abcdef" * 4})
    forecaster = Festive()
    return Source.of(
        made,
        card,
        "tiny",
        scenario,
        lambda asked: forecaster.forecast(made, CUTOFF, horizon, asked, samples=60),
        overrides=overrides,
        rules=rules,
        supply=supply,
        saved=saved,
        backtest=backtest(made, card) if tested else None,
    )


def saved_plan(made: Source, note: str = "as agreed") -> Saved:
    """The third version of a plan, of the small market's forecast with one override."""
    content = Content.of(
        made.statistical,
        (OVERRIDE,),
        market="small",
        data_digest=made.market.digest,
        checkpoint=made.card.weights_sha256,
        checkpoint_name="tiny",
        note=note,
    )
    return Saved("双11 计划", Version(3, "Ana", datetime(2021, 11, 5, 8, 30, tzinfo=UTC), None, content))


def backtest(market: Market, card: object) -> Backtest:
    """Of two windows with a festival each, and a baseline that is too high."""

    class High(Festive):
        name = "lightgbm"

        def predict(self, *asked: object) -> NDArray[np.float32]:
            return 1.5 * super().predict(*asked)

    cutoffs, kept = [pd.Timestamp("2021-06-10"), CUTOFF], []
    evaluate([Festive(), High()], market, cutoffs, 14, samples=60, keep=lambda window, made: kept.append(cells_of(window, made)))
    return Backtest.of(Provenance.of(card, market, cutoffs, 14, 60), kept)
