"""Cases, decisions, approvals, actions, and the one table of their states."""

from crossdock.db.migrations import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql("0008_cases.sql")
