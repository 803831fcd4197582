"""What the lane, the DAGs and the command line call: judge duplicates, write what we owe, send it.

Every answer is a row of ops.outbound_documents before it goes anywhere; its idempotency key is made of what it answers,
so that judging a record twice owes nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from crossdock.core import log
from crossdock.core.connections import connection as lookup
from crossdock.core.errors import Refused
from crossdock.core.ids import idempotency_key
from crossdock.db.connect import connect
from crossdock.edi import answers
from crossdock.edi.agreement import Agreement, agreement
from crossdock.edi.verdict import REJECTED
from crossdock.edi.x12.write import Segments, interchange
from crossdock.transport.budget import DatabaseGate
from crossdock.transport.sftp import Mailbox

SQL = Path(__file__).parent / "sql"
RESPONSE = "PR"
HIGHEST = 999_999_999

logger = log.get("edi")


@dataclass(frozen=True, slots=True)
class Received:
    """A record that was received, with what became of it."""

    record_id: int
    native_id: str
    document_id: int
    payload: dict
    partner_id: str
    time_zone: str
    settings: dict
    is_set_aside: bool
    is_duplicate: bool
    refused_lines: list[int]

    @property
    def agreement(self) -> Agreement:
        return agreement(self.partner_id, self.settings)


@dataclass(frozen=True, slots=True)
class Answer:
    """One document that we owe: what it answers is in `key`."""

    document_type: str
    key: str
    functional_code: str = ""
    body: Segments = ()
    order_ref: str | None = None
    group: dict | None = None
    """The group that is answered, where the record is of the whole interchange."""


def judge_duplicates(connection: psycopg.Connection, record_ids: Sequence[int]) -> int:
    """Set aside what reuses a control number for other bytes; returns how many records. Idempotent."""
    return connection.execute((SQL / "duplicates.sql").read_text(), {"record_ids": list(record_ids)}).rowcount


def acknowledge(connection: psycopg.Connection, record_ids: Sequence[int]) -> int:
    """Write down what we owe for these judged records (others than X12 are passed over); returns how many documents.

    In the caller's transaction. An order judged again with another outcome gets a new 855 that replaces the old.
    """
    rows = connection.execute((SQL / "received.sql").read_text(), {"record_ids": list(record_ids)}).fetchall()
    count = 0
    for row in rows:
        received = Received(*row)
        for answer in _owed(connection, received):
            count += _write(connection, received, answer)
    return count


def _owed(connection: psycopg.Connection, received: Received) -> Iterator[Answer]:
    if received.payload["kind"] == "interchange":
        yield from _for_interchange(connection, received)
    elif received.payload["set"]["type"] == "850" and received.agreement.response == "always":
        yield from _for_order(connection, received)


def _for_interchange(connection: psycopg.Connection, received: Received) -> Iterator[Answer]:
    record, owed = received.payload, received.agreement
    if received.is_duplicate:
        faults = [{**answers.DUPLICATE, "is_fatal": True, "reason": "control number used before"}]
        record = {**record, "envelope": {"verdict": REJECTED, "faults": faults}}
    if answers.wants_ta1(record, owed.ta1):
        yield Answer("TA1", "TA1", body=[answers.ta1(record)])
    for group in record["groups"] if owed.functional == "always" else ():
        if answers.wants_997(record, group):
            where = {"record_id": received.record_id, "group": str(group["ordinal"])}
            sets = [row[0] for row in connection.execute((SQL / "sets_of.sql").read_text(), where)]
            yield Answer(
                "997", f"997/{group['ordinal']}", answers.FUNCTIONAL, answers.functional_997(group, sets), group=group
            )


def _for_order(connection: psycopg.Connection, received: Received) -> Iterator[Answer]:
    """An 855, unless envelope or syntax already said no: then the sender has its TA1 or 997 and sends again."""
    record = received.payload
    if received.is_duplicate or not answers.is_accepted(record) or not record["order"]["po_number"].strip():
        return
    refused = sorted(set(received.refused_lines))
    outcome = "none" if received.is_set_aside else ",".join(map(str, refused))
    replaces = connection.execute(
        "select exists (select from ops.outbound_documents where idempotency_key like %s)",
        [_key(received, "855") + "/%"],
    ).fetchone()[0]
    day = f"{_now(connection).astimezone(ZoneInfo(received.time_zone)):%Y%m%d}"
    body = answers.response_855(record, refused, day=day, is_refused=received.is_set_aside, replaces=replaces)
    yield Answer("855", f"855/{outcome}", RESPONSE, body, record["order"]["po_number"].strip())


def _key(received: Received, what: str) -> str:
    """`<uuid of the received record>/<what we answer>`: the same for the same record, whenever it is judged."""
    record, _, outcome = what.partition("/")
    return f"{idempotency_key('x12', received.partner_id, received.native_id)}/{record}" + (
        f"/{outcome}" if outcome else ""
    )


def _now(connection: psycopg.Connection) -> datetime:
    return connection.execute("select ref.as_of()").fetchone()[0]


def _write(connection: psycopg.Connection, received: Received, answer: Answer) -> int:
    """Keep one answer, under control numbers of our own; 0 when it is kept already."""
    key = _key(received, answer.key)
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"x12 numbers {received.partner_id}"])
    if connection.execute("select 1 from ops.outbound_documents where idempotency_key = %s", [key]).fetchone():
        return 0
    now = _now(connection)
    at = now.astimezone(ZoneInfo(received.time_zone))
    number = _next_number(connection, received.partner_id)
    envelope = answers.envelope_back(received.payload, number, at, answer.group)
    is_loose = answer.document_type == "TA1"
    content = interchange(
        envelope,
        answer.functional_code,
        () if is_loose else [(answer.document_type, answer.body)],
        loose=answer.body if is_loose else (),
    )
    connection.execute(
        """
        insert into ops.outbound_documents (partner_id, document_type, in_reply_to_document_id, order_ref,
            interchange_control_number, group_control_number, set_control_number, content, idempotency_key,
            ack_expected_at, created_as_of)
        values (%s, %s, %s, %s, %s, %s, %s, %b, %s, %s, %s)
        """,
        [received.partner_id, answer.document_type, received.document_id, answer.order_ref,
         envelope.interchange_control_number, None if is_loose else envelope.group_control_number,
         None if is_loose else "0001", content, key,
         now + received.agreement.acknowledged_within if answer.document_type == "855" else None, now],
    )  # fmt: skip
    return 1


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
