"""Faults and look-alikes of the last mile's paper: proofs of delivery, and the billing that waits for them."""

from __future__ import annotations

import random
from datetime import timedelta

from crossdock_lab.world.catalogue import CUSTOMERS, PROOF_BLOCK
from crossdock_lab.world.draft import minutes
from crossdock_lab.world.faults import kind, one_leg
from crossdock_lab.world.plan import HOUR, Hold, Plan, Proof


@kind("pod_mismatch", channels=("shop", "edi"))
def pod_mismatch(plan: Plan, draw: random.Random) -> None:
    """The carrier's proof is of another postal code, or of regulated goods nobody signed for. SAP bills a day later."""
    leg, home = one_leg(plan, draw), plan.order.customer
    elsewhere = draw.choice([one for one in CUSTOMERS if one.postal_code != home.postal_code])
    spot, signed_by = elsewhere, elsewhere.name
    if needs_signature(plan) and draw.random() < 0.5:
        spot, signed_by = home, ""
    leg.proof = Proof(spot.city, spot.region, spot.postal_code, signed_by, is_wrong=True)
    bill_after_delivery(plan, minutes(draw, 24 * 60, 36 * 60))
    plan.fault_at = leg.delivered_at


def needs_signature(plan: Plan) -> bool:
    """Regulated goods are handed over against a signature."""
    return any(line.item.is_regulated for line in plan.order.lines)


def bill_after_delivery(plan: Plan, wait: timedelta) -> None:
    """SAP bills the order so long after its last parcel has arrived."""
    plan.billed_after = plan.delivered_at + wait - max(leg.goods_issued_at for leg in plan.legs)


@kind("billing_hold")
def billing_block_forgotten(plan: Plan, draw: random.Random) -> None:
    """SAP bills only with a proof of delivery (block ZP); the proof comes, and nobody lifts the block."""
    plan.fault_at, plan.billing, plan.billing_code = plan.sap_created_at, Hold(plan.sap_created_at, None), PROOF_BLOCK


@kind(channels=("shop", "edi"))
def proof_written_otherwise(plan: Plan, draw: random.Random) -> None:
    """The carrier writes the town otherwise and the postal code with nine digits; a neighbour signs, or nobody need."""
    leg, home = one_leg(plan, draw), plan.order.customer
    signed_by = "" if not needs_signature(plan) and draw.random() < 0.5 else "Neighbour"
    leg.proof = Proof(f"{home.city} Heights", home.region, f"{home.postal_code}-{draw.randint(1000, 9999)}", signed_by)
    plan.fault_at = leg.delivered_at


@kind()
def billing_block_lifted(plan: Plan, draw: random.Random) -> None:
    """SAP's billing block for the proof of delivery is lifted by hand before the first parcel arrives."""
    lifted_at = min(leg.delivered_at for leg in plan.legs) - HOUR
    plan.billing, plan.billing_code = Hold(plan.sap_created_at, lifted_at), PROOF_BLOCK
    plan.fault_at = plan.sap_created_at
