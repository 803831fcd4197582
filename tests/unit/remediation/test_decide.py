"""Decisions, by example and by law: what is chosen, what is ruled out and why, who is asked."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.remediation.decide import Decision, decide, wants_quotes
from crossdock.remediation.facts import with_promised
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies import files
from decision_facts import CARRIER, case, late_parcel, order, policy, shipment, short_pick, stock


def decided(facts: dict, **given: object) -> Decision:
    return decide(facts, policy(**given), playbooks())


def commands(decision: Decision) -> list[str]:
    return [step.command.partition(".")[2] for step in decision.plan]


def why_not(decision: Decision, name: str) -> str:
    return "; ".join(next(one for one in decision.candidates if one.candidate.name == name).candidate.excluded_by)


# Where missing goods come from --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("available", "chosen"),
    [
        ({"EAST": 0, "WEST": 100, "SOUTH": 3}, "WEST"),
        ({"EAST": 0, "WEST": 3, "SOUTH": 100}, "SOUTH"),
        ({"EAST": 0, "WEST": 4, "SOUTH": 100}, "SOUTH"),  # WEST would be empty afterwards: less sure
        ({"EAST": 0, "WEST": 3, "SOUTH": 3}, "SOUTH + WEST"),
        ({"EAST": 50, "WEST": 1, "SOUTH": 1}, "later from EAST"),
        ({"EAST": 0, "WEST": 1, "SOUTH": 1}, "backorder"),
    ],
)
def test_missing_goods_come_from_the_best_place(available, chosen):
    """One warehouse before several, a sure one before one that would be empty, today before later."""
    assert decided(short_pick(**available)).name == chosen


def test_a_short_pick_is_reduced_and_the_rest_delivered_from_elsewhere():
    """The old delivery keeps what was picked; the new one is made, then reserved by the number SAP gives it."""
    decision = decided(short_pick(EAST=0, WEST=100, SOUTH=0))
    assert decision.outcome == "automatic"
    assert commands(decision) == ["set_delivery_quantity", "create_delivery", "reserve"]
    reduce, create, reserve = decision.plan
    assert reduce.payload == {"delivery": "800", "item": "10", "quantity": 6, "previous": 10}
    assert create.payload["items"] == [{"order_item": "10", "quantity": 4}]
    assert (create.payload["order"], create.payload["warehouse_plant"]) == ("400", "1720")
    assert reserve.payload["delivery"] == {"$reply": {"step": 2, "path": "delivery"}}
    assert create.compensation == {
        "command": "sap_s4.delete_delivery", "payload": {"delivery": {"$reply": {"step": 2, "path": "delivery"}}}
    }  # fmt: skip
    assert reserve.target[0]["expect"]["sum(lines[].quantity)"] == 4


def test_each_part_of_a_split_reserves_its_own_delivery():
    """The second warehouse's reservation names the second delivery, not the first."""
    decision = decided(short_pick(EAST=0, WEST=3, SOUTH=3))
    reserved = [step.payload["delivery"]["$reply"]["step"] for step in decision.plan if step.command == "epcis.reserve"]
    assert reserved == [2, 4]


def test_the_customer_is_told_where_the_promise_is_broken_and_only_there():
    """Promises move, and people are written to, when the new date is past the old one."""
    told = {"set_promise", "open_ticket"}
    late = short_pick() | {"order": order(promised_at="2026-03-05T00:00:00+00:00")}
    assert set(commands(decided(late))) >= told
    assert not set(commands(decided(short_pick()))) & told


def test_a_posted_goods_issue_is_reversed_for_the_change_and_posted_again():
    """SAP changes no quantity of an issued delivery; a billed one cannot be reversed, and goes to people."""
    facts = short_pick() | {"shipment": shipment(erp_status="shipped")}
    assert commands(decided(facts))[:3] == ["reverse_goods_issue", "set_delivery_quantity", "post_goods_issue"]
    billed = decided(facts | {"order": order(billing_status_code="invoiced")})
    assert (billed.outcome, billed.playbook) == ("person", "service_desk")
    assert "can only be credited" in billed.reason


