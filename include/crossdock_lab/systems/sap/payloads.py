"""SAP's words for the world's beliefs: entities of the published EDMX, as OData v2 JSON without metadata."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from crossdock_lab.systems.sap.odata import wire_date, wire_moment, wire_time
from crossdock_lab.world.catalogue import EDI_SOLD_TO, SHOP_SOLD_TO, TIER_SAP
from crossdock_lab.world.model import Delivery, DeliveryLine, MaterialStock, SalesOrder, SalesOrderLine, ScheduleLine

SOLD_TO = {"shop": SHOP_SOLD_TO, "edi": EDI_SOLD_TO}
"""Who buys, by channel; in direct sales the customer does."""
CHANNELS = {"direct": "10", "shop": "20", "edi": "30"}
"""DistributionChannel, by channel."""
ISO_UNITS = {"PC": "PCE", "CAR": "CT"}
"""SAP's internal unit to the ISO code that SAP shows beside it."""


def sales_order(order: SalesOrder) -> dict:
    """A_SalesOrder with `to_Item` and their `to_ScheduleLine`."""
    placed, changed = order.order, order.changed_at
    return {
        "SalesOrder": placed.sales_order,
        "SalesOrderType": "OR",
        "SalesOrganization": "1710",
        "DistributionChannel": CHANNELS[placed.channel],
        "OrganizationDivision": "00",
        "SalesDistrict": f"US{placed.customer.region}",
        "SoldToParty": order.sold_to,
        "CreatedByUser": "CC0000000001",
        "CreationDate": wire_date(order.created_at),
        "LastChangeDate": wire_date(changed),
        "LastChangeDateTime": wire_moment(changed),
        "PurchaseOrderByCustomer": placed.purchase_order,
        "CustomerPurchaseOrderType": "",
        "CustomerPurchaseOrderDate": wire_date(placed.ordered_at),
        "SalesOrderDate": wire_date(placed.ordered_at),
        "PricingDate": wire_date(placed.ordered_at),
        "BillingDocumentDate": wire_date(placed.promised_at),
        "TotalNetAmount": _amount(order.total_net_amount),
        "TransactionCurrency": placed.currency,
        "RequestedDeliveryDate": wire_date(placed.promised_at),
        "SDDocumentReason": "",
        "ShippingCondition": "01",
        "CompleteDeliveryIsDefined": False,
        "HeaderBillingBlockReason": order.billing_block,
        "DeliveryBlockReason": order.delivery_block,
        "TotalBlockStatus": "C" if order.delivery_block else "",
        "IncotermsClassification": placed.incoterms,
        "IncotermsLocation1": placed.customer.city,
        "CustomerPaymentTerms": "0004",
        "CustomerGroup": TIER_SAP[placed.customer.tier],
        "SalesDocApprovalStatus": "",
        "OverallDeliveryStatus": order.delivery_status,
        "OverallTotalDeliveryStatus": order.delivery_status,
        "OverallOrdReltdBillgStatus": order.billing_status,
        "OverallSDProcessStatus": order.process_status,
        "OverallSDDocumentRejectionSts": order.rejection_status,
        "TotalCreditCheckStatus": order.credit_status,
        "to_Item": {"results": [_order_item(order, line) for line in order.lines]},
    }


def _charged(order: SalesOrder, line: SalesOrderLine) -> Decimal:
    """What SAP charges for a line: what the header charges beside its lines and the freight is in the first one."""
    if line.number != order.lines[0].number:
        return line.net_amount
    listed = sum((each.net_amount for each in order.lines), Decimal("0.00"))
    return line.net_amount + order.total_net_amount - listed - order.order.freight_amount


