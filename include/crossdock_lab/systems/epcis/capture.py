"""Capturing events: a document is checked against GS1's own JSON Schema, its events are kept, subscribers are told.

`EPCIS-JSON-Schema.json` is the standard's, as GS1 publishes it. A capture job is done when it is answered.
"""

from __future__ import annotations

import json
import uuid
from functools import cache
from pathlib import Path

import jsonschema

from crossdock_lab.systems.epcis import payloads
from crossdock_lab.systems.epcis.refusals import refusal
from crossdock_lab.systems.http import Lab, Write
from crossdock_lab.systems.store import Stored
from crossdock_lab.world.catalogue import WAREHOUSES

SCHEMA = Path(__file__).with_name("EPCIS-JSON-Schema.json")


@cache
def _schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


async def capture(lab: Lab, write: Write) -> str:
    """Take the events of a document; the id of the capture job. Raises Refusal for what is not valid."""
    error = next(_schema().iter_errors(write.given), None)
    if error or write.given.get("type") != "EPCISDocument":
        raise _invalid(f"Not a valid EPCISDocument: {error.message[:200] if error else write.given.get('type')}")
    for event in write.given["epcisBody"]["eventList"] if write.first is None else []:
        await _take(lab, write, event | {"recordTime": payloads.moment(write.now)})
    return await write.insert("captures", lambda number: _job(f"capture-{number}", write))


async def _take(lab: Lab, write: Write, event: dict) -> None:
    """Keep one event; one whose id is known is there already."""
    event_id = event.setdefault("eventID", f"urn:uuid:{uuid.uuid4()}")
    await write.lock(f"wms/{event_id}")
    if await lab.store.get("wms", "events", event_id):
        return
    order_id = None
    if event.get("bizStep") == "reserving":
        delivery = await _delivery(lab, event)
        order_id = delivery.order_id
        kind = "unreserve" if event["action"] == "DELETE" else "reserve"
        write.intervene(order_id, kind, {"delivery": delivery.object_id})
    await write.insert("events", lambda _: (event_id, event), order_id)
    await write.push("epcis.events", event_id, event)


async def _delivery(lab: Lab, event: dict) -> Stored:
    """The delivery that goods are reserved for, if the warehouse can do so. Raises Refusal."""
    papers = [p["bizTransaction"] for p in event.get("bizTransactionList") or [] if p.get("type") == "desadv"]
    number = papers[0].rsplit(":", 1)[-1] if papers else ""
    delivery = await lab.store.get("sap", "deliveries", number)
    if delivery is None:
        raise _invalid(f"No despatch advice {number or 'given'}: nothing can be reserved for it")
    place = (event.get("bizLocation") or {}).get("id")
    house = next((house for house in WAREHOUSES if house.sgln == place), None)
    if house is None or house.sap_shipping_point != delivery.payload["ShippingPoint"]:
        raise _invalid(f"Despatch advice {number} is not for {place}")
    others = await lab.store.objects("wms", "events", "order_id = %s", [delivery.order_id])
    touched = [o for o in others if o.payload.get("bizStep") == "picking" and _names(o.payload, number)]
    if event["action"] == "DELETE" and touched:
        raise _invalid(f"Despatch advice {number} is being picked: its goods can no longer be given back")
    return delivery


def _names(event: dict, number: str) -> bool:
    return any(p["bizTransaction"].endswith(f":{number}") for p in event.get("bizTransactionList") or [])


def _invalid(text: str) -> Exception:
    return refusal(400, "ValidationException", text)


def _job(capture_id: str, write: Write) -> tuple[str, dict]:
    at = payloads.moment(write.now)
    return capture_id, {
        "captureID": capture_id,
        "createdAt": at,
        "finishedAt": at,
        "running": False,
        "success": True,
        "captureErrorBehaviour": "rollback",
        "errors": [],
    }