@pytest.mark.parametrize(
    ("knobs", "is_regulated", "sentence"),
    [
        ({"excluded_warehouses": ["WEST"]}, False, "the policy takes nothing from WEST"),
        ({"not_for_regulated": ["WEST"]}, True, "WEST may not send regulated goods"),
    ],
)
def test_a_policy_rules_warehouses_out_and_says_so(knobs, is_regulated, sentence):
    """Stock in a place the policy does not allow is not taken."""
    facts = short_pick(EAST=0, WEST=100, SOUTH=20) | {"order": order(is_regulated=is_regulated)}
    decision = decided(facts, knobs=knobs)
    assert decision.name == "SOUTH"
    assert why_not(decision, "WEST") == sentence


def test_a_shortfall_moves_the_whole_line_or_waits():
    """An item has one plant: no split; what is on a delivery already cannot move."""
    facts = short_pick(EAST=2, WEST=6, SOUTH=6) | {"shipment": None, "shipment_line": None}
    facts["line"] = facts["line"] | {"allocated_qty": 0}
    given = {"exceptions": ["inventory_shortfall"], "playbooks": ["move_line"]}
    decision = decided(facts, **given)
    assert decision.name == "backorder"
    assert "has one plant" in why_not(decision, "SOUTH + WEST")
    rich = facts | {"stock": stock(EAST=2, WEST=60, SOUTH=6)}
    assert commands(decided(rich, **given))[0] == "set_item_plant"
    rich["line"] = facts["line"] | {"allocated_qty": 2}
    assert decided(rich, **given).name == "backorder"


def nowhere() -> dict:
    """A short pick of which nobody has the rest, promised for a day that cannot be kept."""
    return short_pick(EAST=0, WEST=0, SOUTH=0)


def test_a_backorder_is_proved_when_the_erp_has_delivered_the_rest():
    """The repair waits for the ERP until stock is expected and handled, and no longer; other ways wait for nothing."""
    given = {"knobs": {"restock_days": 7, "handling_hours": 24}}
    decision = decided(nowhere(), **given)
    assert decision.name == "backorder"
    reduce = decision.plan[0]
    assert reduce.target[1] == {
        "partner_id": "sap", "kind": "sales_order", "id": "400",
        "expect": {"items[?item=='10'].delivery_status | [0]": "C"}, "within": "192 hours",
    }  # fmt: skip
    assert len(decided(short_pick(), **given).plan[0].target) == 1

    line = nowhere() | {"shipment": None, "shipment_line": None}
    waits = decided(line, exceptions=["inventory_shortfall"], playbooks=["move_line"], **given)
    assert [one.get("within") for one in waits.plan[0].target] == [None, "192 hours"]


@pytest.mark.parametrize("promised", ["2026-03-04T00:00:00+00:00", "2026-12-01T00:00:00+00:00", None])
@pytest.mark.parametrize("is_cut", [False, True])
def test_whoever_waits_for_stock_waits_for_one_proof(promised, is_cut):
    """Also where an earlier attempt has cut the delivery; what has no step to hang the proof on is no way at all."""
    facts = nowhere() | {"order": order(promised_at=promised)}
    if is_cut:
        facts["case"] = case(attempt=1, next_attempt=2, chosen_before=["WEST"])
        facts["shipment_line"] = facts["shipment_line"] | {"delivery_qty": 6}
        facts["line"] = facts["line"] | {"allocated_qty": 6}
    decision = decided(facts, attempts=3)
    if is_cut and promised != "2026-03-04T00:00:00+00:00":
        assert decision.outcome == "person"
        assert why_not(decision, "backorder") == "it changes nothing"
        return
    assert decision.name == "backorder"
    delivered = {"items[?item=='10'].delivery_status | [0]": "C"}
    proofs = [one for step in decision.plan for one in step.target if one["expect"] == delivered]
    assert [(one["kind"], one["id"], "within" in one) for one in proofs] == [("sales_order", "400", True)]


def test_a_customer_is_not_let_wait_twice():
    """Stock that did not come is not waited for again: another warehouse that has some by now, or people."""
    again = nowhere() | {"case": case(attempt=1, next_attempt=2, chosen_before=["backorder"])}
    again["shipment_line"] = again["shipment_line"] | {"delivery_qty": 6}
    again["line"] = again["line"] | {"allocated_qty": 6}
    decision = decided(again)
    assert decision.outcome == "person"
    assert "waited for stock once" in why_not(decision, "backorder")
    came = decided(again | {"stock": stock(EAST=0, WEST=100, SOUTH=0)})
    assert commands(came)[:2] == ["create_delivery", "reserve"]
    assert came.plan[0].payload["items"] == [{"order_item": "10", "quantity": 4}]


