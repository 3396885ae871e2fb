"""Who may do what with plans, as the store itself sees to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stmp.errors import PlanError
from stmp.plans import Person, Plan, Store, may_change, may_save
from tests.plans.made import ADMIN, LI, OTHER, PLANNER, VIEWER, content, override

WRITES: dict[str, Callable[[Store, Plan, Person], object]] = {
    "save": lambda store, plan, by: store.save(plan.id, content(override()), by, based_on=2),
    "restore": lambda store, plan, by: store.restore(plan.id, 1, by, based_on=2),
    "promote": lambda store, plan, by: store.promote(plan.id, 1, by),
    "archive": lambda store, plan, by: store.archive(plan.id, by),
    "unarchive": lambda store, plan, by: store.unarchive(plan.id, by),
}


@pytest.mark.parametrize(
    ("person", "saves", "own", "others", "nobodys"),
    [
        (VIEWER, False, False, False, False),
        (PLANNER, True, True, False, False),
        (ADMIN, True, True, True, True),
        (LI, True, True, True, True),
    ],
    ids=["viewer", "planner", "admin", "where nobody signs in"],
)
def test_what_each_may_do(person: Person, saves: bool, own: bool, others: bool, nobodys: bool) -> None:
    assert may_save(person) is saves
    assert may_change(person, person.id) is own
    assert may_change(person, "idp somebody else") is others
    assert may_change(person, None) is nobodys


def test_a_viewer_saves_nothing(store: Store) -> None:
    with pytest.raises(PlanError, match=r"Vi has the role of a viewer.* Nothing was saved\. Remedy: ask an administrator"):
        store.create("a", content(), VIEWER)
    assert store.plans("beijing") == []


@pytest.mark.parametrize("write", WRITES)
def test_only_its_planner_and_an_administrator_change_a_plan(store: Store, write: str) -> None:
    plan = store.create("a", content(), PLANNER)
    plan = store.save(plan.id, content(override()), PLANNER, based_on=1)
    assert plan.owner == PLANNER.id
    for person, told in ((VIEWER, "Vi has the role of a viewer"), (OTHER, r"'a' was made by Pat.* Remedy: save it as a new plan of yours")):
        with pytest.raises(PlanError, match=told):
            WRITES[write](store, plan, person)
    assert store.plan(plan.id) == plan
    assert store.promoted("beijing") == {}
    WRITES[write](store, plan, PLANNER)
    if write in ("save", "restore"):
        assert store.plan(plan.id).latest.author == "Pat"
        store.restore(plan.id, 1, ADMIN, based_on=3)
        assert (store.plan(plan.id).latest.author, store.plan(plan.id).owner) == ("Ada", PLANNER.id)
    else:
        WRITES[write](store, plan, ADMIN)


def test_a_plan_from_before_people_signed_in_is_changed_by_administrators_alone(store: Store) -> None:
    plan = store.create("a", content(), LI)
    assert plan.owner is None
    with pytest.raises(PlanError, match="'a' was made by Li"):
        store.archive(plan.id, PLANNER)
    store.archive(plan.id, ADMIN)
    assert store.plan(plan.id).archived_by == "Ada"
