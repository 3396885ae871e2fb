"""Shrunk uplift: level now x the support's mean uplift, a region's own shrunk half-way to the network's. No learning."""

from __future__ import annotations

import numpy as np

from stmp.baselines.past import Array, Days, Past, first_known, mean
from stmp.baselines.rule import RuleForecaster
from stmp.market import DateType

SHOTS = 8
OWN_SHARE = 0.5
LEAST = 0.05  # of the level, so that a closed day has a logarithm


class ShrunkUplift(RuleForecaster):
    """Festivals and holidays: the support days nearest in the hierarchy and in offset, each relative to the level as many days before
    it as the target lies after the cutoff. Ordinary days: the mean of the last four same weekdays.
    """

    name = "shrunk_uplift"

    def day(self, past: Past, origin: int, target: int, date_type: DateType) -> Array:
        lead = target - origin
        if date_type.kind in ("workday", "day off"):
            return past.same_weekday(origin, target, date_type.kind)
        support = past.support(date_type, int(past.offsets[target]), origin, lead)[-SHOTS:]
        own, network = uplifts(past, support, lead)
        shrunk = OWN_SHARE * first_known(own, network) + (1 - OWN_SHARE) * network
        return past.level[..., origin] * np.exp(np.nan_to_num(shrunk))


def uplifts(past: Past, days: Days, lead: int) -> tuple[Array, Array]:
    """[R, C] mean log of the days relative to the level ``lead`` days before each: a region's own, and the mean of all regions.

    NaN where no day has a value.
    """
    level = past.level[..., days - lead]
    ratio = past.orders[..., days] / np.where(level > 0, level, np.nan)
    logs = np.log(np.maximum(ratio, LEAST))
    own = mean(logs)
    return own, np.broadcast_to(mean(logs, axis=(0, 2)), own.shape)
