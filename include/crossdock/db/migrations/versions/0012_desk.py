"""Indexes for the exception desk's list of cases."""

from crossdock.db.migrations import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql("0012_desk.sql")
