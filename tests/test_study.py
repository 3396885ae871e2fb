"""Cells of a backtest: written and read again, and every number made from them held against another way to compute it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from stmp.errors import StmpError
from stmp.evaluation import Backtest, Evaluation, Window, cells_of, evaluate, recent_cutoffs, study
from stmp.evaluation.cells import Provenance, read_provenance
from stmp.evaluation.pit import EDGES
from stmp.forecast import Forecaster
from stmp.market import Market
from stmp.scenario import Scenario
from tests.markets import small_market
from tests.small import card_of

CUTOFFS = [pd.Timestamp("2021-06-10"), pd.Timestamp("2021-11-05"), pd.Timestamp("2021-12-17")]
HORIZON, SAMPLES = 14, 50


class Noisy(Forecaster):
    """Samples around what was the last week's mean, each cell and day with its own noise, each sample with a shared factor."""

    def __init__(self, name: str, spread: float, factor: float = 1.0) -> None:
        self.name, self.spread, self.factor = name, spread, factor

    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        rng = np.random.default_rng(seed)
        level = self.factor * np.nanmean(view.orders[..., -7:], axis=-1)[..., None, None]
        shape = (*view.orders.shape[:2], horizon, samples)
        return (level * np.exp(rng.normal(0, self.spread, shape) + rng.normal(0, self.spread, samples))).astype(np.float32)


@pytest.fixture(scope="module")
def market() -> Market:
    """With a missing cell, a missing day and a series that sells nothing."""
    made = small_market(regions=3, categories=2)
    orders = made.orders.copy()
    day = int(made.dates.get_loc(CUTOFFS[0])) + 1
    orders[2, 1] = 0
    orders[0, :, day] = np.nan
    orders[..., day + 1] = np.nan
    return replace(made, orders=orders)


@pytest.fixture(scope="module")
def run(market: Market) -> tuple[Evaluation, Backtest]:
    """The scores that 'stmp evaluate' gives, and the cells of the same forecasts."""
    kept: list[pd.DataFrame] = []
    models = [Noisy("stmp", 0.2), Noisy("narrow", 0.02), Noisy("high", 0.2, factor=1.5)]
    scores = evaluate(
        models, market, CUTOFFS, HORIZON, samples=SAMPLES, seed=3, keep=lambda window, made: kept.append(cells_of(window, made))
    )
    return scores, Backtest.of(Provenance.of(card_of(market), market, CUTOFFS, HORIZON, SAMPLES, 3), kept)


@pytest.fixture(scope="module")
def cells(run: tuple[Evaluation, Backtest]) -> pd.DataFrame:
    return run[1].cells


def test_there_is_a_row_per_cell_district_and_day_that_has_an_actual(market: Market, cells: pd.DataFrame) -> None:
    ours = cells[cells["model"] == "stmp"]
    assert len(study.districts(ours)) == 3 * 2 * 14 * 3 - 2 - 6
    assert len(study.totals(ours)) == 3 * 14 * 3 - 1 - 3
    assert len(study.network(ours)) == 14 * 3 - 1
    row = study.districts(ours).query("region == 'r1' and category == 'c0' and lead == 6 and cutoff == @CUTOFFS[1]").iloc[0]
    peak = pd.Timestamp("2021-11-11")
    assert (row["date"], row["kind"], row["label"], row["peak"]) == (peak, "festival", "Late · peak", peak)
    assert row["actual"] == market.orders[1, 0, market.dates.get_loc("2021-11-11")]
    assert row["scale"] == pytest.approx(np.nanmean(market.orders[1, 0, : market.dates.get_loc("2021-11-06")]))
    assert ours.loc[ours["kind"] != "festival", "peak"].isna().all()


def test_scores_by_kind_of_day_are_those_of_evaluate(run: tuple[Evaluation, Backtest]) -> None:
    scores, backtest = run
    table = study.by_kind(study.districts(backtest.cells)).set_index(["model", "kind"])
    pooled = {(s.model, s.segment): s for s in scores.scores if s.cutoff == "all"}
    assert set(table.index) == set(pooled)
    for key, expected in pooled.items():
        found = table.loc[key]
        assert (found["n"], found["days"]) == (expected.n, expected.days)
        for column, value in (("wape", expected.wape), ("mse_rel", expected.mse_rel), ("crps", expected.crps), ("bias", expected.bias)):
            assert found[column] == pytest.approx(value, rel=1e-5), (key, column)
        assert [found["in50"], found["in80"], found["in95"]] == [expected.coverage50, expected.coverage80, expected.coverage95]


