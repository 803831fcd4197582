"""A small world's exceptions, decided: the facts are what its systems say, the plans are what the commands take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import psycopg
import pytest
from typer.testing import CliRunner

from crossdock.cases.api import drain
from crossdock.cli import build
from crossdock.core.settings import settings
from crossdock.db.connect import connect
from crossdock.remediation.backtest import backtest
from crossdock.remediation.policies import files, store
from crossdock.remediation.policies.model import Policy
from crossdock.remediation.triage import triage
from crossdock.remediation.why import explained
from crossdock_lab.world.config import WorldConfig
from rig import Rig, rig

KINDS = (
    "short_pick", "stock_shortfall", "status_stuck_in_erp", "credit_block_for_good", "compliance_block",
    "shop_price_differs", "carrier_runs_late", "ack_missing", "ack_rejected", "unmapped_sku", "cancelled_after_ship",
)  # fmt: skip
CONFIG = WorldConfig(seed=7, orders_per_day=40, fault_share=0.8, lookalike_share=0.0, days=1, kinds=KINDS)
STRICTER = {"policy": "stricter", "doc": "Asks for everything.", "exceptions": ["price_mismatch"], "mode": "shadow",
            "playbooks": ["correct_price"], "approval": {"may_answer": ["finance"], "always": True}}  # fmt: skip
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def decided(postgres, modelled_for_module, tmp_path_factory) -> Iterator[Rig]:
    """Four days of trade, looked at every six hours; each time what is new is decided, and nothing is sent."""
    with rig(postgres, modelled_for_module, CONFIG, tmp_path_factory.mktemp("lab"), inbox=False) as system:
        with connect("test", conninfo=system.dsn["app"]) as connection:
            store.sync(connection, [*files.read_all(), Policy.model_validate(STRICTER)], "test")
        for _ in range(16):
            system.step(hours=6)
            system.poll()
            system.settle()
            with connect("test", conninfo=system.dsn["app"], autocommit=True) as connection:
                while drain(connection).claimed:
                    pass
                done = triage(connection)
                assert (done.failed, done.passed_over) == (0, 0)
        yield system


@dataclass
class Found:
    """One decision that counts, with what came of it."""

    case_id: int
    order_id: str
    state: str
    outcome: str
    facts: dict
    steps: list[tuple[str, str, dict, str]]


def decisions(system: Rig, playbook: str) -> list[Found]:
    """Of a playbook, with the actions as they were written: (command, partner, payload, state)."""
    rows = system.rows(
        """
        select d.case_id, c.order_id, c.state, d.outcome, d.inputs -> 'facts',
            array(select jsonb_build_array(a.command, a.partner_id, a.payload, a.state)
                  from ops.actions as a where a.decision_id = d.decision_id order by a.step)
        from ops.decisions as d join ops.cases as c using (case_id)
        where d.playbook = %s and d.mode <> 'shadow' order by d.decision_id
        """,
        playbook,
    )
    assert rows, f"the world has no case for {playbook}"
    return [Found(*row[:5], [tuple(step) for step in row[5]]) for row in rows]


def lab_order(system: Rig, order_id: str) -> dict:
    """SAP's own document of an order, straight from the lab."""
    with psycopg.connect(system.lab_dsn) as lab:
        return lab.execute(
            """select body from lab.objects where system = 'sap' and kind = 'sales_orders' and order_id = %s
               order by 1 limit 1""",
            [order_id],
        ).fetchone()[0]


