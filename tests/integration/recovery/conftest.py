"""A partner with feeds, an endpoint, and a wall clock that moves by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from crossdock.recovery import api


@dataclass
class Platform:
    """What the platform records of itself; `now` is the wall."""

    connection: psycopg.Connection
    feeds: dict[str, int] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def read(self, *feeds: str) -> None:
        """These feeds (all, if none is named) are read to their end now."""
        ids = [self.feeds[name] for name in feeds or self.feeds]
        self.connection.execute(
            """
            insert into raw.cursors (feed_id, read_at, read_through_at) select unnest(%s::int[]), %s, %s
            on conflict (feed_id) do update set read_at = excluded.read_at
            """,
            [ids, self.now, self.now],
        )

    def run(self, feed: str, status: str) -> None:
        self.connection.execute(
            "insert into raw.runs (feed_id, status, trigger, correlation_id, started_at) values (%s, %s, 't', 'c', %s)",
            [self.feeds[feed], status, self.now],
        )

    def endpoint(self, **columns: object) -> None:
        """What is known of the endpoint of erp."""
        sets = ", ".join(f"{name} = %({name})s" for name in columns)
        self.connection.execute(f"update ops.endpoints set {sets} where endpoint = 'erp'", columns)

    def arrive(self, feed: str, count: int = 1) -> None:
        """Records that wait for the lane from now on."""
        self.connection.execute(
            """
            with landed as (
                insert into raw.records (feed_id, native_id, payload_hash, payload, document_id, ordinal, landed_at)
                select %(feed)s, gen_random_uuid()::text, 'h', '{}', 0, n, %(now)s
                from generate_series(1, %(count)s) as n
                returning record_id
            )
            insert into raw.pending_records select record_id from landed
            """,
            {"feed": self.feeds[feed], "now": self.now, "count": count},
        )

    def drain(self) -> None:
        self.connection.execute("delete from raw.pending_records")

    def watch(self) -> tuple[int, int]:
        done = api.watch(self.connection, now=self.now)
        return done.began, done.ended

    def look(self, event_type: str) -> dict:
        """The row of a type of event, of its only source."""
        cursor = self.connection.execute(
            "select * from ops.recovery_at(%s) where event_type = %s", [self.now, event_type]
        )
        (row,) = cursor.fetchall()
        return dict(zip([column.name for column in cursor.description], row, strict=True))

    def past(self, event_type: str | None = None) -> list[tuple]:
        return self.connection.execute(
            """
            select event_type, source, causes, began_at, ended_at, outcome, is_age_missed from ops.recoveries
            where %(type)s::text is null or event_type = %(type)s order by recovery_id
            """,
            {"type": event_type},
        ).fetchall()


@pytest.fixture
def platform(app) -> Iterator[Platform]:
    """SAP with orders, deliveries and stock, read just now; its endpoint answers."""
    made = Platform(app)
    app.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner)
        values ('erp', 'ERP', 'sap_s4', 'erp', 'it'), ('acme', 'Acme', 'x12', 'edi', 'it');
        insert into ops.endpoints (endpoint, partner_id, capacity, refill_per_second, tokens)
        values ('erp', 'erp', 1, 1, 1);
        """
    )
    for feed in ("sales_orders", "deliveries", "material_stock"):
        made.feeds[feed] = app.execute(
            """
            insert into ref.feeds (partner_id, feed, feed_type, contract, mode, settings)
            values ('erp', %(feed)s, 'sap_s4.' || %(feed)s, 'sap_s4/x.v1', 'poll', '{"every_seconds": 60}')
            returning feed_id
            """,
            {"feed": feed},
        ).fetchone()[0]
    made.endpoint(last_success_at=made.now)
    made.read()
    app.commit()
    yield made
    app.rollback()
