"""Indexes for the exception desk's list of cases."""

from crossdock.db.migrations import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("0011_desk.sql")
