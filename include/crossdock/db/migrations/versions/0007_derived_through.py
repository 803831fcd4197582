"""Absence is concluded from what went through the lane, not from what has merely landed."""

from crossdock.db.migrations import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql("0007_derived_through.sql")