def test_totals_are_covered_by_their_joint_samples(run: tuple[Evaluation, Backtest]) -> None:
    scores, backtest = run
    days = study.network(backtest.cells)
    for expected in (s for s in scores.scores if s.cutoff == "all"):
        rows = study.of_kind(days, expected.segment).query(f"model == '{expected.model}'")
        assert np.abs(rows["actual"] - rows["q50"]).sum() / rows["actual"].sum() == pytest.approx(expected.total_wape, rel=1e-5)
        assert rows["in80"].mean() == expected.total_coverage80


def test_a_district_is_the_sum_of_its_categories_sample_by_sample(market: Market, cells: pd.DataFrame) -> None:
    window = Window(market, CUTOFFS[1], HORIZON)
    samples = Noisy("stmp", 0.2).forecast(window.view, CUTOFFS[1], HORIZON, samples=SAMPLES, seed=3).samples[1, :, 4].astype(float)
    row = study.totals(cells).query("model == 'stmp' and region == 'r1' and lead == 5 and cutoff == @CUTOFFS[1]").iloc[0]
    assert row["q90"] == pytest.approx(np.quantile(samples.sum(axis=0), 0.9), rel=1e-6)
    assert row["q90"] < np.quantile(samples, 0.9, axis=-1).sum()
    pairs = np.abs(samples.sum(0)[:, None] - samples.sum(0)).mean() / 2
    assert row["crps"] == pytest.approx(np.abs(samples.sum(0) - row["actual"]).mean() - pairs, rel=1e-5)


@pytest.mark.parametrize("by", ["region", "category", "lead", "label"])
def test_scores_of_any_group_are_those_of_its_cells(cells: pd.DataFrame, by: str) -> None:
    table = study.scores(study.districts(cells), [by])
    assert set(table["model"]) == {"stmp", "narrow", "high"}
    for row in table.itertuples():
        group = study.districts(cells)
        group = group[(group[by] == getattr(row, by)) & (group["model"] == row.model)]
        group = group.assign(**group[["actual", "mean", "q50", "scale"]].astype(float))
        total = group["actual"].sum()
        assert row.n == len(group)
        assert row.wape == pytest.approx((group["actual"] - group["q50"]).abs().sum() / total, rel=1e-5)
        assert row.bias == pytest.approx((group["mean"] - group["actual"]).sum() / total, rel=1e-4, abs=1e-6)
        squares = (((group["actual"] - group["mean"]) / group["scale"]) ** 2)[group["scale"] > 0]
        assert row.mse_rel == pytest.approx(squares.mean(), rel=1e-5)


def test_coverage_counts_rows_and_different_days(cells: pd.DataFrame) -> None:
    table = study.coverage(study.network(cells))
    narrow = table[table["model"] == "narrow"].set_index("nominal")
    assert list(narrow.index) == [0.5, 0.8, 0.95]
    assert set(narrow["days"]) == set(narrow["n"]) == {41}
    rows = study.network(cells).query("model == 'narrow'")
    inside = ((rows["actual"] >= rows["q10"]) & (rows["actual"] <= rows["q90"])).mean()
    assert narrow.loc[0.8, "measured"] == pytest.approx(inside)
    twice = pd.concat([rows, rows.assign(cutoff=rows["cutoff"] - pd.Timedelta(days=1))])
    assert set(study.coverage(twice)["days"]) == {41}


def test_losses_name_the_best_baseline_where_it_is_better_at_the_digits_shown() -> None:
    table = pd.DataFrame(
        {
            "kind": ["festival"] * 3 + ["ordinary"] * 3,
            "model": ["stmp", "a", "b"] * 2,
            "days": [7, 7, 7, 30, 30, 30],
            "wape": [0.2, 0.19, 0.17, 0.1, 0.2, 0.09996],
            "mse_rel": [0.5, 0.5, 0.6, 0.1, np.nan, 0.2],
            "crps": [0.1, 0.2, 0.3, np.nan, 0.1, 0.1],
        }
    )
    assert study.losses(table) == [study.Loss("festival", "wape", 0.2, 0.17, "b", 7)]
    assert study.best(table)["wape"].tolist() == [False, False, True, True, False, True]
    assert study.losses(table[table["model"] == "stmp"]) == []


def test_each_festival_held_is_scored_apart_from_each_cutoff(cells: pd.DataFrame) -> None:
    table = study.festivals(study.districts(cells))
    held = table[["festival", "peak", "cutoff"]].drop_duplicates().to_numpy().tolist()
    assert held == [
        ["Mid", pd.Timestamp("2021-06-18"), CUTOFFS[0]],
        ["Late", pd.Timestamp("2021-11-11"), CUTOFFS[1]],
    ]
    assert set(table["days"]) == {7}
    rows = study.districts(cells).query("model == 'high' and date >= '2021-11-08' and date <= '2021-11-14'")
    late = table[(table["festival"] == "Late") & (table["model"] == "high")].iloc[0]
    assert late["wape"] == pytest.approx((rows["actual"] - rows["q50"]).abs().sum() / rows["actual"].sum(), rel=1e-5)


