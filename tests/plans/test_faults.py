"""What goes wrong with databases: each is told with its remedy, nothing that was saved is lost, and nothing is half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from stmp.errors import PlanError
from stmp.plans import Store
from stmp.plans.database import SCHEMA_TABLE
from stmp.plans.tables import Base
from tests.plans.databases import Database, PostgreSQL, Server, SQLite
from tests.plans.made import LI, content, override

PROJECT = Path(__file__).resolve().parents[2]
LONG = "x" * 200_000
SAVES = """
import sys, time
from sqlalchemy import event
from stmp.plans import Store
from tests.plans.made import ANA, content, override
store = Store(sys.argv[1])
def hold(connection, cursor, statement, *rest):
    if statement.startswith("INSERT INTO overrides"):
        print("writing", flush=True)
        time.sleep(60)
event.listen(store.engine, "before_cursor_execute", hold)
store.save(int(sys.argv[2]), content(override(), note="x" * 200_000), ANA, based_on=1)
"""


def test_a_full_disk_is_told_and_nothing_is_half_written(database: Database, store: Store) -> None:
    plan = store.create("a", content(override()), LI)
    with database.full(store):
        with pytest.raises(PlanError, match=r"is full, so nothing was saved\. Remedy: free some space"):
            store.save(plan.id, content(override(), note=LONG), LI, based_on=1)
        with pytest.raises(PlanError, match="is full, so nothing was saved"):
            store.create("b", content(override(), note=LONG), LI)
        assert store.plans("beijing") == [plan]
    after = store.save(plan.id, content(override(), note=LONG), LI, based_on=1)
    assert [version.content.note for version in after.versions] == ["as agreed", LONG]


@pytest.mark.skipif(os.getuid() != 0 or sys.platform != "linux", reason="a small disk is mounted, which only root may, on Linux")
def test_a_disk_that_is_truly_full_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        store = Store(SQLite(disk / "plans.sqlite").url)
        plan = store.create("a", content(override()), LI)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize))
        with pytest.raises(PlanError, match=r"is full, so nothing was saved\. Remedy: free some space"):
            store.save(plan.id, content(note=LONG), LI, based_on=1)
        ballast.unlink()
        assert store.plans("beijing") == [plan]
        assert len(store.save(plan.id, content(note=LONG), LI, based_on=1).versions) == 2
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_database_that_is_gone_is_told_and_one_that_is_back_goes_on(database: Database, store: Store) -> None:
    plan = store.create("a", content(), LI)
    with database.gone():
        with pytest.raises(PlanError, match=r"cannot be used .*Nothing was saved.*Remedy: see that the database is there") as told:
            store.save(plan.id, content(), LI, based_on=1)
        with pytest.raises(PlanError, match="cannot be used"):
            store.plans("beijing")
        if isinstance(database, PostgreSQL):
            assert database.server.password not in str(told.value)
    assert store.plans("beijing") == [plan]
    assert len(store.save(plan.id, content(), LI, based_on=1).versions) == 2


def test_a_file_that_was_moved_away_is_not_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "plans.sqlite"
    store = Store(SQLite(file).url)
    plan = store.create("a", content(), LI)
    file.rename(tmp_path / "moved")
    with pytest.raises(PlanError, match="cannot be used"):
        store.create("b", content(), LI)
    assert not file.exists()
    (tmp_path / "moved").rename(file)
    assert store.plans("beijing") == [plan]


def test_a_process_that_is_killed_while_it_saves_leaves_nothing_half_written(database: Database, store: Store) -> None:
    plan = store.create("a", content(), LI)
    url = database.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", SAVES, url, str(plan.id)], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert store.plans("beijing") == [plan]
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM versions")) == 1
        if isinstance(database, SQLite):
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    assert store.save(plan.id, content(override()), LI, based_on=1).latest.number == 2


def as_of(database: Database, revision: str) -> None:
    """Make a database as an older version of the program left it, with a plan of one version."""
    engine = create_engine(database.url.set(drivername="postgresql+psycopg") if isinstance(database, PostgreSQL) else database.url)
    if isinstance(database, SQLite):
        database.file.parent.mkdir(exist_ok=True)
    config = Config()
    config.set_main_option("script_location", "stmp.plans:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO plans (market, name) VALUES ('beijing', '老计划')"))
        figures = '{"statistical": {"total": [1, 2, 3], "districts": {}}, "planned": {"total": [1, 2, 3], "districts": {}}}'
        connection.execute(
            text(
                "INSERT INTO versions (plan_id, number, author, made_at, note, scenario, data_digest, checkpoint, checkpoint_name, "
                "cutoff, horizon, seed, samples, figures) VALUES (1, 1, 'Li', '2021-11-05 08:30:00', 'old', 'name = \"baseline\"', 'd', "
                "'c', 'runs/old', '2021-11-04', 14, 0, 200, :figures)"
            ),
            {"figures": figures},
        )
    engine.dispose()


def test_a_database_of_an_older_version_is_migrated_with_all_it_holds(database: Database) -> None:
    as_of(database, "1")
    store = Store(database.url)
    (plan,) = store.plans("beijing")
    assert (plan.name, plan.latest.author, plan.latest.content.note, plan.latest.content.overrides) == ("老计划", "Li", "old", ())
    assert plan.latest.content.statistical.total == (1, 2, 3)
    (saved,) = store.save(1, content(override()), LI, based_on=1).latest.content.overrides
    assert saved == override()
    store.engine.dispose()


def test_a_migration_that_fails_leaves_the_database_as_it_was(database: Database) -> None:
    as_of(database, "1")
    with create_engine(
        database.url.set(drivername="postgresql+psycopg") if isinstance(database, PostgreSQL) else database.url
    ).begin() as c:
        c.execute(text("CREATE TABLE overrides (id INTEGER)"))  # in the way of the second step
    with pytest.raises(PlanError, match="overrides"):
        Store(database.url)
    with create_engine(
        database.url.set(drivername="postgresql+psycopg") if isinstance(database, PostgreSQL) else database.url
    ).begin() as c:
        assert c.scalar(text(f"SELECT version_num FROM {SCHEMA_TABLE}")) == "1"
        c.execute(text("DROP TABLE overrides"))
    assert [plan.name for plan in Store(database.url).plans("beijing")] == ["老计划"]


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(database: Database, store: Store) -> None:
    store.create("a", content(), LI)
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {SCHEMA_TABLE} SET version_num = '99'"))
    with pytest.raises(PlanError, match=r"newer version of STMP Studio \(its schema is 99, .* Remedy: update STMP Studio"):
        Store(database.url)
    with store.engine.connect() as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {SCHEMA_TABLE}")) == "99"


def test_the_migrations_make_the_tables_that_the_program_reads(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": SCHEMA_TABLE, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, SCHEMA_TABLE}


def test_many_may_open_a_new_database_at_the_same_moment(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store(database.url), range(4)))
    plan = stores[0].create("a", content(), LI)
    assert [store.plans("beijing") for store in stores] == [[plan]] * 4
    for store in stores:
        store.engine.dispose()


def test_a_file_of_another_kind_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "plans.sqlite"
    file.write_text("no database " * 1000)
    with pytest.raises(PlanError, match="is damaged, or no database of plans"):
        Store(SQLite(file).url)
    assert file.read_text() == "no database " * 1000


def test_a_place_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlanError, match="cannot be made or written"):
        Store(SQLite(tmp_path / "file" / "plans.sqlite").url)


def test_a_wrong_password_is_told_and_not_shown(server: Server) -> None:
    with pytest.raises(PlanError, match="password authentication failed") as told:
        Store(server.url("postgres").set(password="a-wrong-word"))
    assert "a-wrong-word" not in str(told.value)


def test_readers_of_a_file_do_not_wait_for_a_writer_and_a_save_outlasts_a_power_cut(tmp_path: Path) -> None:
    store = Store(SQLite(tmp_path / "plans.sqlite").url)
    with store.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
