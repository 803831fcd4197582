"""What the lab is made of: the parties, and each system's own belief about an order at one moment.

Every class is frozen: a change of state is a new object. Times are aware datetimes in UTC, in lab time. Quantities are
whole numbers of the item's unit. Money is Decimal with two places. Codes are ours (`DC-EAST`, `SKU-1004`, `EA`);
a system's own code for the same thing stands on the party (`item.sap_material`, `warehouse.sgln`, …).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Customer:
    """Who buys. The shop and the EDI partner are each one sold-to party in SAP; the person is the ship-to."""

    customer_id: str
    name: str
    email: str
    tier: str  # gold | silver | bronze
    region: str  # US state code
    street: str
    city: str
    postal_code: str
    country: str = "US"


@dataclass(frozen=True, slots=True)
class Item:
    """What is sold, and what each system calls it."""

    sku: str
    description: str
    uom_code: str  # UN/CEFACT Rec 20: EA or CS
    sap_material: str
    sap_unit: str  # PC or CAR
    gs1_item_ref: str  # indicator + item reference of the SGTIN, with catalogue.COMPANY_PREFIX
    shop_sku: str
    shop_product_id: int
    shop_variant_id: int
    shop_inventory_item_id: int
    edi_part: str  # vendor's part number, X12 qualifier VP
    edi_unit: str  # EA or CA
    unit_price: Decimal
    weight_kg: Decimal
    is_regulated: bool = False


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Where stock lies, and what each system calls the place."""

    code: str
    name: str
    sap_plant: str
    sap_storage_location: str
    sap_shipping_point: str
    sgln: str  # as in urn:epc:id:sgln:0614141.00001.0
    shop_location_id: int
    city: str
    region: str
    postal_code: str
    is_third_party: bool = False


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels, and what each system calls it."""

    code: str
    name: str
    easypost_carrier: str
    easypost_service: str
    shop_company: str
    sap_route: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as the customer placed it. `number` is 10, 20, 30 as SAP counts."""

    number: int
    item: Item
    qty: int
    unit_price: Decimal
    discount_amount: Decimal = Decimal("0.00")

    @property
    def net_amount(self) -> Decimal:
        return self.unit_price * self.qty - self.discount_amount


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the customer placed it: the plan of everything that follows hangs on it."""

    number: str  # as in 1000017: unique in the world
    channel: str  # shop | edi | direct
    customer: Customer
    lines: tuple[OrderLine, ...]
    freight_amount: Decimal
    ordered_at: datetime
    promised_at: datetime  # always 00:00 UTC: delivered by this instant, or late
    sales_order: str  # SAP's number, ten digits with leading zeros
    shop_order_id: int  # Shopify's id; 0 for other channels
    purchase_order: str  # PurchaseOrderByCustomer in SAP: `#1000017` for the shop, `PO1000017` for EDI, free text else
    incoterms: str = "DAP"
    currency: str = "USD"

    @property
    def order_id(self) -> str:
        """The identity the product gives this order."""
        if self.channel == "shop":
            return f"shop-main/order/{self.number}"
        if self.channel == "edi":
            return f"acme-edi/order/{self.purchase_order}"
        return f"sap-main/sales_order/{self.sales_order.lstrip('0')}"

    @property
    def total_amount(self) -> Decimal:
        """Lines less discounts, and freight. The lab levies no tax."""
        return sum((line.net_amount for line in self.lines), Decimal("0.00")) + self.freight_amount


# What SAP believes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One date of an item: how much was asked for and how much stock check has confirmed."""

    number: int
    confirmed_for: datetime
    ordered_qty: int
    confirmed_qty: int


