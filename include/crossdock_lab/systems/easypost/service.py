"""EasyPost's API v2: trackers, shipments with rates, buying and refunding labels.

Lists are newest first; `before_id` goes back in time and `after_id` forward. `start_datetime` and `end_datetime` are
about creation: an old tracker that changed is found by reading it again, or by its webhook.
"""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.easypost import payloads, shipments
from crossdock_lab.systems.http import Handler, Lab, Refusal, Write, answering, json_response, same, token
from crossdock_lab.systems.store import Stored

MOST = 100
UNUSED = ("unknown", "pre_transit")
"""What a tracker says of a label that has not been used: only such a one is taken back."""


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
        ("/v2/shipments/{shipment_id}/rates", faces.rates, "GET"),
        ("/v2/shipments/{shipment_id:path}", faces.shipment, "GET"),
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
        """By id, or by reference: uniqueness of references is not enforced, the first one is shown."""
        return json_response(await self._shipment(request.path_params["shipment_id"]))

    async def rates(self, request: Request) -> Response:
        return json_response({"rates": (await self._shipment(request.path_params["shipment_id"]))["rates"]})

    async def _shipment(self, wanted: str) -> dict:
        """A shipment with its tracker as it is now: one that was made here, or the one behind a tracker."""
        where = "%s in (object_id, body ->> 'reference')"
        found = await self.lab.store.objects("easypost", "shipments", where, [wanted], "order by seq limit 1")
        if not found:
            return shipments.of_tracker(await self._tracker_of(wanted))
        shipment = shown(found[0])
        tracker_id = (shipment["tracker"] or {}).get("id", "")
        tracker = await self.lab.store.get("easypost", "trackers", tracker_id)
        return shipment | ({"tracker": shown(tracker)} if tracker else {})

    async def _tracker_of(self, shipment_id: str) -> dict:
        tracker_id = f"trk_{shipment_id.removeprefix('shp_')}"
        return shown(await self._stored("trackers", tracker_id))

    async def create_shipment(self, request: Request) -> Response:
        async with self.lab.writing("easypost", request) as write:
            given = write.given.get("shipment") or {}
            if not given.get("to_address") or not given.get("parcel"):
                raise refusal(422, "SHIPMENT.INVALID_PARAMS", "to_address and parcel are required")

            def make(number: int) -> tuple[str, dict]:
                shipment_id = shipments.new_id("shp", number)
                return shipment_id, shipments.shipment(shipment_id, given, write.now)

            made = await write.insert("shipments", make)
        return json_response(await self._shipment(made), 201)

    async def buy(self, request: Request) -> Response:
        shipment_id = request.path_params["shipment_id"]
        async with self.lab.writing("easypost", request) as write:
            await write.lock(f"easypost/{shipment_id}")
            shipment = await self._shipment(shipment_id)
            wanted = (write.given.get("rate") or {}).get("id")
            rate = next((rate for rate in shipment["rates"] if rate["id"] == wanted), None)
            if rate is None:
                raise refusal(422, "SHIPMENT.POSTAGE.INVALID_RATE", "The rate is not one of this shipment's")
            if shipment["postage_label"] and write.first is None:
                raise refusal(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment")
            if write.first is None:
                await self._label(write, shipment, rate)
            else:
                await write.overlay("shipments", shipment_id, {})
        return json_response(await self._shipment(shipment_id))

    async def _label(self, write: Write, shipment: dict, rate: dict) -> None:
        """Sell the label; its tracker is there at once."""
        told = shipments.bought(shipment["id"], rate, write.now)
        tracker = shipments.first_tracker(shipment | told, write.now)
        await write.insert("trackers", lambda _: (tracker["id"], tracker))
        await write.push("tracker.created", tracker["id"], tracker)
        await write.overlay("shipments", shipment["id"], told | {"tracker": tracker})

    async def refund(self, request: Request) -> Response:
        shipment_id = request.path_params["shipment_id"]
        async with self.lab.writing("easypost", request) as write:
            await write.lock(f"easypost/{shipment_id}")
            shipment = await self._shipment(shipment_id)
            if write.first is None:
                _refuse_refund(shipment)
                tracker = await self._stored("trackers", shipment["tracker"]["id"])
                write.intervene(tracker.order_id, "label_refunded", {"tracking_number": shipment["tracking_code"]})
                if await self.lab.store.get("easypost", "shipments", shipment_id) is None:
                    await write.insert("shipments", lambda _: (shipment_id, shipment))
            await write.overlay("shipments", shipment_id, {"refund_status": "submitted"})
        return json_response(await self._shipment(shipment_id))


def _refuse_refund(shipment: dict) -> None:
    """A label is taken back that was bought, has not been used and was not taken back before."""
    why = ""
    if not shipment["postage_label"]:
        why = "no label was bought"
    elif shipment["refund_status"]:
        why = f"it is {shipment['refund_status']} already"
    elif shipment["tracker"] and shipment["tracker"]["status"] not in UNUSED:
        why = f"the parcel is {shipment['tracker']['status']}"
    if why:
        raise refusal(422, "SHIPMENT.REFUND.UNAVAILABLE", f"Refund is not available: {why}")


def shown(stored: Stored) -> dict:
    """An object with the time of its last change from outside."""
    return stored.payload | ({"updated_at": payloads.moment(stored.changed_at)} if stored.overlay else {})


def _moment(name: str, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise refusal(422, "PARAMETER.INVALID", f"{name} is not a date-time") from None
