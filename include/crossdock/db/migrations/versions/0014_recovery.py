"""How soon each type of fulfillment event must be current again, what became of it, and what exceptions come from."""

from crossdock.db.migrations import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_sql("0014_recovery.sql")
    run_sql("0014_causes.sql")
    run_sql("0014_look_again.sql")
    run_sql("0014_customer_tiers.sql")
