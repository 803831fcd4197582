"""Repairs: what each makes of a plan, what is then true of the order, and what of it is harm."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from crossdock_lab.truth.harm import RULES, Case, harm
from crossdock_lab.truth.oracle import expectations
from crossdock_lab.world import choose, draft, repairs, show
from crossdock_lab.world.catalogue import PROOF_BLOCK
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.corrections import corrections
from crossdock_lab.world.plan import HOUR, Plan
from crossdock_lab.world.repairs import Intervention
from crossdock_lab.world.show import Change, Drop, Move
from crossdock_lab.world.waste import Harm

CONFIG = WorldConfig(seed=11)
MINUTE = timedelta(minutes=1)


def plan_with(fault: str, which: int = 0, fits=lambda plan: True) -> Plan:
    """The plan of an order with this fault, drawn anew at each call."""
    kind = KINDS[fault]
    numbers = (choose.number_of(0, index) for index in range(400))
    fitting = (
        n for n in numbers if kind.fits(choose.plan_of(CONFIG, n, None)) and fits(choose.plan_of(CONFIG, n, fault))
    )
    return choose.plan_of(CONFIG, [next(fitting) for _ in range(which + 1)][-1], fault)


def repaired(plan: Plan, *done: tuple[datetime, str, dict]) -> Plan:
    """The same order with these repairs."""
    again = choose.plan_of(CONFIG, plan.order.number, plan.fault or None)
    repairs.apply(again, [Intervention(kind, params, at) for at, kind, params in done], CONFIG.stream)
    return again


def codes(plan: Plan, after: datetime | None = None) -> set[str]:
    """The exceptions that will be true, of those that begin after a moment."""
    return {each.code for each in expectations(plan) if after is None or each.from_at > after}


def open_at(plan: Plan, at: datetime) -> set[str]:
    return {e.code for e in expectations(plan) if e.from_at <= at and (e.until_at is None or e.until_at > at)}


def first(plan: Plan, code: str) -> datetime:
    return next(each.from_at for each in expectations(plan) if each.code == code)


def shown(plan: Plan, kind: str, object_id: str = "") -> list:
    """The beliefs of one kind of object, in order."""
    return [
        step.belief for step in show.changes(plan)
        if isinstance(step, Change) and step.kind == kind and step.object_id.endswith(object_id)
    ]  # fmt: skip


def short(plan: Plan):
    """The delivery that was picked short, its line, and how much was found."""
    for leg in plan.legs:
        got = leg.picked_by(datetime.max.replace(tzinfo=plan.order.ordered_at.tzinfo))
        for line, qty in leg.lines.items():
            if got[line] < qty:
                return leg, line, got[line]
    raise AssertionError("nothing is short")


def reallocation(plan: Plan, at: datetime) -> list[tuple[datetime, str, dict]]:
    """What a short pick's repair writes: less in the old delivery, the rest in a new one from elsewhere."""
    leg, line, found = short(plan)
    rest = leg.lines[line] - found
    elsewhere = next(code for code in repairs.WAREHOUSES if code != leg.warehouse.code)
    return [
        (at, "delivery_qty", {"delivery": leg.number, "line": line, "qty": found}),
        (at, "delivery", {"delivery": "0080099001", "warehouse": elsewhere, "lines": {str(line): rest}}),
        (at, "reserve", {"delivery": "0080099001"}),
    ]


def test_a_promise_is_moved_in_sap_and_what_is_late_for_it_is_in_time():
    plan = plan_with("carrier_runs_late")
    at = first(plan, "carrier_cannot_meet_promise") + HOUR
    promised_at = plan.delivered_at + 2 * HOUR
    mended = repaired(plan, (at, "promise", {"promised_at": promised_at.isoformat()}))
    assert codes(mended) == set()
    assert shown(mended, "sales_orders")[-1].order.promised_at == promised_at
    assert shown(mended, "deliveries")[-1].promised_at == promised_at
    assert all(one.order.promised_at == plan.order.promised_at for one in shown(mended, "orders"))


def test_a_promise_that_is_moved_after_delivery_does_not_mend_the_lateness():
    """It is a fact; the promise that held when it arrived counts."""
    plan = plan_with("delivered_late")
    at = plan.delivered_at + HOUR
    mended = repaired(plan, (at, "promise", {"promised_at": (plan.delivered_at + HOUR).isoformat()}))
    assert "delivered_late" in codes(mended)