def test_nothing_is_sent_where_nothing_is_missing():
    """What was found after all, or is on other deliveries by now, is not sent again."""
    decision = decided(short_pick(picked=10))
    assert (decision.outcome, decision.playbook) == ("person", "service_desk")
    assert "nothing of it is missing" in decision.reason


# Carriers and dates -------------------------------------------------------------------------------------------------


def test_the_cheapest_approved_carrier_that_is_in_time_is_booked():
    """Cheaper ones are too late or not approved; the old label goes back last."""
    facts = late_parcel(("UPS", "Ground", "7.00", 9), ("Odd", "Fast", "1.00", 1), ("USPS", "Priority", "8.00", 3),
                        ("UPS", "Air", "30.00", 1))  # fmt: skip
    decision = decided(facts, **CARRIER)
    assert decision.name == "USPS Priority"
    assert "after the promise" in why_not(decision, "UPS Ground")
    assert why_not(decision, "Odd Fast") == "the policy does not book ODD"
    assert commands(decision) == ["buy", "set_tracking", "refund"]
    assert decision.plan[1].payload["tracking_number"] == {"$reply": {"step": 1, "path": "tracking_number"}}
    assert decision.plan[2].payload == {"shipment_id": "shp_old"}


@pytest.mark.parametrize(
    "facts",
    [
        late_parcel(("UPS", "Ground", "7.00", 9)),
        late_parcel(("UPS", "Air", "7.00", 1), handed_over_at="2026-03-02T08:00:00+00:00"),
    ],
    ids=["no carrier in time", "the carrier has it"],
)
def test_where_no_carrier_is_in_time_everybody_is_told_the_new_date(facts):
    """ERP, shop and customer get the day after which the carrier expects to have delivered."""
    decision = decided(facts, **CARRIER)
    assert decision.playbook == "tell_new_date"
    assert [step.command for step in decision.plan] == [
        "sap_s4.set_promise", "shopify.set_promise", "zendesk.open_ticket"
    ]  # fmt: skip
    assert decision.plan[0].payload["date"] == "2026-03-12"


@pytest.mark.parametrize(
    ("code", "promised", "chosen"),
    [
        ("carrier_handover_late", "2026-03-20T00:00:00+00:00", "the promise stands"),
        ("carrier_handover_late", "2026-03-04T00:00:00+00:00", "by rule"),
        ("open_past_promise", "2026-03-01T00:00:00+00:00", "by rule"),
    ],
)
def test_a_promise_that_can_be_kept_stands(code, promised, chosen):
    """A late hand-over breaks no promise by itself; where no carrier says when, the rule does."""
    facts = short_pick() | {"case": case(lead_code=code), "order": order(promised_at=promised)}
    assert decided(facts, exceptions=[code], playbooks=["tell_new_date"]).name == chosen


@pytest.mark.parametrize(
    ("promised", "said"),
    [
        ("2026-03-20T00:00:00+00:00",
         "Order 1000 leaves later than planned, but the promise stands: it will arrive by 2026-03-20."),
        ("2026-03-04T00:00:00+00:00",
         "Order 1000 is later than we promised. It will arrive by 2026-03-08. We are sorry for the delay."),
        (None, "Order 1000 has a date now: it will arrive by 2026-03-08."),
    ],
    ids=["it stands", "it moves", "there was none"],
)  # fmt: skip
def test_the_customer_is_told_what_is_true(promised, said):
    """Only who gets it later than promised reads so, and an apology."""
    facts = short_pick() | {"case": case(lead_code="carrier_handover_late"), "order": order(promised_at=promised)}
    told = decided(facts, exceptions=["carrier_handover_late"], playbooks=["tell_new_date"]).plan[-1]
    assert (told.command, told.payload["body"]) == ("zendesk.open_ticket", said)


def test_rates_that_cannot_be_read_are_waited_for():
    """A flake of the gateway is no reason to choose otherwise."""
    facts = late_parcel()
    assert decided(facts | {"quotes": {"error": "503"}}, **CARRIER).outcome == "wait"
    assert wants_quotes(facts | {"quotes": None}, policy(**CARRIER), playbooks())
    with_carrier = late_parcel(handed_over_at="2026-03-02T08:00:00+00:00") | {"quotes": None}
    assert not wants_quotes(with_carrier, policy(**CARRIER), playbooks())


