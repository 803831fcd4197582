"""What SAP can be told of outbound deliveries: made once, changed and deleted only where that changes anything.

SAP takes no reference of ours when it makes a delivery, so it is written into `DeliveryDocumentBySupplier` right
after; one that was made just before a crash is known by its user, its shipping point and its lines.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

from crossdock.connectors.payload import listed, text
from crossdock.connectors.sap_s4 import odata
from crossdock.connectors.sap_s4.session import Entity, SapSession, key_of
from crossdock.connectors.telling import number, previous, same_number
from crossdock.core.errors import Missing

EXPAND = "to_DeliveryDocumentItem"
LONGEST_REFERENCE = 35
"""Characters of DeliveryDocumentBySupplier."""
NUMBER_LENGTH = 10
"""Characters of DeliveryDocument, where it is written with its zeros."""


def open_delivery(session: SapSession, delivery: str) -> Entity | None:
    """A delivery with its items."""
    path = f"A_OutbDeliveryHeader({odata.text_literal(delivery)})"
    return session.find(session.settings.delivery_service, path, EXPAND)


def items_of_delivery(delivery: dict) -> list[dict]:
    return listed(delivery, EXPAND, "results") or []


def create(session: SapSession, payload: dict, key: str) -> dict:
    """A delivery of these items from this plant; the one that carries the reference already, if there is one."""
    reference = _reference(payload["reference"])
    made = _made_before(session, payload, reference)
    if made is None:
        service = session.settings.delivery_service
        answer = session.create(service, "A_OutbDeliveryHeader", _document(session, payload), key)
        made = _existing(session, text(answer.get("DeliveryDocument")))
    session.change(made, {"DeliveryDocumentBySupplier": reference}, f"{key}/reference")
    return {"delivery": text(made.fields.get("DeliveryDocument")).lstrip("0")}


def delete(session: SapSession, payload: dict, key: str) -> dict:
    """Delete a delivery; one that is gone is deleted. `gone`: the feed's object, as its number may be written."""
    found = open_delivery(session, payload["delivery"])
    if found:
        session.delete(found, key)
    number = payload["delivery"].lstrip("0")
    return {"gone": [{"feed": "deliveries", "native_id": text} for text in (number, number.zfill(NUMBER_LENGTH))]}


def set_quantity(session: SapSession, payload: dict, key: str) -> dict:
    """How much of an item is to leave."""
    names = {"DeliveryDocument": payload["delivery"], "DeliveryDocumentItem": payload["item"]}
    found = session.get(session.settings.delivery_service, f"A_OutbDeliveryItem({key_of(**names)})")
    before = found.fields.get("ActualDeliveryQuantity")
    is_so = same_number(before, payload["quantity"])
    if not is_so:
        session.change(found, {"ActualDeliveryQuantity": str(number(payload["quantity"]))}, key)
    return {"previous": previous(payload, number(before), is_so_already=is_so)}


def post_goods_issue(session: SapSession, payload: dict, key: str) -> dict:
    """Say that the goods have left."""
    found = _existing(session, payload["delivery"])
    if found.fields.get("OverallGoodsMovementStatus") != "C":
        session.call("PostGoodsIssue", found, _parameter(found), key)
    return {}


def reverse_goods_issue(session: SapSession, payload: dict, key: str) -> dict:
    """Say that the goods have not left after all."""
    found = _existing(session, payload["delivery"])
    if found.fields.get("OverallGoodsMovementStatus") == "C":
        day = odata.moment(found.fields.get("ActualGoodsMovementDate"))
        when = f"&ActualGoodsMovementDate={odata.day_literal(day)}" if day else ""
        session.call("ReverseGoodsIssue", found, _parameter(found) + when, key)
    return {}


def set_tracking(session: SapSession, payload: dict, key: str) -> dict:
    """The parcel's number, in the bill of lading; with a carrier, its route too."""
    found = _existing(session, payload["delivery"])
    route = {"ProposedDeliveryRoute": payload["carrier"]} if payload.get("carrier") else {}
    before = text(found.fields.get("BillOfLading"))
    is_so = not session.change(found, {"BillOfLading": payload["tracking_number"], **route}, key)
    was = {"previous": previous(payload, before, is_so_already=is_so)}
    return was | {"previous_carrier": text(found.fields.get("ProposedDeliveryRoute"))}


def _existing(session: SapSession, delivery: str) -> Entity:
    found = open_delivery(session, delivery)
    if found is None:
        raise Missing(f"SAP has no delivery {delivery}", hint="read the order again: it may have been deleted")
    return found


def _parameter(found: Entity) -> str:
    return f"DeliveryDocument={odata.text_literal(text(found.fields.get('DeliveryDocument')))}"


def _document(session: SapSession, payload: dict) -> dict:
    """What the service takes for a new delivery: the plant follows from the shipping point."""
    items = [
        {
            "ReferenceSDDocument": payload["order"],
            "ReferenceSDDocumentItem": str(item["order_item"]),
            "ActualDeliveryQuantity": str(number(item["quantity"])),
        }
        for item in payload["items"]
    ]
    return {"ShippingPoint": _shipping_point(session, payload), EXPAND: {"results": items}}


def _shipping_point(session: SapSession, payload: dict) -> str:
    plant = payload["warehouse_plant"]
    return payload.get("shipping_point") or session.settings.shipping_points.get(plant, plant)


def _made_before(session: SapSession, payload: dict, reference: str) -> Entity | None:
    """The delivery that an earlier call made for this reference."""
    where = f"ReferenceSDDocument eq {odata.text_literal(payload['order'].zfill(10))}"
    rows = session.list(session.settings.delivery_service, "A_OutbDeliveryItem", where)
    numbers = sorted({text(row.get("DeliveryDocument")) for row in rows})
    known = [found for found in (open_delivery(session, each) for each in numbers) if found]
    ours = [found for found in known if text(found.fields.get("DeliveryDocumentBySupplier")) == reference]
    unmarked = [found for found in known if _is_unmarked_twin(session, payload, found.fields)]
    return next(iter([*ours, *unmarked]), None)


def _is_unmarked_twin(session: SapSession, payload: dict, delivery: dict) -> bool:
    """Whether we made it, of just these lines, and did not get to write our reference into it."""
    lines = {
        text(item.get("ReferenceSDDocumentItem")).lstrip("0"): Decimal(str(item.get("ActualDeliveryQuantity")))
        for item in items_of_delivery(delivery)
    }
    wanted = {str(item["order_item"]).lstrip("0"): Decimal(str(item["quantity"])) for item in payload["items"]}
    return (
        not text(delivery.get("DeliveryDocumentBySupplier"))
        and bool(session.login)
        and text(delivery.get("CreatedByUser")) == session.login.upper()
        and text(delivery.get("ShippingPoint")) == _shipping_point(session, payload)
        and lines == wanted
    )


def _reference(given: str) -> str:
    """Our reference as it fits: a long one is known by its digest."""
    if len(given) <= LONGEST_REFERENCE:
        return given
    return f"cd-{hashlib.sha256(given.encode()).hexdigest()[: LONGEST_REFERENCE - 3]}"
