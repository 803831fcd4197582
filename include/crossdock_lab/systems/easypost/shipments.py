"""EasyPost's words for what is sent: shipments with their rates, and the labels that are bought for them."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_lab.systems.easypost import payloads
from crossdock_lab.world.catalogue import CARRIERS
from crossdock_lab.world.model import Tracker, TrackingDetail

SERVICES = (
    ("UPS", "Ground", 5, "9.80"),
    ("UPS", "2ndDayAir", 2, "24.60"),
    ("UPS", "NextDayAir", 1, "46.20"),
    ("FedEx", "FEDEX_GROUND", 4, "10.65"),
    ("FedEx", "FEDEX_2_DAY", 2, "23.90"),
    ("FedEx", "STANDARD_OVERNIGHT", 1, "44.75"),
    ("USPS", "Priority", 3, "8.10"),
    ("USPS", "Express", 2, "28.40"),
)
"""Carrier, service, days, base price (USD)."""


def new_id(prefix: str, *parts: object) -> str:
    digest = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False)
    return f"{prefix}_{digest.hexdigest()}"


def shipment(shipment_id: str, given: dict, now: datetime) -> dict:
    """A new shipment with the rates of every carrier."""
    at = payloads.moment(now)
    parties = {
        name: given.get(name) or given["to_address"]
        for name in ("to_address", "from_address", "return_address", "buyer_address")
    }
    return {
        "id": shipment_id,
        "object": "Shipment",
        "mode": "production",
        "created_at": at,
        "updated_at": at,
        "is_return": bool(given.get("is_return")),
        "reference": given.get("reference"),
        "status": "unknown",
        "tracking_code": None,
        "order_id": None,
        "batch_id": None,
        "batch_status": None,
        "batch_message": None,
        "customs_info": None,
        "insurance": None,
        "messages": [],
        "options": given.get("options") or {},
        "usps_zone": 4,
        "parcel": {"object": "Parcel", "id": new_id("prcl", shipment_id), "mode": "production"} | given["parcel"],
        "postage_label": None,
        "rates": rates(shipment_id, given["parcel"], at),
        "selected_rate": None,
        "refund_status": None,
        "scan_form": None,
        "tracker": None,
        "forms": [],
        "fees": [],
        **parties,
    }


def rates(shipment_id: str, parcel: dict, at: str) -> list[dict]:
    """What each service of each carrier costs: a base price and so much an ounce, always the same for a shipment."""
    dice = random.Random(shipment_id)
    return [_rate(shipment_id, *offer, parcel, dice, at) for offer in SERVICES]


def _rate(
    shipment_id: str, carrier: str, service: str, days: int, base: str, parcel: dict, dice: random.Random, at: str
) -> dict:
    weight = Decimal(str(parcel.get("weight") or 16))
    price = (Decimal(base) + weight * Decimal("0.05") + Decimal(dice.randrange(150)) / 100).quantize(Decimal("0.01"))
    return {
        "id": new_id("rate", shipment_id, carrier, service),
        "object": "Rate",
        "mode": "production",
        "created_at": at,
        "updated_at": at,
        "service": service,
        "carrier": carrier,
        "carrier_account_id": new_id("ca", carrier),
        "shipment_id": shipment_id,
        "rate": str(price),
        "currency": "USD",
        "retail_rate": str(price),
        "retail_currency": "USD",
        "list_rate": str(price),
        "list_currency": "USD",
        "billing_type": "easypost",
        "delivery_days": days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": days,
    }


def bought(shipment_id: str, rate: dict, now: datetime, tracking_code: str = "") -> dict:
    """What buying changes: label, tracking code, chosen rate, fee."""
    at = payloads.moment(now)
    label = {
        "object": "PostageLabel",
        "id": new_id("pl", shipment_id),
        "created_at": at,
        "updated_at": at,
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": at,
        "label_resolution": 300,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": "image/png",
        "label_url": f"https://labels.example.com/{shipment_id}.png",
        "label_pdf_url": None,
        "label_zpl_url": None,
        "label_epl2_url": None,
        "label_file": None,
    }
    fee = {"object": "Fee", "type": "PostageFee", "amount": f"{rate['rate']}000", "charged": True, "refunded": False}
    code = str(int(hashlib.md5(shipment_id.encode(), usedforsecurity=False).hexdigest()[:16], 16)).zfill(20)
    number = tracking_code or f"94{code[:20]}"
    return {"postage_label": label, "selected_rate": rate, "tracking_code": number, "fees": [fee]}


def first_tracker(shipment: dict, now: datetime) -> dict:
    """The tracker that comes with a label that was just bought, under the id by which the world knows its number."""
    rate, place = shipment["selected_rate"], shipment["from_address"]
    carrier = next(carrier for carrier in CARRIERS if carrier.easypost_carrier == rate["carrier"])
    printed = TrackingDetail(
        "pre_transit", "Shipping label created", now,
        str(place.get("city") or ""), str(place.get("state") or ""), str(place.get("zip") or ""),
    )  # fmt: skip
    number = shipment["tracking_code"]
    made = payloads.tracker(Tracker(
        f"trk_{uuid.uuid5(uuid.NAMESPACE_URL, number).hex}", number, carrier, "pre_transit", (printed,), now, now,
        now + timedelta(days=rate["delivery_days"]), Decimal(str(shipment["parcel"].get("weight") or 16)),
    ))  # fmt: skip
    detail = made["carrier_detail"] | {"service": rate["service"]}
    return made | {"shipment_id": shipment["id"], "carrier_detail": detail}


def of_tracker(tracker: dict) -> dict:
    """The shipment behind a tracker whose label somebody else bought."""
    shipment_id, at = tracker["shipment_id"], datetime.fromisoformat(tracker["created_at"])
    detail = tracker["tracking_details"][0]["tracking_location"] if tracker["tracking_details"] else {}
    place = {name: detail.get(name) for name in ("city", "state", "zip", "country")}
    given = {"to_address": {}, "from_address": place, "parcel": {"weight": tracker["weight"]}}
    made = shipment(shipment_id, given, at) | {"tracker": tracker}
    service = tracker["carrier_detail"]["service"]
    offers = [rate for rate in made["rates"] if rate["carrier"] == tracker["carrier"]]
    rate = next((rate for rate in offers if rate["service"] == service), offers[0])
    return made | bought(shipment_id, rate, at, tracker["tracking_code"])
