"""X12: purchase orders become orders, acknowledgements find what they acknowledge."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crossdock.connectors.base import connector_for
from sql.canonical import payloads as p


def interchange(number: int, group: str, kind: str, body: list[str], loose: str = "") -> bytes:
    """ISA to IEA with one set, or with only a report."""
    isa = (
        f"ISA*00*          *00*          *ZZ*ACME           *ZZ*US             *260301*1430*U*00401*{number:09d}*0*P*>"
    )
    inside = [
        f"GS*{group}*ACME*US*20260301*1430*{number}*X*004010",
        f"ST*{kind}*0001",
        *body,
        f"SE*{len(body) + 2}*0001",
        f"GE*1*{number}",
    ]
    return ("~".join([isa, *([loose] if loose else inside), f"IEA*{0 if loose else 1}*{number:09d}"]) + "~").encode()


@pytest.fixture(scope="module", autouse=True)
def story(world):
    """One order, its replacement by a second set of the same number, the ERP's order, our 855 and what came back."""
    connector = connector_for("x12", settings={"time_zone": "UTC"})
    head = ["BEG*00*NE*PO7**20260301", "CUR*BY*USD", "FOB*PP***01*DAP", "SAC*C*D240***500", "DTM*002*20260308",
            "DTM*004*20260301*1415",             "N1*ST*Ana*92*C7", "N4*Albany*NY*12207*US"]  # fmt: skip
    files = [
        interchange(11, "PO", "850", [*head, "PO1*1*99*EA*10**VP*VP1", "CTT*1"]),
        interchange(12, "PO", "850", [*head, "PO1*1*10*EA*10**VP*VP1", "PO1*2*4*EA*2.5**VP*VP2", "CTT*2"]),
        interchange(13, "FA", "997", ["AK1*PR*501", "AK2*855*0001", "AK5*R*5", "AK9*R*1*1*0"]),
        interchange(14, "", "", [], loose="TA1*000000501*260301*1500*A*000"),
        interchange(15, "FA", "997", ["AK1*PR*503", "AK2*855*0001", "AK5*A", "AK9*A*1*1*1"]),
        interchange(16, "", "", [], loose="TA1*000000503*260301*1500*R*025"),
    ]
    for content in files:
        for record in connector.records("interchanges", content):
            world.record("acme-edi", "interchanges", record.native_id, record.payload.decode(), record.changed_at)
    items = [p.item("10", line="1"), p.item("20", "TG12", qty="4", confirmed="4", line="2")]
    given = p.sales_order("77", items, SoldToParty="10100002", PurchaseOrderByCustomer="PO7")
    world.record("sap-main", "sales_orders", "77", given, "2026-03-01 15:00Z")
    for number, order_ref in (("501", "PO7"), ("502", "PO7"), ("503", "PO7")):
        world.app.execute(
            "insert into ops.outbound_documents (partner_id, document_type, order_ref, interchange_control_number, "
            "group_control_number, set_control_number, content, idempotency_key, ack_expected_at, created_as_of) "
            "values ('acme-edi', '855', %s, %s, %s, '0001', '', %s, '2026-03-02 15:00Z', '2026-03-01 15:00Z')",
            [order_ref, number, number, number],
        )
    world.build()


def test_a_purchase_order_is_an_order_and_the_newest_set_counts(world):
    """Sent twice under one number: one order, with the lines of the second; the ERP's order is the same order."""
    order = world.row("select * from canonical.orders")
    assert (order["order_id"], order["channel_code"], order["erp_order_ref"]) == ("acme-edi/order/PO7", "edi", "77")
    assert (order["ordered_at"], order["promised_at"]) == (
        datetime(2026, 3, 1, 14, 15, tzinfo=UTC),
        datetime(2026, 3, 8, tzinfo=UTC),
    )
    assert (order["incoterms_code"], order["ship_to_region"], order["customer_ref"]) == ("DAP", "NY", "C7")
    lines = world.rows("select line_number, sku, ordered_qty, confirmed_qty from canonical.order_lines order by 1")
    assert [tuple(row.values()) for row in lines] == [("1", "SKU-1", 10, 10), ("2", "SKU-2", 4, 4)]


def test_freight_is_part_of_what_was_ordered(world):
    """10 × 10 + 4 × 2.50, and 500 cents of freight."""
    found = world.row("select amount from canonical.order_amounts where kind_code = 'ordered'")
    assert found["amount"] == Decimal(115)


def test_documents_of_an_order_hang_on_it(world):
    """Two 850s and two 997s came in, three 855s went out; each says what was thought of it."""
    found = world.rows(
        "select direction, document_type, syntax_verdict from canonical.edi_documents "
        "where order_id = 'acme-edi/order/PO7' and document_type <> 'interchange' order by 1, 2"
    )
    assert [(row["direction"], row["document_type"]) for row in found] == [
        ("in", "850"), ("in", "850"), ("in", "997"), ("in", "997"), ("out", "855"), ("out", "855"),
        ("out", "855"),
    ]  # fmt: skip
    assert {row["syntax_verdict"] for row in found if row["direction"] == "in"} == {"accepted"}


def test_an_acknowledgement_finds_the_group_it_answers(world):
    """The first 855 was refused by its 997 and taken by a TA1, the second is still awaited, the third was taken.

    Of the third a copy was refused (TA1 R 025): they have it.
    """
    found = world.rows(
        "select edi_document_id, ack_type, ack_status, acknowledged_at "
        "from canonical.edi_acknowledgements order by 1, 2"
    )
    assert [(row["edi_document_id"][-1], row["ack_type"], row["ack_status"]) for row in found] == [
        ("1", "997", "rejected"), ("1", "TA1", "accepted"), ("2", "997", "awaited"),
        ("3", "997", "accepted"),
    ]  # fmt: skip
    assert found[0]["acknowledged_at"] == datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
