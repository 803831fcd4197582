"""What Crossdock tells a warehouse: reserve goods for a delivery, or give them back, by events that it captures.

The event is a TransactionEvent of business step `reserving`, ADD or DELETE, about the despatch advice. Its id comes
from our key, its time from the repository's own clock. What is reserved for a delivery is what its last event says.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from crossdock.connectors.base import CommandKind, Commands
from crossdock.connectors.epcis.client import VERSION, http_client
from crossdock.connectors.epcis.parse import events
from crossdock.connectors.epcis.settings import EpcisSettings
from crossdock.connectors.payload import listed, moment, text
from crossdock.connectors.telling import Telling, entity, number
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, PartnerDown, Refused
from crossdock.transport.gate import Gate

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
COMMANDS = {
    "reserve": CommandKind(
        "Tell a warehouse (by its SGLN) to reserve and pick a delivery's lines [{epc_class, quantity}].",
        "unreserve",
        ("delivery", "warehouse", "lines"),
        ("order",),
        ("event_id",),
    ),
    "unreserve": CommandKind(
        "Give the goods of a delivery back of which nothing was picked.",
        "reserve",
        ("delivery",),
        ("warehouse", "lines", "order"),
        ("event_id",),
    ),
}


class Repository:
    """A session with one event repository."""

    def __init__(self, connection: Connection, settings: EpcisSettings, gate: Gate, partner: dict) -> None:
        self.settings = settings
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def reserving(self, delivery: str) -> tuple[list[dict], datetime]:
        """The reserving events of a delivery, in order of recording, and the repository's time."""
        query = {"EQ_bizStep": "reserving", "EQ_bizTransaction_desadv": self.paper(delivery)}
        response = self._client.get_json(self.settings.events_path, query, VERSION)
        found = events(response.data)
        if found is None:
            raise PartnerDown(f"{response.url} answered without an event list", hint="check settings.events_path")
        return sorted(found, key=_recorded), response.server_at or datetime.now(UTC)

    def capture(self, event: dict, at: datetime, key: str) -> None:
        """Capture one event, and see that it was. Raises Refused where the job failed, PartnerDown while it runs."""
        answer = self._client.write(
            "POST", self.settings.capture_path, json=_document(event, at), idempotency_key=key, headers=VERSION,
            once=True,
        )  # fmt: skip
        place = answer.headers.get("location", "")
        if not place:
            raise PartnerDown(f"{answer.url} named no capture job", hint="read the events again")
        job = entity(self._client.get_json(place, None, VERSION).data)
        if job.get("running"):
            raise PartnerDown(f"capture job {place} is still running", hint="it is looked at again by itself")
        if not job.get("success"):
            raise Refused(f"capture job {place} failed: {job.get('errors')}", hint="mend what it names")

    def paper(self, delivery: str) -> str:
        """The despatch advice as the repository names it. Raises Misconfigured where nobody has said how."""
        if not self.settings.business_transactions:
            raise Misconfigured(
                "it is not known how this repository names documents",
                hint="set settings.business_transactions in partner.yaml, as in urn:epcglobal:cbv:bt:<your GLN>:",
            )
        return self.settings.business_transactions + delivery.zfill(self.settings.delivery_digits)


def _reserve(session: Repository, payload: dict, key: str) -> dict:
    known, at = session.reserving(payload["delivery"])
    goods = [{"epcClass": line["epc_class"], "quantity": number(line["quantity"])} for line in payload["lines"]]
    if _is_reserved(known):
        if _goods(known[-1]) != _goods({"quantityList": goods}):
            raise Refused(
                f"delivery {payload['delivery']} is reserved with other quantities", hint="give its goods back first"
            )
        return {"event_id": text(known[-1].get("eventID"))}
    event = _event(session.paper(payload["delivery"]), "ADD", payload["warehouse"], goods, at, key)
    session.capture(event, at, key)
    return {"event_id": event["eventID"]}


def _unreserve(session: Repository, payload: dict, key: str) -> dict:
    known, at = session.reserving(payload["delivery"])
    if not _is_reserved(known):
        return {"event_id": text(known[-1].get("eventID")) if known else ""}
    last = known[-1]
    place, goods = entity(last, "bizLocation")["id"], last["quantityList"]
    event = _event(session.paper(payload["delivery"]), "DELETE", place, goods, at, key)
    session.capture(event, at, key)
    return {"event_id": event["eventID"]}


def _reservation(session: Repository, object_id: str) -> dict | None:
    """{delivery, reserved, warehouse, event_id, at, lines: [{epc_class, quantity}]} by delivery, from its last
    reserving event; None where there never was one."""
    known, _ = session.reserving(object_id)
    last = known[-1] if known else {}
    return (last and {
        "delivery": object_id.lstrip("0"),
        "reserved": _is_reserved(known),
        "warehouse": text((last.get("bizLocation") or {}).get("id")),
        "event_id": text(last.get("eventID")),
        "at": text(last.get("eventTime")),
        "lines": [{"epc_class": name, "quantity": quantity} for name, quantity in _goods(last)],
    }) or None  # fmt: skip


def _is_reserved(known: list[dict]) -> bool:
    return bool(known) and known[-1].get("action") == "ADD"


def _goods(event: dict) -> list[tuple[str, int | float | None]]:
    return sorted((text(q.get("epcClass")), number(q.get("quantity"))) for q in listed(event, "quantityList") or [])


def _recorded(event: dict) -> datetime:
    at = moment(event.get("recordTime")) or moment(event.get("eventTime"))
    return at or datetime.min.replace(tzinfo=UTC)


def _event(paper: str, action: str, place: str, goods: list[dict], at: datetime, key: str) -> dict:
    return {
        "eventID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'crossdock:{key}')}",
        "type": "TransactionEvent",
        "action": action,
        "bizStep": "reserving",
        "disposition": "reserved" if action == "ADD" else "available",
        "eventTime": _stamp(at),
        "eventTimeZoneOffset": "+00:00",
        "readPoint": {"id": place},
        "bizLocation": {"id": place},
        "bizTransactionList": [{"type": "desadv", "bizTransaction": paper}],
        "quantityList": goods,
    }


def _document(event: dict, at: datetime) -> dict:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _stamp(at),
        "epcisBody": {"eventList": [event]},
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


RUNS = {"reserve": _reserve, "unreserve": _unreserve}
READS = {"reservation": _reservation}


def commands(connection: Connection, own: EpcisSettings, gate: Gate, partner: dict) -> Commands:
    """The commands of one warehouse's repository."""
    return Telling("epcis", COMMANDS, RUNS, READS, Repository(connection, own, gate, partner))
