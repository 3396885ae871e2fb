"""Databases of both kinds: a file of SQLite's, and a PostgreSQL server that is started here."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, event, text

from stmp.plans import Store

FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON overrides FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


@dataclass
class SQLite:
    """A database in a file, which may be moved away."""

    file: Path

    @property
    def url(self) -> URL:
        return URL.create("sqlite", database=str(self.file))

    @contextmanager
    def gone(self) -> Iterator[None]:
        folder, elsewhere = self.file.parent, self.file.parent.with_name("elsewhere")
        folder.rename(elsewhere)
        yield
        elsewhere.rename(folder)

    @contextmanager
    def full(self, store: Store) -> Iterator[None]:
        """The file cannot grow by more than a page: what it holds is an error of SQLite's own, as a full disk is."""

        def limit(connection: object, record: object) -> None:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()  # type: ignore[attr-defined]
            connection.execute(f"PRAGMA max_page_count = {pages + 1}")  # type: ignore[attr-defined]

        event.listen(store.engine, "connect", limit)
        yield
        event.remove(store.engine, "connect", limit)


class Server:
    """PostgreSQL on a free port of this machine, with a folder and a password of its own."""

    def __init__(self, binaries: Path) -> None:
        self.binaries, self.password = binaries, secrets.token_hex(8)
        self.folder = Path(tempfile.mkdtemp(prefix="stmp-postgres-"))
        self.data, word = self.folder / "data", self.folder / "password"
        word.write_text(self.password)
        # PostgreSQL refuses to run as root; the user that Debian made for it, or nobody, does it then
        self.user = None
        if os.getuid() == 0:
            self.user = next(name for name in ("postgres", "nobody") if f"\n{name}:" in "\n" + Path("/etc/passwd").read_text())
            for path in (self.folder, word):
                shutil.chown(path, self.user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        made = ["-D", self.data, "-U", "planner", "-A", "scram-sha-256", "--pwfile", word, "-E", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run([binaries / "initdb", *made], user=self.user, cwd=self.folder, check=True, capture_output=True)
        self.start()

    def start(self) -> None:
        told = ["-h", "127.0.0.1", "-p", str(self.port), "-k", self.folder, "-c", "fsync=off"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.binaries / "postgres", "-D", self.data, *told], user=self.user, cwd=self.folder, stdout=log, stderr=log
        )
        for _ in range(300):
            try:
                self.administer(sql.SQL("SELECT 1"))
                return
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)  # at once, as when a machine is lost
        self.process.wait(30)

    def administer(self, statement: sql.SQL | sql.Composed) -> None:
        told = {"host": "127.0.0.1", "port": self.port, "user": "planner", "password": self.password, "dbname": "postgres"}
        with psycopg.connect(**told, connect_timeout=2, autocommit=True) as connection:  # type: ignore[arg-type]
            connection.execute(statement)

    def url(self, name: str) -> URL:
        return URL.create("postgresql", "planner", self.password, "127.0.0.1", self.port, name)


@dataclass
class PostgreSQL:
    """A database of a server, which may be stopped."""

    server: Server
    name: str

    @property
    def url(self) -> URL:
        return self.server.url(self.name)

    @contextmanager
    def gone(self) -> Iterator[None]:
        self.server.stop()
        yield
        self.server.start()

    @contextmanager
    def full(self, store: Store) -> Iterator[None]:
        """Inserting into the last table of a save fails, as it does on a full disk."""
        with store.engine.begin() as connection:
            connection.execute(text(FULL_DISK))
        yield
        with store.engine.begin() as connection:
            connection.execute(text("DROP FUNCTION full_disk CASCADE"))


Database = SQLite | PostgreSQL
