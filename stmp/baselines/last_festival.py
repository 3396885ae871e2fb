"""Last festival x trend: the aligned day a year before, times how the level has moved since."""

from __future__ import annotations

import numpy as np

from stmp.baselines.past import Array, Past, first_known
from stmp.baselines.rule import RuleForecaster
from stmp.baselines.shrunk_uplift import uplifts
from stmp.market import DateType

YEAR = 364  # whole weeks, so that a weekday meets its own


class LastFestival(RuleForecaster):
    """A festival or holiday takes the last day of the same type and offset (of the nearest type in the hierarchy where it was never
    held), any other day the one 364 days before. Both are times the ratio of the level now to the level as many days before that day.

    A region that did not sell then takes the network's uplift of that festival, or the mean of its last four same weekdays.
    """

    name = "last_festival"

    def day(self, past: Past, origin: int, target: int, date_type: DateType) -> Array:
        lead, level = target - origin, past.level[..., origin]
        if date_type.kind in ("workday", "day off"):
            otherwise = past.same_weekday(origin, target, date_type.kind)
            before = target - YEAR
            if before < lead or before > origin or past.types[before] != date_type:
                return otherwise
        else:
            support = past.support(date_type, int(past.offsets[target]), origin, lead)[-1:]
            if not len(support):
                return level
            otherwise = level * np.exp(uplifts(past, support, lead)[1])
            before = int(support[0])
        then = past.level[..., before - lead]
        return first_known(past.orders[..., before] * level / np.where(then > 0, then, np.nan), otherwise, level)
