"""GS1 EPCIS 2.0 (JSON): events by query and by subscription."""

from __future__ import annotations

from crossdock.connectors.assembly import Assembled, required, secret_of, typed
from crossdock.connectors.base import Commands, Connector, FeedKind
from crossdock.connectors.epcis import hooks
from crossdock.connectors.epcis.client import EpcisReader
from crossdock.connectors.epcis.commands import COMMANDS, commands
from crossdock.connectors.epcis.parse import records
from crossdock.connectors.epcis.settings import EpcisSettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

__all__ = ["COMMANDS", "FEEDS", "command", "connect"]

FEEDS = {
    "events": FeedKind("poll", "eventID", pushed=True, doc="What happened to goods: what, when, where and why."),
}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one event repository."""
    own = typed(EpcisSettings, settings)
    return Assembled(
        "epcis",
        FEEDS,
        records,
        lambda: EpcisReader(required(connection, "epcis"), own, gate, settings),
        hooks.of(own),
        secret_of(connection),
    )


def command(connection: Connection, settings: dict, gate: Gate) -> Commands:
    """What the same warehouse can be told."""
    return commands(connection, typed(EpcisSettings, settings), gate, settings)
