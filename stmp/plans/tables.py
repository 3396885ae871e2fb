"""The tables as SQLAlchemy sees them. ``migrations`` makes them; rows are written once and, but for archiving, never changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

LIVING = text("archived_at IS NULL")


class Moment(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What all tables share."""

    type_annotation_map = {datetime: Moment, dict[str, Any]: JSON}  # noqa: RUF012  (SQLAlchemy reads a plain dict here)


class PlanRow(Base):
    """A plan: its name is its market's only living one."""

    __tablename__ = "plans"
    __table_args__ = (Index("living_names", "market", "name", unique=True, sqlite_where=LIVING, postgresql_where=LIVING),)

    id: Mapped[int] = mapped_column(primary_key=True)
    market: Mapped[str]
    name: Mapped[str]
    owner: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    archived_by: Mapped[str | None]
    versions: Mapped[list[VersionRow]] = relationship(back_populates="plan", order_by="VersionRow.number")


class VersionRow(Base):
    """A version. Two of a plan cannot have one number, so of two that were made upon the same one, one fails."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    number: Mapped[int]
    author: Mapped[str]
    made_at: Mapped[datetime]
    restores: Mapped[int | None]
    note: Mapped[str]
    scenario: Mapped[str]  # TOML
    data_digest: Mapped[str]
    checkpoint: Mapped[str]
    checkpoint_name: Mapped[str]
    cutoff: Mapped[date]
    horizon: Mapped[int]
    seed: Mapped[int]
    samples: Mapped[int]
    figures: Mapped[dict[str, Any]]
    plan: Mapped[PlanRow] = relationship(back_populates="versions")
    overrides: Mapped[list[OverrideRow]] = relationship(order_by="OverrideRow.position")


class OverrideRow(Base):
    """One override of a version."""

    __tablename__ = "overrides"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str | None]
    category: Mapped[str | None]
    first: Mapped[date]
    last: Mapped[date]
    kind: Mapped[str]
    amount: Mapped[float]
    reason: Mapped[str]
    author: Mapped[str]


class PromotionRow(Base):
    """That a version was promoted; the last one of a market, cutoff and horizon holds."""

    __tablename__ = "promotions"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    author: Mapped[str]
    made_at: Mapped[datetime]
    version: Mapped[VersionRow] = relationship()
