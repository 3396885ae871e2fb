"""Plans, their versions, and which were promoted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

LIVING = sa.text("archived_at IS NULL")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "plans",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("market", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.Column("archived_by", sa.String),
    )
    op.create_index("living_names", "plans", ["market", "name"], unique=True, sqlite_where=LIVING, postgresql_where=LIVING)
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("plan_id", sa.Integer, sa.ForeignKey("plans.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restores", sa.Integer),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("scenario", sa.String, nullable=False),
        sa.Column("data_digest", sa.String, nullable=False),
        sa.Column("checkpoint", sa.String, nullable=False),
        sa.Column("checkpoint_name", sa.String, nullable=False),
        sa.Column("cutoff", sa.Date, nullable=False),
        sa.Column("horizon", sa.Integer, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.UniqueConstraint("plan_id", "number"),
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version_id", sa.Integer, sa.ForeignKey("versions.id"), nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
