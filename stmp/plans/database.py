"""The database of plans: a file of SQLite's that is made at first use, or PostgreSQL by URL. One writer at a time, on both.

Failures of the database come out as PlanError: they say whether anything was saved, and what to do.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from stmp.errors import PlanError

SCHEMA_TABLE = "stmp_plans_schema"  # where Alembic notes the version of the schema
PATIENCE = 10  # seconds to wait for another writer, or for PostgreSQL to answer
LOCK = 0x53544D50  # the letters STMP; PostgreSQL's advisory lock that a writer holds
WRITES = "writes"
ROOM = 64 * 1024  # bytes that SQLite needs beside its file

FULL = {sqlite3.SQLITE_FULL, "53100"}
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03"}
READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, "25006", "42501"}
DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def default_url() -> URL:
    """A file in the user's own folder for data."""
    return URL.create("sqlite", database=str(platformdirs.user_data_path("stmp-studio", appauthor=False) / "plans.sqlite"))


def open_database(url: str | URL) -> Engine:
    """The database of ``url``, with today's schema: made where there is none, migrated where it is older.

    url: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. Raises PlanError.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise PlanError(_no_address()) from error
    kind = address.get_backend_name()
    if kind == "sqlite" and address.database and address.database != ":memory:":
        engine = _sqlite(address)
    elif kind in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": PATIENCE})
    else:
        raise PlanError(_no_address())
    event.listen(engine, "begin", _begin)
    with faults_told(engine):
        prepare(engine)
    return engine


def place(engine: Engine) -> str:
    """Where the plans are, without a password."""
    return str(engine.url.database) if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=True)


def prepare(engine: Engine) -> None:
    """Bring the schema up to date, all of it or none. Raises PlanError where it is of a newer version."""
    config = Config()
    config.set_main_option("script_location", "stmp.plans:migrations")
    scripts = ScriptDirectory.from_config(config)
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        found = MigrationContext.configure(connection, opts={"version_table": SCHEMA_TABLE}).get_current_revision()
        if found == scripts.get_current_head():
            return
        if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
            raise PlanError(
                f"{place(engine)} was written by a newer version of STMP Studio (its schema is {found}, this version knows up to "
                f"{scripts.get_current_head()}). Nothing was changed. Remedy: update STMP Studio, or give another database."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def faults_told(engine: Engine) -> Iterator[None]:
    """Failures of the database as PlanError."""
    try:
        yield
    except DBAPIError as error:
        raise PlanError(_told(engine, error)) from error


def _sqlite(address: URL) -> Engine:
    """A connection for each use, so that a file that was moved away or replaced is noticed; one that is gone is not made anew."""
    file = Path(str(address.database)).absolute()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError as error:
        raise PlanError(
            f"{file} cannot be made or written: {error.strerror}. Remedy: check the folder, or give another place for the plans."
        ) from error

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")  # what was saved outlasts a power cut, too
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(address.set(database=str(file)), creator=connect, poolclass=NullPool)
    with faults_told(engine), engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    return engine


def _begin(connection: Connection) -> None:
    """Begin a transaction; one that writes waits here for its turn, so that what it reads is still so when it writes."""
    writes = connection.get_execution_options().get(WRITES, False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif writes:
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def _told(engine: Engine, error: DBAPIError) -> str:
    number = getattr(error.orig, "sqlite_errorcode", None)
    code = getattr(error.orig, "sqlstate", None) if number is None else number & 0xFF
    where, said = place(engine), str(error.orig).strip().splitlines()[0]
    if code in FULL or (number is not None and _no_room(where)):
        return f"the disk that holds {where} is full, so nothing was saved. Remedy: free some space, then save again."
    if code in BUSY:
        return f"{where} is being written by somebody else for more than {PATIENCE} seconds, so nothing was saved. Remedy: try again."
    if code in READ_ONLY:
        return f"{where} may not be written ({said}), so nothing was saved. Remedy: ask for the right to write, or give another database."
    if code in DAMAGED:
        return f"{where} is damaged, or no database of plans ({said}). Remedy: put a copy in its place, or give another database."
    return (
        f"{where} cannot be used ({said}). Nothing was saved; what was saved before is kept. Remedy: see that the database is there, "
        "running and yours to use, then try again."
    )


def _no_room(file: str) -> bool:
    """SQLite says no more than "disk I/O error" where there is no room even for the small file that readers and writers share."""
    folder = Path(file).parent
    return folder.is_dir() and shutil.disk_usage(folder).free < ROOM


def _no_address() -> str:
    return "the address of the plans' database is not understood. Remedy: give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
