"""What a partner may set for a help desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ZendeskSettings:
    """Zendesk's export leaves out the latest minute by itself, so that nothing commits behind its cursor."""

    page_size: int = 500
    """Zendesk allows 1000 at most."""
    overlap_seconds: float = 120.0
    """How far back a new export starts when the old cursor is refused."""
