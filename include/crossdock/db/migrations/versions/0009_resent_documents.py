"""Documents of ours that stand in the place of another."""

from crossdock.db.migrations import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql("0009_resent_documents.sql")
