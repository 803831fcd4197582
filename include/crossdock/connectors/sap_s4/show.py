"""Sales orders and deliveries as small flat objects, to compare and to read back.

Numbers of documents and items have no leading zeros; quantities are JSON numbers; amounts and rates are texts with at
least two places; days are `YYYY-MM-DD`; what is not set is `''`, or None for days.
"""

from __future__ import annotations

from crossdock.connectors.payload import text
from crossdock.connectors.sap_s4 import odata
from crossdock.connectors.sap_s4.deliveries import items_of_delivery, open_delivery
from crossdock.connectors.sap_s4.orders import items_of_order, open_order, rate_of
from crossdock.connectors.sap_s4.session import SapSession
from crossdock.connectors.telling import money, number


def sales_order(session: SapSession, object_id: str) -> dict | None:
    """{order, sold_to, purchase_order, requested_delivery_date, delivery_block, billing_block, credit_status,
    rejection_status, delivery_status, billing_status, process_status, net_amount, currency, items: [{item, material,
    plant, shipping_point, quantity, unit, confirmed_quantity, net_amount, rate, rejection_reason, delivery_status}]}.

    The statuses are SAP's letters: A not yet, B partly (credit: blocked), C completely, D (credit) released.
    """
    found = open_order(session, object_id, pricing=True)
    return found and _sales_order(found.fields)


def _sales_order(order: dict) -> dict:
    return {
        "order": bare(order.get("SalesOrder")),
        "sold_to": text(order.get("SoldToParty")),
        "purchase_order": text(order.get("PurchaseOrderByCustomer")),
        "requested_delivery_date": day(order.get("RequestedDeliveryDate")),
        "delivery_block": text(order.get("DeliveryBlockReason")),
        "billing_block": text(order.get("HeaderBillingBlockReason")),
        "credit_status": text(order.get("TotalCreditCheckStatus")),
        "rejection_status": text(order.get("OverallSDDocumentRejectionSts")),
        "delivery_status": text(order.get("OverallDeliveryStatus")),
        "billing_status": text(order.get("OverallOrdReltdBillgStatus")),
        "process_status": text(order.get("OverallSDProcessStatus")),
        "net_amount": money(order.get("TotalNetAmount")),
        "currency": text(order.get("TransactionCurrency")),
        "items": [_order_item(item) for item in items_of_order(order)],
    }


def _order_item(item: dict) -> dict:
    return {
        "item": bare(item.get("SalesOrderItem")),
        "material": text(item.get("Material")),
        "plant": text(item.get("ProductionPlant")),
        "shipping_point": text(item.get("ShippingPoint")),
        "quantity": number(item.get("RequestedQuantity")),
        "unit": text(item.get("RequestedQuantityUnit")),
        "confirmed_quantity": number(item.get("ConfdDelivQtyInOrderQtyUnit")),
        "net_amount": money(item.get("NetAmount")),
        "rate": money(rate_of(item)),
        "rejection_reason": text(item.get("SalesDocumentRjcnReason")),
        "delivery_status": text(item.get("DeliveryStatus")),
    }


def delivery(session: SapSession, object_id: str) -> dict | None:
    """{delivery, order, plant, shipping_point, carrier, tracking_number, reference, created_by, delivery_block,
    picking_status, packing_status, goods_movement_status, goods_issued_on, items: [{item, order, order_item, material,
    plant, quantity, original_quantity, unit, picking_status, goods_movement_status}]}.

    `order` and `plant` are those of the first item; `carrier` is the route; `reference` is ours, where we made it.
    """
    found = open_delivery(session, object_id)
    return found and _delivery(found.fields)


def _delivery(header: dict) -> dict:
    items = [_delivery_item(item) for item in items_of_delivery(header)]
    first = items[0] if items else {}
    return {
        "delivery": bare(header.get("DeliveryDocument")),
        "order": first.get("order", ""),
        "plant": first.get("plant", ""),
        "shipping_point": text(header.get("ShippingPoint")),
        "carrier": text(header.get("ActualDeliveryRoute")) or text(header.get("ProposedDeliveryRoute")),
        "tracking_number": text(header.get("BillOfLading")),
        "reference": text(header.get("DeliveryDocumentBySupplier")),
        "created_by": text(header.get("CreatedByUser")),
        "delivery_block": text(header.get("DeliveryBlockReason")),
        "picking_status": text(header.get("OverallPickingStatus")),
        "packing_status": text(header.get("OverallPackingStatus")),
        "goods_movement_status": text(header.get("OverallGoodsMovementStatus")),
        "goods_issued_on": day(header.get("ActualGoodsMovementDate")),
        "items": items,
    }


def _delivery_item(item: dict) -> dict:
    return {
        "item": bare(item.get("DeliveryDocumentItem")),
        "order": bare(item.get("ReferenceSDDocument")),
        "order_item": bare(item.get("ReferenceSDDocumentItem")),
        "material": text(item.get("Material")),
        "plant": text(item.get("Plant")),
        "quantity": number(item.get("ActualDeliveryQuantity")),
        "original_quantity": number(item.get("OriginalDeliveryQuantity")),
        "unit": text(item.get("DeliveryQuantityUnit")),
        "picking_status": text(item.get("PickingStatus")),
        "goods_movement_status": text(item.get("GoodsMovementStatus")),
    }


def bare(given: object) -> str:
    """A number of SAP's without its leading zeros."""
    return text(given).lstrip("0")


def day(given: object) -> str | None:
    """A date of SAP's as `YYYY-MM-DD`."""
    at = odata.moment(given)
    return f"{at:%Y-%m-%d}" if at else None
