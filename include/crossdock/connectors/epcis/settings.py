"""What a partner may set for an event repository."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpcisSettings:
    """EPCIS leaves the signature of a callback to the two parties: its header is a setting."""

    events_path: str = "events"
    capture_path: str = "capture"
    business_transactions: str = ""
    """What stands before a document's number in this repository, as in `urn:epcglobal:cbv:bt:0614141000005:`."""
    delivery_digits: int = 10
    """Delivery numbers are filled up with zeros to so many digits."""
    page_size: int = 200
    overlap_seconds: float = 120.0
    signature_header: str = "X-Signature-SHA256"
    signature_prefix: str = ""
