"""Alerts, what they are about, and their deliveries."""

from crossdock.db.migrations import run_sql

revision = "0012"
down_revision = "0013"


def upgrade() -> None:
    run_sql("0012_alerts.sql")
