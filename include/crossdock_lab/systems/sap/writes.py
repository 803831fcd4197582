"""What a change of one entity means in the lab's SAP: what it refuses, what it changes beside, what the world hears.

`effect_of` looks and never writes; the caller lays the effect over the object in the write's own transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from crossdock_lab.systems.sap import odata
from crossdock_lab.systems.sap.refusals import business_no
from crossdock_lab.systems.sap.sets import EntitySet, Row, children
from crossdock_lab.systems.store import Store, Stored
from crossdock_lab.world.catalogue import WAREHOUSES
from crossdock_lab.world.model import Warehouse


@dataclass
class Effect:
    """Changes of the object, of its items by number, what the world is told: (kind, params), and the carrier's
    tracker that belongs to the object's order from now on."""

    header: Row = field(default_factory=dict)
    items: dict[str, Row] = field(default_factory=dict)
    interventions: list[tuple[str, dict]] = field(default_factory=list)
    tracker_id: str = ""


@dataclass
class Change:
    """One change asked for: `row` as it is shown now, in the object `stored`, of which `whole` is shown."""

    store: Store
    row: Row
    stored: Stored
    whole: Row
    given: Row


async def effect_of(entities: EntitySet, change: Change) -> Effect:
    """What comes of it. Raises Refusal where SAP's rules say no."""
    rule = RULES.get(entities.name)
    if rule:
        return await rule(change)
    return Effect(change.given)


async def _sales_order(change: Change) -> Effect:
    effect, given = Effect(change.given), change.given
    if "RequestedDeliveryDate" in given:
        if change.row["OverallSDDocumentRejectionSts"] == "C":
            raise business_no("V1/555", "The sales order is rejected as a whole and can no longer be changed")
        promised = odata.native(given["RequestedDeliveryDate"])
        effect.interventions.append(("promise", {"promised_at": promised.isoformat()}))
    if "DeliveryBlockReason" in given:
        effect.header = given | {"TotalBlockStatus": "C" if given["DeliveryBlockReason"] else ""}
        effect.interventions.append(("block", {"code": given["DeliveryBlockReason"]}))
    if "HeaderBillingBlockReason" in given:
        effect.interventions.append(("billing_block", {"code": given["HeaderBillingBlockReason"]}))
    return effect


async def _sales_order_item(change: Change) -> Effect:
    number, given = str(change.row["SalesOrderItem"]), dict(change.given)
    effect = Effect(items={number: given})
    if "ProductionPlant" in given:
        place = warehouse_of(given["ProductionPlant"])
        for delivery in await deliveries_of(change.store, change.stored):
            if any(int(item["ReferenceSDDocumentItem"]) == int(number) for item in items_of(delivery)):
                raise business_no("V1/331", f"Item {number} is in a delivery already: its plant cannot be changed")
        given |= {"StorageLocation": place.sap_storage_location, "ShippingPoint": place.sap_shipping_point}
        effect.interventions.append(("plant", {"line": int(number), "warehouse": place.code}))
    return effect


async def _pricing_element(change: Change) -> Effect:
    if set(change.given) != {"ConditionRateValue"} or change.row["ConditionType"] != "PPR0":
        raise business_no("VK/018", "Only the rate of condition PPR0 can be changed")
    if change.whole["OverallOrdReltdBillgStatus"] == "C":
        raise business_no("V1/804", "The sales order is billed: its prices can no longer be changed")
    number, rate = str(change.row["SalesOrderItem"]), _decimal(change.given["ConditionRateValue"])
    item = next(item for item in children(change.whole, "to_Item") if item["SalesOrderItem"] == number)
    net = (rate * Decimal(item["RequestedQuantity"])).quantize(Decimal("0.01"))
    total = Decimal(change.whole["TotalNetAmount"]) + net - Decimal(item["NetAmount"])
    return Effect(
        {"TotalNetAmount": str(total)},
        {number: {"ConditionRateValue": str(rate), "NetAmount": str(net), "Subtotal1Amount": str(net)}},
        [("price", {"line": int(number), "rate": str(rate)})],
    )


async def _delivery(change: Change) -> Effect:
    effect, given = Effect(change.given), change.given
    if "ProposedDeliveryRoute" in given:
        effect.header = given | {"ActualDeliveryRoute": given["ProposedDeliveryRoute"]}
    label = await _label(change.store, given.get("BillOfLading") or "")
    if label:
        rate = label["selected_rate"]
        params = {
            "delivery": change.row["DeliveryDocument"],
            "carrier": rate["carrier"],
            "service": rate["service"],
            "tracking_number": label["tracking_code"],
            "days": rate["delivery_days"],
        }
        effect.interventions.append(("rebook", params))
        effect.tracker_id = label["tracker"]["id"]
    return effect


async def _delivery_item(change: Change) -> Effect:
    row, given = change.row, dict(change.given)
    number = str(row["DeliveryDocumentItem"])
    effect = Effect(items={number: given})
    if "ActualDeliveryQuantity" in given:
        qty = _decimal(given["ActualDeliveryQuantity"])
        if change.whole["OverallGoodsMovementStatus"] == "C":
            raise business_no("VL/608", "Goods issue is posted: the delivery quantity can no longer be changed")
        if not 0 <= qty <= Decimal(row["OriginalDeliveryQuantity"]):
            raise business_no("VL/363", f"Item {number}: only {row['OriginalDeliveryQuantity']} can be delivered")
        given["ActualDeliveredQtyInBaseUnit"] = given["ActualDeliveryQuantity"]
        params = {"delivery": row["DeliveryDocument"], "line": int(row["ReferenceSDDocumentItem"]), "qty": int(qty)}
        effect.interventions.append(("delivery_qty", params))
    return effect


RULES: dict[str, Callable[[Change], Awaitable[Effect]]] = {
    "A_SalesOrder": _sales_order,
    "A_SalesOrderItem": _sales_order_item,
    "A_SalesOrderItemPrElement": _pricing_element,
    "A_OutbDeliveryHeader": _delivery,
    "A_OutbDeliveryItem": _delivery_item,
}


def warehouse_of(plant: object) -> Warehouse:
    """The place with this plant. Raises Refusal."""
    found = next((place for place in WAREHOUSES if place.sap_plant == plant), None)
    if found is None:
        raise business_no("M3/283", f"Plant {plant} does not exist")
    return found


def items_of(delivery: Stored) -> list[Row]:
    """The items of a delivery, with what was changed from outside."""
    return [
        item | delivery.children.get(str(item["DeliveryDocumentItem"]), {})
        for item in children(delivery.payload, "to_DeliveryDocumentItem")
    ]


async def deliveries_of(store: Store, order: Stored) -> list[Stored]:
    """The deliveries of a sales order."""
    found = await store.objects("sap", "deliveries", "order_id = %s", [order.order_id])
    return [one for one in found if any(i["ReferenceSDDocument"] == order.object_id for i in items_of(one))]


async def _label(store: Store, tracking_number: str) -> Row | None:
    """The label that the carrier gateway sold under this number."""
    where = "coalesce(overlay ->> 'tracking_code', body ->> 'tracking_code') = %s"
    found = await store.objects("easypost", "shipments", where, [tracking_number]) if tracking_number else []
    return found[0].payload if found and found[0].payload.get("selected_rate") else None


def _decimal(given: object) -> Decimal:
    try:
        return Decimal(str(given))
    except InvalidOperation:
        raise business_no("/IWBEP/CM_MGW_RT/018", f"{given} is not a number") from None