def _order_item(order: SalesOrder, line: SalesOrderLine) -> dict:
    unit = line.item.sap_unit
    placed, charged = order.order, _charged(order, line)
    return {
        "SalesOrder": placed.sales_order,
        "SalesOrderItem": str(line.number),
        "SalesOrderItemCategory": "TAN",
        "SalesOrderItemText": line.item.description[:40],
        "PurchaseOrderByCustomer": placed.purchase_order,
        "UnderlyingPurchaseOrderItem": str(line.number // 10),
        "Material": line.material,
        "MaterialByCustomer": "",
        "MaterialGroup": "REGUL" if line.item.is_regulated else "L001",
        "RequestedQuantity": str(line.ordered_qty),
        "RequestedQuantityUnit": unit,
        "RequestedQuantitySAPUnit": unit,
        "RequestedQuantityISOUnit": ISO_UNITS.get(unit, ""),
        "OrderQuantityUnit": unit,
        "ConfdDelivQtyInOrderQtyUnit": str(line.confirmed_qty),
        "NetAmount": _amount(charged),
        "TaxAmount": "0.00",
        "Subtotal1Amount": _amount(charged),
        "TransactionCurrency": placed.currency,
        "ProductionPlant": line.warehouse.sap_plant,
        "StorageLocation": line.warehouse.sap_storage_location,
        "ShippingPoint": line.warehouse.sap_shipping_point,
        "DeliveryPriority": "02",
        "IncotermsClassification": placed.incoterms,
        "SalesDocumentRjcnReason": line.rejection_reason,
        "ItemBillingBlockReason": "",
        "SDProcessStatus": "C" if line.rejection_reason else line.delivery_status,
        "DeliveryStatus": line.delivery_status,
        "OrderRelatedBillingStatus": order.billing_status,
        "to_ScheduleLine": {"results": [_schedule_line(placed.sales_order, line, part) for part in line.schedule]},
    }


def pricing_elements(item: dict) -> list[dict]:
    """The pricing of an item as SAP shows it, from the item as it is shown: its price a unit, net of all."""
    qty, net = Decimal(item["RequestedQuantity"]), Decimal(item["NetAmount"])
    rate = Decimal(item.get("ConditionRateValue") or (net / qty if qty else 0)).quantize(Decimal("1.000000000"))
    return [{
        "SalesOrder": item["SalesOrder"],
        "SalesOrderItem": item["SalesOrderItem"],
        "PricingProcedureStep": "10",
        "PricingProcedureCounter": "1",
        "ConditionType": "PPR0",
        "ConditionCalculationType": "C",
        "ConditionRateValue": str(rate),
        "ConditionCurrency": item["TransactionCurrency"],
        "ConditionQuantity": "1",
        "ConditionQuantityUnit": item["RequestedQuantityUnit"],
        "ConditionAmount": item["NetAmount"],
        "TransactionCurrency": item["TransactionCurrency"],
        "ConditionIsManuallyChanged": "ConditionRateValue" in item,
    }]  # fmt: skip


def _schedule_line(sales_order: str, line: SalesOrderLine, part: ScheduleLine) -> dict:
    unit = line.item.sap_unit
    delivered = min(line.delivered_qty, part.confirmed_qty)
    return {
        "SalesOrder": sales_order,
        "SalesOrderItem": str(line.number),
        "ScheduleLine": str(part.number),
        "RequestedDeliveryDate": wire_date(part.confirmed_for),
        "ConfirmedDeliveryDate": wire_date(part.confirmed_for) if part.confirmed_qty else None,
        "OrderQuantityUnit": unit,
        "OrderQuantitySAPUnit": unit,
        "OrderQuantityISOUnit": ISO_UNITS.get(unit, ""),
        "ScheduleLineOrderQuantity": str(part.ordered_qty),
        "ConfdOrderQtyByMatlAvailCheck": str(part.confirmed_qty),
        "DeliveredQtyInOrderQtyUnit": str(delivered),
        "OpenConfdDelivQtyInOrdQtyUnit": str(part.confirmed_qty - delivered),
        "DelivBlockReasonForSchedLine": "",
    }


def delivery(given: Delivery) -> dict:
    """A_OutbDeliveryHeader with `to_DeliveryDocumentItem`. Its only time of change is a day."""
    order = given.order
    return {
        "DeliveryDocument": given.number,
        "DeliveryDocumentType": "LF",
        "SDDocumentCategory": "J",
        "SalesOrganization": "1710",
        "SoldToParty": SOLD_TO.get(order.channel, order.customer.customer_id),
        "ShipToParty": order.customer.customer_id,
        "ShippingPoint": given.warehouse.sap_shipping_point,
        "ShippingCondition": "01",
        "ProposedDeliveryRoute": given.carrier.sap_route,
        "ActualDeliveryRoute": given.carrier.sap_route,
        "BillOfLading": given.tracking_number,
        "DeliveryDocumentBySupplier": "",
        "CreatedByUser": "CC0000000001",
        "LastChangeDate": wire_date(given.changed_at),
        "DocumentDate": wire_date(given.created_at),
        **_moment("CreationDate", "CreationTime", given.created_at),
        **_moment("DeliveryDate", "DeliveryTime", given.promised_at),
        **_moment("PickingDate", "PickingTime", given.created_at),
        **_moment("LoadingDate", "LoadingTime", given.planned_handover_at),
        **_moment("PlannedGoodsIssueDate", "GoodsIssueTime", given.planned_handover_at),
        **_moment("ActualGoodsMovementDate", "ActualGoodsMovementTime", given.goods_issued_at),
        "ConfirmationTime": wire_time(None),
        "ProofOfDeliveryDate": None,
        "DeliveryBlockReason": "",
        "DeliveryPriority": "02",
        "HeaderBillingBlockReason": "",
        "IncotermsClassification": order.incoterms,
        "TotalNumberOfPackage": "1" if given.tracking_number else "0",
        "TransactionCurrency": order.currency,
        "HeaderGrossWeight": f"{sum(line.item.weight_kg * line.qty for line in given.lines):.3f}",
        "CompleteDeliveryIsDefined": False,
        "OverallDelivReltdBillgStatus": "A",
        "OverallGoodsMovementStatus": given.goods_movement_status,
        "OverallPackingStatus": given.packing_status,
        "OverallPickingStatus": given.picking_status,
        "OverallPickingConfStatus": "",
        "OverallProofOfDeliveryStatus": "",
        "OverallSDProcessStatus": given.process_status,
        "OverallWarehouseActivityStatus": "",
        "TotalBlockStatus": "",
        "TotalCreditCheckStatus": "",
        "Warehouse": "",
        "to_DeliveryDocumentItem": {"results": [_delivery_item(given, line) for line in given.lines]},
    }


def _delivery_item(given: Delivery, line: DeliveryLine) -> dict:
    unit = line.item.sap_unit
    return {
        "DeliveryDocument": given.number,
        "DeliveryDocumentItem": str(line.number),
        "DeliveryDocumentItemCategory": "TAN",
        "DeliveryDocumentItemText": line.item.description[:40],
        "SDDocumentCategory": "J",
        "Material": line.item.sap_material,
        "MaterialByCustomer": "",
        "Plant": given.warehouse.sap_plant,
        "StorageLocation": given.warehouse.sap_storage_location,
        "Batch": "",
        "BaseUnit": unit,
        "DeliveryQuantityUnit": unit,
        "OriginalDeliveryQuantity": str(line.original_qty),
        "ActualDeliveryQuantity": str(line.qty),
        "ActualDeliveredQtyInBaseUnit": str(line.qty),
        "DeliveryToBaseQuantityNmrtr": "1",
        "DeliveryToBaseQuantityDnmntr": "1",
        "IsCompletelyDelivered": False,
        "ReferenceSDDocument": given.order.sales_order,
        "ReferenceSDDocumentItem": str(line.order_line),
        "ReferenceSDDocumentCategory": "C",
        "DeliveryRelatedBillingStatus": "A",
        "GoodsMovementStatus": line.goods_movement_status,
        "GoodsMovementReasonCode": "0",
        "PickingStatus": line.picking_status,
        "PickingConfirmationStatus": "",
        "PackingStatus": given.packing_status,
        "SDProcessStatus": line.goods_movement_status,
        "ItemBillingBlockReason": "",
        "LastChangeDate": wire_date(given.changed_at),
        **_moment("CreationDate", "CreationTime", given.created_at),
    }


def material_stock(stock: MaterialStock) -> dict:
    """A_MatlStkInAcctMod of unrestricted stock (type 01). It has no time of change."""
    unused = ("Batch", "Supplier", "Customer", "SDDocument", "InventorySpecialStockType", "WBSElementExternalID")
    return {
        "Material": stock.item.sap_material,
        "Plant": stock.warehouse.sap_plant,
        "StorageLocation": stock.warehouse.sap_storage_location,
        **dict.fromkeys(unused, ""),
        "WBSElementInternalID": "0",
        "SDDocumentItem": "0",
        "InventoryStockType": "01",
        "MaterialBaseUnit": stock.item.sap_unit,
        "MatlWrhsStkQtyInMatlBaseUnit": str(stock.unrestricted_qty),
    }


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _moment(date_name: str, time_name: str, at: datetime | None) -> dict:
    """One moment as SAP keeps it: a day and a time of day in two fields."""
    return {date_name: wire_date(at), time_name: wire_time(at)}
