"""Plans: forecasts that somebody answers for, saved with their versions, overrides and what came of them."""

from stmp.plans.changes import Alert, Difference, alert, differences
from stmp.plans.content import Content, Figures, Plan, Promotion, Version
from stmp.plans.overrides import PERCENT, VALUE, Override, effects, overridden
from stmp.plans.store import Outdated, Store
from stmp.plans.value_added import summed, value_added

__all__ = [
    "PERCENT",
    "VALUE",
    "Alert",
    "Content",
    "Difference",
    "Figures",
    "Outdated",
    "Override",
    "Plan",
    "Promotion",
    "Store",
    "Version",
    "alert",
    "differences",
    "effects",
    "overridden",
    "summed",
    "value_added",
]