def test_what_is_missing_comes_for_a_later_promise():
    """A backorder: what SAP never confirmed, and what was taken off a delivery that was picked short."""
    never = plan_with("stock_shortfall")
    at, later = never.sap_created_at + 3 * HOUR, never.order.promised_at + 48 * HOUR
    waited = repaired(never, (at, "promise", {"promised_at": later.isoformat()}))
    assert codes(waited) == {"inventory_shortfall"}
    assert at < waited.delivered_at < later

    picked_short = plan_with("short_pick")
    at, later = first(picked_short, "inventory_short_pick") + HOUR, picked_short.order.promised_at + 48 * HOUR
    cut, told = reallocation(picked_short, at)[0], (at, "promise", {"promised_at": later.isoformat()})
    waited = repaired(picked_short, cut, told)
    assert codes(waited, after=at) == set()
    assert at < waited.delivered_at < later
    rest = reallocation(picked_short, at)
    sooner = repaired(picked_short, rest[0], told, *rest[1:])
    assert not any(leg.is_backorder for leg in sooner.legs)
    assert judged(picked_short, rest[1], rest[0], told, ailing=["inventory_short_pick"]) is None


def test_a_backorder_of_what_is_sold_out_comes_when_stock_does():
    """SAP makes the delivery by itself, for what is missing and no more, once there is stock again."""
    plan = plan_with("short_pick")
    at, later = first(plan, "inventory_short_pick") + HOUR, plan.order.promised_at + 96 * HOUR
    restocked_at = at + 72 * HOUR
    told = {"promised_at": later.isoformat(), "restocked_at": restocked_at.isoformat()}
    waited = repaired(plan, reallocation(plan, at)[0], (at, "promise", told))
    made = next(leg for leg in waited.legs if leg.is_backorder)
    leg, line, found = short(plan)
    assert made.created_at > restocked_at
    assert made.lines == {line: leg.lines[line] - found}
    assert waited.is_covered
    assert codes(waited, after=at) == set()
    assert not [step for step in show.changes(waited) if isinstance(step, Harm)]


def test_the_shops_promise_is_only_word_to_the_customer():
    plan = plan_with("carrier_runs_late")
    params = {"promised_at": plan.delivered_at.isoformat(), "system": "shop"}
    mended = repaired(plan, (plan.fault_at + HOUR, "promise", params))
    assert mended.promised_at == plan.order.promised_at
    assert mended.effects[0].startswith(repairs.NOTHING)


def test_a_short_pick_is_shipped_from_elsewhere():
    """The old delivery says what was picked, the rest comes in another; everything arrives, nothing twice."""
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    mended = repaired(plan, *reallocation(plan, at))
    assert "inventory_short_pick" not in codes(mended)
    made = mended.leg("80099001")
    assert made.created_at == at
    assert all(pick.at > at for pick in made.picks)
    assert made.delivered_at
    assert mended.delivered_at >= plan.delivered_at
    assert not [step for step in show.changes(mended) if isinstance(step, Harm)]
    leg, line, found = short(plan)
    item = next(one for one in shown(mended, "deliveries", leg.number)[-1].lines if one.order_line == line)
    assert (item.qty, item.original_qty) == (found, leg.lines[line])
    states = shown(mended, "sales_orders")
    assert states[-1].delivery_status == states[-1].billing_status == "C"


def test_a_delivery_that_the_warehouse_was_not_told_of_stays_where_it_is():
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    mended = repaired(plan, *reallocation(plan, at)[:2])
    made = mended.leg("0080099001")
    assert made.picks == made.scans == []
    assert mended.delivered_at is None
    assert {"carrier_handover_late", "milestone_stale", "open_past_promise"} <= codes(mended, after=at)