def test_the_peak_day_of_a_festival_is_its_strongest(cells: pd.DataFrame) -> None:
    peaks = study.peaks(study.network(cells))
    assert [(row.festival, row.date, row.model) for row in peaks.itertuples()] == [
        (festival, pd.Timestamp(date), model)
        for festival, date in (("Mid", "2021-06-18"), ("Late", "2021-11-11"))
        for model in ("high", "narrow", "stmp")
    ]
    twice = study.network(cells).assign(label="Late · peak").query("kind == 'festival' and date >= '2021-11-08'")
    assert set(study.peaks(twice)["actual"]) == {twice["actual"].max()}


def test_a_sample_of_cells_is_at_most_so_large_and_the_same_each_time(cells: pd.DataFrame) -> None:
    assert study.thinned(cells, len(cells)) is cells
    drawn = study.thinned(cells, 40)
    assert len(drawn) == 40
    assert drawn.index.is_monotonic_increasing
    pd.testing.assert_frame_equal(drawn, study.thinned(cells, 40))


def test_the_pit_histogram_counts_between_the_quantiles_of_the_samples(market: Market, cells: pd.DataFrame) -> None:
    """Two series of a district that always sells nothing, as forecast, count half on either side of the median."""
    counts, inner = np.zeros(len(EDGES) - 1), EDGES[1:-1]
    for cutoff in CUTOFFS:
        window = Window(market, cutoff, HORIZON)
        samples = Noisy("narrow", 0.02).forecast(window.view, cutoff, HORIZON, samples=SAMPLES, seed=3).samples.astype(float)
        for place in zip(*np.where(~np.isnan(window.actual)), strict=True):
            came, quantiles = float(window.actual[place]), np.quantile(samples[place], inner)
            if came == quantiles[3]:
                counts[3:5] += 0.5
            else:
                counts[np.searchsorted(quantiles, came)] += 1
    table = study.pit(study.districts(cells)).query("model == 'narrow'")
    assert set(table["n"]) == {counts.sum()}
    assert set(table["days"]) == {41}
    np.testing.assert_allclose(table["measured"], counts / counts.sum())
    np.testing.assert_allclose(table["expected"], table["high"] - table["low"])
    assert table["measured"].iloc[0] > 0.25 > table["expected"].iloc[0]  # far too narrow


def test_a_backtest_is_read_as_it_was_written(run: tuple[Evaluation, Backtest], market: Market, tmp_path: Path) -> None:
    backtest, file = run[1], tmp_path / "backtest.parquet"
    backtest.write(file)
    again = Backtest.read(file)
    assert again.provenance == backtest.provenance == read_provenance(file)
    assert (again.provenance.data_digest, again.provenance.seed, again.provenance.trained_until) == (market.digest, 3, "2021-06-30")
    assert again.provenance.cutoffs == ("2021-06-10", "2021-11-05", "2021-12-17")
    rounded = ["mean", "q10", "q50", "q90", "crps"]
    pd.testing.assert_frame_equal(again.cells.drop(columns=rounded), backtest.cells.drop(columns=rounded), check_categorical=False)
    np.testing.assert_allclose(again.cells[rounded], backtest.cells[rounded], rtol=2**-12)
    assert [path.name for path in tmp_path.iterdir()] == ["backtest.parquet"]


def test_what_is_no_backtest_is_refused_with_the_remedy(cells: pd.DataFrame, tmp_path: Path) -> None:
    cells.to_parquet(tmp_path / "other.parquet")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 cut short")
    for name in ("other", "cut", "absent"):
        with pytest.raises(StmpError, match=rf"{name}\.parquet: not a backtest.*Remedy: make it again"):
            Backtest.read(tmp_path / f"{name}.parquet")


def test_recent_cutoffs_lie_end_to_end_and_not_before_the_first(market: Market) -> None:
    found = recent_cutoffs(market, 14, pd.Timestamp("2021-11-20"))
    assert [f"{cutoff:%m-%d}" for cutoff in found] == ["12-03", "12-17"]
    assert [f"{cutoff:%m-%d}" for cutoff in recent_cutoffs(market, 14, pd.Timestamp("2021-12-03"))] == ["12-03", "12-17"]
    assert recent_cutoffs(market, 14, pd.Timestamp("2021-12-18")) == []
    assert recent_cutoffs(market, 14, pd.Timestamp("2030-01-01")) == []
    assert recent_cutoffs(market, 400, pd.Timestamp("2000-01-01"))[0] >= market.dates[0]
