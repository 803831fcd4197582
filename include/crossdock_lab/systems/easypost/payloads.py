"""EasyPost's words for what a carrier says: trackers and the events that announce them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from crossdock_lab.world.model import Tracker, TrackingDetail

STATUS_DETAILS = {
    "pre_transit": "label_created",
    "in_transit": "arrived_at_facility",
    "out_for_delivery": "out_for_delivery",
    "delivered": "arrived_at_destination",
    "failure": "delivery_exception",
    "return_to_sender": "return",
}


def tracker(given: Tracker) -> dict:
    """A Tracker object with its whole history."""
    estimated = given.estimated_delivery_at
    return {
        "id": given.tracker_id,
        "object": "Tracker",
        "mode": "production",
        "tracking_code": given.tracking_number,
        "status": given.status,
        "status_detail": STATUS_DETAILS.get(given.status, "status_update"),
        "created_at": moment(given.created_at),
        "updated_at": moment(given.updated_at),
        "signed_by": given.signed_by or None,
        "weight": float(given.weight_ounces),
        "est_delivery_date": moment(estimated) if estimated else None,
        "shipment_id": f"shp_{given.tracker_id.removeprefix('trk_')}",
        "carrier": given.carrier.easypost_carrier,
        "tracking_details": [_detail(given, detail) for detail in given.details],
        "fees": [],
        "carrier_detail": _carrier_detail(given),
        "public_url": f"https://track.easypost.com/{base64.urlsafe_b64encode(given.tracker_id.encode()).decode().rstrip('=')}",
    }


def _detail(given: Tracker, detail: TrackingDetail) -> dict:
    return {
        "object": "TrackingDetail",
        "message": detail.message,
        "description": "",
        "status": detail.status,
        "status_detail": STATUS_DETAILS.get(detail.status, "status_update"),
        "datetime": moment(detail.occurred_at),
        "source": given.carrier.easypost_carrier,
        "carrier_code": "",
        "tracking_location": _location(detail),
    }


def _carrier_detail(given: Tracker) -> dict:
    first, last = (given.details[0], given.details[-1]) if given.details else (None, None)
    return {
        "object": "CarrierDetail",
        "service": given.carrier.easypost_service,
        "container_type": None,
        "est_delivery_date_local": None,
        "est_delivery_time_local": None,
        "origin_location": _place(first),
        "origin_tracking_location": _location(first),
        "destination_location": _place(last if given.status == "delivered" else None),
        "destination_tracking_location": None,
        "guaranteed_delivery_date": None,
        "alternate_identifier": None,
        "initial_delivery_attempt": None,
    }


def _place(detail: TrackingDetail | None) -> str | None:
    return f"{detail.city.upper()} {detail.region}, {detail.postal_code}" if detail else None


def _location(detail: TrackingDetail | None) -> dict:
    named = (detail.city.upper(), detail.region, "US", detail.postal_code) if detail else (None,) * 4
    return {"object": "TrackingLocation", **dict(zip(("city", "state", "country", "zip"), named, strict=True))}


def push(tracker: dict, event_id: str, created_at: datetime) -> dict:
    """The Event that a webhook carries; `result` is the tracker as it is now."""
    topic = "tracker.created" if tracker["created_at"] == tracker["updated_at"] else "tracker.updated"
    history = tracker["tracking_details"]
    before = {"status": history[-2]["status"]} if len(history) > 1 else {}
    return {
        "id": event_id,
        "object": "Event",
        "mode": tracker["mode"],
        "description": topic,
        "previous_attributes": before if topic == "tracker.updated" else {},
        "created_at": moment(created_at),
        "updated_at": moment(created_at),
        "status": "pending",
        "pending_urls": [],
        "completed_urls": [],
        "user_id": "user_1f0e3dad99908345f7439f8ffabdffc4",
        "result": tracker,
    }


def moment(at: datetime) -> str:
    """A moment in UTC to the second, with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