def test_a_delivery_can_be_called_off_and_deleted_until_something_is_picked():
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    number = {"delivery": "0080099001"}
    undone = repaired(
        plan, *reallocation(plan, at), (at + MINUTE, "unreserve", number), (at + MINUTE, "delete_delivery", number)
    )
    assert undone.leg("80099001") is None
    again = repaired(
        plan, *reallocation(plan, at), (at + MINUTE, "unreserve", number), (at + 5 * HOUR, "reserve", number)
    )
    assert min(pick.at for pick in again.leg("80099001").picks) > at + 5 * HOUR
    picked_at = repaired(plan, *reallocation(plan, at)).leg("80099001").picks[0].at
    late = repaired(
        plan, *reallocation(plan, at), (picked_at, "unreserve", number), (picked_at, "delete_delivery", number)
    )
    assert late.leg("80099001").delivered_at
    assert all(said.startswith(repairs.NOTHING) for said in late.effects[-2:])


def test_what_was_to_be_picked_later_is_not_picked_any_more():
    """Of a line that would have been made good, the delivery asks for no more."""
    plan = plan_with("short_pick_made_good")
    at = first(plan, "inventory_short_pick") + MINUTE
    leg = next(leg for leg in plan.legs if any(p.at > at for p in leg.picks) and leg.picks[0].at < at)
    line = max(leg.picks, key=lambda pick: pick.at).line
    found = leg.picked_by(at)[line]
    cut = repaired(plan, (at, "delivery_qty", {"delivery": leg.number, "line": line, "qty": found}))
    assert sum(p.qty for p in cut.leg(leg.number).picks if p.line == line) == found
    back = repaired(
        plan,
        (at, "delivery_qty", {"delivery": leg.number, "line": line, "qty": found}),
        (at + MINUTE, "delivery_qty", {"delivery": leg.number, "line": line, "qty": leg.lines[line]}),
    )  # fmt: skip
    assert back.leg(leg.number).picks == leg.picks


@pytest.mark.parametrize("fault", ["stock_shortfall", "stock_shortfall_restocked"])
def test_a_shortfall_ends_where_enough_lies_elsewhere(fault):
    plan = plan_with(fault, fits=lambda plan: len(plan.order.lines) > 1)
    at = plan.sap_created_at + 2 * HOUR
    line = plan.line(plan.shortfall_line)
    home = plan.place_of(line.number)
    place = next(code for code in repairs.WAREHOUSES if code != home.code)
    params = {"line": line.number, "warehouse": place, "available": line.qty}
    mended = repaired(plan, (at, "plant", params))
    assert codes(mended) == {"inventory_shortfall"}
    assert next(iter(expectations(mended))).until_at == at + repairs.STOCK_CHECK
    assert all(leg.created_at > at for leg in mended.legs)
    assert next(leg.warehouse.code for leg in mended.legs if line.number in leg.lines) == place
    assert mended.delivered_at < plan.order.promised_at
    last = shown(mended, "sales_orders")[-1]
    assert next(one.warehouse.code for one in last.lines if one.number == line.number) == place
    poor = repaired(plan, (at, "plant", params | {"available": line.qty - 1}))
    assert poor.effects[0].startswith(repairs.NOTHING)
    assert expectations(poor) == expectations(plan)


@pytest.mark.parametrize(
    ("fault", "code", "write"),
    [
        ("credit_block", "credit_hold", ("credit_release", {})),
        ("credit_block_for_good", "credit_hold", ("credit_release", {})),
        ("compliance_block", "compliance_hold", ("block", {"code": ""})),
    ],
)
def test_a_hold_is_released_and_the_deliveries_come(fault, code, write):
    plan = plan_with(fault)
    at = plan.sap_created_at + 3 * HOUR
    mended = repaired(plan, (at, *write))
    assert [(each.code, each.until_at) for each in expectations(mended)] == [(code, at)]
    assert min(leg.created_at for leg in mended.legs) > at
    assert mended.delivered_at < plan.order.promised_at
    last = shown(mended, "sales_orders")[-1]
    assert (last.delivery_block, last.process_status) == ("", "C")


def test_a_block_that_is_set_again_holds_what_was_not_delivered_yet():
    plan = plan_with("compliance_block")
    at = plan.sap_created_at + 3 * HOUR
    blocked = repaired(plan, (at, "block", {"code": ""}), (at + MINUTE, "block", {"code": "02"}))
    assert blocked.legs == []
    assert "compliance_hold" in open_at(blocked, at + HOUR)
    free = repaired(plan, (at, "block", {"code": ""}), (at + MINUTE, "block", {"code": "02"}), (at + HOUR, "block", {}))
    assert free.delivered_at


