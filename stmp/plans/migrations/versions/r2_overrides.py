"""Overrides; versions made before have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "overrides",
        sa.Column("version_id", sa.Integer, sa.ForeignKey("versions.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("region", sa.String),
        sa.Column("category", sa.String),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("amount", sa.Double, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
    )
