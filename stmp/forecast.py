"""What a forecaster gives back, and the one interface all forecasters share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stmp.errors import CutoffError, StmpError
from stmp.files import whole_file, whole_folder
from stmp.hours import Profile, by_day, hours_of, profile_of
from stmp.market import Market
from stmp.newcomers import doubted, founded, guesses, observed
from stmp.scenario import Scenario

if TYPE_CHECKING:
    from stmp.forecaster import STMP

PARTITION = "region="  # begins the name of a region's folder, as tools that read partitioned Parquet expect
LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
BASELINE = Scenario()


@dataclass(frozen=True)
class Psi:
    """Gaussian representations of regions, or of date types: mean and std are [N, C, Z] for N labels."""

    labels: tuple[str, ...]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def similarity(self) -> NDArray[np.float32]:
        """[N, N] cosine of the means in the whole space (C x Z), after the mean over labels is taken away."""
        flat = self.mean.reshape(len(self.labels), -1)
        flat = flat - flat.mean(axis=0)
        unit = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
        return np.asarray(unit @ unit.T, dtype=np.float32)


@dataclass(frozen=True)
class Representations:
    """What a meta-learned forecaster inferred from the support: one psi per region and one per date type."""

    regions: Psi
    date_types: Psi


@dataclass(frozen=True)
class Forecast:
    """Joint samples of the days after a cutoff.

    samples: [R, C, H, S] units of the market, never negative. Sample s is one possible future of all regions,
    categories and days together, so sums over any of them keep their own uncertainty.
    dates: [H] days, or the hours of an hourly market.  profile: how days fall into hours, where the market has hours.
    """

    model: str
    regions: tuple[str, ...]
    categories: tuple[str, ...]
    dates: pd.DatetimeIndex
    cutoff: pd.Timestamp
    samples: NDArray[np.float32]
    seed: int
    scenario: Scenario
    representations: Representations | None = None
    profile: Profile | None = None

    @property
    def hourly(self) -> bool:
        """Whether the steps are hours."""
        return len(self.dates) > 1 and self.dates[1] - self.dates[0] < pd.Timedelta(days=1)

    @cached_property
    def hours(self) -> Forecast | None:
        """The same samples hour by hour; None where the market has no hours."""
        if self.profile is None:
            return None
        return replace(self, dates=hours_of(self.dates), samples=self.profile.split(self.samples, self.seed), profile=None)

    @property
    def mean(self) -> NDArray[np.float32]:
        """[R, C, H]"""
        return np.asarray(self.samples.mean(axis=-1))

    def quantiles(self, levels: Sequence[float] = LEVELS) -> NDArray[np.float32]:
        """[Q, R, C, H]"""
        return np.quantile(self.samples, levels, axis=-1).astype(np.float32)

    def total(self, axes: str = "RC") -> NDArray[np.float32]:
        """Samples summed over the named axes of "R", "C", "H"; the S axis is always kept, last."""
        return np.asarray(self.samples.sum(axis=tuple("RCH".index(a) for a in axes)))

    def to_frame(self) -> pd.DataFrame:
        """region, category, date, lead, mean, q05 .. q95: one row per cell, regions slowest and days fastest; hours have leads in hours."""
        size = (len(self.regions), len(self.categories), len(self.dates))
        index = pd.MultiIndex.from_product([self.regions, self.categories, self.dates], names=["region", "category", "date"])
        frame = index.to_frame(index=False)
        frame["lead"] = np.tile(np.arange(1, size[2] + 1), size[0] * size[1])
        frame["mean"] = self.mean.reshape(-1)
        for level, values in zip(LEVELS, self.quantiles(), strict=True):
            frame[f"q{round(level * 100):02d}"] = values.reshape(-1)
        return frame

    def write(self, out: Path) -> None:
        """Write ``to_frame`` whole: as CSV or Parquet, or, without a suffix, as a folder of Parquet files partitioned by region.

        Raises StmpError on a folder that is there and holds anything but such files.
        """
        if not out.suffix:
            refuse_other_files(out)
            with whole_folder(out) as folder:
                for index, region in enumerate(self.regions):  # one by one: quantiles of all at once take many times the file
                    place = folder / f"{PARTITION}{quote(region, safe=' ')}"
                    place.mkdir()
                    own = replace(self, regions=(region,), samples=self.samples[index : index + 1])
                    own.to_frame().drop(columns="region").to_parquet(place / "forecast.parquet", index=False)
            return
        frame = self.to_frame()
        with whole_file(out) as temporary:
            if out.suffix == ".csv":
                frame.to_csv(temporary, index=False, lineterminator="\n")
            else:
                frame.to_parquet(temporary, index=False)


def refuse_other_files(folder: Path) -> None:
    """Raises StmpError unless ``folder`` is missing, empty, or what ``Forecast.write`` put there, which it would replace."""
    if folder.is_dir() and any(not inside.name.startswith(PARTITION) for inside in folder.iterdir()):
        raise StmpError(f"{folder}: this folder holds other files, which a forecast would replace. Remedy: name a new folder.")


class Forecaster(ABC):
    """STMP and every baseline: handed a view that ends at the cutoff, gives joint samples of the days after it."""

    name: str

    @staticmethod
    def load(path: Path, device: str = "auto") -> STMP:
        """A trained checkpoint, ready to forecast. Raises CheckpointError."""
        from stmp.forecaster import STMP  # imports torch, which the commands' help must not wait for

        return STMP.load(path, device)

    def forecast(
        self,
        market: Market,
        cutoff: pd.Timestamp | str,
        horizon: int = 14,
        scenario: Scenario = BASELINE,
        *,
        samples: int = 200,
        seed: int = 0,
    ) -> Forecast:
        """Forecast ``horizon`` days after ``cutoff``; nothing later than the cutoff reaches ``predict``. Of an hourly market, the
        24 hours of each; of one that was summed by day, days and their ``hours``.

        A region too young for a level of its own is handed over with one that is guessed, and its samples carry the doubt (``newcomers``).
        Raises CutoffError outside the data and ScenarioError on a scenario the market cannot have.
        """
        if samples < 1:
            raise CutoffError(f"{samples} samples were asked for. Remedy: ask for at least 1.")
        if market.about.frequency == "h":
            hours = self.forecast(by_day(market), cutoff, horizon, scenario, samples=samples, seed=seed).hours
            assert hours is not None
            return hours
        view = observed(market.until(pd.Timestamp(cutoff)))
        dates = view.horizon_dates(horizon)
        guessed = guesses(view)
        view = founded(view, guessed)
        drawn = self.predict(view, horizon, scenario, samples, seed)
        expected = (len(view.regions), len(view.categories), horizon, samples)
        if drawn.shape != expected:
            raise ValueError(f"{self.name}: expected samples of shape {expected}, got {drawn.shape}")
        drawn = doubted(drawn, guessed, seed)
        calendar = scenario.calendar(view)
        first = calendar.index(dates[0])
        assert first is not None  # horizon_dates are days of the calendar
        days = [calendar.blend(position) for position in range(first, first + horizon)]
        psi = self.representations(view, tuple(dict.fromkeys(label for blend in days for label in blend)))
        return Forecast(
            self.name, view.regions, view.categories, dates, view.cutoff, drawn, seed, scenario, psi, profile_of(view, calendar, dates)
        )

    def representations(self, view: Market, labels: Sequence[str] | None = None) -> Representations | None:
        """What was inferred of the regions and of the date types ``labels`` (default: all that the calendar knows) at the
        view's cutoff; None for a forecaster that infers nothing."""
        return None

    @abstractmethod
    def predict(self, view: Market, horizon: int, scenario: Scenario, samples: int, seed: int) -> NDArray[np.float32]:
        """[R, C, H, S] samples. ``view`` ends at its cutoff and is not yet changed by the scenario (``scenario.apply``)."""
