"""Saving plans and reading them back. Versions are only ever added, so that nothing that was saved is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import URL, select
from sqlalchemy.orm import Session, joinedload, selectinload

from stmp.errors import PlanError
from stmp.plans.content import Content, Figures, Plan, Promotion, Version
from stmp.plans.database import WRITES, default_url, faults_told, open_database
from stmp.plans.overrides import Override
from stmp.plans.people import Person, check_changes, check_saves
from stmp.plans.tables import OverrideRow, PlanRow, PromotionRow, VersionRow
from stmp.plans.texts import one_line, storable
from stmp.scenario import Scenario
from stmp.summary import Interval

SAME = ("note", "data_digest", "checkpoint", "checkpoint_name", "cutoff", "horizon", "seed", "samples")  # in a row as in the content
OVERRIDE = ("region", "category", "first", "last", "kind", "amount", "reason", "author")


class Outdated(PlanError):
    """Somebody saved the plan in the meantime. latest: what was saved."""

    def __init__(self, plan: str, based_on: int, latest: Version) -> None:
        self.latest = latest
        super().__init__(
            f"{latest.author} saved version {latest.number} of '{plan}' on {latest.made_at:%Y-%m-%d at %H:%M} UTC, while you worked on "
            f"version {based_on}. Nothing was overwritten and yours was not saved. Remedy: look at version {latest.number}, then save "
            "yours on top of it."
        )


class Store:
    """The plans of a database. Every method raises PlanError where the database fails; then nothing was saved.

    Those that write take who does it, and raise PlanError where that person may not.
    """

    def __init__(self, url: str | URL | None = None) -> None:
        """url: as ``open_database`` takes it; by default a file in the user's own folder."""
        self.engine = open_database(url or default_url())

    def plans(self, market: str, archived: bool = False) -> list[Plan]:
        """The living plans of a market, or those that were archived; by name."""
        rows = select(PlanRow).where(PlanRow.market == market, PlanRow.archived_at.is_not(None) if archived else _living())
        with self._session() as session:
            found = session.scalars(rows.options(*_whole()))
            return sorted(map(_plan, found), key=lambda plan: (plan.name.casefold(), plan.id))

    def plan(self, plan_id: int) -> Plan:
        """A plan, living or archived. Raises PlanError where there is none."""
        with self._session() as session:
            return _plan(_found(session, plan_id))

    def create(self, name: str, content: Content, by: Person) -> Plan:
        """A new plan with its first version. Raises PlanError where a living plan of the market has the name."""
        check_saves(by)
        name = one_line(name, "name of a plan")
        with self._session(writes=True) as session:
            _free(session, content.market, name)
            row = PlanRow(market=content.market, name=name, owner=by.id, versions=[_row(content, 1, by)])
            session.add(row)
            session.flush()
            return _plan(row)

    def save(self, plan_id: int, content: Content, by: Person, based_on: int) -> Plan:
        """One more version. based_on: number of the version it was made from. Raises Outdated where a later one is there by now."""
        return self._add(plan_id, content, by, based_on, None)

    def restore(self, plan_id: int, number: int, by: Person, based_on: int) -> Plan:
        """One more version, equal to the one of ``number``. Raises as ``save`` does."""
        content = next((version.content for version in self.plan(plan_id).versions if version.number == number), None)
        if content is None:
            raise PlanError(f"there is no version {number}. Remedy: choose one of the versions listed.")
        return self._add(plan_id, content, by, based_on, number)

    def archive(self, plan_id: int, by: Person) -> None:
        """Put a plan away; its name is free again, and it is "the plan" of nothing any more."""
        author = one_line(by.name, "author")
        with self._session(writes=True) as session:
            row = _changed(session, plan_id, by)
            if row.archived_at is None:
                row.archived_at, row.archived_by = datetime.now(UTC), author

    def unarchive(self, plan_id: int, by: Person) -> None:
        """Take a plan back. Raises PlanError where another one has its name by now."""
        with self._session(writes=True) as session:
            row = _changed(session, plan_id, by)
            if row.archived_at is not None:
                _free(session, row.market, row.name)
                row.archived_at = row.archived_by = None

    def promote(self, plan_id: int, number: int, by: Person) -> None:
        """Make a version "the plan" of its market, cutoff and horizon, in place of the one before. Raises PlanError."""
        author = one_line(by.name, "author")
        with self._session(writes=True) as session:
            row = _changed(session, plan_id, by)
            version = next((version for version in row.versions if version.number == number), None)
            if version is None or row.archived_at is not None:
                raise PlanError(f"there is no living version {number} of '{row.name}'. Remedy: choose one of the plans listed.")
            session.add(PromotionRow(version=version, author=author, made_at=datetime.now(UTC)))

    def promoted(self, market: str) -> dict[tuple[date, int], Promotion]:
        """(cutoff, horizon) -> "the plan" of a market; none where the one that was promoted last is archived."""
        found: dict[tuple[date, int], Promotion] = {}
        rows = select(PromotionRow).options(joinedload(PromotionRow.version)).join(PromotionRow.version).join(VersionRow.plan)
        with self._session() as session:
            plans = {row.id: _plan(row) for row in session.scalars(select(PlanRow).where(PlanRow.market == market).options(*_whole()))}
            for row in session.scalars(rows.where(PlanRow.market == market).order_by(PromotionRow.id)):
                plan, version = plans[row.version.plan_id], row.version
                found[version.cutoff, version.horizon] = Promotion(plan, plan.versions[version.number - 1], row.author, row.made_at)
        return {key: promotion for key, promotion in found.items() if promotion.plan.archived_at is None}

    def _add(self, plan_id: int, content: Content, by: Person, based_on: int, restores: int | None) -> Plan:
        with self._session(writes=True) as session:
            row = _changed(session, plan_id, by)
            if row.archived_at is not None:
                raise PlanError(f"'{row.name}' was archived by {row.archived_by}. Remedy: take it back first, or save under a new name.")
            if row.market != content.market:
                raise PlanError(f"'{row.name}' is a plan of {row.market}, not of {content.market}. Remedy: save under a new name.")
            latest = row.versions[-1]
            if latest.number != based_on:
                raise Outdated(row.name, based_on, _version(latest))
            row.versions.append(_row(content, latest.number + 1, by, restores))
            session.flush()
            return _plan(row)

    @contextmanager
    def _session(self, writes: bool = False) -> Iterator[Session]:
        """One transaction: all of it is kept, or nothing."""
        with faults_told(self.engine), Session(self.engine.execution_options(**{WRITES: writes})) as session, session.begin():
            yield session


