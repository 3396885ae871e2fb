"""Plans: forecasts that somebody answers for, saved with their versions, overrides and what came of them."""

from stmp.plans.changes import Alert, Difference, alert, differences
from stmp.plans.content import Content, Figures, Plan, Promotion, Version
from stmp.plans.overrides import PERCENT, VALUE, Override, effects, overridden
from stmp.plans.people import Person, Role, anybody, may_change, may_save
from stmp.plans.sign_in import Roles, SignIn, expired, name_of, person_of
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
    "Person",
    "Plan",
    "Promotion",
    "Role",
    "Roles",
    "SignIn",
    "Store",
    "Version",
    "alert",
    "anybody",
    "differences",
    "effects",
    "expired",
    "may_change",
    "may_save",
    "name_of",
    "overridden",
    "person_of",
    "summed",
    "value_added",
]
