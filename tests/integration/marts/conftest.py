"""One database with every dbt model built, for the tests of this folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest

from crossdock.lanes import dbt
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES, Server


@pytest.fixture(scope="module")
def built(postgres: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """DSN by role of a database in which `dbt run` has made everything; empty of data."""
    name, password = f"built_{secrets.token_hex(4)}", postgres.password
    target = tmp_path_factory.mktemp("dbt")
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'create database "{name}" template "{template}" owner {OWNER}')
    dsns = {role.removeprefix("crossdock_"): postgres.dsn(name, role, password) for role in (OWNER, *PRODUCT_ROLES)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "target_dir", lambda scope, scratch: target / scope)
        dbt.invoke(["run"], conninfo=dsns["dbt"])
        yield dsns
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')
