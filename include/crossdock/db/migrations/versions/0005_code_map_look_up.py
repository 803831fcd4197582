"""Codes are found by a plain index."""

from crossdock.db.migrations import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql("0005_code_map_look_up.sql")
