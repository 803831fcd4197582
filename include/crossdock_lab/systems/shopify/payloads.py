"""Shopify's words for what the shop believes: Admin REST orders, fulfillments and inventory levels."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from crossdock_lab.world.model import Customer, Fulfillment, InventoryLevel, ShopLine, ShopOrder

PROMISE = "promised_delivery"
"""The note attribute that says when the customer was promised the goods."""


def order(given: ShopOrder) -> dict:
    """An order as `GET orders/{id}.json` has it, but for `fulfillments`: they are objects of their own in the lab."""
    placed = given.order
    goods = sum((line.unit_price * line.qty for line in given.lines), Decimal("0.00"))
    address = _address(placed.customer)
    return {
        "id": placed.shop_order_id,
        "name": f"#{placed.number}",
        "number": int(placed.number) - 1000,
        "order_number": int(placed.number),
        "token": f"{placed.shop_order_id:032x}",
        "email": placed.customer.email,
        "created_at": moment(given.created_at),
        "updated_at": moment(given.updated_at),
        "processed_at": moment(placed.ordered_at),
        "closed_at": None,
        "cancelled_at": moment(given.cancelled_at) if given.cancelled_at else None,
        "cancel_reason": given.cancel_reason,
        "confirmed": True,
        "test": False,
        "currency": placed.currency,
        "financial_status": given.financial_status,
        "fulfillment_status": given.fulfillment_status,
        "subtotal_price": money(goods - given.discount_amount),
        "total_line_items_price": money(goods),
        "total_discounts": money(given.discount_amount),
        "total_tax": "0.00",
        "total_price": money(given.total_amount),
        "taxes_included": False,
        "tax_lines": [],
        "total_weight": int(sum(line.item.weight_kg * line.qty for line in given.lines) * 1000),
        "discount_codes": [],
        "note": None,
        "note_attributes": [{"name": PROMISE, "value": moment(placed.promised_at)}],
        "tags": placed.customer.tier,
        "gateway": "shopify_payments",
        "source_name": "web",
        "location_id": None,
        "user_id": None,
        "buyer_accepts_marketing": False,
        "line_items": [_line(line) for line in given.lines],
        "shipping_lines": [_shipping(given)],
        "billing_address": address,
        "shipping_address": address,
        "customer": _customer(placed.customer),
        "fulfillments": [],
    }


def _line(line: ShopLine) -> dict:
    left = line.qty - line.fulfilled_qty
    return {
        "id": line.line_id,
        "product_id": line.item.shop_product_id,
        "variant_id": line.item.shop_variant_id,
        "variant_title": None,
        "variant_inventory_management": "shopify",
        "title": line.item.description,
        "name": line.item.description,
        "vendor": None,
        "sku": line.sku,
        "quantity": line.qty,
        "fulfillable_quantity": left,
        "fulfillment_service": "manual",
        "fulfillment_status": "fulfilled" if not left else "partial" if line.fulfilled_qty else None,
        "grams": int(line.item.weight_kg * 1000),
        "price": money(line.unit_price),
        "total_discount": money(line.discount_amount),
        "requires_shipping": True,
        "taxable": False,
        "product_exists": True,
        "properties": [],
    }


def _shipping(given: ShopOrder) -> dict:
    return {"code": "STANDARD", "title": "Standard", "price": money(given.freight_amount), "source": "shopify"}


def _customer(customer: Customer) -> dict:
    first, _, last = customer.name.partition(" ")
    return {"id": _number(customer.customer_id), "email": customer.email, "first_name": first, "last_name": last,
            "state": "enabled", "tags": customer.tier, "note": None, "verified_email": True}  # fmt: skip


def _address(customer: Customer) -> dict:
    first, _, last = customer.name.partition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "name": customer.name,
        "company": None,
        "address1": customer.street,
        "address2": "",
        "city": customer.city,
        "province": customer.region,
        "province_code": customer.region,
        "zip": customer.postal_code,
        "country": "United States",
        "country_code": customer.country,
        "latitude": None,
        "longitude": None,
        "phone": None,
    }


def fulfillment(given: Fulfillment) -> dict:
    """A fulfillment as it stands in its order and in fulfillments/create and fulfillments/update."""
    return {
        "id": given.fulfillment_id,
        "order_id": given.order.shop_order_id,
        "name": given.name,
        "created_at": moment(given.created_at),
        "updated_at": moment(given.updated_at),
        "service": "manual",
        "status": given.status,
        "shipment_status": given.shipment_status,
        "location_id": given.warehouse.shop_location_id,
        "tracking_company": given.carrier.shop_company,
        "tracking_number": given.tracking_number,
        "tracking_numbers": [given.tracking_number],
        "tracking_url": f"https://track.example.com/{given.tracking_number}",
        "tracking_urls": [f"https://track.example.com/{given.tracking_number}"],
        "receipt": {},
        "line_items": [_line(line) | {"quantity": line.fulfilled_qty} for line in given.lines],
    }


def inventory_level(given: InventoryLevel) -> dict:
    """An inventory level: what the shop may still sell of an item at a location."""
    return {
        "inventory_item_id": given.item.shop_inventory_item_id,
        "location_id": given.warehouse.shop_location_id,
        "available": given.available_qty,
        "updated_at": moment(given.updated_at),
    }


def money(amount: Decimal) -> str:
    """An amount as Shopify writes it: text with two places."""
    return f"{amount:.2f}"


def moment(at: datetime) -> str:
    """A moment with its offset, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _number(text: str) -> int:
    return int("".join(filter(str.isdigit, text)) or 0)
