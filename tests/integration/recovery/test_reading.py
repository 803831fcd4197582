"""From a source that cannot be read to one that is current again, by what the poll itself records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from crossdock.core.errors import CrossdockError
from crossdock.landing.ingest import ingest
from crossdock.recovery import api
from small_shop import small_shop

ORDERS = "order_ref,ordered_at,status\nA1,2026-03-01T10:00:00Z,accepted\n"


@pytest.fixture
def mailbox(database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A partner whose orders come as files."""
    return small_shop(database["app"], tmp_path, monkeypatch, ORDERS)


def test_a_mailbox_that_goes_and_comes_back_is_an_interruption_and_a_recovery(database, mailbox, app):
    """Orders older than ten minutes because the folder is gone: read_failed; read again and applied: over, in time."""
    ingest("my-shop", "orders", conninfo=database["app"])
    with psycopg.connect(database["app"], autocommit=True) as other:
        other.execute("delete from raw.pending_records")
        read_at = other.execute("select read_at from raw.cursors").fetchone()[0]
    assert abs(datetime.now(UTC) - read_at) < timedelta(minutes=1)
    mailbox.rename(mailbox.with_name("gone"))
    with pytest.raises(CrossdockError):
        ingest("my-shop", "orders", conninfo=database["app"])
    assert app.execute("select read_at from raw.cursors").fetchone()[0] == read_at, (
        "a failed run reads nothing to its end"
    )
    app.execute("update raw.cursors set read_at = read_at - interval '20 minutes'")
    app.execute("update raw.runs set started_at = started_at - interval '20 minutes' where status = 'done'")
    app.commit()
    assert api.watch(app) == api.Watched(began=1, ended=0)
    app.commit()
    mailbox.with_name("gone").rename(mailbox)
    ingest("my-shop", "orders", conninfo=database["app"])
    assert api.watch(app) == api.Watched(began=0, ended=1)
    row = app.execute("select event_type, source, causes, outcome, is_age_missed from ops.recoveries").fetchone()
    assert row == ("order_captured", "my-shop/orders", ["read_failed"], "met", True)
