"""Every test that asks for ``database`` or ``store`` runs on both kinds; without PostgreSQL its half is skipped."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from stmp.plans import Store
from tests.plans.databases import Database, PostgreSQL, Server, SQLite


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.get_exec_path())]
    binaries = next((place for place in places if (place / "initdb").is_file() and (place / "postgres").is_file()), None)
    if binaries is None:
        pytest.skip("PostgreSQL is not installed. Remedy: apt-get install postgresql")
    server = Server(binaries)
    yield server
    server.stop()
    shutil.rmtree(server.folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return SQLite(tmp_path / "a folder of 计划" / "plans?.sqlite")
    server = request.getfixturevalue("server")
    name = f"plans_{secrets.token_hex(4)}"
    server.administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return PostgreSQL(server, name)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.url)
    yield store
    store.engine.dispose()
