"""Alembic's migrations of the database of plans; ``database.prepare`` runs them at first use."""