@pytest.mark.parametrize("fault", ["status_stuck_in_erp", "status_late_in_erp"])
def test_goods_issue_is_posted_and_taken_back(fault):
    plan = plan_with(fault)
    leg = next(
        leg for leg in plan.legs if leg.goods_issued_at is None or leg.goods_issued_at > leg.shipped.at + 12 * HOUR
    )
    at = first(plan, "shipment_status_mismatch") + HOUR
    mended = repaired(plan, (at, "goods_issue", {"delivery": leg.number}))
    assert open_at(mended, at) == set()
    last = shown(mended, "deliveries", leg.number)[-1]
    assert (last.goods_issued_at, last.goods_movement_status) == (at, "C")
    back = repaired(
        plan, (at, "goods_issue", {"delivery": leg.number}), (at, "reverse_goods_issue", {"delivery": leg.number})
    )
    assert expectations(back) == expectations(plan)


def test_goods_issue_is_taken_back_for_a_quantity_to_be_changed():
    """SAP's own goods issue, too: it is posted again afterwards, or the systems disagree."""
    plan = plan_with("short_pick")
    leg, line, found = short(plan)
    at, number = leg.goods_issued_at + HOUR, {"delivery": leg.number}
    steps = [(at, "reverse_goods_issue", number), (at, "delivery_qty", {**number, "line": line, "qty": found})]
    assert "shipment_status_mismatch" in codes(repaired(plan, *steps))
    again = repaired(plan, *steps, (at + MINUTE, "goods_issue", number))
    assert "shipment_status_mismatch" not in codes(again)
    assert judged(plan, steps[0], ailing=["inventory_short_pick"]) is None
    assert judged(plan, steps[0]) == "wrong_repair"


def test_a_price_is_right_when_the_sum_is_what_was_ordered():
    plan = plan_with("shop_price_differs")
    line, at = plan.order.lines[0], plan.sap_created_at + HOUR
    right = repaired(plan, (at, "price", {"line": line.number, "rate": str(line.unit_price)}))
    assert codes(right) == set()
    last = shown(right, "sales_orders")[-1]
    assert last.total_net_amount == plan.order.total_amount
    assert last.lines[0].net_amount == line.net_amount
    wrong = repaired(plan, (at, "price", {"line": line.number, "rate": str(line.unit_price + 1)}))
    assert wrong.sap_amount_off == Decimal(line.qty)
    assert codes(wrong) == {"price_mismatch"}


def test_a_wrong_proof_is_corrected_by_people_and_billed_after_finance():
    """Blocked while the proof contradicts; the carrier corrects it; the block then stands for want of a word alone."""
    plan = plan_with("pod_mismatch")
    at = first(plan, "pod_mismatch") + HOUR
    block, ask = (at, "billing_block", {"code": PROOF_BLOCK}), (at, "ticket", {"ticket_id": 1})
    assert codes(repaired(plan, block)) == {"pod_mismatch"}
    asked = repaired(plan, block, ask)
    corrected_at = first(asked, "billing_hold")
    assert at + 2 * HOUR <= corrected_at <= at + 6 * HOUR
    assert open_at(asked, corrected_at) == {"billing_hold"}
    said = shown(asked, "trackers")[-1]
    assert (said.signed_by, said.details[-1].postal_code) == (plan.order.customer.name, plan.order.customer.postal_code)
    assert (said.status, said.updated_at) == ("delivered", corrected_at)
    assert {one.billing_status for one in shown(asked, "sales_orders")} == {"A"}

    released_at = corrected_at + 40 * HOUR
    done = repaired(plan, block, ask, (released_at, "billing_block", {"code": ""}))
    assert open_at(done, released_at) == set()
    assert [one.billing_block for one in shown(done, "sales_orders")][-2:] == ["", ""]
    assert shown(done, "sales_orders")[-1].billing_status == "C"


def test_a_block_for_the_proof_is_harm_where_the_proof_agrees():
    wrong, clean = plan_with("pod_mismatch"), plan_with("proof_written_otherwise")
    at = first(wrong, "pod_mismatch") + HOUR
    block, lift = (at, "billing_block", {"code": PROOF_BLOCK}), (at + MINUTE, "billing_block", {"code": ""})
    assert judged(wrong, block, ailing=["pod_mismatch"]) is None
    assert judged(clean, block) == "wrong_repair"
    assert judged(clean, lift) == "wrong_repair"
    assert judged(wrong, lift, block) is None
    assert repaired(clean, lift).effects[0].startswith(repairs.NOTHING)


