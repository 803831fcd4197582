"""A partner, its feeds and a claim: what `judge` is called with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from crossdock.contracts import judge


@dataclass
class Desk:
    """Lands payloads of one feed and judges them."""

    connection: psycopg.Connection
    feed_id: int

    def land(self, native_id: str, payload: object, changed_at: str | None = "2026-03-01T00:00:00Z") -> int:
        document_id = self.connection.execute(
            "insert into raw.documents "
            "(feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id) "
            "values (%s, sha256(%s), ''::bytea, 'application/json', 0, 'test', 'test') "
            "on conflict (feed_id, checksum) do update set source_ref = 'test' returning document_id",
            [self.feed_id, native_id.encode()],
        ).fetchone()[0]
        return self.connection.execute(
            "insert into raw.records (feed_id, native_id, payload_hash, payload, document_id, ordinal, changed_at) "
            "values (%s, %s, %s, %s, %s, 0, %s) returning record_id",
            [
                self.feed_id,
                native_id,
                hashlib.sha256(orjson.dumps(payload)).digest(),
                Jsonb(payload),
                document_id,
                changed_at,
            ],
        ).fetchone()[0]

    def judge(self, *record_ids: int) -> int:
        self.connection.execute("drop table if exists pg_temp.claimed")
        self.connection.execute("create temporary table claimed (record_id bigint, feed_id integer)")
        for record_id in record_ids:
            self.connection.execute("insert into pg_temp.claimed values (%s, %s)", [record_id, self.feed_id])
        return judge(self.connection, [self.feed_id])

    def verdicts(self, state: str = "open") -> list[tuple]:
        """(native id, part, rule, field, value) of every row in `state`."""
        return self.connection.execute(
            "select native_id, part, rule, field, value from ops.quarantine where state = %s order by 1, 2, 3, 4",
            [state],
        ).fetchall()

    def map(self, kind: str, their_code: str, our_code: str = "x", partner_id: str = "*", **period: str) -> None:
        span = (period.get("valid_from", "-infinity"), period.get("valid_to", "infinity"))
        self.connection.execute(
            "insert into ref.code_map "
            "(system_type, partner_id, kind, their_code, our_code, valid_from, valid_to, approved_by) "
            "select split_part(feed_type, '.', 1), %s, %s, %s, %s, %s, %s, 'test' from ref.feeds where feed_id = %s",
            [partner_id, kind, their_code, our_code, *span, self.feed_id],
        )


@pytest.fixture
def desk(app: psycopg.Connection) -> Callable[[str], Desk]:
    """Makes a partner `p1` with one feed of the given contract, as in `sap_s4/sales_orders.v1`."""

    def make(contract: str, partner_id: str = "p1") -> Desk:
        system_type, feed = contract.rsplit(".v", 1)[0].split("/")
        app.execute(
            "insert into ref.partners (partner_id, name, system_type, role_code, owner) "
            "values (%s, 'P', %s, 'other', 'o') on conflict do nothing",
            [partner_id, system_type],
        )
        feed_id = app.execute(
            "insert into ref.feeds (partner_id, feed, feed_type, contract, mode) "
            "values (%s, %s, %s, %s, 'poll') returning feed_id",
            [partner_id, feed, f"{system_type}.{feed}", contract],
        ).fetchone()[0]
        return Desk(app, feed_id)

    return make