# Who is asked -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "changed", "because"),
    [
        ({"value_from": "100.00"}, {}, "the order is worth 100.00 or more"),
        ({"cost_from": "9.00"}, {}, "it is about 9.00 or more"),
        ({"tiers": ["gold"]}, {"customer_tier": "gold"}, "the customer is of tier gold"),
        ({"kinds": ["one_warehouse"]}, {}, "it is a one warehouse"),
        ({"regulated": True}, {"is_regulated": True}, "the goods are regulated"),
        ({"confidence_below": "0.96"}, {}, "the confidence is 0.95"),
        ({"always": True}, {}, "the policy always asks"),
    ],
)
def test_each_condition_asks_a_person(rule, changed, because):
    """With the condition a question, without it none."""
    facts = short_pick() | {"order": order(**changed)}
    asked = decided(facts, approval={"may_answer": ["warehouse"], **rule})
    assert asked.outcome == "approval"
    assert because in asked.reason
    assert "4 x A of order 1000" in asked.question
    assert asked.plan
    assert decided(facts, approval={"may_answer": ["warehouse"]}).outcome == "automatic"


def test_an_unknown_tier_is_said_and_may_be_asked_about():
    """It costs what a customer of no tier costs; the reason says that nobody knows it."""
    facts = short_pick() | {"order": order(customer_tier="unknown")}
    decision = decided(facts)
    assert decision.outcome == "automatic"
    assert "nobody knows the customer's tier" in decision.reason
    asked = decided(facts, approval={"may_answer": ["customer_service"], "tiers": ["unknown"]})
    assert (asked.outcome, "the customer is of tier unknown" in asked.reason) == ("approval", True)
    assert "tier" not in decided(short_pick()).reason


@pytest.mark.parametrize(
    ("case_is", "rule", "reason"),
    [
        ({"attempt": 2}, None, "2 of 2 attempts did not do it"),
        ({"handed_back_by": "reject"}, None, "somebody who may said no"),
        ({"handed_back_by": "expire"}, None, "nobody answered in time"),
    ],
)
def test_people_get_what_was_tried_or_refused(case_is, rule, reason):
    """A ticket once; after it the case stays with its queue."""
    facts = short_pick() | {"case": case(**case_is)}
    decision = decided(facts)
    assert (decision.outcome, decision.reason, commands(decision)) == ("person", reason, ["open_ticket"])
    assert reason in decision.plan[0].payload["body"]
    again = decided(facts | {"case": case(**case_is, has_ticket=True)})
    assert (again.outcome, again.plan) == ("person", ())


def test_a_question_that_lapsed_may_be_asked_again():
    """Where the policy says so."""
    facts = short_pick() | {"case": case(handed_back_by="expire")}
    rule = {"may_answer": ["warehouse"], "always": True, "on_timeout": "ask_again"}
    assert decided(facts, approval=rule).outcome == "approval"


def test_a_partner_of_another_type_is_not_told_what_it_does_not_understand():
    """A playbook for SAP is no playbook for another ERP: people get it."""
    facts = short_pick()
    facts["partners"] = facts["partners"] | {"erp": facts["partners"]["erp"] | {"system_type": "tryton"}}
    decision = decided(facts)
    assert decision.outcome == "person"
    assert "tryton" in decision.reason


# Laws ---------------------------------------------------------------------------------------------------------------

quantities = st.integers(0, 30)
worlds = st.fixed_dictionaries({"EAST": quantities, "WEST": quantities, "SOUTH": quantities})


@given(available=worlds, picked=st.integers(0, 9), knobs=st.fixed_dictionaries({"parcel_cost": st.integers(0, 99)}))
@settings(deadline=None, max_examples=150)
def test_what_is_chosen_is_not_ruled_out_and_is_all_that_is_missing(available, picked, knobs):
    """Whatever lies where: sources have what is taken from them and add up; the same facts decide the same."""
    facts = short_pick(picked=picked, **available)
    decision = decided(facts, knobs=knobs)
    assert decision.chosen.candidate.excluded_by == ()
    sources = decision.chosen.candidate.choice["sources"]
    assert all(source["quantity"] <= available[source["warehouse_code"]] for source in sources)
    assert sum(source["quantity"] for source in sources) == (10 - picked if sources else 0)
    assert decided(copy.deepcopy(facts), knobs=knobs) == decision
    best = max(one.score for one in decision.candidates if not one.candidate.excluded_by)
    assert decision.chosen.score == best


