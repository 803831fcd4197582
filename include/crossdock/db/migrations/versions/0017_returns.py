"""Returns: their queue, their states and what is owed before money goes back."""

from crossdock.db.migrations import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0017_returns.sql")
