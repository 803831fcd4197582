"""What a partner may set for an EasyPost account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EasyPostSettings:
    """EasyPost can only be asked by time of creation, so each poll reads again what may still be moving."""

    page_size: int = 100
    """EasyPost allows 100 at most."""
    in_transit_days: float = 14.0
    """Trackers younger than this are read at each poll: a webhook that was lost is found again."""
