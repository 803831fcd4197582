"""The exception catalogue: severity, owner, grace and parameters of each view; and the clock its readers ask."""

from crossdock.db.migrations import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql("0003_exception_catalogue.sql")
    run_sql("0003_business_clock_for_readers.sql")
