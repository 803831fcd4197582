"""What Crossdock tells a shop: the promise that its customer sees, and the parcel of what was sent."""

from __future__ import annotations

from datetime import UTC

from crossdock.connectors.base import CommandKind, Commands
from crossdock.connectors.payload import listed, moment, text
from crossdock.connectors.shopify.client import NEXT, http_client
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.connectors.telling import Telling, entity, if_there, previous
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, Missing
from crossdock.transport.gate import Gate

BEFORE = ("previous",)
COMMANDS = {
    "set_promise": CommandKind(
        "Promise an order for a moment (ISO), in the note attribute that the shop shows.",
        "set_promise",
        ("order", "promised_at"),
        BEFORE,
        BEFORE,
    ),
    "update_tracking": CommandKind(
        "Give a fulfillment another parcel; `order` spares a search; previous is {tracking_number, company}.",
        "update_tracking",
        ("fulfillment", "tracking_number", "company"),
        ("order", "notify", *BEFORE),
        BEFORE,
    ),
}


class Shop:
    """A session with one shop."""

    def __init__(self, connection: Connection, settings: ShopifySettings, gate: Gate, partner: dict) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, partner)

    @property
    def attribute(self) -> str:
        return self._settings.promise_attribute

    def close(self) -> None:
        self._client.close()

    def order(self, order: str) -> dict:
        """An order with its fulfillments. Raises Missing."""
        return entity(self._client.get_json(f"{self._settings.root}/orders/{order}.json").data, "order")

    def fulfillment(self, fulfillment: str, order: str = "") -> dict:
        """A fulfillment; Shopify shows them only in their orders. Raises Missing."""
        orders = [self.order(order)] if order else self._orders()
        for each in orders:
            for one in listed(each, "fulfillments") or []:
                if text(one.get("id")) == fulfillment:
                    return one
        raise Missing(f"the shop has no fulfillment {fulfillment}", hint="read its order again")

    def _orders(self):
        """Every order with its fulfillments, page by page: the slow way to one of them."""
        query = {"status": "any", "limit": self._settings.page_size, "fields": "id,fulfillments"}
        response = self._client.get_json(f"{self._settings.root}/orders.json", query)
        while True:
            yield from listed(response.data, "orders") or []
            link = NEXT.search(response.headers.get("link", ""))
            if link is None:
                return
            response = self._client.get_json(link[1])

    def write(self, method: str, path: str, body: dict, key: str) -> None:
        self._client.write(method, f"{self._settings.root}/{path}", json=body, idempotency_key=key, once=True)


def _set_promise(session: Shop, payload: dict, key: str) -> dict:
    wanted = moment(payload["promised_at"])
    if wanted is None:
        raise Misconfigured(f"{payload['promised_at']!r} is no moment", hint="write it in ISO 8601")
    order = session.order(payload["order"])
    before = _promised(session, order)
    is_so = moment(before) == wanted
    if not is_so:
        others = [a for a in listed(order, "note_attributes") or [] if a.get("name") != session.attribute]
        attributes = [*others, {"name": session.attribute, "value": wanted.astimezone(UTC).isoformat()}]
        body = {"order": {"id": order["id"], "note_attributes": attributes}}
        session.write("PUT", f"orders/{payload['order']}.json", body, key)
    return {"previous": previous(payload, before, is_so_already=is_so)}


def _update_tracking(session: Shop, payload: dict, key: str) -> dict:
    found = session.fulfillment(payload["fulfillment"], payload.get("order") or "")
    before = {"tracking_number": text(found.get("tracking_number")), "company": text(found.get("tracking_company"))}
    is_so = before == {name: payload[name] for name in before}
    if not is_so:
        info = {"number": payload["tracking_number"], "company": payload["company"]}
        body = {"fulfillment": {"tracking_info": info, "notify_customer": bool(payload.get("notify"))}}
        session.write("POST", f"fulfillments/{payload['fulfillment']}/update_tracking.json", body, key)
    return {"previous": previous(payload, before, is_so_already=is_so)}


def _promised(session: Shop, order: dict) -> str | None:
    """The promise as ISO text in UTC."""
    values = [a.get("value") for a in listed(order, "note_attributes") or [] if a.get("name") == session.attribute]
    at = moment(values[-1]) if values else None
    return at.astimezone(UTC).isoformat() if at else None


def _read_order(session: Shop, object_id: str) -> dict | None:
    """{order, name, promised_at, financial_status, fulfillment_status, cancelled_at, fulfillments: [as below]}.

    `promised_at` is ISO text in UTC (`2026-03-12T00:00:00+00:00`), None where the shop promises nothing.
    """
    order = if_there(lambda: session.order(object_id))
    return order and {
        "order": text(order.get("id")),
        "name": text(order.get("name")),
        "promised_at": _promised(session, order),
        "financial_status": text(order.get("financial_status")),
        "fulfillment_status": text(order.get("fulfillment_status")),
        "cancelled_at": order.get("cancelled_at"),
        "fulfillments": [_fulfillment(one) for one in listed(order, "fulfillments") or []],
    }


def _read_fulfillment(session: Shop, object_id: str) -> dict | None:
    """{fulfillment, order, status, shipment_status, tracking_number, company}; by `<order>/<fulfillment>`, or, slower,
    by the fulfillment's id alone."""
    order, _, fulfillment = object_id.rpartition("/")
    found = if_there(lambda: session.fulfillment(fulfillment, order))
    return found and _fulfillment(found)


def _fulfillment(found: dict) -> dict:
    return {
        "fulfillment": text(found.get("id")),
        "order": text(found.get("order_id")),
        "status": text(found.get("status")),
        "shipment_status": text(found.get("shipment_status")),
        "tracking_number": text(found.get("tracking_number")),
        "company": text(found.get("tracking_company")),
    }


RUNS = {"set_promise": _set_promise, "update_tracking": _update_tracking}
READS = {"order": _read_order, "fulfillment": _read_fulfillment}


def commands(connection: Connection, own: ShopifySettings, gate: Gate, partner: dict) -> Commands:
    """The commands of one shop."""
    return Telling("shopify", COMMANDS, RUNS, READS, Shop(connection, own, gate, partner))
