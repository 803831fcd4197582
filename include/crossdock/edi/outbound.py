"""Documents of ours: rows of ops.outbound_documents, under control numbers of our own, before they go anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from crossdock.edi import answers
from crossdock.edi.owed import Answer, Received, now
from crossdock.edi.x12.write import Envelope, Segments, interchange

HIGHEST = 999_999_999


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that lacks only its numbers and its time."""

    partner_id: str
    document_type: str
    key: str
    """Once in ops.outbound_documents."""
    functional_code: str
    body: Segments
    envelope: Callable[[int, datetime], Envelope]
    """From the control number and the time in the partner's zone."""
    time_zone: str
    in_reply_to: int | None
    order_ref: str | None
    acknowledged_within: timedelta
    replaces: int | None = None

    @property
    def is_loose(self) -> bool:
        """A TA1 stands in no group."""
        return self.document_type == "TA1"


def draft(given: Received, answer: Answer) -> Draft:
    """An answer to what was received, addressed back to its sender."""
    return Draft(
        partner_id=given.partner_id,
        document_type=answer.document_type,
        key=answer.key,
        functional_code=answer.functional_code,
        body=answer.body,
        envelope=lambda number, at: answers.envelope_back(given.payload, number, at, answer.group),
        time_zone=given.time_zone,
        in_reply_to=given.document_id,
        order_ref=answer.order_ref,
        acknowledged_within=given.agreement.acknowledged_within,
        replaces=answer.replaces,
    )


def lock_numbers(connection: psycopg.Connection, partner_id: str) -> None:
    """Nobody else writes a document to this partner until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"x12 numbers {partner_id}"])


def keep(connection: psycopg.Connection, given: Draft) -> int | None:
    """Write a document down; its id, or None when its key is there already."""
    lock_numbers(connection, given.partner_id)
    if connection.execute("select 1 from ops.outbound_documents where idempotency_key = %s", [given.key]).fetchone():
        return None
    written_at = now(connection)
    envelope = given.envelope(
        _next_number(connection, given.partner_id), written_at.astimezone(ZoneInfo(given.time_zone))
    )
    content = interchange(
        envelope,
        given.functional_code,
        () if given.is_loose else [(given.document_type, given.body)],
        loose=given.body if given.is_loose else (),
    )
    return connection.execute(
        """
        insert into ops.outbound_documents (partner_id, document_type, in_reply_to_document_id, order_ref,
            interchange_control_number, group_control_number, set_control_number, content, idempotency_key,
            ack_expected_at, created_as_of, replaces_outbound_document_id)
        values (%s, %s, %s, %s, %s, %s, %s, %b, %s, %s, %s, %s)
        returning outbound_document_id
        """,
        [given.partner_id, given.document_type, given.in_reply_to, given.order_ref,
         envelope.interchange_control_number, None if given.is_loose else envelope.group_control_number,
         None if given.is_loose else "0001", content, given.key,
         written_at + given.acknowledged_within if given.document_type == "855" else None, written_at,
         given.replaces],
    ).fetchone()[0]  # fmt: skip


def _next_number(connection: psycopg.Connection, partner_id: str) -> int:
    """The control number after the last one we used towards this partner; after 999,999,999 comes 1."""
    last = connection.execute(
        """
        select interchange_control_number::bigint from ops.outbound_documents where partner_id = %s
        order by outbound_document_id desc limit 1
        """,
        [partner_id],
    ).fetchone()
    return last[0] % HIGHEST + 1 if last else 1
