"""Forecast value added: did the overrides help, once it is known what came?

Measured cell by cell (district, category, day), as the absolute error of the median. Overrides that overlap are credited in their
order, each for what it changed of what those before it left, so that the value added of all is that of the plan on these cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.forecast import Forecast
from stmp.plans.overrides import Override, overridden
from stmp.summary import Floats

COLUMNS = ("override", "author", "reason", "region", "cells", "actual", "before", "after")
NUMBERS = ["cells", "actual", "before", "after"]


def value_added(forecast: Forecast, overrides: Sequence[Override], actual: Floats) -> pd.DataFrame:
    """One row per override and district it touches, where something is known of what came.

    forecast: the statistical one.  actual: [R, C, H] of ``summary.actuals``, NaN where unknown.
    override: position.  cells: how many are known.  actual: their units.  before, after: their absolute errors, in units, summed,
    without and with the override. Raises PlanError.
    """
    rows = []
    before = forecast
    for position, override in enumerate(overrides):
        after, cells = overridden(before, [override]), override.cells(forecast)
        came = actual[cells]  # [R', C', H']
        errors = [np.abs(np.median(one.samples[cells].astype(float), axis=-1) - came) for one in (before, after)]
        for row, region in enumerate(cells[0].ravel()):
            known = np.isfinite(came[row])
            if known.any():
                numbers = [float(values[row][known].sum()) for values in (came, *errors)]
                rows.append((position, override.author, override.reason, forecast.regions[region], int(known.sum()), *numbers))
        before = after
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summed(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """The table of ``value_added`` by "author", "region" or "reason", the most helpful first.

    Its numbers summed, and added: by how many units the overrides lowered the error (below 0: raised it).  wape_before, wape_after:
    the errors over what came, NaN where nothing came.
    """
    found = table.groupby(by, sort=False)[NUMBERS].sum()
    found["added"] = found["before"] - found["after"]
    for name in ("before", "after"):
        found[f"wape_{name}"] = _ratio(found[name].to_numpy(float), found["actual"].to_numpy(float))
    return found.sort_values("added", ascending=False, kind="stable")


def _ratio(error: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.divide(error, actual, out=np.full_like(error, np.nan), where=actual > 0))
