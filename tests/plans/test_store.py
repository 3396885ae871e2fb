"""Plans saved and read back, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from stmp.cli import cli
from stmp.errors import PlanError
from stmp.plans import VALUE, Outdated, Plan, Store, anybody
from stmp.plans.database import default_url
from tests.plans.databases import Database
from tests.plans.made import ANA, BO, LI, content, override


def test_what_was_saved_is_read_back(store: Store) -> None:
    saved = content(override(12.5, region="r1"), override(300.25, VALUE, category="c0", author="Ana", reason="a “fair”"))
    made = store.create("Double 11", saved, LI)
    (read,) = store.plans("beijing")
    assert read == made == store.plan(made.id)
    assert (read.name, read.market, read.latest.number, read.latest.author, read.latest.restores) == ("Double 11", "beijing", 1, "Li", None)
    assert read.latest.content == saved
    assert read.latest.made_at.tzinfo is UTC
    assert abs(read.latest.made_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert store.plans("quito") == []


def test_versions_are_added_and_the_old_ones_stay(store: Store) -> None:
    first = store.create("a", content(), LI)
    second = store.save(first.id, content(override()), ANA, based_on=1)
    assert [(version.number, version.author) for version in second.versions] == [(1, "Li"), (2, "Ana")]
    assert second.versions[0] == first.latest
    assert store.plans("beijing") == [second]


def test_restoring_makes_a_new_version_equal_to_the_old_one(store: Store) -> None:
    plan = store.create("a", content(override()), LI)
    store.save(plan.id, content(scale=2), LI, based_on=1)
    restored = store.restore(plan.id, 1, ANA, based_on=2)
    assert (restored.latest.number, restored.latest.author, restored.latest.restores) == (3, "Ana", 1)
    assert restored.latest.content == plan.latest.content
    assert restored.versions[1].content == content(scale=2)
    with pytest.raises(PlanError, match="no version 9"):
        store.restore(plan.id, 9, ANA, based_on=3)
    with pytest.raises(Outdated):
        store.restore(plan.id, 1, ANA, based_on=2)


def test_one_version_is_the_plan_of_a_market_cutoff_and_horizon(store: Store) -> None:
    a, b = store.create("a", content(), LI), store.create("b", content(), LI)
    later = store.save(b.id, content(cutoff=date(2021, 11, 10)), LI, based_on=1)
    elsewhere = store.create("a", content(market="quito"), LI)
    store.promote(a.id, 1, ANA)
    store.promote(b.id, 2, ANA)
    store.promote(elsewhere.id, 1, ANA)
    store.promote(b.id, 1, BO)  # in place of a
    found = store.promoted("beijing")
    assert {key: (one.plan.name, one.version.number, one.author) for key, one in found.items()} == {
        (date(2021, 11, 4), 5): ("b", 1, "Bo"),
        (date(2021, 11, 10), 5): ("b", 2, "Ana"),
    }
    assert found[date(2021, 11, 10), 5].version == later.latest
    store.archive(b.id, LI)
    assert store.promoted("beijing") == {}
    with pytest.raises(PlanError, match="no living version 1 of 'b'"):
        store.promote(b.id, 1, LI)
    with pytest.raises(PlanError, match="no living version 7 of 'a'"):
        store.promote(a.id, 7, LI)


def test_a_plan_is_put_away_and_taken_back(store: Store) -> None:
    plan = store.create("a", content(), LI)
    store.archive(plan.id, ANA)
    assert store.plans("beijing") == []
    (archived,) = store.plans("beijing", archived=True)
    assert (archived.name, archived.archived_by, archived.versions) == ("a", "Ana", plan.versions)
    with pytest.raises(PlanError, match="archived by Ana"):
        store.save(plan.id, content(), LI, based_on=1)
    store.archive(plan.id, BO)  # again: the first stays
    assert store.plan(plan.id).archived_by == "Ana"
    store.unarchive(plan.id, LI)
    assert store.plans("beijing") == [plan]
    assert store.plans("beijing", archived=True) == []


def test_a_name_is_the_only_living_one_of_its_market(store: Store) -> None:
    plan = store.create("Café", content(), LI)
    for name in ("Café", " Café ", "Cafe\u0301"):
        with pytest.raises(PlanError, match=r"a plan 'Café' already, made by Li on 20\d\d-\d\d-\d\d at \d\d:\d\d UTC"):
            store.create(name, content(), ANA)
    store.create("Café", content(market="quito"), ANA)
    store.archive(plan.id, LI)
    again = store.create("Café", content(), ANA)
    with pytest.raises(PlanError, match="already, made by Ana"):
        store.unarchive(plan.id, LI)
    assert store.plans("beijing") == [again]


@pytest.mark.parametrize(
    "name", ["双11 计划 🛒", "عيد الأضحى", "Ünïcödé – “x”", "'; DROP TABLE plans; --", "%s {0} \\n", "👩‍👩‍👧", "a" * 200]
)
def test_names_authors_notes_and_reasons_may_be_of_any_script(store: Store, name: str) -> None:
    saved = content(override(reason=name, author=name), note=name + "\n" + name)
    store.create(name, saved, anybody(name))
    (read,) = store.plans("beijing")
    assert (read.name, read.latest.author, read.latest.content) == (name, name, saved)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "half \ud83d", "a" * 201, "a\u2028b"])
def test_names_that_cannot_be_kept_or_read_are_refused(store: Store, name: str) -> None:
    with pytest.raises(PlanError, match="Remedy"):
        store.create(name, content(), LI)
    with pytest.raises(PlanError, match="Remedy"):
        store.create("a", content(), anybody(name))
    assert store.plans("beijing") == []


def test_a_note_may_be_long(store: Store) -> None:
    long = "备注 " * 5_000 + "end"
    store.create("a", content(note=long), LI)
    assert store.plans("beijing")[0].latest.content.note == long
    with pytest.raises(PlanError, match="the note holds a sign"):
        store.create("b", content(note="a\0b"), LI)


def test_the_second_of_two_planners_is_told_who_saved_and_nothing_is_lost(database: Database, store: Store) -> None:
    plan = store.create("Double 11", content(), LI)
    other = Store(database.url)
    hers = other.save(plan.id, content(override(5, author="Ana")), ANA, based_on=1)
    mine = content(override(9, author="Li"))
    with pytest.raises(Outdated, match=r"Ana saved version 2 of 'Double 11' on .* UTC, while you worked on version 1") as told:
        store.save(plan.id, mine, LI, based_on=1)
    assert told.value.latest == hers.latest
    assert store.plan(plan.id) == hers
    on_top = store.save(plan.id, mine, LI, based_on=told.value.latest.number)
    assert [version.author for version in on_top.versions] == ["Li", "Ana", "Li"]
    assert on_top.versions[1] == hers.latest
    other.engine.dispose()


def test_of_many_at_the_same_moment_one_saves_and_the_others_are_told(database: Database, store: Store) -> None:
    plan, many = store.create("a", content(), LI), 6
    barrier = Barrier(many)

    def save(number: int) -> Plan | PlanError:
        own = Store(database.url)
        barrier.wait()
        try:
            return own.save(plan.id, content(override(number)), anybody(f"planner {number}"), based_on=1)
        except PlanError as error:
            return error
        finally:
            own.engine.dispose()

    with ThreadPoolExecutor(many) as pool:
        found = list(pool.map(save, range(many)))
    (saved,) = [one for one in found if isinstance(one, Plan)]
    others = [one for one in found if isinstance(one, Outdated)]
    assert len(others) == many - 1
    assert all(one.latest == saved.latest for one in others)
    assert store.plan(plan.id) == saved


def test_of_many_that_take_one_name_at_the_same_moment_one_gets_it(database: Database, store: Store) -> None:
    many = 4
    barrier = Barrier(many)

    def create(number: int) -> Plan | PlanError:
        barrier.wait()
        try:
            return store.create("a", content(), anybody(f"planner {number}"))
        except PlanError as error:
            return error

    with ThreadPoolExecutor(many) as pool:
        found = list(pool.map(create, range(many)))
    (made,) = [one for one in found if isinstance(one, Plan)]
    assert store.plans("beijing") == [made]
    assert sum("already, made by" in str(one) for one in found) == many - 1


def test_a_plan_belongs_to_its_market(store: Store) -> None:
    plan = store.create("a", content(), LI)
    with pytest.raises(PlanError, match="a plan of beijing, not of quito"):
        store.save(plan.id, content(market="quito"), LI, based_on=1)
    with pytest.raises(PlanError, match="not in the database"):
        store.plan(plan.id + 1)


def test_without_an_address_plans_are_kept_in_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "kept"))
    assert default_url() == URL.create("sqlite", database=str(tmp_path / "kept" / "stmp-studio" / "plans.sqlite"))
    Store().create("a", content(), LI)
    assert (tmp_path / "kept" / "stmp-studio" / "plans.sqlite").is_file()
    assert [plan.name for plan in Store().plans("beijing")] == ["a"]


@pytest.mark.parametrize("url", ["plans.sqlite", "sqlite://", "sqlite:///:memory:", "mysql://a/b", "nonsense://", "postgresql://:x:y/z"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(PlanError, match=r"sqlite:///FILE or postgresql://"):
        Store(url)


def test_content_knows_when_it_is_another(store: Store) -> None:
    assert content() == content()
    assert content() != replace(content(), seed=1)


def test_the_dashboard_is_told_of_the_database_without_showing_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append(arguments))
    monkeypatch.setenv("STMP_PLANS", "sqlite:///before")
    url = "postgresql://planner:secret@db/plans"
    assert CliRunner().invoke(cli, ["app", "--plans", url]).exit_code == 0
    assert os.environ["STMP_PLANS"] == url
    (arguments,) = started  # anybody on the machine can read them
    assert not any("secret" in argument for argument in arguments)
