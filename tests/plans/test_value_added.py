"""Forecast value added, held against errors counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from stmp.plans import PERCENT, VALUE, overridden, summed, value_added
from tests.plans.made import DATES, forecast, override

OVERRIDES = [
    override(20, PERCENT, region="r0", reason="a rival closes", author="Li"),
    override(300, VALUE, region="r1", category="c1", last=DATES[1].date(), reason="a fair", author="Ana"),
    override(-10, PERCENT, category="c0", reason="a rival closes", author="Ana"),
]


@pytest.fixture
def actual() -> np.ndarray:
    """[R, C, H] what came: r0 sold more than was forecast; of r2 nothing is known, of r1 not the last day."""
    came = np.median(forecast().samples, axis=-1).astype(float)
    came[0] *= 1.2
    came[1, :, 4] = np.nan
    came[2] = np.nan
    return came


def test_each_override_is_credited_for_what_it_changed_district_by_district(actual: np.ndarray) -> None:
    found = value_added(forecast(), OVERRIDES, actual)
    assert list(zip(found["override"], found["region"], strict=True)) == [(0, "r0"), (1, "r1"), (2, "r0"), (2, "r1")]
    assert list(found["cells"]) == [10, 2, 5, 4]
    for row in found.itertuples():
        before, after = (overridden(forecast(), OVERRIDES[:n]).samples.astype(float) for n in (row.override, row.override + 1))
        region, columns = int(row.region[1]), {0: (0, 1), 1: (1,), 2: (0,)}[row.override]
        days = range(2) if row.override == 1 else range(5)
        errors = [0.0, 0.0]
        came = 0.0
        for c in columns:
            for d in days:
                if np.isnan(actual[region, c, d]):
                    continue
                came += actual[region, c, d]
                for i, samples in enumerate((before, after)):
                    errors[i] += abs(np.median(samples[region, c, d]) - actual[region, c, d])
        assert (row.actual, row.before, row.after) == pytest.approx((came, *errors))


def test_what_all_add_is_what_the_plan_adds(actual: np.ndarray) -> None:
    found = value_added(forecast(), OVERRIDES, actual)
    error = [
        np.nansum(np.abs(np.median(f.samples.astype(float), axis=-1) - actual)) for f in (forecast(), overridden(forecast(), OVERRIDES))
    ]
    assert (found["before"] - found["after"]).sum() == pytest.approx(error[0] - error[1])


def test_it_is_summed_by_planner_district_and_reason(actual: np.ndarray) -> None:
    found = value_added(forecast(), OVERRIDES, actual)
    by_author = summed(found, "author")
    assert list(by_author.index) == ["Li", "Ana"]  # Li was right
    assert by_author.loc["Li", "added"] > 0 > by_author.loc["Ana", "added"]
    mine = found[found["author"] == "Ana"]
    assert by_author.loc["Ana", "added"] == pytest.approx((mine["before"] - mine["after"]).sum())
    assert by_author.loc["Ana", "wape_after"] == pytest.approx(mine["after"].sum() / mine["actual"].sum())
    assert set(summed(found, "reason").index) == {"a rival closes", "a fair"}
    assert set(summed(found, "region").index) == {"r0", "r1"}


def test_nothing_is_said_before_anything_came(actual: np.ndarray) -> None:
    assert value_added(forecast(), OVERRIDES, np.full_like(actual, np.nan)).empty
    assert value_added(forecast(), [], actual).empty
    assert summed(value_added(forecast(), [], actual), "author").empty
