"""EasyPost's API v2: trackers, shipments with rates, buying and refunding labels.

Lists are newest first; `before_id` goes back in time and `after_id` forward. `start_datetime` and `end_datetime` are
about creation: an old tracker that changed is found by reading it again, or by its webhook.
"""

from __future__ import annotations

import hashlib
import random
from datetime import datetime
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.easypost import payloads
from crossdock_lab.systems.http import Handler, Lab, Refusal, answering, json_response, same, token
from crossdock_lab.systems.store import Stored
from crossdock_lab.world.catalogue import CARRIERS

MOST = 100
SERVICES = {"Ground": (5, "9.80"), "FEDEX_GROUND": (4, "10.65"), "Priority": (3, "8.10")}
"""Days and base price (USD) of a service."""


def refusal(status: int, code: str, text: str) -> Refusal:
    """EasyPost's error body."""
    return Refusal(status, text, {"error": {"code": code, "message": text, "errors": []}})


def routes(lab: Lab) -> list[Route]:
    """The routes under /easypost."""
    faces = Faces(lab)
    paths: list[tuple[str, Handler, str]] = [
        ("/v2/trackers", faces.trackers, "GET"),
        ("/v2/trackers/{tracker_id}", faces.tracker, "GET"),
        ("/v2/shipments", faces.create_shipment, "POST"),
        ("/v2/shipments/{shipment_id}", faces.shipment, "GET"),
        ("/v2/shipments/{shipment_id}/rates", faces.rates, "GET"),
        ("/v2/shipments/{shipment_id}/rerate", faces.rates, "POST"),
        ("/v2/shipments/{shipment_id}/buy", faces.buy, "POST"),
        ("/v2/shipments/{shipment_id}/refund", faces.refund, "POST"),
    ]
    return [Route(path, answering(faces.allowed(handler)), methods=[method]) for path, handler, method in paths]


