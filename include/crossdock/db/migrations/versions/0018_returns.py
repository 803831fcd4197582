"""Returns: their queue, their states and what is owed before money goes back."""

from crossdock.db.migrations import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run_sql("0018_returns.sql")
