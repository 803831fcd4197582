"""When documents came in, to be looked up by time."""

from crossdock.db.migrations import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0017_document_times.sql")
