"""Connections to Postgres: one way to open them, named so that `pg_stat_activity` can be read."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings


def dsn() -> str:
    """The product's DSN (role crossdock_app). Raises Misconfigured when it is not set."""
    if not settings().dsn:
        raise Misconfigured(
            "CROSSDOCK_DSN is not set",
            hint="run `crossdock up`, or `eval $(crossdock env)`, or set it to your Postgres",
        )
    return settings().dsn


def connect(name: str, *, conninfo: str | None = None, autocommit: bool = False) -> psycopg.Connection:
    """A connection for one purpose; rows come as tuples, times in UTC."""
    return psycopg.connect(
        conninfo or dsn(),
        autocommit=autocommit,
        application_name=f"crossdock {name}",
        options="-c TimeZone=UTC",
    )


def connect_rows(name: str, *, conninfo: str | None = None) -> psycopg.Connection:
    """The same, rows as dicts, for what prints them."""
    return psycopg.connect(
        conninfo or dsn(),
        application_name=f"crossdock {name}",
        options="-c TimeZone=UTC",
        row_factory=dict_row,
    )
