"""What Crossdock buys from EasyPost: rates, a label, a refund.

EasyPost knows no idempotency key: a shipment is found again by its reference, and its label is bought once.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from urllib.parse import quote

from crossdock.connectors.base import CommandKind
from crossdock.connectors.easypost.client import http_client
from crossdock.connectors.payload import listed, text
from crossdock.connectors.telling import Telling, entity, if_there, money
from crossdock.core.connections import Connection
from crossdock.core.errors import Refused
from crossdock.transport.gate import Gate

REFUNDED = ("submitted", "refunded")
SHIPMENT = ("reference", "to_address", "from_address", "parcel")
COMMANDS = {
    "buy": CommandKind(
        "Buy the label of a shipment at a carrier's service; the shipment is found by its reference, or made.",
        "refund",
        (*SHIPMENT, "carrier", "service"),
        (),
        ("shipment_id", "tracking_number", "carrier", "service", "cost", "currency", "est_delivery"),
    ),
    "refund": CommandKind(
        "Ask the carrier to take an unused label back.", None, ("shipment_id",), (), ("refund_status",)
    ),
}


class Account:
    """A session with one EasyPost account."""

    def __init__(self, connection: Connection, gate: Gate, partner: dict) -> None:
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def shipment(self, wanted: str) -> dict | None:
        """By id or reference; EasyPost shows the first where several have the reference."""
        return if_there(lambda: self.get(f"v2/shipments/{quote(wanted, safe='')}"))

    def get(self, path: str, query: dict | None = None) -> dict:
        return entity(self._client.get_json(path, query).data)

    def post(self, path: str, body: dict, key: str) -> dict:
        return entity(self._client.write("POST", path, json=body, idempotency_key=key, once=True).data)


@dataclass
class EasyPostCommands(Telling[Account]):
    """The commands of one account, and what labels would cost."""

    def quote(self, payload: dict) -> list[dict]:
        """Rates for {reference, to_address, from_address, parcel}, cheapest first.

        [{carrier, service, cost, currency, days}]: `cost` is text, `days` in transit, None where the carrier does not
        say. Makes a shipment, which costs nothing. Raises Retriable, Refused or Misconfigured.
        """
        reference, shipment = _latest(self.session, payload["reference"])
        if shipment and not shipment.get("postage_label"):
            path = f"v2/shipments/{shipment['id']}/rerate"
            shipment |= self.session.post(path, {}, f"rerate/{reference}")
        shipment = shipment or _made(self.session, payload | {"reference": reference}, f"quote/{reference}")
        offers = [_rate(rate) for rate in listed(shipment, "rates") or []]
        return sorted(offers, key=lambda offer: (float(offer["cost"]), offer["days"] or 0, offer["service"]))


def _buy(session: Account, payload: dict, key: str) -> dict:
    reference, shipment = _latest(session, payload["reference"])
    shipment = shipment or _made(session, payload | {"reference": reference}, f"{key}/shipment")
    wanted = (payload["carrier"], payload["service"])
    if not shipment.get("postage_label"):
        rate = next(
            (r for r in listed(shipment, "rates") or [] if (r.get("carrier"), r.get("service")) == wanted), None
        )
        if rate is None:
            raise Refused(f"{' '.join(wanted)} does not carry {payload['reference']}", hint="ask for rates again")
        shipment = session.post(f"v2/shipments/{shipment['id']}/buy", {"rate": {"id": rate["id"]}}, key)
    bought = _shipment(shipment)
    if (bought["carrier"], bought["service"]) != wanted:
        raise Refused(
            f"{reference} has a label of {bought['carrier']} {bought['service']}",
            hint="take that one back first, or use another reference",
        )
    return {name: bought[name] for name in COMMANDS["buy"].replies}


def _latest(session: Account, reference: str) -> tuple[str, dict | None]:
    """The shipment under this reference; where its label was taken back, the next one: `…/2`, `…/3`."""
    names = itertools.chain([reference], (f"{reference}/{label}" for label in itertools.count(2)))
    known = ((name, session.shipment(name)) for name in names)
    return next((name, found) for name, found in known if found is None or not found.get("refund_status"))


def _made(session: Account, payload: dict, key: str) -> dict:
    return session.post("v2/shipments", {"shipment": {name: payload[name] for name in SHIPMENT}}, key)


def _refund(session: Account, payload: dict, key: str) -> dict:
    shipment = session.get(f"v2/shipments/{quote(payload['shipment_id'], safe='')}")
    if shipment.get("refund_status") not in REFUNDED:
        shipment = session.post(f"v2/shipments/{shipment['id']}/refund", {}, key)
    return {"refund_status": text(shipment.get("refund_status"))}


def _read_shipment(session: Account, object_id: str) -> dict | None:
    """{shipment_id, reference, tracking_number, tracker_id, carrier, service, cost, currency, days, est_delivery,
    refund_status, is_refunded}; by id or reference.

    Carrier to currency are those of the label that was bought, `''` before.
    """
    found = session.shipment(object_id)
    return found and _shipment(found)


def _shipment(shipment: dict) -> dict:
    rate, tracker = shipment.get("selected_rate") or {}, shipment.get("tracker") or {}
    return {
        "shipment_id": text(shipment.get("id")),
        "reference": text(shipment.get("reference")),
        "tracking_number": text(shipment.get("tracking_code")),
        "tracker_id": text(tracker.get("id")),
        **_rate(rate),
        "est_delivery": tracker.get("est_delivery_date") or rate.get("delivery_date"),
        "refund_status": text(shipment.get("refund_status")),
        "is_refunded": shipment.get("refund_status") in REFUNDED,
    }


def _rate(rate: dict) -> dict:
    return {
        "carrier": text(rate.get("carrier")),
        "service": text(rate.get("service")),
        "cost": money(rate.get("rate")),
        "currency": text(rate.get("currency")),
        "days": rate.get("delivery_days"),
    }


def _read_tracker(session: Account, object_id: str) -> dict | None:
    """{tracker_id, tracking_number, carrier, status, est_delivery, shipment_id}; by id or tracking number."""
    if object_id.startswith("trk_"):
        found = if_there(lambda: session.get(f"v2/trackers/{object_id}"))
    else:
        found = next(iter(session.get("v2/trackers", {"tracking_code": object_id}).get("trackers") or []), None)
    return found and {
        "tracker_id": text(found.get("id")),
        "tracking_number": text(found.get("tracking_code")),
        "carrier": text(found.get("carrier")),
        "status": text(found.get("status")),
        "est_delivery": found.get("est_delivery_date"),
        "shipment_id": text(found.get("shipment_id")),
    }


RUNS = {"buy": _buy, "refund": _refund}
READS = {"shipment": _read_shipment, "tracker": _read_tracker}


def commands(connection: Connection, gate: Gate, partner: dict) -> EasyPostCommands:
    """The commands of one account."""
    return EasyPostCommands("easypost", COMMANDS, RUNS, READS, Account(connection, gate, partner))
