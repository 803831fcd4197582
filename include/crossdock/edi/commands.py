"""The face that the outbox knows: what the EDI room can be told, as `x12.<command>`.

A connector's commands talk to a system; these write to our own database first and then to the partner's mailbox. What a
crash left between the two is found: the same call, or the next run of `send_ready`, finishes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.connectors.base import CommandKind
from crossdock.core.errors import Misconfigured, Refused, Retriable
from crossdock.db.connect import connect
from crossdock.edi import api

SYSTEM_TYPE = "x12"
COMMANDS: Mapping[str, CommandKind] = {
    "resend": CommandKind(
        "Sends one of our documents again under new control numbers; after a rejection its content is made anew. "
        "Payload: outbound_document_id. Reply: outbound_document_id, of the document that stands in its place now."
    ),
}


class EdiCommands:
    """Commands over `ops.outbound_documents` and the partners' mailboxes. Not bound to one partner."""

    def __init__(self, conninfo: str | None = None) -> None:
        """`conninfo`: the database; where it is None, the product's."""
        self._conninfo = conninfo

    def do(self, command: str, payload: dict, *, idempotency_key: str) -> dict:
        """Carry out `resend`: `{"outbound_document_id": 7}` → `{"outbound_document_id": 9}`, sent when this returns.

        The same key gives the same reply and sends nothing twice. Raises Refused when the document was accepted or
        replaced meanwhile, or the mailbox refuses it; Retriable when the mailbox cannot be reached.
        """
        if command not in COMMANDS:
            raise Misconfigured(f"there is no command x12.{command}", hint=f"use one of {', '.join(COMMANDS)}")
        with connect("edi resend", conninfo=self._conninfo) as connection:
            made_id = api.resend(connection, int(payload["outbound_document_id"]), idempotency_key=idempotency_key)
            partner_id = api.shown(connection, made_id).partner_id
        api.send_ready(partner_id, conninfo=self._conninfo)
        self._must_be_sent(made_id)
        return {"outbound_document_id": made_id}

    def _must_be_sent(self, outbound_document_id: int) -> None:
        with connect("edi resend", conninfo=self._conninfo) as connection:
            made = api.shown(connection, outbound_document_id)
        if made.state == "failed":
            raise Refused(f"{made.name} was not sent: {made.error}")
        if made.state == "ready":
            raise Retriable(f"{made.name} is being sent by somebody else")

    def read(self, kind: str, object_id: str) -> dict | None:
        """`outbound_document` by id, as it stands now; None when there is none.

        `{"state": ready|sent|failed, "sent_at": <ISO business time or null>,
        "acknowledged": accepted|rejected|partly|null, "replaced_by": <id or null>}`
        """
        if kind != "outbound_document":
            raise Misconfigured(f"x12 shows no {kind}", hint="use outbound_document")
        with connect("edi read", conninfo=self._conninfo) as connection:
            found = api.shown(connection, int(object_id))
        if found is None:
            return None
        return {
            "state": found.state,
            "sent_at": found.sent_at.isoformat() if found.sent_at else None,
            "acknowledged": found.acknowledged,
            "replaced_by": found.replaced_by,
        }

    def close(self) -> None:
        """Nothing is held open between calls."""
