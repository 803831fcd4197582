"""Webhook signatures: HMAC over the exact bytes, compared in constant time."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Literal

from crossdock.core.errors import Misconfigured, NotPermitted

Encoding = Literal["hex", "base64"]


def sign(secret: str | bytes, body: bytes, *, encoding: Encoding = "hex") -> str:
    """HMAC-SHA256 of `body`, as lower-case hex or base64."""
    key = secret.encode() if isinstance(secret, str) else secret
    digest = hmac.digest(key, body, "sha256")
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def verify(secret: str, body: bytes, given: str, *, encoding: Encoding = "hex", prefix: str = "") -> None:
    """Raise NotPermitted unless `given` (after `prefix`) is the signature of `body`.

    An empty secret is Misconfigured, never "anything goes". Time does not depend on where they differ.
    """
    if not secret:
        raise Misconfigured(
            "the connection has no webhook_secret",
            hint="put it into the connection's extra, then restart the inbox",
        )
    expected = prefix + sign(secret, body, encoding=encoding)
    if not hmac.compare_digest(expected.encode(), given.strip().encode("utf-8", "surrogateescape")):
        raise NotPermitted(
            "the webhook's signature does not match its body",
            hint="compare the secret on both sides; a changed body or a forger looks the same",
        )


def header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever its case; empty when it is absent."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
