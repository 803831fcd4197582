"""What a partner may set for an event repository."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpcisSettings:
    """EPCIS leaves the signature of a callback to the two parties: its header is a setting."""

    events_path: str = "events"
    page_size: int = 200
    overlap_seconds: float = 120.0
    signature_header: str = "X-Signature-SHA256"
    signature_prefix: str = ""