def _living() -> Any:
    return PlanRow.archived_at.is_(None)


def _whole() -> tuple[Any, ...]:
    """Options to read plans with all that belongs to them."""
    return (selectinload(PlanRow.versions).selectinload(VersionRow.overrides),)


def _found(session: Session, plan_id: int) -> PlanRow:
    row = session.get(PlanRow, plan_id, options=_whole())
    if row is None:
        raise PlanError("this plan is not in the database. Remedy: choose one of the plans listed.")
    return row


def _changed(session: Session, plan_id: int, by: Person) -> PlanRow:
    """A plan that the person may change. Raises PlanError."""
    row = _found(session, plan_id)
    check_changes(by, row.name, row.owner, row.versions[0].author)
    return row


def _free(session: Session, market: str, name: str) -> None:
    taken = session.scalar(select(PlanRow).where(PlanRow.market == market, PlanRow.name == name, _living()))
    if taken is not None:
        first = taken.versions[0]
        raise PlanError(
            f"there is a plan '{name}' already, made by {first.author} on {first.made_at:%Y-%m-%d at %H:%M} UTC. Remedy: save a new "
            "version of it, or choose another name."
        )


def _row(content: Content, number: int, by: Person, restores: int | None = None) -> VersionRow:
    if content.note:
        storable(content.note, "note")
    overrides = [
        OverrideRow(position=position, **{name: getattr(override, name) for name in OVERRIDE})
        for position, override in enumerate(content.overrides)
    ]
    return VersionRow(
        number=number,
        author=one_line(by.name, "author"),
        made_at=datetime.now(UTC),
        restores=restores,
        scenario=content.scenario.to_toml(),
        figures={name: _packed(getattr(content, name)) for name in ("statistical", "planned")},
        overrides=overrides,
        **{name: getattr(content, name) for name in SAME},
    )


def _plan(row: PlanRow) -> Plan:
    return Plan(row.id, row.market, row.name, row.owner, row.archived_at, row.archived_by, tuple(map(_version, row.versions)))


def _version(row: VersionRow) -> Version:
    name = f"version {row.number} of '{row.plan.name}'"
    content = Content(
        market=row.plan.market,
        scenario=Scenario.of_toml(row.scenario.encode(), name),
        overrides=tuple(Override(**{key: getattr(override, key) for key in OVERRIDE}) for override in row.overrides),
        statistical=_unpacked(row.figures["statistical"]),
        planned=_unpacked(row.figures["planned"]),
        **{key: getattr(row, key) for key in SAME},
    )
    return Version(row.number, row.author, row.made_at, row.restores, content)


def _packed(figures: Figures) -> dict[str, Any]:
    return {"total": list(figures.total), "districts": {region: list(bounds) for region, bounds in figures.districts.items()}}


def _unpacked(packed: dict[str, Any]) -> Figures:
    districts = {region: Interval(*bounds) for region, bounds in packed["districts"].items()}
    return Figures(Interval(*packed["total"]), districts)
