"""Replays: who had what judged again, what came of it, and what it holds back."""

from crossdock.db.migrations import run_sql

revision = "0014"
down_revision = "0011"


def upgrade() -> None:
    run_sql("0014_replays.sql")