@given(available=worlds, picks=st.lists(st.integers(0, 9), min_size=2, max_size=6))
@settings(deadline=None, max_examples=100)
def test_lines_that_share_an_item_never_take_more_than_there_is(available, picks):
    """One after the other, each sees what those before it were promised."""
    taken: list[tuple[int, str, str, Decimal]] = []
    for number, picked in enumerate(picks, 1):
        facts = with_promised(short_pick(case_id=number, picked=picked, **available), taken)
        for source in decided(facts).chosen.candidate.choice["sources"]:
            taken.append((number, "A", source["warehouse_code"], Decimal(source["quantity"])))
    for code, qty in available.items():
        assert sum(row[3] for row in taken if row[2] == code) <= qty


BELIEFS = {"wms": "warehouse", "sap": "erp", "post": "carrier", "shop": "shop"}


PROOF = {"exceptions": ["pod_mismatch"], "playbooks": ["hold_billing"]}


def contradicted(**given: object) -> dict:
    """An order whose proof of delivery contradicts it, at an ERP that blocks billing with ZP."""
    about = case(lead_code="pod_mismatch", subject_id="o", owner_queue="finance")
    return short_pick() | {"case": about, "order": order(**given), "erp_holds": {"proof": "ZP"}, "line": None}


def test_a_contradicting_proof_holds_the_billing_and_asks_people():
    """Block first, then the ticket; the block is a safeguard that counts only as long as the mismatch does."""
    decision = decided(contradicted(), **PROOF)
    assert (decision.outcome, commands(decision)) == ("automatic", ["set_billing_block", "open_ticket"])
    block, ticket = decision.plan
    assert block.payload == {"order": "400", "code": "ZP"}
    assert [(one["expect"]["billing_block"], one["while_found"]) for one in block.target] == [("ZP", True)]
    assert {"finance", "customer_service"} <= set(ticket.payload["tags"])


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        (contradicted(billing_status_code="invoiced"), "it is billed"),
        (contradicted() | {"erp_holds": {"compliance": "02"}}, "no block for a proof of delivery"),
    ],
)
def test_what_cannot_be_held_goes_to_people(facts, because):
    """A bill that is out, and an ERP whose block nobody has mapped: a ticket that says so."""
    decision = decided(facts, **PROOF)
    assert (decision.outcome, commands(decision)) == ("person", ["open_ticket"])
    assert because in decision.plan[0].payload["body"]


def mismatch(said_by: str, behind: str) -> dict:
    """A shipment that some systems say has left and some say has not; the others have said nothing."""
    words = [(one, "shipped") for one in said_by.split()] + [(one, "packed") for one in behind.split()]
    evidence = {
        "beliefs": [{"believed_by": one, "role_code": BELIEFS[one], "status_code": word} for one, word in words],
        "disagreements": [
            {"status_code": "shipped", "said_by": sayer, "not_by": other, "whose_word_counts": "warehouse"}
            for sayer in said_by.split() for other in behind.split()
        ],
    }  # fmt: skip
    return short_pick() | {"case": case(lead_code="shipment_status_mismatch", evidence=evidence), "shipment_line": None}


@pytest.mark.parametrize(
    ("said_by", "behind", "outcome", "said"),
    [
        ("wms post", "sap", "automatic", "the one thing to do"),
        ("wms", "sap shop", "automatic", "the one thing to do"),
        ("wms", "sap post", "approval", "wms; but post has it announced and not in hand."),
        ("post", "sap", "approval", "post; but the warehouse, whose word counts, has said nothing of it."),
        ("shop", "sap wms", "person", "the warehouse, whose word counts, does not say that it left"),
        ("wms sap", "shop", "person", "sap is not the one that lags behind"),
    ],
    ids=[
        "two say so",
        "the record alone",
        "the carrier objects",
        "the record is silent",
        "the record says no",
        "not ERP",
    ],
)
def test_goods_issue_is_posted_unasked_only_where_it_is_sure(said_by, behind, outcome, said):
    """The policy as it comes asks in doubt: a silent warehouse, or a carrier that waits for the parcel."""
    comes = next(one for one in files.read_all() if one.policy == "status_mismatch")
    decision = decide(mismatch(said_by, behind), comes, playbooks())
    assert decision.outcome == outcome
    assert said in (decision.question or decision.reason)
    if outcome == "approval":
        assert "asked because the confidence is 0.5, below 0.6" in decision.reason
        assert decision.question.startswith("May goods issue be posted for delivery 800? That it left says ")