def test_a_short_pick_names_the_documents_of_sap(decided):
    """Delivery, items, plant and item class are the ones the systems know; what is missing is what was not picked."""
    for one in decisions(decided, "reallocate_stock"):
        facts = one.facts
        item = facts["line"]["erp_items"][0]
        sap = lab_order(decided, one.order_id)
        assert sap["SalesOrder"].lstrip("0") == item["order"] == facts["order"]["erp_order_ref"]
        assert item["item"] in {str(each["SalesOrderItem"]) for each in sap["to_Item"]["results"]}
        assert facts["shipment_line"]["delivery_qty"] > facts["shipment_line"]["picked_qty"]
        steps = {command: (partner, payload) for command, partner, payload, _ in one.steps}
        partner, created = steps["sap_s4.create_delivery"]
        missing = facts["shipment_line"]["delivery_qty"] - facts["shipment_line"]["picked_qty"]
        assert partner == "sap-main"
        assert created["items"] == [{"order_item": item["item"], "quantity": missing}]
        assert created["warehouse_plant"] in {"1710", "1720", "1730", "1790"} - {item["plant"]}
        partner, reserved = steps["epcis.reserve"]
        assert partner == "wms-main"
        assert reserved["warehouse"].startswith("urn:epc:id:sgln:0614141.00")
        assert reserved["lines"][0]["epc_class"].startswith("urn:epc:idpat:sgtin:0614141.")


def test_a_shortfall_moves_to_a_plant_that_has_all_of_it(decided):
    """The place that is chosen has, in every system's eyes, what is wanted."""
    plants = {"1710": "DC-EAST", "1720": "DC-WEST", "1730": "DC-SOUTH", "1790": "3PL-NORTH"}
    for one in decisions(decided, "move_line"):
        command, partner, payload, _ = one.steps[0]
        assert (command, partner) == ("sap_s4.set_item_plant", "sap-main")
        held = [p for p in one.facts["stock"] if p["sku"] == one.facts["line"]["sku"]
                and p["warehouse_code"] == plants[payload["plant"]]]  # fmt: skip
        assert all(qty >= one.facts["line"]["ordered_qty"] for qty in held[0]["beliefs"].values())
        assert set(held[0]["beliefs"]) == {"sap-main", "shop-main"}


def test_each_kind_of_case_gets_the_commands_of_its_playbook(decided):
    """Price, goods issue, blocks, acknowledgements and dates: each by the numbers that its system knows."""
    first = {name: decisions(decided, name)[0] for name in (
        "correct_price", "post_goods_issue", "release_credit", "release_compliance", "resend_acknowledgement",
        "tell_new_date", "service_desk",
    )}  # fmt: skip
    commands = {name: [step[0] for step in one.steps] for name, one in first.items()}
    assert commands["correct_price"] == ["sap_s4.set_item_price"]
    assert commands["post_goods_issue"] == ["sap_s4.post_goods_issue"]
    assert commands["release_credit"] == ["sap_s4.release_credit"]
    assert commands["release_compliance"] == ["sap_s4.set_delivery_block"]
    assert commands["resend_acknowledgement"] == ["x12.resend"]
    assert commands["tell_new_date"][0] == "sap_s4.set_promise"
    assert commands["tell_new_date"][-1] == "zendesk.open_ticket"
    assert commands["service_desk"] == ["zendesk.open_ticket"]
    posted = first["post_goods_issue"]
    assert posted.steps[0][2] == {"delivery": posted.facts["case"]["evidence"]["delivery_ref"]}
    sent = decided.rows("select partner_id, document_type from ops.outbound_documents where outbound_document_id = %s",
                        first["resend_acknowledgement"].steps[0][2]["outbound_document_id"])  # fmt: skip
    assert sent == [("acme-edi", "855")]


def test_a_corrected_price_makes_the_order_come_to_what_was_ordered(decided):
    """The item's new amount differs from the old by just the difference; only small ones go by themselves."""
    for one in decisions(decided, "correct_price"):
        (_, _, payload, _) = one.steps[0]
        item = next(i for line in one.facts["lines"] for i in line["erp_items"] if i["item"] == payload["item"])
        off = float(one.facts["case"]["evidence"]["difference_amount"])
        corrected = round(float(payload["rate"]) * item["ordered_qty"], 2)
        assert corrected == pytest.approx(float(item["net_amount"]) - off)
        assert (abs(off) >= 5) == (one.outcome == "approval")


