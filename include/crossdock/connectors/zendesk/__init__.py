"""Zendesk Support: tickets by incremental cursor export; tickets opened and updated."""

from __future__ import annotations

from crossdock.connectors.assembly import Assembled, required, typed
from crossdock.connectors.base import Commands, Connector, FeedKind
from crossdock.connectors.zendesk.client import ZendeskReader
from crossdock.connectors.zendesk.commands import COMMANDS, commands
from crossdock.connectors.zendesk.parse import records
from crossdock.connectors.zendesk.settings import ZendeskSettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

__all__ = ["COMMANDS", "FEEDS", "command", "connect"]

FEEDS = {"tickets": FeedKind("poll", "id", doc="Tickets, deleted ones too, with the order in external_id.")}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one help desk; login is `agent@example.org/token`, password the API token."""
    own = typed(ZendeskSettings, settings)
    return Assembled(
        "zendesk", FEEDS, records, lambda: ZendeskReader(required(connection, "zendesk"), own, gate, settings)
    )


def command(connection: Connection, settings: dict, gate: Gate) -> Commands:
    """What the same help desk can be told."""
    return commands(connection, gate, settings)
