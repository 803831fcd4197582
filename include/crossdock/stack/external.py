"""`crossdock prepare`: the same database as `crossdock up` makes, on a Postgres server that somebody else runs."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import Settings, settings
from crossdock.db import migrate
from crossdock.stack.postgres import OWNER, create_database, create_product, create_role


def _need(name: str, value: str) -> dict[str, str]:
    """A DSN taken apart, with a role, a password and a database in it."""
    parts = conninfo_to_dict(value) if value else {}
    missing = [part for part in ("user", "password", "dbname") if not parts.get(part)]
    if missing:
        raise Misconfigured(f"{name} lacks {', '.join(missing)}", hint=f"set {name}; .env.example says what it is")
    return parts


def passwords(given: Settings) -> dict[str, str]:
    """Password by role, from the DSNs. Raises Misconfigured when a DSN names another role than ours."""
    found = {}
    for variable, value, role in (
        ("CROSSDOCK_ADMIN_DSN", given.admin_dsn, OWNER),
        ("CROSSDOCK_DSN", given.dsn, "crossdock_app"),
        ("CROSSDOCK_DBT_DSN", given.dbt_dsn, "crossdock_dbt"),
    ):
        parts = _need(variable, value)
        if parts["user"] != role:
            raise Misconfigured(f"{variable} is for role {parts['user']!r}", hint=f"its role is {role}")
        found[role] = parts["password"]
    if not given.reader_password:
        raise Misconfigured("CROSSDOCK_READER_PASSWORD is not set", hint="choose one: bi_reader and auditor get it")
    return found | dict.fromkeys(("bi_reader", "auditor"), given.reader_password)


def prepare(given: Settings | None = None) -> Iterator[str]:
    """Do it, saying each thing done. Safe to repeat; passwords become those of the DSNs."""
    given = given or settings()
    if not given.superuser_dsn:
        raise Misconfigured("CROSSDOCK_SUPERUSER_DSN is not set", hint="a role that may create roles and databases")
    database = _need("CROSSDOCK_DSN", given.dsn)["dbname"]
    with psycopg.connect(given.superuser_dsn, autocommit=True) as admin:
        create_product(admin, database, passwords(given))
        yield f"roles and database {database}"
        if given.airflow_dsn:
            parts = _need("CROSSDOCK_AIRFLOW_DSN", given.airflow_dsn)
            create_role(admin, parts["user"], parts["password"])
            create_database(admin, parts["dbname"], parts["user"])
            yield f"role {parts['user']} and database {parts['dbname']}"
    migrate.upgrade(given.admin_dsn)
    yield "tables"
