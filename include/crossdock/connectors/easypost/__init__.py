"""EasyPost: trackers of many carriers, rates and labels."""

from __future__ import annotations

from crossdock.connectors.assembly import Assembled, required, secret_of, typed
from crossdock.connectors.base import Commands, Connector, FeedKind
from crossdock.connectors.easypost import hooks
from crossdock.connectors.easypost.client import EasyPostReader
from crossdock.connectors.easypost.commands import COMMANDS, commands
from crossdock.connectors.easypost.parse import records
from crossdock.connectors.easypost.settings import EasyPostSettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

__all__ = ["COMMANDS", "FEEDS", "command", "connect"]

FEEDS = {
    "trackers": FeedKind("poll", "id", pushed=True, doc="What the carriers say of each parcel, with its history."),
}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one account; the API key is the connection's login, or its password where login is empty."""
    own = typed(EasyPostSettings, settings)
    return Assembled(
        "easypost",
        FEEDS,
        records,
        lambda: EasyPostReader(required(connection, "easypost"), own, gate, settings),
        hooks,
        secret_of(connection),
    )


def command(connection: Connection, settings: dict, gate: Gate) -> Commands:
    """What the same account can be told; its `quote` says what labels would cost."""
    return commands(connection, gate, settings)
