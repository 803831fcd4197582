"""What Crossdock buys from EasyPost: a shipment with its rates, a label, a refund."""

from __future__ import annotations

from crossdock.connectors.easypost.client import http_client
from crossdock.core.connections import Connection
from crossdock.core.errors import Refused
from crossdock.transport.gate import Gate

POSTAGE_EXISTS = "SHIPMENT.POSTAGE.EXISTS"


class EasyPostCommands:
    """Writes to one account. Raises Retriable, Refused or Misconfigured."""

    def __init__(self, connection: Connection, gate: Gate) -> None:
        self._client = http_client(connection, gate, {})

    def close(self) -> None:
        self._client.close()

    def create_shipment(
        self, *, to_address: dict, from_address: dict, parcel: dict, reference: str, idempotency_key: str
    ) -> dict:
        """A shipment with its `rates`; costs nothing until it is bought. `reference` finds it again."""
        wanted = {
            "to_address": to_address,
            "from_address": from_address,
            "parcel": parcel,
            "reference": reference,
        }
        return self._post("v2/shipments", {"shipment": wanted}, idempotency_key)

    def buy(self, shipment_id: str, rate_id: str, *, idempotency_key: str) -> dict:
        """Buy the label at a rate; a shipment that has its postage already is returned as it is."""
        path = f"v2/shipments/{shipment_id}"
        try:
            return self._post(f"{path}/buy", {"rate": {"id": rate_id}}, idempotency_key)
        except Refused as error:
            if POSTAGE_EXISTS not in str(error):
                raise
            return self._client.get_json(path).data

    def refund(self, shipment_id: str, *, idempotency_key: str) -> dict:
        """Ask the carrier to take the label back; a refund already asked for is not asked twice."""
        path = f"v2/shipments/{shipment_id}"
        shipment = self._client.get_json(path).data
        if shipment.get("refund_status") in ("submitted", "refunded"):
            return shipment
        return self._post(f"{path}/refund", {}, idempotency_key)

    def _post(self, path: str, body: dict, key: str) -> dict:
        return self._client.write("POST", path, json=body, idempotency_key=key).data
