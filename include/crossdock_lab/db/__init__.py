"""The lab's own database: a role and a database of its own, which the product's roles cannot enter."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

from crossdock.core.errors import Misconfigured
from crossdock.stack.postgres import create_database, create_role

ROLE = "lab"
DATABASE = "lab"
DDL = Path(__file__).with_name("lab.sql")


def dsn() -> str:
    """`CROSSDOCK_LAB_DSN`. Raises Misconfigured when it is not set."""
    found = os.environ.get("CROSSDOCK_LAB_DSN", "")
    if not found:
        raise Misconfigured(
            "CROSSDOCK_LAB_DSN is not set", hint="run `crossdock up`, or set it to a database of the lab's own"
        )
    return found


def create(admin: psycopg.Connection, password: str, database: str = DATABASE) -> None:
    """Make the role `lab` and its empty database; nobody else may connect. `admin` is a superuser in autocommit."""
    create_role(admin, ROLE, password)
    create_database(admin, database, ROLE)


def connect(conninfo: str | None = None, *, name: str = "lab") -> psycopg.Connection:
    """A connection to the lab's database, times in UTC, with the tables made if they are not there."""
    connection = psycopg.connect(
        conninfo or dsn(),
        application_name=f"crossdock {name}",
        options="-c TimeZone=UTC -c client_min_messages=warning",
    )
    ensure(connection)
    connection.commit()
    return connection


def ensure(connection: psycopg.Connection) -> None:
    """Make the lab's tables where one of them is not there yet; safe when two processes start at once."""
    if connection.execute("select to_regclass('lab.stock_outs')").fetchone() == (None,):
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(727001)")
            connection.execute(DDL.read_text())


def wipe(connection: psycopg.Connection) -> None:
    """Forget the world and the truth about it. Secrets stay: the product goes on knowing its way in."""
    rows = connection.execute(
        """select format('%I.%I', schemaname, tablename) from pg_tables
           where schemaname in ('lab', 'truth') and tablename <> 'secrets'"""
    ).fetchall()
    connection.execute(f"truncate {', '.join(name for (name,) in rows)} restart identity")
    connection.commit()