def test_a_forgotten_block_is_lifted_by_people():
    plan = plan_with("billing_block_forgotten")
    at = first(plan, "billing_hold") + HOUR
    mended = repaired(plan, (at, "ticket", {"ticket_id": 1}))
    assert [each.until_at for each in expectations(mended)] == [mended.billing.released_at]
    assert shown(plan, "sales_orders")[-1].billing_status == "A"
    assert shown(mended, "sales_orders")[-1].billing_status == "C"


@pytest.mark.parametrize(
    ("fault", "effect"),
    [
        ("return_not_received", "the warehouse finds what came back"),
        ("return_received_short", "the refund is taken back"),
        ("return_never_shipped", "the refund is taken back"),
        ("return_without_invoice", "finance lifts the billing block"),
    ],
)
def test_a_return_is_put_right_by_people(fault: str, effect: str):
    """The specialist has what is missing booked or billed, or takes the refund back; then nothing is wrong."""
    plan = plan_with(fault)
    at = first(plan, "return_not_eligible") + HOUR
    mended = repaired(plan, (at, "ticket", {"ticket_id": 1}))
    assert mended.effects[0].startswith(effect)
    ends = [each.until_at for each in expectations(mended) if each.code == "return_not_eligible"]
    assert ends
    assert all(end and at + 2 * HOUR <= end <= at + 7 * HOUR for end in ends)
    assert open_at(mended, max(ends)) == set()


def test_what_is_taken_back_is_closed_without_a_refund():
    """The returns system's last word of it: closed, no money out; until then it said refunded."""
    plan = plan_with("return_received_short")
    at = first(plan, "return_not_eligible") + HOUR
    mended = repaired(plan, (at, "ticket", {"ticket_id": 1}))
    before, last = exports(plan)[-1], exports(mended)[-1]
    assert (before.status, before.refunded_at) == ("closed", plan.returns[0].refunded_at)
    assert (last.status, last.refunded_at) == ("closed", None)
    assert [one.status for one in exports(plan)] == ["open", "approved", "received", "refunded", "closed"]


def exports(plan: Plan) -> list:
    """What the returns system exports, in order."""
    return [step.belief for step in show.changes(plan) if isinstance(step, Drop) and step.partner == "returns-main"]


def too_slow() -> tuple[Plan, datetime, tuple[datetime, str, dict]]:
    """A parcel with a slow label, an hour later, and the label that is in time."""
    plan = plan_with("carrier_books_too_slow")
    leg = next(leg for leg in plan.legs if leg.is_labelled_first)
    at = leg.scans[0].at + HOUR
    params = {"delivery": leg.number, "carrier": "USPS", "service": "Priority", "tracking_number": "94NEW", "days": 3}
    return plan, at, (at, "rebook", params)


def test_a_faster_label_meets_the_promise():
    plan, at, rebook = too_slow()
    old = next(leg.tracking_number for leg in plan.legs if leg.is_labelled_first)
    mended = repaired(plan, rebook, (at + MINUTE, "label_refunded", {"tracking_number": old}))
    assert codes(mended, after=at) == set()
    assert mended.delivered_at <= plan.order.promised_at
    leg = next(leg for leg in mended.legs if leg.is_labelled_first)
    assert (leg.carrier.code, leg.tracking_number) == ("USPS", "94NEW")
    trackers = {one.tracking_number: one for one in shown(mended, "trackers")}
    assert trackers["94NEW"].status == "delivered"
    assert trackers[old].status == "cancelled"
    assert not [step for step in show.changes(mended) if isinstance(step, Harm)]


def test_a_refunded_new_label_gives_the_old_one_back():
    plan, at, rebook = too_slow()
    back = repaired(plan, rebook, (at + MINUTE, "label_refunded", {"tracking_number": "94NEW"}))
    assert expectations(back) == expectations(plan)
    assert {one.tracking_number: one.status for one in shown(back, "trackers")}["94NEW"] == "cancelled"


