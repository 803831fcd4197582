"""Migrations of `raw`, `ref` and `ops` (dbt owns the other schemas).

Each revision runs plain SQL files from `sql/`, so that the shape can be read without Python.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def run_sql(name: str) -> None:
    """Run one SQL file, verbatim, within the revision's transaction."""
    op.get_bind().connection.dbapi_connection.execute((SQL / name).read_text())
