"""What differs between two versions, and what has changed since one was saved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from stmp.plans.content import Content, Figures

PARTS = ("scenario", "cutoff", "horizon", "overrides", "checkpoint", "data_digest", "seed", "samples", "statistical", "planned", "note")


class Difference(NamedTuple):
    """One part of the content that two versions do not share, as each has it."""

    part: str
    before: object
    after: object


@dataclass(frozen=True)
class Alert:
    """What has changed since a version was saved.

    data: whether the market's data have.  checkpoint: the same answers now, another one, or it is gone for good.
    districts: a row per district, the furthest moved first: saved, now and change in units, relative as a share of what was saved.
    saved, now: median units of the market's total, both of the statistical forecast.
    """

    data: bool
    checkpoint: Literal["same", "other", "gone"]
    saved: float
    now: float
    districts: pd.DataFrame

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.data and self.checkpoint == "same"

    @property
    def relative(self) -> float:
        """By how much the market's total moved, as a share of what was saved; NaN where that was nothing."""
        return self.now / self.saved - 1 if self.saved > 0 else float("nan")


def differences(before: Content, after: Content) -> tuple[Difference, ...]:
    """What differs between two versions, part by part in the order of PARTS."""
    pairs = (Difference(part, getattr(before, part), getattr(after, part)) for part in PARTS)
    return tuple(pair for pair in pairs if pair.before != pair.after)


def alert(saved: Content, now: Figures, data_digest: str, checkpoint: str, on_hand: Collection[str]) -> Alert:
    """Hold a version against the present.

    now: of the statistical forecast that the present data and the present checkpoint give of the version's own question.
    data_digest, checkpoint: the present ones.  on_hand: hashes of all checkpoints there are.
    """
    table = pd.DataFrame(
        {
            "saved": {region: middle for region, (_, middle, _) in saved.statistical.districts.items()},
            "now": {region: middle for region, (_, middle, _) in now.districts.items()},
        },
        dtype=float,
    )
    table["change"] = table["now"] - table["saved"]
    table["relative"] = (table["change"] / table["saved"]).where(table["saved"] > 0, np.nan)
    furthest = table["change"].abs().sort_values(ascending=False, kind="stable").index
    state: Literal["same", "other", "gone"] = "same"
    if checkpoint != saved.checkpoint:
        state = "other" if saved.checkpoint in on_hand else "gone"
    return Alert(data_digest != saved.data_digest, state, saved.statistical.total.middle, now.total.middle, table.loc[furthest])
