"""A backtest with what its numbers are read by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from app.formats import in_days
from app.inputs.sidebar import Choice
from app.language import t
from app.parts.downloads import downloads
from stmp.evaluation import Backtest, study
from stmp.market import Market


@dataclass(frozen=True)
class Tested:
    """choice: as of the last cutoff.  names: of the regions, by id, no two alike."""

    choice: Choice
    backtest: Backtest
    names: pd.Series

    @property
    def market(self) -> Market:
        return self.choice.question.market

    @property
    def cells(self) -> pd.DataFrame:
        """The rows of one region and one category each."""
        return study.districts(self.backtest.cells)

    @property
    def models(self) -> list[str]:
        """The checkpoint, then the baselines by name."""
        found = sorted(map(str, self.backtest.cells["model"].unique()))
        return [study.OURS, *(model for model in found if model != study.OURS)]

    @property
    def kinds(self) -> Sequence[str]:
        """All days, then the kinds of day that were met."""
        met = set(self.backtest.cells["kind"].unique())
        return [study.ALL, *(kind for kind in ("ordinary", "holiday", "festival") if kind in met)]

    def downloads(self, name: str, title: str, frame: pd.DataFrame, chart: str | None = None) -> None:
        """Picture and numbers, which say that they are of a backtest and from when to when."""
        cutoffs = self.backtest.provenance.cutoffs
        scenario = t("backtest as of {days}, {first} to {last}", days=in_days(len(cutoffs)), first=cutoffs[0], last=cutoffs[-1])
        downloads(name, title, frame, self.choice, chart=chart, scenario=scenario)
