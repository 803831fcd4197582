"""What Crossdock tells a help desk: a ticket is opened once for an external id, answered, solved.

Zendesk honours `Idempotency-Key` on the creation of tickets for two hours; beyond that the external id finds it. A
comment carries our key in its metadata, which finds it among the ticket's audits.
"""

from __future__ import annotations

from crossdock.connectors.base import CommandKind, Commands
from crossdock.connectors.payload import listed, text
from crossdock.connectors.telling import Telling, entity, if_there
from crossdock.connectors.zendesk.client import http_client
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

DONE = ("solved", "closed")
MARK = "crossdock_key"
COMMANDS = {
    "open_ticket": CommandKind(
        "Open a ticket, or find the one with this external id; with a requester it is a message to them.",
        None,
        ("external_id", "subject", "body", "priority", "tags"),
        ("requester_email",),
        ("ticket",),
    ),
    "comment": CommandKind("Add a public comment to a ticket.", None, ("ticket", "body"), (), ("ticket",)),
    "solve": CommandKind("Solve a ticket with a public comment.", None, ("ticket", "body"), (), ("ticket",)),
}


class Desk:
    """A session with one help desk."""

    def __init__(self, connection: Connection, gate: Gate, partner: dict) -> None:
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def ticket(self, ticket: str) -> dict:
        """One ticket. Raises Missing."""
        return entity(self._client.get_json(f"api/v2/tickets/{ticket}.json").data, "ticket")

    def about(self, external_id: str) -> dict | None:
        """The first ticket with this external id."""
        answer = self._client.get_json("api/v2/tickets.json", {"external_id": external_id})
        known = sorted(listed(answer.data, "tickets") or [], key=lambda ticket: ticket.get("id") or 0)
        return known[0] if known else None

    def has_mark(self, ticket: str, key: str) -> bool:
        """Whether a change of the ticket carries our key."""
        answer = self._client.get_json(f"api/v2/tickets/{ticket}/audits.json")
        told = [(audit.get("metadata") or {}).get("custom") or {} for audit in listed(answer.data, "audits") or []]
        return any(custom.get(MARK) == key for custom in told)

    def send(self, method: str, path: str, ticket: dict, key: str) -> dict:
        ticket = ticket | {"metadata": {MARK: key}}
        answer = self._client.write(method, path, json={"ticket": ticket}, idempotency_key=key, once=True)
        return entity(answer.data, "ticket")


def _open_ticket(session: Desk, payload: dict, key: str) -> dict:
    known = session.about(payload["external_id"])
    if known is None:
        ticket = {name: payload[name] for name in ("external_id", "subject", "priority", "tags")}
        ticket["comment"] = {"body": payload["body"], "public": bool(payload.get("requester_email"))}
        if payload.get("requester_email"):
            email = payload["requester_email"]
            ticket["requester"] = {"email": email, "name": email.partition("@")[0]}
        known = session.send("POST", "api/v2/tickets.json", ticket, key)
    return {"ticket": text(known.get("id"))}


def _comment(session: Desk, payload: dict, key: str) -> dict:
    return _change(session, payload, key, {})


def _solve(session: Desk, payload: dict, key: str) -> dict:
    found = session.ticket(payload["ticket"])
    if found.get("status") in DONE:
        return {"ticket": text(found.get("id"))}
    return _change(session, payload, key, {"status": "solved"})


def _change(session: Desk, payload: dict, key: str, fields: dict) -> dict:
    """Say something and set fields, unless a change under this key has been made."""
    found = session.ticket(payload["ticket"])
    if not session.has_mark(payload["ticket"], key):
        comment = {"comment": {"body": payload["body"], "public": True}}
        session.send("PUT", f"api/v2/tickets/{payload['ticket']}.json", comment | fields, key)
    return {"ticket": text(found.get("id"))}


def _read_ticket(session: Desk, object_id: str) -> dict | None:
    """{ticket, external_id, status, priority, subject, tags, updated_at}; status is new, open, pending, hold, solved or
    closed."""
    found = if_there(lambda: session.ticket(object_id))
    return found and {
        "ticket": text(found.get("id")),
        "external_id": text(found.get("external_id")),
        "status": text(found.get("status")),
        "priority": text(found.get("priority")),
        "subject": text(found.get("subject")),
        "tags": listed(found, "tags") or [],
        "updated_at": text(found.get("updated_at")),
    }


RUNS = {"open_ticket": _open_ticket, "comment": _comment, "solve": _solve}
READS = {"ticket": _read_ticket}


def commands(connection: Connection, gate: Gate, partner: dict) -> Commands:
    """The commands of one help desk."""
    return Telling("zendesk", COMMANDS, RUNS, READS, Desk(connection, gate, partner))
