"""The batch lane remembers what Great Expectations has seen."""

from crossdock.db.migrations import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql("0004_contract_checks.sql")
