"""A subscription's callback: the document, signed with HMAC-SHA256 (hex)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.connectors.epcis.settings import EpcisSettings
from crossdock.transport import signatures


@dataclass(frozen=True, slots=True)
class EpcisHooks:
    """Every callback brings events."""

    header: str
    prefix: str

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raise NotPermitted unless the repository signed exactly these bytes."""
        signatures.verify(secret, body, signatures.header(headers, self.header), prefix=self.prefix)

    def route(self, headers: Mapping[str, str], body: bytes) -> str:
        return "events"


def of(settings: EpcisSettings) -> EpcisHooks:
    return EpcisHooks(settings.signature_header, settings.signature_prefix)
