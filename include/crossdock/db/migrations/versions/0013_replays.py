"""Replays: who had what judged again, what came of it, and what it holds back."""

from crossdock.db.migrations import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_sql("0013_replays.sql")
