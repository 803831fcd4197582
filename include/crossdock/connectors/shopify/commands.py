"""What Crossdock writes to a shop. Each call says what should be so, and may be repeated under its key."""

from __future__ import annotations

from crossdock.connectors.shopify.client import http_client
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate


class ShopifyCommands:
    """Writes to one shop. Raises Retriable, Refused or Misconfigured."""

    def __init__(self, connection: Connection, settings: ShopifySettings, gate: Gate) -> None:
        self._root = settings.root
        self._client = http_client(connection, gate, {})

    def close(self) -> None:
        self._client.close()

    def update_tracking(
        self, fulfillment_id: str, *, number: str, company: str, notify: bool, idempotency_key: str
    ) -> dict:
        """Give a fulfillment this tracking number and carrier; returns the fulfillment."""
        wanted = {"tracking_info": {"number": number, "company": company}, "notify_customer": notify}
        path = f"{self._root}/fulfillments/{fulfillment_id}/update_tracking.json"
        return self._post("POST", path, {"fulfillment": wanted}, idempotency_key)["fulfillment"]

    def annotate_order(
        self,
        order_id: str,
        *,
        note: str | None = None,
        add_tag: str | None = None,
        idempotency_key: str,
    ) -> dict:
        """Replace the note, or add a tag to those the order has now; returns the order."""
        path = f"{self._root}/orders/{order_id}.json"
        wanted: dict[str, object] = {"id": int(order_id)}
        if note is not None:
            wanted["note"] = note
        if add_tag is not None:
            order = self._client.get_json(path).data["order"]
            tags = [tag.strip() for tag in (order.get("tags") or "").split(",") if tag.strip()]
            wanted["tags"] = ", ".join(tags if add_tag in tags else [*tags, add_tag])
        return self._post("PUT", path, {"order": wanted}, idempotency_key)["order"]

    def _post(self, method: str, path: str, body: dict, key: str) -> dict:
        return self._client.write(method, path, json=body, idempotency_key=key).data
