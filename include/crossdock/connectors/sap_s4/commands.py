"""What Crossdock writes to SAP: read, compare, then change only what differs, under the ETag that was read.

A second call finds things as they should be and writes nothing. Somebody else's change in between is a Conflict.
"""

from __future__ import annotations

from crossdock.connectors.sap_s4 import odata
from crossdock.connectors.sap_s4.client import http_client
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import NotPermitted, Refused
from crossdock.transport.gate import Gate


class SapCommands:
    """Writes to one SAP system. Raises Retriable (Conflict: read again), Refused or Misconfigured."""

    def __init__(self, connection: Connection, settings: SapSettings, gate: Gate) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, {})
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        self._client.close()

    def patch_sales_order(self, order: str, fields: dict, *, idempotency_key: str) -> bool:
        """Set header fields, as DeliveryBlockReason. True when something had to be changed."""
        path = f"A_SalesOrder({odata.text_literal(order)})"
        return self._patch(self._settings.sales_order_service, path, fields, idempotency_key)

    def patch_sales_order_item(self, order: str, item: str, fields: dict, *, idempotency_key: str) -> bool:
        """Set fields of an item, as RequestedQuantity or SalesDocumentRjcnReason."""
        path = f"A_SalesOrderItem(SalesOrder={odata.text_literal(order)},SalesOrderItem={odata.text_literal(item)})"
        return self._patch(self._settings.sales_order_service, path, fields, idempotency_key)

    def patch_delivery(self, delivery: str, fields: dict, *, idempotency_key: str) -> bool:
        """Set header fields of an outbound delivery, as DeliveryBlockReason or DeliveryDate."""
        path = f"A_OutbDeliveryHeader({odata.text_literal(delivery)})"
        return self._patch(self._settings.delivery_service, path, fields, idempotency_key)

    def _patch(self, service: str, path: str, fields: dict, key: str) -> bool:
        url = f"{self._settings.service_root}/{service}/{path}"
        entity, etag = self._read(url)
        unknown = sorted(set(fields) - set(entity))
        if unknown:
            raise Refused(f"{path} has no {', '.join(unknown)}", hint="use the names of the published EDMX")
        differing = {name: value for name, value in fields.items() if entity[name] != value}
        if not differing:
            return False
        for is_second_try in (False, True):
            headers = {"X-CSRF-Token": self._token(service), "If-Match": etag}
            try:
                self._client.write("PATCH", url, json=differing, idempotency_key=key, headers=headers)
                return True
            except NotPermitted:  # a CSRF token dies with its session: one new one, then it is a real no
                if is_second_try:
                    raise
                self._tokens.pop(service, None)
        return True

    def _read(self, url: str) -> tuple[dict, str]:
        response = self._client.get_json(url, {"$format": "json"})
        entity = response.data.get("d") if isinstance(response.data, dict) else None
        if not isinstance(entity, dict):
            raise Refused(f"{url} is no single entity", hint="check the service's version")
        etag = (entity.get("__metadata") or {}).get("etag") or response.headers.get("etag") or "*"
        return entity, etag

    def _token(self, service: str) -> str:
        if service not in self._tokens:
            url = f"{self._settings.service_root}/{service}/"
            response = self._client.get(url, headers={"X-CSRF-Token": "Fetch"})
            self._tokens[service] = response.headers.get("x-csrf-token", "")
        return self._tokens[service]
