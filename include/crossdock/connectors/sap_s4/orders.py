"""What SAP can be told of a sales order: read, compare, then change only what differs, under the ETag that was read."""

from __future__ import annotations

from datetime import date

from crossdock.connectors.payload import listed, text
from crossdock.connectors.sap_s4 import odata
from crossdock.connectors.sap_s4.session import Entity, SapSession, key_of
from crossdock.connectors.telling import money, previous, same_number
from crossdock.core.errors import Misconfigured, Missing, Refused

PRICE = "PPR0"


def open_order(session: SapSession, order: str, *, pricing: bool = False) -> Entity | None:
    """A sales order with its items; with their prices where they are wanted."""
    expand = session.settings.pricing_expand if pricing else "to_Item"
    return session.find(session.settings.sales_order_service, f"A_SalesOrder({odata.text_literal(order)})", expand)


def items_of_order(order: dict) -> list[dict]:
    return listed(order, "to_Item", "results") or []


def rate_of(item: dict) -> str | None:
    """The price a unit, from the item's pricing; None where SAP shows none."""
    price = next((p for p in listed(item, "to_PricingElement", "results") or [] if _is_price(p)), None)
    return text(price.get("ConditionRateValue")) if price else None


def set_promise(session: SapSession, payload: dict, key: str) -> dict:
    """The requested delivery date of the whole order."""
    try:
        wanted = date.fromisoformat(payload["date"])
    except (TypeError, ValueError):
        raise Misconfigured(f"{payload['date']!r} is no day", hint="write it as YYYY-MM-DD") from None
    found = _header(session, payload)
    shown = odata.moment(found.fields.get("RequestedDeliveryDate"))
    before = f"{shown:%Y-%m-%d}" if shown else None
    is_so = not session.change(found, {"RequestedDeliveryDate": odata.wire_day(wanted)}, key)
    return {"previous": previous(payload, before, is_so_already=is_so)}


def set_delivery_block(session: SapSession, payload: dict, key: str) -> dict:
    """Block the order for delivery with a code; an empty one releases it."""
    return _set_block(session, payload, key, "DeliveryBlockReason")


def set_billing_block(session: SapSession, payload: dict, key: str) -> dict:
    """Block the order for billing with a code; an empty one releases it."""
    return _set_block(session, payload, key, "HeaderBillingBlockReason")


def _set_block(session: SapSession, payload: dict, key: str, name: str) -> dict:
    found = _header(session, payload)
    before = text(found.fields.get(name))
    is_so = not session.change(found, {name: payload["code"]}, key)
    return {"previous": previous(payload, before, is_so_already=is_so)}


def release_credit(session: SapSession, payload: dict, key: str) -> dict:
    """Release what waits for approval; an order of which nothing waits is left alone."""
    found = _header(session, payload)
    if found.fields.get("TotalCreditCheckStatus") == "B":
        query = key_of(SalesOrder=text(found.fields.get("SalesOrder")))
        session.call("releaseApprovalRequest", found, query, key)
    return {}


def set_item_plant(session: SapSession, payload: dict, key: str) -> dict:
    """The plant that an item is delivered from."""
    found = _item(session, payload)
    before = text(found.fields.get("ProductionPlant"))
    is_so = not session.change(found, {"ProductionPlant": payload["plant"]}, key)
    return {"previous": previous(payload, before, is_so_already=is_so)}


def set_item_price(session: SapSession, payload: dict, key: str) -> dict:
    """The price a unit of an item."""
    item = _item(session, payload)
    prices = session.get(item.service, item.path, "to_PricingElement").fields
    price = next((p for p in listed(prices, "to_PricingElement", "results") or [] if _is_price(p)), None)
    if price is None:
        raise Refused(f"item {payload['item']} of order {payload['order']} has no price {PRICE}", hint="mend it in SAP")
    names = ("SalesOrder", "SalesOrderItem", "PricingProcedureStep", "PricingProcedureCounter")
    path = f"A_SalesOrderItemPrElement({key_of(**{name: text(price.get(name)) for name in names})})"
    found = session.get(item.service, path)
    before = text(found.fields.get("ConditionRateValue"))
    is_so = same_number(before, payload["rate"])
    if not is_so:
        session.change(found, {"ConditionRateValue": money(payload["rate"])}, key)
    return {"previous": previous(payload, money(before), is_so_already=is_so)}


def _is_price(element: dict) -> bool:
    return element.get("ConditionType") == PRICE


def _header(session: SapSession, payload: dict) -> Entity:
    path = f"A_SalesOrder({odata.text_literal(payload['order'])})"
    return session.get(session.settings.sales_order_service, path)


def _item(session: SapSession, payload: dict) -> Entity:
    key = key_of(SalesOrder=payload["order"], SalesOrderItem=payload["item"])
    found = session.find(session.settings.sales_order_service, f"A_SalesOrderItem({key})")
    if found is None:
        raise Missing(f"sales order {payload['order']} has no item {payload['item']}", hint="read the order again")
    return found
