"""One fault, however many views see it, is one case."""

from __future__ import annotations

import time

import pytest


def test_a_detection_opens_a_case(ground):
    """Nothing explains it: a case of its own, with everything filled that people look at."""
    ground.order("1")
    found = ground.found(
        "inventory_short_pick", subject="d1#1", sku="S-1", uom_code="PCE", picked_qty=3.0, delivery_qty=5.25
    )
    assert ground.drain().opened == 1
    case = ground.case_of(found)
    assert ground.cases() == [(case, "inventory_short_pick", "open")]
    assert ground.history(case) == ["open"]
    row = """
        select title, severity, owner_queue, next_action, next_actor, sla_due_at - since_at, opened_as_of
        from ops.cases
    """
    title, *rest, waits, opened = ground.rows(row)[0]
    assert title == "Order 1: line S-1 short picked, 3 of 5.25 PCE"
    assert rest == ["high", "warehouse", "Decide what to do", "crossdock"]
    assert (waits.total_seconds() / 3600, opened.isoformat()) == (8, "2026-01-10T12:00:00+00:00")
    assert ground.drain().claimed == 0


@pytest.mark.parametrize("order_of_arrival", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
@pytest.mark.parametrize("at_once", [True, False])
def test_several_views_of_one_fault_are_one_case(ground, order_of_arrival, at_once):
    """A shortfall, what follows from it and what follows from that, in any order, in one drain or in four."""
    codes = ["inventory_shortfall", "carrier_handover_late", "carrier_cannot_meet_promise", "open_past_promise"]
    subjects = ["1/1", "s1", "s1", "1"]
    for i in order_of_arrival:
        ground.found(codes[i], subject=subjects[i])
        if not at_once:
            ground.drain()
    ground.drain()
    living = [(lead, state) for _, lead, state in ground.cases() if state != "closed"]
    assert living == [("inventory_shortfall", "open")]
    assert ground.rows("select count(*), count(distinct case_id) from ops.case_symptoms") == [(4, 1)]


def test_two_faults_of_one_order_are_two_cases(ground):
    """Neither explains the other: two short lines, and a price; what both lines explain joins the first of them."""
    first = ground.found("inventory_short_pick", subject="d1#1")
    ground.found("inventory_short_pick", subject="d1#2")
    ground.found("price_mismatch")
    late = ground.found("open_past_promise")
    assert ground.drain().opened == 3
    assert ground.case_of(late) == ground.case_of(first)


def test_a_late_promise_does_not_bind_two_lines_together(ground):
    """The symptom came first; of the two causes found later one leads its case, the other has one of its own."""
    ground.found("open_past_promise")
    ground.drain()
    ground.found("inventory_shortfall", subject="1/1")
    ground.found("inventory_shortfall", subject="1/2")
    ground.drain()
    assert [lead for _, lead, _ in ground.cases()] == ["inventory_shortfall", "inventory_shortfall"]


def test_what_happens_to_one_shipment_explains_nothing_of_another(ground):
    """A late hand-over of one parcel is not why the carrier is late with the other."""
    ground.found("carrier_handover_late", subject="s1")
    ground.found("carrier_cannot_meet_promise", subject="s1")
    ground.found("carrier_cannot_meet_promise", subject="s2")
    assert (ground.drain().opened, len(ground.cases())) == (2, 2)


def test_orders_are_kept_apart(ground):
    """The same two exceptions on two orders are two cases."""
    for order in "12":
        ground.found("credit_hold", order)
        ground.found("open_past_promise", order)
    assert ground.drain().opened == 2


def test_causes_that_explain_each_other_lose_nothing(ground):
    """An operator who writes a circle into ref.symptom_of gets more cases, and every detection is in one."""
    ground.app.execute(
        "insert into ref.symptom_of (symptom_code, cause_code) values ('credit_hold', 'compliance_hold'), "
        "('compliance_hold', 'credit_hold')"
    )
    found = [ground.found("credit_hold"), ground.found("compliance_hold")]
    ground.drain()
    assert None not in [ground.case_of(one) for one in found]


def test_the_cause_takes_the_lead_until_somebody_acts(ground):
    """Title, severity and queue follow the cause; a case that is acting keeps what it acts on."""
    late = ground.found("open_past_promise", "1", promised_at="2026-01-10T09:00:00+00:00")
    kept = ground.found("open_past_promise", "2")
    ground.drain()
    ground.move(ground.case_of(kept), "triage", "act")
    ground.found("compliance_hold", "1")
    ground.found("compliance_hold", "2")
    ground.drain()
    row = "select lead_code, severity, owner_queue, state from ops.cases where case_id = %s"
    case = ground.case_of(late)
    assert ground.rows(row, case) == [("compliance_hold", "critical", "compliance", "open")]
    assert ground.rows(row, ground.case_of(kept)) == [("open_past_promise", "high", "customer_service", "acting")]
    assert ground.history(case) == ["open", "symptom", "lead"]


def test_what_is_settled_is_settled_anew_when_the_cause_appears(ground):
    """The triaged case is open again: whoever decides sees another exception."""
    late = ground.found("open_past_promise")
    ground.drain()
    case = ground.case_of(late)
    ground.move(case, "triage")
    ground.found("credit_hold")
    ground.drain()
    assert ground.cases() == [(case, "credit_hold", "open")]
    assert ground.history(case)[-1] == "change"


def test_a_symptom_leads_when_the_cause_has_cleared(ground):
    """The stock came, the promise has passed all the same."""
    cause, symptom = ground.found("inventory_shortfall", subject="1/1"), ground.found("open_past_promise")
    ground.drain()
    ground.cleared(cause)
    assert ground.drain().vanished == 0
    assert ground.cases() == [(ground.case_of(symptom), "open_past_promise", "open")]


@pytest.mark.parametrize("why", [{"customer_tier": "gold"}, {"is_regulated": True}])
def test_who_matters_more_waits_less(ground, why):
    """One severity higher, and its time to resolve; an ordinary customer's is the catalogue's."""
    ground.order("1", **why)
    ground.order("2", customer_tier="silver")
    ground.found("price_mismatch", "1")
    ground.found("price_mismatch", "2")
    ground.drain()
    found = ground.rows("select severity, sla_due_at - since_at from ops.cases order by order_id")
    assert [(s, t.total_seconds() / 3600) for s, t in found] == [("high", 8), ("medium", 24)]


def test_changed_evidence_is_noted_once(ground):
    """Twice changed before anybody looked is one change; the same again is none; the title follows."""
    found = ground.found("inventory_shortfall", subject="1/1", sku="S", ordered_qty=5, confirmed_qty=1)
    ground.drain()
    case = ground.case_of(found)
    for confirmed in (2, 3):
        ground.changed(found, sku="S", ordered_qty=5, confirmed_qty=confirmed)
    ground.drain()
    ground.changed(found, sku="S", ordered_qty=5, confirmed_qty=3)
    ground.drain()
    assert ground.history(case) == ["open", "evidence"]
    assert ground.rows("select title from ops.cases") == [("Line S short of stock, 3 of 5 confirmed",)]


def test_a_drain_costs_what_changed(ground):
    """A thousand detections are taken at once; among their cases, one more costs a fraction of them."""
    with ground.app.transaction():
        for n in range(500):
            ground.found("inventory_short_pick", str(n), f"d{n}#1")
            ground.found("open_past_promise", str(n))
    begun = time.monotonic()
    assert ground.drain().opened == 500
    many = time.monotonic() - begun
    ground.found("credit_hold", "new")
    begun = time.monotonic()
    assert ground.drain().claimed == 1
    assert time.monotonic() - begun < many
