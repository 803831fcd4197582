"""A lab database of its own for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest

from crossdock.stack.postgres import Server
from crossdock_lab import db

PASSWORD = "for-tests-only"


@pytest.fixture
def lab_dsn(postgres: Server) -> Iterator[str]:
    """An empty database of the lab's role."""
    name = f"lab_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        db.create(admin, PASSWORD, name)
    yield postgres.dsn(name, db.ROLE, PASSWORD)
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def lab(lab_dsn: str) -> Iterator[psycopg.Connection]:
    """A connection to it, with the lab's tables."""
    with db.connect(lab_dsn) as connection:
        yield connection
