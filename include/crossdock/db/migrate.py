"""Bring `raw`, `ref` and `ops` to the newest shape."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

HERE = Path(__file__).parent


def upgrade(conninfo: str, revision: str = "head") -> None:
    """Run every migration up to `revision` in one transaction, as the owner of the database."""
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    engine = create_engine(
        URL.create("postgresql+psycopg"), creator=lambda: psycopg.connect(conninfo), poolclass=NullPool
    )
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