def test_two_labels_for_one_parcel_are_a_double_effect():
    plan, _, rebook = too_slow()
    found = [step for step in show.changes(repaired(plan, rebook)) if isinstance(step, Harm)]
    assert [step.kind for step in found] == ["duplicate_effect"]


def test_a_label_for_a_parcel_that_has_left_changes_nothing():
    plan, _, (_, kind, params) = too_slow()
    at = plan.leg(params["delivery"]).shipped.at
    late = repaired(plan, (at, kind, params))
    assert expectations(late) == expectations(plan)
    assert late.effects[0].startswith(repairs.NOTHING)


def asked(plan: Plan, at: datetime) -> Plan:
    return repaired(plan, (at, "ticket", {"ticket_id": 900000001, "subject": "?", "tags": []}))


def test_a_ticket_is_solved_by_people_within_hours():
    plan = plan_with("carrier_eta_slips")
    at = plan.fault_at + HOUR
    (amend,) = asked(plan, at).amends
    assert 2 * HOUR <= amend.at - at <= 6 * HOUR
    assert (amend.object_id, amend.changes["status"]) == ("900000001", "solved")


def test_a_ticket_that_tells_the_customer_asks_nothing_of_people():
    plan = plan_with("missing_lines_for_good")
    params = {"ticket_id": 900000001, "tags": ["crossdock", "told-customer"]}
    told = repaired(plan, (plan.sap_created_at + HOUR, "ticket", params))
    assert len(told.amends) == 1
    assert expectations(told) == expectations(plan)


def test_people_complete_what_only_they_can():
    """An item that nobody knows, an order without lines, a parcel that is lost, goods of a cancelled order."""
    item = plan_with("unmapped_sku", fits=lambda plan: plan.order.channel == "edi")
    corrected = asked(item, item.order.ordered_at + HOUR)
    drops = [step for step in show.changes(corrected) if isinstance(step, Drop)]
    assert [drop.belief.parts[0] for drop in drops] == ["NEW-ITEM-9000", item.order.lines[0].item.edi_part]
    assert len({drop.belief.interchange_control_number for drop in drops}) == 2
    assert next(iter(expectations(corrected))).until_at == corrected.amends[0].at

    lines = plan_with("missing_lines_for_good")
    assert asked(lines, lines.sap_created_at + HOUR).delivered_at

    lost = plan_with("never_delivered")
    found = asked(lost, first(lost, "milestone_stale") + HOUR)
    assert found.delivered_at
    assert all(each.until_at for each in expectations(found) if each.code in ("milestone_stale", "open_past_promise"))

    cancelled = plan_with("cancelled_after_ship", fits=lambda plan: plan.delivered_at > plan.cancelled_at + 12 * HOUR)
    returned = asked(cancelled, cancelled.cancelled_at + MINUTE)
    assert "return_to_sender" in {one.status for one in shown(returned, "trackers")}
    assert "cancelled_after_shipping" in codes(returned)


def test_the_partner_accepts_what_it_gets_again():
    plan = plan_with("ack_missing")
    reply = repaired(plan, (plan.order.ordered_at + 30 * HOUR, "edi_resend", {})).reply
    assert reply.verdict == "A"
    assert HOUR <= reply.after <= 3 * HOUR


def test_what_has_happened_stays():
    """Whatever is done, all that was shown before is the same; what must be corrected is shown at once, and once."""
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    mended = repaired(plan, *reallocation(plan, at))
    events = [step for step in show.changes(mended) if isinstance(step, Change) and step.kind == "events"]
    before = [step for step in show.changes(plan) if isinstance(step, Change) and step.kind == "events"]
    assert [e for e in events if e.at <= at] == [e for e in before if e.at <= at]
    told = corrections(plan, mended, at)
    assert all(step.at == at + timedelta(microseconds=1) for step in told)
    changed = {(step.kind, step.object_id) for step in told if isinstance(step, Change)}
    assert changed == {("deliveries", short(plan)[0].number), ("deliveries", "0080099001")}
    assert corrections(mended, mended, at) == []


def test_stock_follows_the_repair():
    """What is taken off a delivery can be had again; what another is to bring is not."""
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    leg, line, found = short(plan)
    moves = [step for step in corrections(plan, repaired(plan, *reallocation(plan, at)), at) if isinstance(step, Move)]
    rest = leg.lines[line] - found
    assert {(move.warehouse == leg.warehouse.code, move.available) for move in moves} == {(True, rest), (False, -rest)}


