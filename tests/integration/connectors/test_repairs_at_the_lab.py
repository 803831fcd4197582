"""Whole repairs at the lab's systems, over HTTP and under the shared gate: sent, read back, taken back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from acting_rig import Acting
from crossdock.core.settings import settings
from crossdock.onboarding.load import sync
from crossdock.remediation.outbox import Effort, send_ready
from crossdock.remediation.plan import Planned, reply_of
from crossdock.remediation.systems import Systems
from crossdock.remediation.verify import Verified, verify_ready
from crossdock_lab.connections import connections

pytestmark = pytest.mark.usefixtures("fresh_order")
ORDER, DELIVERY, ITEM = "1", "82000001", "10"
QUANTITY = "items[?item=='10'].quantity | [0]"
EFFORT = Effort(first_wait=0.01, longest_wait=0.1, lease=0, tries=30)
HTTP = {"attempts": 2, "first_wait": 0.01, "longest_wait": 0.1, "read_seconds": 2.0}


def less(quantity: int, before: int) -> Planned:
    """SAP: the delivery carries so much of its first item."""
    return Planned(
        "sap_s4.set_delivery_quantity",
        "sap-main",
        {"delivery": DELIVERY, "item": ITEM, "quantity": quantity, "previous": before},
        [{"partner_id": "sap-main", "kind": "delivery", "id": DELIVERY, "expect": {QUANTITY: quantity}}],
        {
            "command": "sap_s4.set_delivery_quantity",
            "payload": {"delivery": DELIVERY, "item": ITEM, "quantity": reply_of(1, "previous")},
        },
    )


def elsewhere(quantity: int) -> Planned:
    """SAP: the rest comes from another plant, by a delivery whose number only the reply says."""
    made = reply_of(2, "delivery")
    return Planned(
        "sap_s4.create_delivery",
        "sap-main",
        {
            "order": ORDER,
            "warehouse_plant": "1720",
            "items": [{"order_item": ITEM, "quantity": quantity}],
            "reference": "cd-1",
        },
        [{"partner_id": "sap-main", "kind": "delivery", "id": made, "expect": {"order": ORDER, "plant": "1720"}}],
        {"command": "sap_s4.delete_delivery", "payload": {"delivery": made}},
    )


def ticket() -> Planned:
    """Zendesk: the customer is told."""
    return Planned(
        "zendesk.open_ticket",
        "zendesk",
        {"external_id": "crossdock/case/1", "subject": "Later", "body": "It comes later.", "priority": "normal",
         "tags": ["crossdock"]},
        [{"partner_id": "zendesk", "kind": "ticket", "id": reply_of(3, "ticket"),
          "expect": {"external_id": "crossdock/case/1"}}],
        None,
    )  # fmt: skip


@pytest.fixture
def repairs(lab, database, tmp_path, monkeypatch):
    """The product's database with the demo's partners, whose systems are the lab's."""
    for conn_id, given in connections(lab.dsn, lab.base, "127.0.0.1", 0).items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(given))
    made = Acting(database, tmp_path / "unused.sqlite")
    with made.connect() as connection:
        sync(connection, settings().partner_dirs)
        connection.execute("update ref.partners set settings = settings || %s", [json.dumps({"http": HTTP})])
        connection.execute("update ref.feeds set is_active = false")  # nothing is polled here
    yield made
    made.close()


def before(lab) -> int:
    commands = lab.commands("sap_s4")
    shown = commands.read("delivery", DELIVERY)
    commands.close()
    return next(item["quantity"] for item in shown["items"] if item["item"] == ITEM)


def carried_out(repairs, case_id: int) -> None:
    """Run the outbox until the case is no longer acting."""
    with Systems(repairs.dsn["app"]) as systems:
        for _ in range(200):
            send_ready(repairs.connect, 10, systems.commands, effort=EFFORT)
            if repairs.state(case_id) != "acting":
                return
    raise AssertionError(f"{repairs.states(case_id)} after two hundred runs")


def verified(repairs) -> Verified:
    with Systems(repairs.dsn["app"]) as systems:
        return verify_ready(repairs.connect, 10, systems.commands)


def test_a_repair_over_an_unreliable_network_has_each_effect_once(lab, repairs):
    """Answers are lost after the effect, calls fail before it: one effect a step, all of them read back."""
    was = before(lab)
    case_id = repairs.case()
    repairs.decide(case_id, [less(was - 1, was), elsewhere(1), ticket()])
    lab.misbehave("sap", "unanswered", times=2, seconds=0.1, method="PATCH")
    lab.misbehave("sap", "unanswered", times=2, seconds=0.1, method="POST")
    lab.misbehave("zendesk", "unanswered", times=2, seconds=0.1, method="POST")
    lab.misbehave("sap", "error", probability=0.2, seed=3)
    carried_out(repairs, case_id)
    assert repairs.state(case_id) == "verifying"
    repairs.clear(case_id)
    for _ in range(20):
        if verified(repairs).resolved:
            break
        repairs.later(minutes=10)
    assert repairs.state(case_id) == "resolved"
    assert before(lab) == was - 1
    taken = lab.taken()  # a delivery is made by two calls: its head, then its quantities
    assert len(taken) == len(set(taken)) == 4
    assert [kind for _, kind, _ in lab.interventions()] == ["delivery_qty", "delivery"]


def test_a_delivery_that_is_taken_back_is_known_to_be_gone(lab, repairs):
    """The order has no room for a second delivery: the first is deleted again, and nothing rests on it any more."""
    was = before(lab)
    case_id = repairs.case()
    second = replace(elsewhere(99), payload=elsewhere(99).payload | {"reference": "cd-2"})
    repairs.decide(case_id, [less(was - 1, was), elsewhere(1), second])
    carried_out(repairs, case_id)
    assert repairs.state(case_id) == "reopened"
    with repairs.connect() as connection:
        found = connection.execute("select native_id, learnt_from from raw.gone order by length(native_id)").fetchall()
    number = lab.interventions()[-2][2]["delivery"]
    assert [native_id for native_id, _ in found] == [number.lstrip("0"), number]
    assert {learnt_from.split("/")[0] for _, learnt_from in found} == {f"case-{case_id}"}


def test_a_repair_that_cannot_be_finished_leaves_the_system_as_it_was(lab, repairs):
    """SAP refuses the second delivery (more than is open): the first change is taken back, nobody is told."""
    was = before(lab)
    case_id = repairs.case()
    repairs.decide(case_id, [less(was - 1, was), elsewhere(99), ticket()])
    lab.misbehave("sap", "unanswered", times=1, seconds=0.1, method="PATCH")
    carried_out(repairs, case_id)
    assert repairs.state(case_id) == "reopened"
    assert repairs.states(case_id) == ["compensated", "failed", "cancelled", "acknowledged"]
    assert before(lab) == was
    assert lab.sql("select count(*) from lab.writes where system = 'zendesk'") == [(0,)]


def test_what_somebody_changes_afterwards_is_seen(lab, repairs):
    """Everything was acknowledged; then SAP shows the old quantity: not resolved, decided anew."""
    was = before(lab)
    case_id = repairs.case()
    repairs.decide(case_id, [replace(less(was - 1, was), compensation=None)])
    carried_out(repairs, case_id)
    repairs.clear(case_id)
    commands = lab.commands("sap_s4")
    commands.do("set_delivery_quantity", {"delivery": DELIVERY, "item": ITEM, "quantity": was}, idempotency_key="hand")
    commands.close()
    assert verified(repairs) == Verified(disagreed=1)
    seen = repairs.row("select seen from ops.verifications where not agrees")[0]
    assert seen == {QUANTITY: was}
