"""Alerts, what they are about, and their deliveries."""

from crossdock.db.migrations import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql("0010_alerts.sql")
