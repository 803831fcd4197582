"""X12 interchanges in a partner's SFTP mailbox: orders and acknowledgements in; `crossdock.edi` sends what we owe."""

from __future__ import annotations

from functools import partial

from crossdock.connectors.assembly import Assembled, required, typed
from crossdock.connectors.base import Connector, FeedKind
from crossdock.connectors.files import FilesReader
from crossdock.connectors.x12.client import mailbox_reader
from crossdock.connectors.x12.parse import records
from crossdock.connectors.x12.settings import X12Settings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate
from crossdock.transport.sftp import Mailbox

FEEDS = {
    "interchanges": FeedKind(
        "file", "ISA06:ISA13:GS06:ST02:type", doc="Every transaction set, interchange and TA1 of a file."
    ),
}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one mailbox; login and password (or key) of SFTP, the host key pinned in extra.host_key."""
    own = typed(X12Settings, settings)

    def reader() -> FilesReader:
        return mailbox_reader(Mailbox(required(connection, "x12"), gate=gate).open(), own)

    return Assembled("x12", FEEDS, partial(_parse, own), reader, decode=bytes)


def _parse(own: X12Settings, feed: str, content: bytes):
    return records(content, own)
