"""What the carriers say of a plan's parcels, scan by scan."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from crossdock_lab.world.model import Carrier, Tracker, TrackingDetail
from crossdock_lab.world.plan import Label, Leg, Plan, Proof, Scan

OUNCES_A_KILO = Decimal("35.274")
Said = tuple[datetime, Tracker, bool]
"""When it is said, what, and whether it is the first word of that parcel."""


def tracked(plan: Plan) -> Iterator[Said]:
    """Everything that is said of every label of the order."""
    for leg in plan.legs:
        if leg.scans:
            yield from _tracker(plan, leg, leg.tracking_number, leg.carrier, list(_said(leg)))
        for label in leg.labels:
            said = [(scan.at, scan, None) for scan in _unused(label)]
            yield from _tracker(plan, leg, label.tracking_number, label.carrier, said)


def _said(leg: Leg) -> Iterator[tuple[datetime, Scan, Proof | None]]:
    """Each scan when it is said; and the last one once more, when the carrier corrects its proof of delivery."""
    for scan in leg.scans:
        yield scan.at, scan, leg.proof
    if leg.proof and leg.proof.corrected_at and leg.scans[-1].status == "delivered":
        yield leg.proof.corrected_at, leg.scans[-1], None


def _unused(label: Label) -> list[Scan]:
    """What the carrier says of a label with which no parcel goes."""
    said = [scan for scan in label.scans if scan.at <= label.left_at]
    if label.refunded_at:
        said.append(Scan(label.refunded_at, "cancelled", "Label refunded", None))
    return said


def _tracker(
    plan: Plan, leg: Leg, number: str, carrier: Carrier, said: list[tuple[datetime, Scan, Proof | None]]
) -> Iterator[Said]:
    tracker_id = f"trk_{uuid.uuid5(uuid.NAMESPACE_URL, number).hex}"
    lines = leg.first_lines or leg.lines
    weight = sum((plan.line(n).item.weight_kg * qty for n, qty in lines.items()), Decimal(0)) * OUNCES_A_KILO
    scans: list[Scan] = []
    for at, scan, proof in said:
        scans += [scan] if not scans or scans[-1] is not scan else []
        details = tuple(_detail(plan, leg, each, proof) for each in scans)
        belief = Tracker(
            tracker_id, number, carrier, scan.status, details, scans[0].at, at,
            scan.estimate, weight.quantize(Decimal("0.1")),
            signed_by=_signed_by(plan, proof) if scan.status == "delivered" else "",
        )  # fmt: skip
        yield at, belief, len(scans) == 1


def _signed_by(plan: Plan, proof: Proof | None) -> str:
    return plan.order.customer.name if proof is None else proof.signed_by


def _detail(plan: Plan, leg: Leg, scan: Scan, proof: Proof | None) -> TrackingDetail:
    home = plan.order.customer
    near = scan.status in ("out_for_delivery", "delivered")
    spot = proof if proof and scan.status == "delivered" else home if near else leg.warehouse
    return TrackingDetail(scan.status, scan.message, scan.at, spot.city, spot.region, spot.postal_code)
