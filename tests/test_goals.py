"""The rows of the suite's goals: what is compared with what, over which windows, and how far windows leave it open."""

from __future__ import annotations

import pytest

from benchmarks.accuracy import Case, Result
from benchmarks.goals import goals

WINDOWS = {"2021-01-01": (1.0, 2.0, 4.0), "2021-06-01": (3.0, 1.5, 1.0), "2021-11-01": (2.0, 2.0, 8.0)}  # ours, first, second peer


def found() -> list[tuple[Case, Result]]:
    rows = []
    for number, (cutoff, errors) in enumerate(WINDOWS.items()):
        case = Case("shop", cutoff, 14, "test", unseen=number == 2)
        rows += [(case, result(case, m, mse_rel=e, days=1 + number)) for m, e in zip(("ours", "lightgbm", "tft"), errors, strict=True)]
    ordinary, young = Case("shop", "2021-03-01", 14, "ordinary"), Case("shop", "2021-06-01", 14, "young", poorer="young")
    single = Case("shop", "2021-06-01", 14, "single", poorer="single")
    rows += [(ordinary, result(ordinary, "ours", mse_rel=0.8)), (ordinary, result(ordinary, "lightgbm", mse_rel=1.0))]
    rows += [(young, result(young, m, mse_rel=e)) for m, e in (("ours", 0.5), ("lightgbm", 1.0), ("shrunk_uplift", 2.0))]
    return [*rows, (single, result(single, "ours", mse_rel=4.5))]


def result(case: Case, model: str, mse_rel: float, days: int = 1) -> Result:
    empty: dict[str, object] = dict.fromkeys(Result.__dataclass_fields__, 0.0)
    told = {"model": model, "case": case.name, "key": "", "days": days, "mse_rel": mse_rel, "in_80": days / 4, "totals_in_80": 1.0}
    return Result(**empty | told)  # type: ignore[arg-type]


def test_each_goal_is_decided_by_its_windows_and_its_rival() -> None:
    rows = {str(row["name"]): row for row in goals(found(), "ours", ("lightgbm", "tft", "nhits"))}
    values = [(row["of"], row["windows"], row["value"], row["met"]) for row in rows.values()]
    assert values == [
        ("ours / lightgbm", 3, 1.0, False),  # the cube root of 1/2 x 2 x 1; tft is worse on the whole, nhits was not run
        ("ours", 3, pytest.approx((0.5 * 3 * 1) ** (1 / 3), abs=1e-3), False),
        ("ours / lightgbm", 1, 1.0, False),
        ("ours / lightgbm", 1, 0.5, True),
        ("ours", 1, 1.5, False),
        ("ours / lightgbm", 1, 0.8, True),
        ("ours", 3, pytest.approx((1 * 0.25 + 2 * 0.5 + 3 * 0.75) / 6, abs=1e-3), False),
        ("ours", 3, 1.0, False),
    ]


def test_the_interval_is_that_of_windows_drawn_anew() -> None:
    rows = goals(found(), "ours", ("lightgbm", "tft"))
    assert rows[0]["between"] == [0.63, 1.587]  # 4 of the 27 draws lie at or below 2 ** (-2 / 3)
    assert rows[2]["between"] == [1.0, 1.0]  # one window cannot be drawn otherwise
    assert rows[-1]["between"] == [1.0, 1.0]


def test_what_no_window_decides_is_left_open() -> None:
    rows = goals([pair for pair in found() if pair[0].kind == "test"], "ours", ("lightgbm", "tft"))
    assert [(row["value"], row["between"], row["met"]) for row in rows[3:6]] == [(None, None, None)] * 3
