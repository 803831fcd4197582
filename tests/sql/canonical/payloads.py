"""Payloads as the systems send them, cut down to what the models read."""

from __future__ import annotations

from datetime import UTC, datetime


def wire(at: str | None) -> str | None:
    """SAP's `/Date(ms)/` of an ISO time."""
    return None if at is None else f"/Date({int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000)})/"


def day_and_time(day: str, time: str, at: str | None) -> dict:
    """One moment in SAP's two fields."""
    if at is None:
        return {day: None, time: "PT00H00M00S"}
    moment = datetime.fromisoformat(at)
    return {day: wire(at[:10]), time: f"PT{moment.hour:02d}H{moment.minute:02d}M{moment.second:02d}S"}


def sales_order(number: str = "0000004712", items: list[dict] | None = None, **fields: object) -> dict:
    """A_SalesOrder with its items."""
    return {
        "SalesOrder": number, "SoldToParty": "10100001", "PurchaseOrderByCustomer": "#1001",
        "DistributionChannel": "10",
        "CustomerGroup": "01", "SalesDistrict": "NY", "OverallDeliveryStatus": "A", "OverallOrdReltdBillgStatus": "A",
        "OverallSDDocumentRejectionSts": "A", "TotalCreditCheckStatus": "A", "DeliveryBlockReason": "",
        "HeaderBillingBlockReason": "", "IncotermsClassification": "DAP", "TransactionCurrency": "USD",
        "TotalNetAmount": "105.00", "SalesOrderDate": wire("2026-03-01"), "RequestedDeliveryDate": wire("2026-03-08"),
        "to_Item": {"results": [item()] if items is None else items}, **fields,
    }  # fmt: skip


def item(
    number: str = "000010",
    material: str = "TG11",
    qty: str = "10",
    confirmed: str = "10",
    line: str = "1",
    **fields: object,
) -> dict:
    """A_SalesOrderItem with one schedule line."""
    return {
        "SalesOrderItem": number, "UnderlyingPurchaseOrderItem": line, "Material": material, "MaterialGroup": "L001",
        "RequestedQuantity": qty, "RequestedQuantityUnit": "PC", "RequestedQuantityISOUnit": "PCE",
        "ProductionPlant": "1710",
        "TransactionCurrency": "USD", "NetAmount": "100.00", "SalesDocumentRjcnReason": "",
        "to_ScheduleLine": {"results": [
            {"ConfdOrderQtyByMatlAvailCheck": confirmed, "ConfirmedDeliveryDate": wire("2026-03-08")},
        ]}, **fields,
    }  # fmt: skip


def delivery(
    number: str = "0080000001", items: list[dict] | None = None, *, shipped: str | None = None, **fields: object
) -> dict:
    """A_OutbDeliveryHeader with its items."""
    return {
        "DeliveryDocument": number, "ActualDeliveryRoute": "TR1", "BillOfLading": "",
        "LastChangeDate": wire("2026-03-02"),
        **day_and_time("CreationDate", "CreationTime", "2026-03-02 08:00"),
        **day_and_time("PlannedGoodsIssueDate", "GoodsIssueTime", "2026-03-03 17:30"),
        **day_and_time("DeliveryDate", "DeliveryTime", "2026-03-08 00:00"),
        **day_and_time("ActualGoodsMovementDate", "ActualGoodsMovementTime", shipped),
        "OverallPickingStatus": "A", "OverallPackingStatus": "A", "OverallGoodsMovementStatus": "C" if shipped else "A",
        "to_DeliveryDocumentItem": {"results": [delivery_item()] if items is None else items}, **fields,
    }  # fmt: skip


def delivery_item(
    number: str = "10", qty: str = "10", material: str = "TG11", order: str = "4712", line: str = "10", **fields: object
) -> dict:
    """A_OutbDeliveryItem."""
    return {
        "DeliveryDocumentItem": number, "ReferenceSDDocument": order, "ReferenceSDDocumentItem": line,
        "Material": material,
        "DeliveryQuantityUnit": "PC", "Plant": "1710", "ActualDeliveryQuantity": qty, "OriginalDeliveryQuantity": qty,
        "PickingStatus": "A", "GoodsMovementStatus": "A", **fields,
    }  # fmt: skip


def event(
    event_id: str,
    step: str,
    at: str,
    quantities: dict[str, float],
    *,
    delivery: str | None = None,
    tracking: str = "",
    rma: str = "",
) -> dict:
    """An EPCIS ObjectEvent; of goods that come back where it names a return."""
    named = {"rma": rma, "desadv": ("" if rma else "0080000001") if delivery is None else delivery, "bol": tracking}
    papers = [
        {"type": kind, "bizTransaction": f"urn:epcglobal:cbv:bt:0614141000005:{number}"}
        for kind, number in named.items()
        if number
    ]
    return {
        "eventID": event_id, "type": "ObjectEvent", "bizStep": step, "eventTime": f"{at.replace(' ', 'T')}:00Z",
        "recordTime": f"{at.replace(' ', 'T')}:30Z", "bizLocation": {"id": "sgln:east"}, "bizTransactionList": papers,
        "quantityList": [{"epcClass": name, "quantity": qty} for name, qty in quantities.items()],
    }  # fmt: skip


def tracker(
    details: list[tuple[str, str]], *, code: str = "1Z1", tracker_id: str = "trk_1", estimated: str | None = None
) -> dict:
    """A Tracker with its details, as (status, time)."""
    return {
        "id": tracker_id, "tracking_code": code, "status": details[-1][0], "carrier": "UPS",
        "est_delivery_date": estimated,
        "created_at": details[0][1],
        "updated_at": details[-1][1], "carrier_detail": {"service": "Ground"},
        "tracking_details": [
            {"status": status, "datetime": at, "tracking_location": {"city": "ALBANY", "state": "NY"}}
            for status, at in details
        ],
    }  # fmt: skip


def shop_order(number: str = "1001", lines: list[dict] | None = None, **fields: object) -> dict:
    """A Shopify order."""
    return {
        "id": 450789469, "name": f"#{number}", "created_at": "2026-03-01T09:00:00-05:00",
        "updated_at": "2026-03-01T09:00:00-05:00",
        "cancelled_at": None, "currency": "USD", "financial_status": "paid", "fulfillment_status": None,
        "total_price": "105.00",
        "customer": {"id": 207119551}, "shipping_address": {"province_code": "NY", "country_code": "US"},
        "note_attributes": [{"name": "promised_delivery", "value": "2026-03-08T00:00:00+00:00"}],
        "line_items": [shop_line()] if lines is None else lines, **fields,
    }  # fmt: skip


def shop_line(line_id: int = 1, sku: str = "XD-1", qty: int = 10, price: str = "10.00") -> dict:
    """A line item."""
    return {"id": line_id, "sku": sku, "quantity": qty, "price": price}


def fulfillment(tracking: str = "1Z1", status: str | None = None, **fields: object) -> dict:
    """A fulfillment."""
    return {
        "id": 255858046, "order_id": 450789469, "status": "success", "shipment_status": status,
        "tracking_company": "UPS",
        "tracking_number": tracking, "location_id": 9001, "created_at": "2026-03-03T18:00:00+00:00",
        "line_items": [shop_line()], **fields,
    }  # fmt: skip
