"""Facts of made-up cases, small enough to be read: one short pick, one shortfall, one parcel that would be late."""

from __future__ import annotations

from crossdock.remediation.policies.model import Policy

PLACES = {
    "EAST": {"plant": "1710", "sgln": "urn:sgln:east"},
    "WEST": {"plant": "1720", "sgln": "urn:sgln:west"},
    "SOUTH": {"plant": "1730", "sgln": "urn:sgln:south"},
}
PARTNERS = {
    "erp": {"partner_id": "sap", "system_type": "sap_s4", "time_zone": "UTC", "settings": {}},
    "warehouse": {"partner_id": "wms", "system_type": "epcis", "time_zone": "UTC", "settings": {}},
    "shop": {"partner_id": "shop", "system_type": "shopify", "time_zone": "UTC", "settings": {}},
    "carrier": {"partner_id": "post", "system_type": "easypost", "time_zone": "UTC", "settings": {}},
    "service_desk": {"partner_id": "desk", "system_type": "zendesk", "time_zone": "UTC", "settings": {}},
}


def policy(**given: object) -> Policy:
    """A policy for short picks; `given` overrides its fields."""
    base = {"policy": "tried", "doc": "for tests", "exceptions": ["inventory_short_pick"]}
    return Policy.model_validate(base | {"playbooks": ["reallocate_stock"]} | given)


def stock(**available: int) -> list[dict]:
    """Positions of item A by warehouse."""
    return [
        {"sku": "A", "warehouse_code": code, "available_qty": qty, "promised_qty": 0, "beliefs": {}}
        for code, qty in sorted(available.items())
    ]


def short_pick(*, delivery: float = 10, picked: float = 6, case_id: int = 1, **available: int) -> dict:
    """A line of 10 A of which the warehouse EAST picked 6, promised for a week ahead."""
    line = {
        "order_line_id": "o#1", "line_number": "1", "sku": "A", "uom_code": "EA", "warehouse_code": "EAST",
        "ordered_qty": delivery, "cancelled_qty": 0, "allocated_qty": delivery, "unit_price_amount": "10.00",
        "erp_items": [{"order": "400", "item": "10", "plant": "1710", "ordered_qty": delivery, "net_amount": "100.00"}],
    }  # fmt: skip
    at = {
        "shipment_line_id": "d#10", "order_line_id": "o#1", "item": "10", "sku": "A", "warehouse_code": "EAST",
        "delivery_qty": delivery, "picked_qty": picked,
    }  # fmt: skip
    return {
        "now": "2026-03-02T12:00:00+00:00",
        "tiers": ["gold", "silver", "bronze"],
        "case": case(case_id=case_id),
        "order": order(),
        "lines": [line],
        "line": line,
        "shipments": [],
        "shipment": shipment(),
        "shipment_line": at,
        "stock": stock(**(available or {"EAST": 0, "WEST": 100, "SOUTH": 100})),
        "holds": [],
        "edi_document": None,
        "partners": PARTNERS,
        "places": PLACES,
        "epc_classes": {"A": "urn:epc:a"},
        "carriers": {"UPS": "UPS", "USPS": "USPS", "Odd": "ODD"},
        "erp_carriers": {"UPS": "TR1", "USPS": "TR3"},
        "shop_carriers": {"UPS": "UPS"},
        "customer": {},
        "parcel": None,
    }


def case(**given: object) -> dict:
    """What is known of the case itself."""
    return {
        "case_id": 1, "lead_code": "inventory_short_pick", "subject_id": "d#10", "order_id": "o", "title": "A title",
        "state": "open", "severity": "high", "owner_queue": "warehouse", "attempt": 0, "next_attempt": 1,
        "evidence": {}, "evidence_text": "", "ticket_priority": "high", "handed_back_by": None, "has_ticket": False,
    } | given  # fmt: skip


def order(**given: object) -> dict:
    """An order of a bronze customer, worth 100.00."""
    return {
        "order_id": "o", "ref": "1000", "erp_order_ref": "400", "shop_order": "77", "customer_tier": "bronze",
        "customer_ref": "c1", "fulfillment_status_code": "released", "billing_status_code": "not_billed",
        "promised_at": "2026-03-09T00:00:00+00:00", "promised_date": "2026-03-09", "is_regulated": False,
        "is_incomplete": False, "currency_code": "USD", "value": "100.00",
    } | given  # fmt: skip


def shipment(**given: object) -> dict:
    """A delivery that is still here."""
    return {
        "shipment_id": "d", "delivery_ref": "800", "warehouse_code": "EAST", "carrier_code": "UPS",
        "tracking_number": "1Z", "planned_handover_at": "2026-03-03T12:00:00+00:00", "handed_over_at": None,
        "promised_at": None, "estimated_delivery_at": None, "delivered_at": None, "fulfillment_ref": None,
        "erp_status": "released", "label": None, "lines": [],
    } | given  # fmt: skip


def late_parcel(
    *rates: tuple[str, str, str, int], promised: str = "2026-03-07T00:00:00+00:00", **given: object
) -> dict:
    """A parcel whose carrier would be late; rates are (carrier, service, cost, days)."""
    facts = short_pick()
    quotes = [dict(zip(("carrier", "service", "cost", "days"), rate, strict=True), currency="USD") for rate in rates]
    parcel = {"reference": "800-1-1", "to_address": {"country": "US"}, "from_address": {"country": "US"},
              "parcel": {"weight": 35}, "old_label": "shp_old"}  # fmt: skip
    return facts | {
        "case": case(lead_code="carrier_cannot_meet_promise", subject_id="d"),
        "order": order(promised_at="2026-03-07T00:00:00+00:00"),
        "shipment": shipment(estimated_delivery_at="2026-03-12T00:00:00+00:00", **given),
        "shipment_line": None,
        "quotes": quotes,
        "parcel": parcel,
    }


CARRIER = {
    "exceptions": ["carrier_cannot_meet_promise"],
    "playbooks": ["rebook_carrier", "tell_new_date"],
    "knobs": {"carriers": ["UPS", "USPS"]},
}
