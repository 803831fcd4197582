"""Sending one of our documents again: in the place of the first, under new control numbers, once a key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg

from crossdock.core.errors import Refused, Retriable
from crossdock.edi.agreement import agreement
from crossdock.edi.documents import documents
from crossdock.edi.outbound import Draft, draft, keep, lock_numbers
from crossdock.edi.owed import SQL, is_answered, order_answer, received
from crossdock.edi.records import group_fields, interchange_fields
from crossdock.edi.x12.write import Envelope

REJECTED = ("rejected", "partly")


@dataclass(frozen=True, slots=True)
class Shown:
    """One document of ours as it stands now."""

    outbound_document_id: int
    partner_id: str
    document_type: str
    state: str
    """ready, held, sent, failed."""
    error: str | None
    order_ref: str | None
    in_reply_to: int | None
    key: str
    content: bytes
    time_zone: str
    settings: dict
    sent_at: datetime | None
    """Business time."""
    replaced_by: int | None
    acknowledged: str | None
    """accepted, rejected, partly; None while the partner has said nothing of it."""
    is_mail_unread: bool
    """Whether mail of the partner has come in that nobody has looked at yet: the answer may be in it."""

    @property
    def name(self) -> str:
        about = f" about {self.order_ref}" if self.order_ref else ""
        return f"document {self.outbound_document_id} to {self.partner_id} ({self.document_type}{about})"


def shown(connection: psycopg.Connection, outbound_document_id: int) -> Shown | None:
    """The document as it stands now; None when there is none."""
    row = connection.execute((SQL / "shown.sql").read_text(), [outbound_document_id]).fetchone()
    return Shown(*row) if row else None


def resend(connection: psycopg.Connection, outbound_document_id: int, *, idempotency_key: str) -> int:
    """Write a document down once more, in the place of this one; returns the new document's id. Nothing is sent yet.

    In the caller's transaction; the same key gives the same document. The content is what it was, but an 855 that its
    partner rejected is made anew from the order as it is known now. One that had not gone out yet never will.
    Raises Refused when it was accepted or replaced meanwhile, Retriable while mail of the partner is unread.
    """
    found = shown(connection, outbound_document_id)
    if found is None:
        raise Refused(f"there is no outbound document {outbound_document_id}")
    lock_numbers(connection, found.partner_id)
    key = f"again/{idempotency_key}"
    if made := connection.execute(
        "select outbound_document_id from ops.outbound_documents where idempotency_key = %s", [key]
    ).fetchone():
        return made[0]
    # Whoever is sending it just now holds this lock; afterwards its state is the true one.
    connection.execute(
        "select from ops.outbound_documents where outbound_document_id = %s for update", [outbound_document_id]
    )
    found = shown(connection, outbound_document_id)
    _may_go_again(found)
    again = replace(_again(connection, found), key=key, replaces=outbound_document_id)
    made_id = keep(connection, again)
    if found.state in ("ready", "held"):
        connection.execute(
            "update ops.outbound_documents set state = 'failed', error = %s where outbound_document_id = %s",
            [f"replaced by document {made_id} before it was sent", outbound_document_id],
        )
    connection.execute((SQL / "touch_order.sql").read_text(), [made_id])
    return made_id


def _may_go_again(found: Shown) -> None:
    if found.replaced_by is not None:
        raise Refused(f"{found.name} has been replaced by document {found.replaced_by}", hint="look at that one")
    if found.acknowledged == "accepted":
        raise Refused(f"{found.name} has been accepted by the partner: it is not sent again")
    if found.is_mail_unread:
        raise Retriable(f"mail of {found.partner_id} waits to be looked at: the answer to {found.name} may be in it")


def _again(connection: psycopg.Connection, found: Shown) -> Draft:
    if found.acknowledged in REJECTED and found.document_type == "855":
        return _made_anew(connection, found)
    return _as_it_was(found)


def _as_it_was(found: Shown) -> Draft:
    """The same segments in a new envelope."""
    (document,) = documents(bytes(found.content))
    of = interchange_fields(document.interchange)
    group = group_fields(document.groups[0]) if document.groups else None
    body = document.sets[0].segments[1:-1] if document.sets else document.interchange.reports

    def envelope(number: int, at: datetime) -> Envelope:
        return Envelope(
            sender=(of["sender_qualifier"], of["sender"]),
            receiver=(of["receiver_qualifier"], of["receiver"]),
            group_sender=group["sender"] if group else of["sender"],
            group_receiver=group["receiver"] if group else of["receiver"],
            control_number=number,
            at=at,
            version=of["version"],
            group_version=group["version"] if group else "004010",
            usage=of["usage"],
        )

    return Draft(
        partner_id=found.partner_id,
        document_type=found.document_type,
        key=found.key,
        functional_code=group["functional_code"] if group else "",
        body=body,
        envelope=envelope,
        time_zone=found.time_zone,
        in_reply_to=found.in_reply_to,
        order_ref=found.order_ref,
        acknowledged_within=_within(found),
    )


def _within(found: Shown) -> timedelta:
    return agreement(found.partner_id, found.settings).acknowledged_within


def _made_anew(connection: psycopg.Connection, found: Shown) -> Draft:
    """The answer to the order as it is judged now; it replaces an earlier answer (BAK01) where the rejected one did."""
    where = {
        "outbound_document_id": found.outbound_document_id,
        "document_id": found.in_reply_to,
        "order_ref": found.order_ref,
    }
    rows = connection.execute((SQL / "answered.sql").read_text(), where).fetchall()
    keys = rows[0][1] if rows else []
    for given in received(connection, [record_id for record_id, _ in rows]):
        if any(key.startswith(given.key("855/")) for key in keys) and is_answered(given):
            is_replacing = b"BAK*05*" in found.content
            return draft(given, order_answer(connection, given, is_replacing=is_replacing, replaces=None))
    raise Refused(
        f"{found.name} cannot be made anew: the order that it answers is not held any more, or is set aside",
        hint="look at the partner's document in the quarantine",
    )
