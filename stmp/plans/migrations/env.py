"""Runs migrations on the connection that ``database.prepare`` has opened, within its transaction."""

from __future__ import annotations

from alembic import context

from stmp.plans.database import SCHEMA_TABLE
from stmp.plans.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, version_table=SCHEMA_TABLE)
with context.begin_transaction():
    context.run_migrations()
