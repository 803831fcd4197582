"""What the product's commands do to a living world: each system shows it, the fault is over, and nothing is harmed."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import psycopg
import pytest
import yaml

from crossdock.connectors.base import commands_for
from crossdock.core.connections import Connection
from crossdock.core.settings import settings
from crossdock_lab import db
from crossdock_lab.world import engine
from crossdock_lab.world.catalogue import WAREHOUSES, epc_class
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.plan import Plan

HOUR = timedelta(hours=1)
PARTNERS = {
    "sap_s4": "sap_main",
    "epcis": "wms_main",
    "easypost": "easypost",
    "shopify": "shop_main",
    "zendesk": "zendesk",
}


class Living:
    """A world of one kind of fault behind running faces, half an hour after an expectation of `code` began."""

    def __init__(self, lab, code: str) -> None:
        self.lab, self.keys = lab, 0
        self.number, self.order_id, self.since = lab.rows(
            f"""select number, order_id, greatest(from_at, processed_through)
                from lab.clock, truth.expectations join lab.orders on order_id = subject_id
                where exception_code = '{code}' order by from_at desc, number limit 1"""
        )[0]
        self.until(self.since + HOUR / 2)

    def until(self, at: datetime) -> None:
        answer = httpx.post(f"{self.lab.url}/lab/step", json={"until": at.isoformat()}, timeout=120)
        answer.raise_for_status()

    def plan(self) -> Plan:
        with psycopg.connect(self.lab.dsn, options="-c TimeZone=UTC") as connection:
            return engine.World(connection).plan_of(self.number)

    def do(self, name: str, **payload: object) -> dict:
        """One command, under a key of its own."""
        system_type, command = name.split(".")
        commands = self._commands(system_type)
        self.keys += 1
        try:
            return commands.do(command, payload, idempotency_key=f"case-1/1/{self.keys}/{name}")
        finally:
            commands.close()

    def read(self, system_type: str, kind: str, object_id: str) -> dict:
        commands = self._commands(system_type)
        try:
            return commands.read(kind, object_id)
        finally:
            commands.close()

    def _commands(self, system_type: str):
        conn_id = PARTNERS[system_type]
        given = {name: value for name, value in self.lab.conn[conn_id].items() if value is not None}
        own = settings().partner_dirs[0] / conn_id.replace("_", "-") / "partner.yaml"
        return commands_for(system_type, Connection(conn_id, **given), yaml.safe_load(own.read_text()).get("settings"))

    def fault(self) -> tuple:
        return self.lab.rows(f"select is_repaired, repaired_by from truth.faults where subject_id = '{self.order_id}'")[
            0
        ]

    def harmless(self) -> bool:
        """Every write was taken note of, and none was wrong."""
        return self.lab.rows("select * from truth.wrongs") == [] and not self.lab.rows(
            "select * from lab.interventions where effect is null or effect like 'refused%'"
        )


@pytest.fixture
def living(lab_dsn: str, start_lab):
    """Make a world with one kind of fault, some hours old, and go to its latest expectation."""
    opened = []

    def make(kind: str, code: str) -> Living:
        with db.connect(lab_dsn) as connection:
            config = WorldConfig(seed=9, orders_per_day=60, fault_share=1, lookalike_share=0, kinds=(kind,), days=1)
            engine.create(connection, config).advance(config.starts_at + 9 * HOUR)
        opened.append(start_lab(lab_dsn))
        return Living(opened[-1].__enter__(), code)

    yield make
    for one in opened:
        one.__exit__(None, None, None)


def test_a_short_pick_is_mended_from_another_warehouse(living) -> None:
    world = living("short_pick", "inventory_short_pick")
    plan, at = world.plan(), world.since + HOUR / 2
    leg, line, found = next(
        (leg, line, leg.picked_by(at)[line])
        for leg in plan.legs for line, qty in leg.lines.items() if leg.picked_by(at).get(line, qty) < qty
    )  # fmt: skip
    item = str((list(leg.lines).index(line) + 1) * 10)
    rest, place = leg.lines[line] - found, next(p for p in WAREHOUSES if p != leg.warehouse)
    world.do("sap_s4.set_delivery_quantity", delivery=leg.number, item=item, quantity=found)
    wanted = [{"order_item": str(line), "quantity": rest}]
    made = world.do(
        "sap_s4.create_delivery", order=plan.order.sales_order, warehouse_plant=place.sap_plant,
        shipping_point=place.sap_shipping_point, items=wanted, reference="cd-1-1",
    )["delivery"]  # fmt: skip
    goods = [{"epc_class": epc_class(plan.line(line).item), "quantity": rest}]
    world.do("epcis.reserve", delivery=made, order=plan.order.sales_order, warehouse=place.sgln, lines=goods)
    later = (plan.order.promised_at + timedelta(days=4)).date().isoformat()
    world.do("sap_s4.set_promise", order=plan.order.sales_order, date=later)
    world.until(at + HOUR)
    assert world.fault() == (True, "outside")
    shown = world.read("sap_s4", "delivery", made)
    assert shown["reference"] == "cd-1-1"
    assert [each["quantity"] for each in shown["items"]] == [rest]
    world.until(at + 8 * 24 * HOUR)
    assert world.read("sap_s4", "delivery", made)["goods_movement_status"] == "C"
    assert world.read("sap_s4", "delivery", leg.number)["items"][int(item) // 10 - 1]["quantity"] == found
    delivered = world.plan()
    assert delivered.delivered_at < at + 8 * 24 * HOUR
    tracking = delivered.leg(made).tracking_number
    assert world.lab.rows(
        f"select body ->> 'status' from lab.objects where body ->> 'tracking_code' = '{tracking}'"
    ) == [("delivered",)]
    assert world.harmless()


def test_a_parcel_goes_with_a_faster_carrier(living) -> None:
    world = living("carrier_books_too_slow", "carrier_cannot_meet_promise")
    plan, at = world.plan(), world.since + HOUR / 2
    leg = next(leg for leg in plan.legs if leg.is_labelled_first and leg.scans[0].at < at)
    old = world.lab.rows(
        f"select body ->> 'shipment_id' from lab.objects where body ->> 'tracking_code' = '{leg.tracking_number}'"
    )
    home, warehouse = plan.order.customer, leg.warehouse
    bought = world.do(
        "easypost.buy", reference="cd-1-1", carrier="USPS", service="Priority", parcel={"weight": 40},
        to_address={"city": home.city, "state": home.region, "zip": home.postal_code},
        from_address={"city": warehouse.city, "state": warehouse.region, "zip": warehouse.postal_code},
    )  # fmt: skip
    world.do("sap_s4.set_tracking", delivery=leg.number, tracking_number=bought["tracking_number"], carrier="TR0003")
    world.do("easypost.refund", shipment_id=old[0][0])
    world.until(at + HOUR)
    assert world.fault() == (True, "outside")
    assert world.read("sap_s4", "delivery", leg.number)["tracking_number"] == bought["tracking_number"]
    assert world.read("easypost", "shipment", bought["shipment_id"])["tracking_number"] == bought["tracking_number"]
    world.until(plan.order.promised_at + 2 * HOUR)
    assert world.plan().delivered_at < plan.order.promised_at
    statuses = f"""select body ->> 'status' from lab.objects where kind = 'trackers'
        and body ->> 'tracking_code' in ('{leg.tracking_number}', '{bought["tracking_number"]}') order by 1"""
    assert world.lab.rows(statuses) == [("cancelled",), ("delivered",)]
    assert world.read("sap_s4", "delivery", leg.number)["tracking_number"] == bought["tracking_number"]
    assert world.harmless()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("stock_shortfall", "inventory_shortfall"),
        ("credit_block_for_good", "credit_hold"),
        ("compliance_block", "compliance_hold"),
        ("shop_price_differs", "price_mismatch"),
        ("status_stuck_in_erp", "shipment_status_mismatch"),
        ("missing_lines_for_good", "order_incomplete"),
        ("billing_block_forgotten", "billing_hold"),
        ("carrier_runs_late", "carrier_cannot_meet_promise"),
    ],
)
def test_one_command_ends_the_fault(living, kind, code) -> None:
    """SAP is told, or people are; the order goes on, and what was wrong is over."""
    world = living(kind, code)
    plan = world.plan()
    order, line = plan.order.sales_order, plan.order.lines[0]
    if kind == "stock_shortfall":
        place = next(p for p in WAREHOUSES if p != plan.place_of(plan.shortfall_line))
        world.do("sap_s4.set_item_plant", order=order, item=str(plan.shortfall_line), plant=place.sap_plant)
    elif kind == "credit_block_for_good":
        world.do("sap_s4.release_credit", order=order)
    elif kind == "compliance_block":
        world.do("sap_s4.set_delivery_block", order=order, code="")
    elif kind == "billing_block_forgotten":
        world.do("sap_s4.set_billing_block", order=order, code="")
    elif kind == "shop_price_differs":
        world.do("sap_s4.set_item_price", order=order, item=str(line.number), rate=str(line.unit_price))
    elif kind == "status_stuck_in_erp":
        leg = next(leg for leg in plan.legs if leg.goods_issued_at is None)
        world.do("sap_s4.post_goods_issue", delivery=leg.number)
    elif kind == "missing_lines_for_good":
        world.do(
            "zendesk.open_ticket", external_id="crossdock/case/1", subject=f"Order {plan.order.order_id} has no lines",
            body="SAP's sales order has no items.", priority="high", tags=["crossdock"],
        )  # fmt: skip
    else:
        day = (plan.delivered_at + timedelta(days=1)).date().isoformat()
        world.do("sap_s4.set_promise", order=order, date=day)
    world.until(world.since + 8 * HOUR)
    (until,) = world.lab.rows(
        f"select until_at from truth.expectations where exception_code = '{code}' and subject_id = '{world.order_id}'"
    )[0]
    assert until
    assert until <= world.since + 8 * HOUR
    if kind != "carrier_runs_late":
        assert world.fault() == (True, "outside")
    world.until(world.since + 10 * 24 * HOUR)
    after = world.plan()
    assert after.delivered_at
    if kind != "carrier_runs_late":
        assert after.delivered_at < after.promised_at
    status = world.read("sap_s4", "sales_order", order)["delivery_status"]
    assert status == "C"
    assert world.harmless()
