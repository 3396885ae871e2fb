"""Whose a plan is; those made before are nobody's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the column."""
    op.add_column("plans", sa.Column("owner", sa.String))