def test_what_is_asked_waits_and_what_is_allowed_goes(decided):
    """An approval has its question and proposed steps; an automatic decision has approved ones and a case that acts."""
    for one in decisions(decided, "release_credit"):
        assert (one.state, {step[3] for step in one.steps}) == ("awaiting_approval", {"proposed"})
    for one in decisions(decided, "post_goods_issue"):
        assert (one.state, {step[3] for step in one.steps}) == ("acting", {"approved"})
    asked = decided.rows("select distinct may_answer from ops.approvals where question like '%for credit%'")
    assert asked == [(["finance"],)]
    assert decided.rows("select count(*) from ops.cases where state = 'open'") == [(0,)]


def test_nobody_is_promised_what_another_was_promised(decided):
    """Over all decisions that stand, no place gives more of an item than it had."""
    rows = decided.rows(
        """
        select s ->> 'sku', s ->> 'warehouse_code', sum((s ->> 'quantity')::numeric), (
            select min(p.available_qty) from canonical.inventory_positions as p
            where p.sku = s ->> 'sku' and p.warehouse_code = s ->> 'warehouse_code')
        from ops.decisions as d, jsonb_array_elements(d.candidates) as c,
            jsonb_array_elements(c #> '{choice,sources}') as s
        where c ->> 'name' = d.chosen and d.mode <> 'shadow'
        group by 1, 2, 4
        """
    )
    assert rows
    assert all(taken <= had for _, _, taken, had in rows)


def test_a_shadow_is_written_beside_and_does_nothing(decided):
    """It has its decision with the difference, and no action and no question."""
    rows = decided.rows(
        """select d.inputs -> 'difference', exists (select from ops.actions as a where a.decision_id = d.decision_id)
           from ops.decisions as d where d.mode = 'shadow'"""
    )
    assert rows
    assert not any(has_actions for _, has_actions in rows)
    assert {"outcome": ["automatic", "approval"]} in [difference for difference, _ in rows]


def test_a_second_run_finds_nothing_to_do(decided):
    """What is decided is not decided again, and a replayed case never is."""
    with connect("test", conninfo=decided.dsn["app"], autocommit=True) as connection:
        before = connection.execute("select count(*) from ops.decisions").fetchone()
        assert triage(connection).automatic == 0
        assert connection.execute("select count(*) from ops.decisions").fetchone() == before


def test_a_backtest_says_what_a_change_would_have_done_and_writes_nothing(decided):
    """With a limit of a cent, finance is asked of every price; the policy as it is differs in nothing."""
    with connect("test", conninfo=decided.dsn["app"]) as connection:
        policy = next(one for one in files.read_all() if one.policy == "price")
        same = backtest(connection, policy, days=30)
        assert same.decisions > 0
        assert same.differences == ()
        rule = policy.approval.model_copy(update={"cost_from": Decimal("0.01")})
        strict = backtest(connection, policy.model_copy(update={"approval": rule}), days=30)
        assert strict.decisions == same.decisions
        assert {one.outcome for one in strict.differences} == {("automatic", "approval")}
        assert len(strict.differences) == same.outcomes["automatic"][0]
        assert connection.execute("select max(version) from ops.policies where policy_id = 'price'").fetchone() == (1,)


def test_a_decision_can_be_questioned(decided, monkeypatch):
    """Why a short pick was decided so: every candidate, and what would have made the runner-up win."""
    one = decisions(decided, "reallocate_stock")[0]
    with connect("test", conninfo=decided.dsn["app"]) as connection:
        (decision,) = explained(connection, one.case_id)
    assert decision["runner_up"] in {each["name"] for each in decision["candidates"]}
    assert any(each.name.startswith("stock of") for each in decision["counterfactuals"])
    monkeypatch.setenv("CROSSDOCK_DSN", decided.dsn["app"])
    settings.cache_clear()
    try:
        shown = CliRunner().invoke(build("why"), ["why", str(one.case_id)])
        listed = CliRunner().invoke(build("policy"), ["policy", "list"])
        checked = CliRunner().invoke(build("policy"), ["policy", "check"])
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert shown.exit_code == 0, shown.output
    assert "policy short_pick v1 (active), playbooks reallocate_stock" in shown.output
    assert f"{decision['runner_up']} would have won with" in shown.output
    assert "short_pick" in listed.output
    assert "policies and" in checked.output
