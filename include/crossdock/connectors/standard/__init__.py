"""Crossdock's own feeds, for partners without a connector: CSV or JSON lines, over SFTP or in a folder.

`schemas/<feed>.json` (JSON Schema) says what each column means, `layouts/<feed>.csv` is an empty file to fill in.
"""

from __future__ import annotations

from functools import partial

from crossdock.connectors.assembly import Assembled, required, typed
from crossdock.connectors.base import Connector, FeedKind
from crossdock.connectors.files import FilesReader
from crossdock.connectors.standard.client import reader
from crossdock.connectors.standard.layout import key_of
from crossdock.connectors.standard.mapping import mapping_of
from crossdock.connectors.standard.parse import decode, mapped, records
from crossdock.connectors.standard.settings import StandardSettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

FEEDS = {
    "orders": FeedKind("file", "/".join(key_of("orders")), doc="One row an order."),
    "order_lines": FeedKind("file", "/".join(key_of("order_lines")), doc="One row a line of an order."),
    "milestones": FeedKind("file", "/".join(key_of("milestones")), doc="One row a thing that happened."),
    "charges": FeedKind("file", "/".join(key_of("charges")), doc="One row an amount that was charged."),
    "returns": FeedKind("file", "/".join(key_of("returns")), doc="One row a line that comes back."),
}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one mailbox: SFTP, or a folder of this machine where the connection's type is `fs`."""
    own = typed(StandardSettings, settings)

    def open_reader() -> FilesReader:
        return reader(required(connection, "standard"), own, gate)

    if not own.mapping:
        return Assembled("standard", FEEDS, records, open_reader, decode=decode)
    parse = partial(mapped, mapping_of(own.mapping))
    return Assembled("standard", FEEDS, parse, open_reader, decode=bytes)
