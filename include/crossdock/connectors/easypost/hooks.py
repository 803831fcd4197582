"""EasyPost's webhooks: `X-Hmac-Signature: hmac-sha256-hex=…`, keyed with the secret in NFKD."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from crossdock.connectors.payload import decode, text
from crossdock.core.errors import Unparsable
from crossdock.transport import signatures


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise NotPermitted unless EasyPost signed exactly these bytes."""
    given = signatures.header(headers, "x-hmac-signature")
    signatures.verify(unicodedata.normalize("NFKD", secret), body, given, prefix="hmac-sha256-hex=")


def route(headers: Mapping[str, str], body: bytes) -> str:
    """`trackers` for tracker.created and tracker.updated. Raises Unparsable for any other event."""
    data = decode(body)
    what = text(data.get("description")) if isinstance(data, dict) else ""
    if what not in ("tracker.created", "tracker.updated"):
        raise Unparsable(f"no feed reads the event {what!r}", hint="unsubscribe it at EasyPost")
    return "trackers"