@dataclass(frozen=True, slots=True)
class SalesOrderLine:
    number: int
    item: Item
    material: str  # what SAP shows; item.sap_material unless it is wrong
    warehouse: Warehouse
    ordered_qty: int
    net_amount: Decimal
    schedule: tuple[ScheduleLine, ...]
    delivered_qty: int = 0
    delivery_status: str = "A"  # A not, B partly, C completely
    rejection_reason: str = ""  # SalesDocumentRjcnReason; empty unless cancelled

    @property
    def confirmed_qty(self) -> int:
        """ConfdDelivQtyInOrderQtyUnit: the sum over the schedule."""
        return sum(line.confirmed_qty for line in self.schedule)


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """A_SalesOrder with its items and schedule lines. Statuses: A not, B partly, C completely processed."""

    order: Order
    lines: tuple[SalesOrderLine, ...]
    sold_to: str
    ship_to: str
    created_at: datetime
    changed_at: datetime
    total_net_amount: Decimal  # items and freight
    delivery_status: str = "A"  # OverallDeliveryStatus (and OverallTotalDeliveryStatus)
    billing_status: str = "A"  # OverallOrdReltdBillgStatus
    process_status: str = "A"  # OverallSDProcessStatus
    rejection_status: str = "A"  # OverallSDDocumentRejectionSts
    credit_status: str = "A"  # TotalCreditCheckStatus: A approved, B blocked, D released
    delivery_block: str = ""  # DeliveryBlockReason: 02, 04 compliance; 05 price
    billing_block: str = ""  # HeaderBillingBlockReason: ZP proof of delivery


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    number: int
    order_line: int
    item: Item
    qty: int  # ActualDeliveryQuantity: what the delivery says is to leave (or has left)
    original_qty: int
    picking_status: str = "A"
    goods_movement_status: str = "A"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A_OutbDeliveryHeader with its items. Every moment is a date and a time in two fields."""

    number: str  # ten digits with leading zeros
    order: Order
    warehouse: Warehouse
    carrier: Carrier
    lines: tuple[DeliveryLine, ...]
    created_at: datetime
    changed_at: datetime  # LastChangeDate is all the entity has; the face keeps the instant for its delta
    planned_handover_at: datetime  # PlannedGoodsIssueDate + GoodsIssueTime
    promised_at: datetime  # DeliveryDate + DeliveryTime
    tracking_number: str = ""  # BillOfLading, once known
    goods_issued_at: datetime | None = None  # ActualGoodsMovementDate + ActualGoodsMovementTime
    picking_status: str = "A"  # OverallPickingStatus
    packing_status: str = "A"  # OverallPackingStatus
    goods_movement_status: str = "A"  # OverallGoodsMovementStatus
    process_status: str = "A"  # OverallSDProcessStatus


@dataclass(frozen=True, slots=True)
class MaterialStock:
    """A_MatlStkInAcctMod: a quantity with no time of change."""

    item: Item
    warehouse: Warehouse
    unrestricted_qty: int


# What the warehouse saw --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventQuantity:
    delivery_line: int
    item: Item
    qty: int


@dataclass(frozen=True, slots=True)
class WarehouseEvent:
    """One EPCIS event: `step` is the CBV business step (picking, packing, shipping; receiving of what comes back)."""

    event_id: str  # urn:uuid:…
    step: str
    delivery_number: str
    warehouse: Warehouse
    occurred_at: datetime  # eventTime
    recorded_at: datetime  # recordTime: later than eventTime, sometimes by hours
    quantities: tuple[EventQuantity, ...]
    tracking_number: str = ""  # bizTransaction bol, on packing and shipping
    return_number: str = ""  # bizTransaction rma, on receiving, instead of the delivery


# What the carrier says ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrackingDetail:
    status: str  # EasyPost's words: pre_transit, in_transit, out_for_delivery, delivered, failure, return_to_sender
    message: str
    occurred_at: datetime
    city: str
    region: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Tracker:
    tracker_id: str  # trk_…
    tracking_number: str
    carrier: Carrier
    status: str
    details: tuple[TrackingDetail, ...]
    created_at: datetime
    updated_at: datetime
    estimated_delivery_at: datetime | None
    weight_ounces: Decimal
    signed_by: str = ""


# What the shop believes --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShopLine:
    line_id: int
    item: Item
    sku: str  # what the shop shows; item.shop_sku unless it is wrong
    qty: int
    unit_price: Decimal
    discount_amount: Decimal
    fulfilled_qty: int = 0


@dataclass(frozen=True, slots=True)
class ShopOrder:
    order: Order
    lines: tuple[ShopLine, ...]
    created_at: datetime
    updated_at: datetime
    total_amount: Decimal
    freight_amount: Decimal
    discount_amount: Decimal
    financial_status: str = "paid"
    fulfillment_status: str | None = None  # None | partial | fulfilled
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fulfillment:
    fulfillment_id: int
    order: Order
    name: str  # #1000017.1
    warehouse: Warehouse
    carrier: Carrier
    tracking_number: str
    lines: tuple[ShopLine, ...]
    created_at: datetime
    updated_at: datetime
    status: str = "success"
    shipment_status: str | None = None  # confirmed | in_transit | out_for_delivery | delivered | failure


@dataclass(frozen=True, slots=True)
class InventoryLevel:
    item: Item
    warehouse: Warehouse
    available_qty: int
    updated_at: datetime


# EDI and the service desk ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An 850 in an interchange of its own. `parts` is PO107 of each line: item.edi_part unless it is wrong."""

    order: Order
    parts: tuple[str, ...]
    prices: tuple[Decimal, ...]
    interchange_control_number: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The partner's 997 for one functional group of ours. `verdict` is AK9's and AK5's code: A, E or R."""

    acknowledged_functional_id: str  # AK101, as in PR for an 855
    acknowledged_group: str  # AK102: our GS06
    acknowledged_type: str  # AK201, as in 855
    acknowledged_set: str  # AK202: our ST02
    verdict: str
    interchange_control_number: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A line of a return as the returns system has it. `status`: open, approved, received, refunded, closed."""

    number: str  # as in RMA10000170
    order: Order
    line: OrderLine
    qty: int
    reason: str
    status: str
    requested_at: datetime
    authorised_at: datetime | None
    received_at: datetime | None
    refunded_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    ticket_id: int
    order: Order
    subject: str
    description: str
    status: str  # new | open | pending | solved
    priority: str
    created_at: datetime
    updated_at: datetime