# Harm --------------------------------------------------------------------------------------------------------------


def judged(plan: Plan, done: tuple[datetime, str, dict], *earlier: tuple[datetime, str, dict], ailing=()) -> str | None:
    """The kind of harm that the last repair does after the earlier ones."""
    at, kind, params = done
    past = [Intervention(name, given, when) for when, name, given in earlier]
    found = harm(Case(repaired(plan, *earlier), Intervention(kind, params, at), past, set(ailing)))
    return found and found[0]


def test_every_repair_is_judged():
    assert RULES.keys() == repairs.KINDS.keys()
    assert all(kind.does for kind in repairs.KINDS.values())


def test_repairs_of_what_is_wrong_are_no_harm():
    """The sequences that the faults above were mended with."""
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    steps = reallocation(plan, at)
    for n, step in enumerate(steps):
        assert judged(plan, step, *steps[:n], ailing=["inventory_short_pick"]) is None, step
    slow, when, rebook = too_slow()
    old = next(leg.tracking_number for leg in slow.legs if leg.is_labelled_first)
    assert judged(slow, rebook, ailing=["carrier_cannot_meet_promise"]) is None
    assert judged(slow, (when, "label_refunded", {"tracking_number": old}), rebook) is None
    assert judged(slow, (when, "label_refunded", {"tracking_number": "94NEW"}), rebook) is None


def clean() -> tuple[Plan, datetime]:
    """An order without a fault, some time after it was delivered by half."""
    plan = next(p for p in (choose.plan_of(CONFIG, choose.number_of(0, i)) for i in range(400)) if not p.fault)
    return plan, plan.legs[0].created_at


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("promise", {"promised_at": "2026-03-20T00:00:00+00:00"}),
        ("plant", {"line": 10, "warehouse": "DC-WEST", "available": 900}),
        ("delivery", {"delivery": "80099001", "warehouse": "DC-WEST", "lines": {"10": 1}}),
        ("block", {"code": ""}),
        ("block", {"code": "02"}),
        ("credit_release", {}),
        ("price", {"line": 10, "rate": "1.00"}),
        ("ticket", {"ticket_id": 1}),
        ("edi_resend", {}),
    ],
)
def test_a_repair_of_what_is_well_is_harm(kind, params):
    plan, at = clean()
    assert judged(plan, (at, kind, params)) == "wrong_repair"


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("delivery_qty", {"line": 10, "qty": 1}),
        ("goods_issue", {}),
        ("reverse_goods_issue", {}),
        ("delete_delivery", {}),
        ("unreserve", {}),
        ("rebook", {"carrier": "USPS", "service": "Priority", "tracking_number": "9", "days": 3}),
    ],
)
def test_a_change_of_a_good_delivery_is_harm(kind, params):
    plan, at = clean()
    assert judged(plan, (at, kind, params | {"delivery": plan.legs[0].number})) == "wrong_repair"


def test_the_same_twice_is_a_double_effect():
    """A reservation made again; goods sent beyond what was ordered; a second ticket."""
    plan = plan_with("short_pick")
    at = first(plan, "inventory_short_pick") + HOUR
    steps = reallocation(plan, at)
    assert judged(plan, steps[2], *steps) == "duplicate_effect"
    assert (
        judged(plan, (at, "ticket", {"is_second": True, "external_id": "case/1"}), ailing=["x"]) == "duplicate_effect"
    )
    twice = [(when, kind, params | {"delivery": "80099002"}) for when, kind, params in steps[1:]]
    assert judged(plan, twice[0], *steps, ailing=["inventory_short_pick"]) == "wrong_repair"
    sent = [step for step in show.changes(repaired(plan, *steps, *twice)) if isinstance(step, Harm)]
    assert [step.kind for step in sent] == ["duplicate_effect"]


def test_a_quantity_of_one_can_be_drawn():
    """A repair may deliver a single piece."""
    for seed in range(30):
        leg = draft.leg(
            CONFIG.stream(seed),
            1,
            repairs.WAREHOUSES["DC-EAST"],
            draft.catalogue.CARRIERS[0],
            {10: 1},
            CONFIG.starts_at,
        )
        assert [pick.qty for pick in leg.picks] == [1]
