"""Fixtures that every room uses: a real Postgres, with the product's schema, one database a test."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crossdock.core.settings import Settings
from crossdock.db import migrate
from crossdock.lanes import models
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES, Server, create_product, free_port

if "CROSSDOCK_HOME" not in os.environ:
    os.environ["CROSSDOCK_HOME"] = HOME = tempfile.mkdtemp(prefix="crossdock-test-home-")
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
PASSWORD = "for-tests-only"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An embedded Postgres server for this test process."""
    folder = Path(os.environ.get("CROSSDOCK_TEST_DIR", "/tmp")) / f"crossdock-test-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o755)
    server = Server(folder, free_port(), PASSWORD)
    server.init()
    process = server.start(
        folder / "postgres.log",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",
    )
    yield server
    server.stop()
    process.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """A migrated database to copy from: its name."""
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        create_product(admin, "template_crossdock", dict.fromkeys((OWNER, *PRODUCT_ROLES), PASSWORD))
    migrate.upgrade(postgres.dsn("template_crossdock", OWNER, PASSWORD))
    return "template_crossdock"


@pytest.fixture
def database(postgres: Server, template: str) -> Iterator[dict[str, str]]:
    """A fresh copy of the migrated database: DSN by role (`app`, `dbt`, `owner`, `bi_reader`, `auditor`)."""
    yield from _fresh(postgres, template)


def _fresh(postgres: Server, template: str) -> Iterator[dict[str, str]]:
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        _copy(admin, template, name)
    yield {role.removeprefix("crossdock_"): postgres.dsn(name, role, PASSWORD) for role in (OWNER, *PRODUCT_ROLES)}
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


def _copy(admin: psycopg.Connection, template: str, name: str) -> None:
    admin.execute(f'create database "{name}" template "{template}" owner {OWNER}')
    admin.execute(f'revoke all on database "{name}" from public')
    for role in PRODUCT_ROLES:
        admin.execute(f'grant connect, temporary on database "{name}" to "{role}"')


@pytest.fixture(scope="session")
def modelled_template(postgres: Server, template: str) -> str:
    """A database with every dbt model built, to copy from: its name."""
    name = "template_modelled"
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        _copy(admin, template, name)
    models.build(conninfo=postgres.dsn(name, "crossdock_dbt", PASSWORD))
    return name


@pytest.fixture
def modelled(postgres: Server, modelled_template: str) -> Iterator[dict[str, str]]:
    """A fresh copy of the database with every model built: DSN by role."""
    yield from _fresh(postgres, modelled_template)


@pytest.fixture(scope="module")
def modelled_for_module(postgres: Server, modelled_template: str) -> Iterator[dict[str, str]]:
    """The same, shared by the tests of a module."""
    yield from _fresh(postgres, modelled_template)


@pytest.fixture
def app(database: dict[str, str]) -> Iterator[psycopg.Connection]:
    """A connection as crossdock_app, in a fresh database."""
    with psycopg.connect(database["app"], options="-c TimeZone=UTC") as connection:
        yield connection


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; skips where it is absent, fails where CI is set."""
    folder = Settings().real_data_dir
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"real data is not at {folder}; CI must have it")
        pytest.skip(f"real data is not at {folder}: set CROSSDOCK_REAL_DATA")
    return folder
