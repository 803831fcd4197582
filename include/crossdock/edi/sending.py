"""Sending: what is ready goes into the partner's mailbox, in the order it was written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg

from crossdock.core import log
from crossdock.core.connections import connection as lookup
from crossdock.core.errors import Refused
from crossdock.db.connect import connect
from crossdock.edi.agreement import Agreement, agreement
from crossdock.transport.budget import DatabaseGate
from crossdock.transport.sftp import Mailbox

SQL = Path(__file__).parent / "sql"

logger = log.get("edi")


def send_ready(partner_id: str, *, conninfo: str | None = None) -> int:
    """Put what is ready into the partner's mailbox, in the order it was written; returns how many documents.

    A document is marked as sent once it is there. If we die in between it is sent again under the same name and
    control number. Raises Retriable when the mailbox cannot be reached; a refused document is marked failed and the
    rest goes on.
    """
    sent = 0
    with connect(f"edi send {partner_id}", conninfo=conninfo, autocommit=True) as connection:
        row = connection.execute(
            "select coalesce(settings ->> 'connection', ''), settings from ref.partners where partner_id = %s",
            [partner_id],
        ).fetchone()
        if row is None or not _is_waiting(connection, partner_id):
            return 0
        owed = agreement(partner_id, row[1])
        with Mailbox(lookup(row[0]), gate=DatabaseGate(conninfo, partner_id)) as mailbox:
            while (is_sent := _send_next(connection, mailbox, partner_id, owed)) is not None:
                sent += is_sent
    logger.info("edi documents sent", partner_id=partner_id, documents=sent)
    return sent


def _is_waiting(connection: psycopg.Connection, partner_id: str) -> bool:
    query = "select exists (select from ops.outbound_documents where partner_id = %s and state = 'ready')"
    return connection.execute(query, [partner_id]).fetchone()[0]


def _send_next(connection: psycopg.Connection, mailbox: Mailbox, partner_id: str, owed: Agreement) -> bool | None:
    """Send the oldest document that nobody else is sending; None when there is none, False when it was refused."""
    with connection.transaction():
        row = connection.execute(
            """
            select outbound_document_id, document_type, interchange_control_number, content
            from ops.outbound_documents where partner_id = %s and state = 'ready'
            order by outbound_document_id limit 1 for update skip locked
            """,
            [partner_id],
        ).fetchone()
        if row is None:
            return None
        document_id, document_type, number, content = row
        try:
            mailbox.write(f"{owed.send_to}/{document_type}_{number}.edi", bytes(content))
        except Refused as error:
            connection.execute(
                "update ops.outbound_documents set state = 'failed', error = %s where outbound_document_id = %s",
                [str(error), document_id],
            )
            logger.warning("edi document refused", partner_id=partner_id, document_type=document_type, error=str(error))
            return False
        connection.execute(
            """
            with now as materialized (select ref.as_of() as at)
            update ops.outbound_documents set state = 'sent', sent_at = %s, sent_as_of = now.at,
                ack_expected_at = case when ack_expected_at is not null then now.at + %s end
            from now
            where outbound_document_id = %s
            """,
            [datetime.now(UTC), owed.acknowledged_within, document_id],
        )
        connection.execute((SQL / "touch_order.sql").read_text(), [document_id])
        return True
