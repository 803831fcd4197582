"""What Crossdock writes to the help desk. Zendesk itself honours `Idempotency-Key` on the creation of tickets."""

from __future__ import annotations

from crossdock.connectors.zendesk.client import http_client
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate


class ZendeskCommands:
    """Writes to one help desk. Raises Retriable, Refused or Misconfigured."""

    def __init__(self, connection: Connection, gate: Gate) -> None:
        self._client = http_client(connection, gate, {})

    def close(self) -> None:
        self._client.close()

    def create_ticket(
        self, *, subject: str, body: str, external_id: str, priority: str, tags: list[str], idempotency_key: str
    ) -> dict:
        """Open a ticket about the order `external_id`; returns the ticket."""
        wanted = {
            "subject": subject,
            "comment": {"body": body},
            "external_id": external_id,
            "priority": priority,
            "tags": tags,
        }
        return self._send("POST", "api/v2/tickets.json", wanted, idempotency_key)

    def update_ticket(self, ticket_id: str, fields: dict, *, idempotency_key: str) -> dict:
        """Set fields as `status` or `comment`; returns the ticket."""
        return self._send("PUT", f"api/v2/tickets/{ticket_id}.json", fields, idempotency_key)

    def _send(self, method: str, path: str, ticket: dict, key: str) -> dict:
        return self._client.write(method, path, json={"ticket": ticket}, idempotency_key=key).data["ticket"]
