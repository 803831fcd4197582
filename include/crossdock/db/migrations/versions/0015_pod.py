"""Proofs of delivery that contradict the order, and the billing that is held for them."""

from crossdock.db.migrations import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run_sql("0015_pod.sql")
