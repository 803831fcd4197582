"""What a partner may set for a Shopify shop."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ShopifySettings:
    """Defaults fit a shop of any size."""

    api_version: str = "2024-10"
    page_size: int = 250
    """Shopify allows 250 at most."""
    overlap_seconds: float = 120.0
    location_ids: list = field(default_factory=list)
    """Whose inventory is read; empty: every location of the shop."""

    promise_attribute: str = "promised_delivery"
    """The note attribute in which the shop shows what it promised."""

    @property
    def root(self) -> str:
        return f"admin/api/{self.api_version}"
