"""Who writes, and what each may do.

Where nobody signs in, whoever gives a name may do everything. Where people sign in, a viewer looks, a planner saves plans of her own
and changes these, and an administrator changes everybody's. A plan that was made before people signed in is nobody's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stmp.errors import PlanError


class Role(StrEnum):
    """The least that may be done first."""

    VIEWER = "viewer"
    PLANNER = "planner"
    ADMIN = "admin"


@dataclass(frozen=True)
class Person:
    """name: as others read it.  id: what the sign-in service knows the person by, None where nobody signs in."""

    name: str
    role: Role
    id: str | None


def anybody(name: str) -> Person:
    """Somebody of this name, where nobody signs in."""
    return Person(name, Role.ADMIN, None)


def may_save(person: Person) -> bool:
    """Whether the person may make a plan."""
    return person.role is not Role.VIEWER


def may_change(person: Person, owner: str | None) -> bool:
    """Whether the person may add versions to a plan, promote them, or put it away. owner: id of who made the plan."""
    return person.role is Role.ADMIN or (may_save(person) and owner is not None and owner == person.id)


def check_saves(person: Person) -> None:
    """Raises PlanError where the person may not make a plan."""
    if not may_save(person):
        raise PlanError(
            f"{person.name} has the role of a viewer, who may look at plans but not save them. Nothing was saved. Remedy: ask an "
            "administrator for the role of a planner."
        )


def check_changes(person: Person, plan: str, owner: str | None, maker: str) -> None:
    """Raises PlanError where the person may not change the plan of this name. maker: name of who made it."""
    check_saves(person)
    if not may_change(person, owner):
        raise PlanError(
            f"'{plan}' was made by {maker}, and a planner changes only plans of her own. Nothing was saved. Remedy: save it as a new plan "
            f"of yours, or ask {maker} or an administrator."
        )
