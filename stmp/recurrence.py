"""What comes back every year and every month in a market as a whole, on its ordinary days.

One region's past is too noisy to show a season or a payday from a single year; that of all regions together shows both.

Axes as in model.py; K earlier years or months.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

YEAR = 364  # whole weeks, so that a weekday meets its own
YEARS = 4  # looked back at most
MONTHS = 12
HALF_WEEK = 3
AHEAD = 10  # days, at which a season is held against what came
TRIED = 182  # days over which it is
DOUBT = 0.013  # sum of squares of a season that came true in nothing: two weeks of 3 %
RECURRING = 5  # columns that ``Recurrence.at`` gives
HALF = 0.5  # earlier years without a season that the known ones are averaged with


class Recurrence(NamedTuple):
    """Logs of a market's ordinary volume, a change of regions taken out. Each [D, C].

    level: running sum of what the regions' levels changed by, on average.  week: mean of the seven days around a day, NaN where fewer
    than three are known.  departure: of a day from its weekday's last four, NaN where fewer than two are known.  truth: the part of
    the season of earlier years that came true, by what is known at a day.
    """

    level: Tensor
    week: Tensor
    departure: Tensor
    truth: Tensor

    @classmethod
    def of(cls, logs: Tensor, present: Tensor, levels: Tensor, founded: Tensor, ordinary: Tensor) -> Recurrence:
        """From a stream's tensors [R, C, D], as ``tasks.Series`` has them, and the mask of ordinary days [D]."""
        both = founded[..., 1:] * founded[..., :-1]
        moved = (both * levels.diff(dim=-1)).sum(0) / both.sum(0).clamp(min=1)
        level = functional.pad(moved.cumsum(-1), (1, 0))  # [C, D]
        there = present * founded * ordinary
        seen = there.sum(0)
        index = level + ((logs - levels) * there).sum(0) / seen.clamp(min=1)
        known = (seen > 0).float()
        week = _mean(index, known, range(-HALF_WEEK, HALF_WEEK + 1), least=3)
        usual = _mean(index, known, range(-28, 0, 7), least=2)
        departure = (index - usual).masked_fill(known == 0, torch.nan)
        parts = (level.T.contiguous(), week.T.contiguous(), departure.T.contiguous())
        return cls(*parts, _truth(*parts[:2]))

    def at(self, origins: Tensor, targets: Tensor, months: Tensor) -> Tensor:
        """[B, M, C, RECURRING] what earlier years and months say at the origins [B, M] of the targets [B, M]: the week around the target
        relative to the level at the origin, a year before; how many years say so; the same times the part that came true of late; the
        departure of the same day of the month; how many months say so.

        ``months`` [B, M, MONTHS] positions of the targets' day of the month in the months before. Nothing after an origin is read.
        """
        season, years = _season(self.level, self.week, origins, targets)
        departure, count = _shrunk(_pick(self.departure, months, (months >= 0) & (months <= origins[..., None])))
        truth = _pick(self.truth, origins, origins >= 0)
        return torch.stack([season, torch.log1p(years) / 2, season * truth, departure, torch.log1p(count) / 2], dim=-1)


def _season(level: Tensor, week: Tensor, origins: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """[..., C] week around the targets [...] of earlier years relative to the level at the origins then, drawn towards 0, and how many
    years are known."""
    back = YEAR * torch.arange(1, YEARS + 1, device=targets.device)
    then = origins[..., None] - back
    found = _pick(week, targets[..., None] - back, then >= 0) - _pick(level, then, then >= 0)  # [..., K, C]
    years = (~found.isnan()).sum(-2).float()
    return found.nansum(-2) / (years + HALF), years


def _truth(level: Tensor, week: Tensor) -> Tensor:
    """[D, C] slope, through 0 and towards it, of what came on the season that earlier years had shown AHEAD days before, over the
    TRIED days whose weeks are over."""
    origins = torch.arange(len(level), device=level.device)
    season, years = _season(level, week, origins, origins + AHEAD)
    came = _pick(week, origins + AHEAD, origins + AHEAD < len(week)) - level
    known = (years > 0) & ~came.isnan()
    late = AHEAD + HALF_WEEK

    def tried(values: Tensor) -> Tensor:
        total = functional.pad(values.masked_fill(~known, 0).double().cumsum(0), (0, 0, late + TRIED, 0))
        return (total[TRIED : TRIED + len(values)] - total[: len(values)]).float()

    return tried(season * came) / (tried(season**2) + DOUBT)


def _pick(values: Tensor, days: Tensor, known: Tensor) -> Tensor:
    """[..., C] of [D, C] at days [...], NaN unless known."""
    return values[days.clamp(0, len(values) - 1)].masked_fill(~known[..., None], torch.nan)


def _mean(values: Tensor, known: Tensor, steps: range, least: int) -> Tensor:
    """[C, D] mean of the known values so many steps from each day; NaN where fewer than ``least`` are known."""
    days = values.shape[-1]
    before, behind = max(0, -steps[0]), max(0, steps[-1])

    def around(part: Tensor) -> Tensor:
        padded = functional.pad(part, (before, behind))
        return torch.stack([padded[..., before + step : before + step + days] for step in steps]).sum(0)

    count = around(known)
    return (around(values * known) / count.clamp(min=1)).masked_fill(count < least, torch.nan)


def _shrunk(values: Tensor) -> tuple[Tensor, Tensor]:
    """[..., K, C] -> the mean of what is known, less the part that its standard error explains (James and Stein, 1961, positive part),
    0 of fewer than three; and how many are known: [..., C] each."""
    count = (~values.isnan()).sum(-2).float()
    mean = values.nansum(-2) / count.clamp(min=1)
    variance = ((values - mean[..., None, :]) ** 2).nansum(-2) / (count - 1).clamp(min=1)
    left = (1 - variance / (count.clamp(min=1) * mean**2).clamp(min=1e-12)).clamp(min=0)
    return mean * left * (count >= 3), count


def same_days(dates: pd.DatetimeIndex) -> NDArray[np.int64]:
    """[D', MONTHS] positions of each day's day of the month in the months before, in the shorter ones their last; negative before
    the first day."""
    days = dates.to_numpy().astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    earlier = months[:, None] - np.arange(1, MONTHS + 1)
    first, last = (part.astype("datetime64[D]") for part in (earlier, earlier + 1))
    step = (days - months.astype("datetime64[D]"))[:, None]
    found: NDArray[np.int64] = (np.minimum(first + step, last - np.timedelta64(1, "D")) - days[0]).astype(np.int64)
    return found
