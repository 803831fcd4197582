"""The status vocabularies, and whose word counts for which attribute."""

from crossdock.db.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql("0002_reference_data.sql")
