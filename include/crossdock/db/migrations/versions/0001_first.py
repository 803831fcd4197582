"""The first shape of ref, raw and ops, and who may do what."""

from crossdock.db.migrations import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    for part in ("ref", "raw", "ops", "roles"):
        run_sql(f"0001_{part}.sql")
