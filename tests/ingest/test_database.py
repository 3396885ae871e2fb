"""Logs in databases: the same market as from a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from psycopg import sql

from stmp.errors import MarketError, StmpError
from stmp.ingest import build
from tests.ingest.made import assert_accounted, built, cells, plan_of, reasons, rejected_rows
from tests.plans.conftest import server  # noqa: F401
from tests.plans.databases import Server


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute('CREATE TABLE "the orders" (order_time TEXT, district, category TEXT, quantity REAL)')
        rows = [
            ("2020-01-01 10:00:00", "a", "food", 2),
            ("2020-01-02", "b", "食品", 1.5),
            (None, "b", "food", 1),
            ("2020-01-02", b"a", "food", 3),
        ]
        connection.executemany('INSERT INTO "the orders" VALUES (?, ?, ?, ?)', rows)
        connection.commit()
    return tmp_path / "shop.db"


def test_the_only_table_of_sqlite_is_read(tmp_path: Path, shop: Path) -> None:
    plan = plan_of(tmp_path, f"sqlite:////{str(shop).lstrip('/')}")
    report = built(plan)
    assert cells(plan) == {("a", "food", "2020-01-01"): 2, ("b", "食品", "2020-01-02"): 1.5, ("a", "food", "2020-01-02"): 3}
    assert reasons(report) == {"no_time": 1}
    assert_accounted(report, plan, 4)
    assert rejected_rows(plan)[0]["row"] == "4"


def test_a_table_is_named_where_there_are_several(tmp_path: Path, shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("CREATE TABLE other (x)")
    url = f"sqlite:////{str(shop).lstrip('/')}"
    with pytest.raises(MarketError, match=r"it has 2 tables.*one of other, the orders"):
        build(plan_of(tmp_path, url))
    with pytest.raises(MarketError, match="there is no table 'sales'"):
        build(plan_of(tmp_path, f"{url}#sales"))
    assert built(plan_of(tmp_path, f"{url}#the%20orders")).logs[0].counted == 3


def test_what_is_no_database_is_refused_and_passwords_are_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database at all, but longer than a header of one would be: " * 20)
    with pytest.raises(MarketError, match="cannot be read as SQLite"):
        build(plan_of(tmp_path, f"sqlite:////{str(tmp_path).lstrip('/')}/x.db"))
    with pytest.raises(MarketError, match="there is no such file"):
        build(plan_of(tmp_path, "sqlite:///none.db"))
    with pytest.raises(StmpError, match=r"mysql://me:\*\*\*@host/shop: a database of this kind is not read") as caught:
        build(plan_of(tmp_path, "mysql://me:secret@host/shop"))
    assert "secret" not in str(caught.value)


def test_a_table_of_postgresql_is_read(tmp_path: Path, server: Server) -> None:  # noqa: F811
    server.administer(sql.SQL('CREATE SCHEMA log; CREATE TABLE log."order lines" (order_time timestamp, district text, quantity numeric)'))
    server.administer(sql.SQL("INSERT INTO log.\"order lines\" VALUES ('2020-01-01 10:00:00', 'a', 2.5), ('2020-01-02', 'b, \"x\"', 1)"))
    url = server.url("postgres").render_as_string(hide_password=False)
    plan = plan_of(tmp_path, f"{url}#log.order%20lines")
    report = built(plan)
    assert cells(plan) == {("a", "all", "2020-01-01"): 2.5}
    assert reasons(report) == {"unknown_region": 1}
    assert_accounted(report, plan, 2)
    kept = (plan.out / "report.json").read_text() + (plan.out / "market.toml").read_text() + (plan.out / "rejected.csv").read_text()
    assert server.password not in kept
    with pytest.raises(StmpError, match=r'relation "none" does not exist') as caught:
        build(plan_of(tmp_path, f"{url}#none", out=tmp_path / "other"))
    assert server.password not in str(caught.value)
