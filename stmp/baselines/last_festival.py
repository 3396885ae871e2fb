"""Last festival x trend: the aligned day a year before, times how the level has moved since."""

from __future__ import annotations

import numpy as np

from stmp.baselines.past import Array, Past, first_known
from stmp.baselines.rule import RuleForecaster
from stmp.market import DateType

YEAR = 364  # whole weeks, so that a weekday meets its own


class LastFestival(RuleForecaster):
    """A festival or holiday takes the last day of the same type and offset (of the nearest type in the hierarchy where it was never
    held), any other day the one 364 days before. Both are times the ratio of the level now to the level as many days before that day.

    Days without a counterpart take the mean of the last four same weekdays.
    """

    name = "last_festival"

    def day(self, past: Past, origin: int, target: int, date_type: DateType) -> Array:
        lead = target - origin
        if date_type.kind in ("workday", "day off"):
            plain = past.same_weekday(origin, target, date_type.kind)
            before = target - YEAR
            if before < lead or before > origin or past.types[before] != date_type:
                return plain
        else:
            plain = past.level[..., origin]
            support = past.support(date_type, int(past.offsets[target]), origin, lead)
            if not len(support):
                return plain
            before = int(support[-1])
        then = past.level[..., before - lead]
        trend = np.where(then > 0, past.level[..., origin] / np.where(then > 0, then, 1), 1.0)
        return first_known(past.orders[..., before] * trend, plain)
