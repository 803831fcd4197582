"""What the outbox and the reading back need beyond the first shape of actions."""

from crossdock.db.migrations import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("0011_acting.sql")