class Faces:
    """The endpoints."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def allowed(self, handler: Handler) -> Handler:
        """Refuse callers without the API key."""

        async def serve(request: Request) -> Response:
            if not same(token(request), self.lab.secrets["easypost"]):
                raise refusal(401, "APIKEY.INVALID", "The API key is invalid")
            return await handler(request)

        return serve

    async def trackers(self, request: Request) -> Response:
        query = request.query_params
        size = max(1, min(int(query.get("page_size", 20)), MOST))
        where, values, newest_first = await self._window(request)
        direction = "desc" if newest_first else "asc"
        tail = f"order by created_at {direction}, object_id {direction} limit {size + 1}"
        found = await self.lab.store.objects("easypost", "trackers", " and ".join(where), values, tail)
        page = found[:size] if newest_first else found[:size][::-1]
        if page and request.scope.get("lab.shift"):
            await self.lab.store.touch("easypost", "trackers", page[0].object_id, await self.lab.now())
        return json_response({"trackers": [shown(one) for one in page], "has_more": len(found) > size})

    async def _window(self, request: Request) -> tuple[list[str], list, bool]:
        query, where, values = request.query_params, ["true"], []
        for name, compare in (("start_datetime", ">="), ("end_datetime", "<=")):
            if name in query:
                where.append(f"created_at {compare} %s")
                values.append(_moment(name, query[name]))
        for name in ("tracking_code", "carrier"):
            if name in query:
                where.append("body->>%s = %s")
                values += [name, query[name]]
        pivot = query.get("before_id") or query.get("after_id")
        if pivot:
            stored = await self._stored("trackers", pivot)
            where.append(f"(created_at, object_id) {'<' if 'before_id' in query else '>'} (%s, %s)")
            values += [stored.created_at, stored.object_id]
        return where, values, "after_id" not in query

    async def _stored(self, kind: str, object_id: str) -> Stored:
        stored = await self.lab.store.get("easypost", kind, object_id)
        if stored is None:
            raise refusal(404, "NOT_FOUND", f"The requested resource could not be found: {object_id}")
        return stored

    async def tracker(self, request: Request) -> Response:
        return json_response(shown(await self._stored("trackers", request.path_params["tracker_id"])))

    async def shipment(self, request: Request) -> Response:
        return json_response(shown(await self._stored("shipments", request.path_params["shipment_id"])))

    async def rates(self, request: Request) -> Response:
        stored = await self._stored("shipments", request.path_params["shipment_id"])
        return json_response({"rates": stored.payload["rates"]})

    async def create_shipment(self, request: Request) -> Response:
        async with self.lab.writing("easypost", request) as write:
            given = write.given.get("shipment") or {}
            if not given.get("to_address") or not given.get("parcel"):
                raise refusal(422, "SHIPMENT.INVALID_PARAMS", "to_address and parcel are required")
            made = await write.insert("shipments", lambda number: _shipment(number, given, write.now))
        return json_response(shown(await self._stored("shipments", made)), 201)

    async def buy(self, request: Request) -> Response:
        shipment_id = request.path_params["shipment_id"]
        async with self.lab.writing("easypost", request) as write:
            shipment = (await self._stored("shipments", shipment_id)).payload
            wanted = (write.given.get("rate") or {}).get("id")
            rate = next((rate for rate in shipment["rates"] if rate["id"] == wanted), None)
            if rate is None:
                raise refusal(422, "SHIPMENT.POSTAGE.INVALID_RATE", "The rate is not one of this shipment's")
            if shipment["postage_label"] and write.first is None:
                raise refusal(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment")
            await write.overlay("shipments", shipment_id, _bought(shipment_id, rate, write.now))
        return json_response(shown(await self._stored("shipments", shipment_id)))

    async def refund(self, request: Request) -> Response:
        shipment_id = request.path_params["shipment_id"]
        async with self.lab.writing("easypost", request) as write:
            shipment = (await self._stored("shipments", shipment_id)).payload
            if not shipment["postage_label"]:
                raise refusal(422, "SHIPMENT.REFUND.UNAVAILABLE", "Refund is not available: no label was bought")
            await write.overlay("shipments", shipment_id, {"refund_status": "submitted"})
        return json_response(shown(await self._stored("shipments", shipment_id)))


def shown(stored: Stored) -> dict:
    """An object with the time of its last change from outside."""
    return stored.payload | ({"updated_at": payloads.moment(stored.changed_at)} if stored.overlay else {})


def _moment(name: str, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise refusal(422, "PARAMETER.INVALID", f"{name} is not a date-time") from None


def _id(prefix: str, *parts: object) -> str:
    digest = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False)
    return f"{prefix}_{digest.hexdigest()}"


def _shipment(number: int, given: dict, now: datetime) -> tuple[str, dict]:
    """A new shipment with a rate from each carrier."""
    shipment_id, at = _id("shp", number), payloads.moment(now)
    parties = {
        name: given.get(name) or given["to_address"]
        for name in ("to_address", "from_address", "return_address", "buyer_address")
    }
    return shipment_id, {
        "id": shipment_id,
        "object": "Shipment",
        "mode": "production",
        "created_at": at,
        "updated_at": at,
        "is_return": bool(given.get("is_return")),
        "reference": given.get("reference"),
        "status": "unknown",
        "tracking_code": None,
        "order_id": None,
        "batch_id": None,
        "batch_status": None,
        "batch_message": None,
        "customs_info": None,
        "insurance": None,
        "messages": [],
        "options": given.get("options") or {},
        "usps_zone": 4,
        "parcel": {"object": "Parcel", "id": _id("prcl", number), "mode": "production"} | given["parcel"],
        "postage_label": None,
        "rates": _rates(shipment_id, given["parcel"], at),
        "selected_rate": None,
        "refund_status": None,
        "scan_form": None,
        "tracker": None,
        "forms": [],
        "fees": [],
        **parties,
    }


def _rates(shipment_id: str, parcel: dict, at: str) -> list[dict]:
    """One rate a carrier: a base price and so much an ounce; the same shipment always costs the same."""
    dice = random.Random(shipment_id)
    return [
        _rate(shipment_id, carrier.easypost_carrier, carrier.easypost_service, parcel, dice, at) for carrier in CARRIERS
    ]


def _rate(shipment_id: str, carrier: str, service: str, parcel: dict, dice: random.Random, at: str) -> dict:
    days, base = SERVICES[service]
    weight = Decimal(str(parcel.get("weight") or 16))
    price = (Decimal(base) + weight * Decimal("0.05") + Decimal(dice.randrange(150)) / 100).quantize(Decimal("0.01"))
    return {
        "id": _id("rate", shipment_id, carrier),
        "object": "Rate",
        "mode": "production",
        "created_at": at,
        "updated_at": at,
        "service": service,
        "carrier": carrier,
        "carrier_account_id": _id("ca", carrier),
        "shipment_id": shipment_id,
        "rate": str(price),
        "currency": "USD",
        "retail_rate": str(price),
        "retail_currency": "USD",
        "list_rate": str(price),
        "list_currency": "USD",
        "billing_type": "easypost",
        "delivery_days": days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": days,
    }


def _bought(shipment_id: str, rate: dict, now: datetime) -> dict:
    """What buying changes: label, tracking code, chosen rate, fee."""
    at = payloads.moment(now)
    label = {
        "object": "PostageLabel",
        "id": _id("pl", shipment_id),
        "created_at": at,
        "updated_at": at,
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": at,
        "label_resolution": 300,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": "image/png",
        "label_url": f"https://labels.example.com/{shipment_id}.png",
        "label_pdf_url": None,
        "label_zpl_url": None,
        "label_epl2_url": None,
        "label_file": None,
    }
    fee = {"object": "Fee", "type": "PostageFee", "amount": f"{rate['rate']}000", "charged": True, "refunded": False}
    code = str(int(hashlib.md5(shipment_id.encode(), usedforsecurity=False).hexdigest()[:16], 16)).zfill(20)
    return {"postage_label": label, "selected_rate": rate, "tracking_code": f"94{code[:20]}", "fees": [fee]}
