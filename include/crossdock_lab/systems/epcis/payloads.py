"""EPCIS 2.0 words for what the warehouse saw: events, and the documents that carry them.

An event names the delivery as `desadv` and, once packed, the parcel's tracking number as `bol`; what comes back is
received under its return as `rma`. Quantities are by item class (SGTIN pattern), so a picked quantity is what an
event's `quantityList` adds up to.
"""

from __future__ import annotations

from datetime import UTC, datetime

from crossdock_lab.world import catalogue
from crossdock_lab.world.model import WarehouseEvent

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
DISPOSITIONS = {
    "picking": "in_progress",
    "packing": "container_closed",
    "shipping": "in_transit",
    "receiving": "returned",
}


def event(seen: WarehouseEvent) -> dict:
    """One ObjectEvent; no document around it."""
    place = {"id": seen.warehouse.sgln}
    named = {"desadv": seen.delivery_number, "bol": seen.tracking_number, "rma": seen.return_number}
    papers = [
        {"type": kind, "bizTransaction": business_transaction(number)} for kind, number in named.items() if number
    ]
    return {
        "eventID": seen.event_id,
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": seen.step,
        "disposition": DISPOSITIONS.get(seen.step, "in_progress"),
        "eventTime": moment(seen.occurred_at),
        "eventTimeZoneOffset": "+00:00",
        "recordTime": moment(seen.recorded_at),
        "readPoint": place,
        "bizLocation": place,
        "bizTransactionList": papers,
        "quantityList": [
            {"epcClass": catalogue.epc_class(part.item), "quantity": part.qty} for part in seen.quantities
        ],
    }


def business_transaction(number: str) -> str:
    """A document number of ours as CBV has it: our GLN, then the number."""
    return f"urn:epcglobal:cbv:bt:{gln(catalogue.COMPANY_PREFIX)}:{number}"


def gln(company_prefix: str) -> str:
    """The company's own 13-digit location number (location reference 0) with its check digit."""
    digits = company_prefix.ljust(12, "0")
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def push(events: list[dict]) -> dict:
    """The EPCISDocument that a subscription delivers; it is as old as its newest event."""
    return document(events, max(event["recordTime"] for event in events))


def document(events: list[dict], created_at: str) -> dict:
    """An EPCISDocument with these events."""
    head = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": created_at}
    return {**head, "epcisBody": {"eventList": events}}


def query_document(events: list[dict], created_at: datetime) -> dict:
    """The EPCISQueryDocument that answers `GET /events`."""
    return {
        "@context": CONTEXT,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": moment(created_at),
        "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}},
    }


def moment(at: datetime) -> str:
    """A date-time with milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
