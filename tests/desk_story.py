"""One order whose pick came up short, with everything the desk shows of it, put in by hand; and more like it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from fastapi import FastAPI, HTTPException, Request
from psycopg.types.json import Jsonb

from crossdock.desk import web

KEY = b"for tests only"
PEOPLE = {
    "walt": ["Warehouse"],
    "lena": ["Logistics"],
    "fred": ["Finance"],
    "cora": ["CustomerService"],
    "vera": ["Viewer"],
    "ada": ["Admin"],
    "pia": ["Warehouse", "Viewer"],
}
THREAD = "shop-main/order/1001"
DELIVERY = "sap-main/delivery/80001234"
NAME = "Edith Sample"
PARTNERS = [
    ("shop-main", "Main shop", "shopify", "shop"),
    ("sap-main", "SAP", "sap_s4", "erp"),
    ("wms-main", "Warehouse system", "epcis", "warehouse"),
    ("easypost", "Carriers", "easypost", "carrier"),
    ("acme-edi", "Acme", "x12", "edi"),
    ("zendesk", "Service desk", "zendesk", "service_desk"),
    ("returns-main", "Returns", "standard", "returns"),
]
IDENTIFIERS = {
    "order": THREAD,
    "shop id": "shop-main/order_id/5550001001",
    "sales order": "sap-main/sales_order/4711",
    "delivery": DELIVERY,
    "tracking number": "tracking/1Z999AA10123456784",
    "ticket": "zendesk/ticket/35436",
    "tracker": "easypost/tracker/trk_abc",
    "return": "returns-main/return/RMA7",
}


@dataclass
class Story:
    """The rows, by the DSNs they were written with."""

    dsn: dict[str, str]
    cases: list[int] = field(default_factory=list)

    @contextmanager
    def connect(self, role: str = "app"):
        with psycopg.connect(self.dsn[role], options="-c TimeZone=UTC") as connection:
            yield connection

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with self.connect("auditor") as connection:
            return connection.execute(sql, values or None).fetchall()

    def app(self, login=None) -> FastAPI:
        """The desk under /desk, as Airflow mounts it; who looks is said by a header, unless `login` is given."""
        outer = FastAPI()
        outer.mount("/desk", web.build(login or by_header, self.connect, KEY))
        return outer


def by_header(request: Request) -> tuple[str, list[str]]:
    """Stands for Airflow's session: 401 without a login."""
    login = request.headers.get("x-login", "")
    if login not in PEOPLE:
        raise HTTPException(401, "sign in first")
    return login, PEOPLE[login]


def begin(dsn: dict[str, str]) -> Story:
    """Partners, business time, and the order with its identifiers, beliefs, events and records."""
    story = Story(dsn)
    with psycopg.connect(dsn["owner"]) as owner:
        owner.execute(
            "insert into ref.business_clock (wall_at, business_at, speed) values (now(), '2026-01-10 12:00Z', 0)"
        )
        for partner_id, name, system_type, role in PARTNERS:
            owner.execute(
                """
                insert into ref.partners (partner_id, name, system_type, role_code, owner)
                values (%s, %s, %s, %s, 'ops')
                """,
                [partner_id, name, system_type, role],
            )
    with story.connect("dbt") as dbt:
        _canonical(dbt)
    with story.connect() as app:
        _record(app)
    return story


def _canonical(dbt: psycopg.Connection) -> None:
    order = {"t": THREAD, "d": DELIVERY}
    dbt.execute(
        """
        insert into canonical.orders (thread_id, order_id, source_partner_id, channel_code, partner_order_ref,
            erp_order_ref, customer_ref, customer_tier, fulfillment_status_code, is_incomplete, ordered_at, promised_at)
        values (%(t)s, %(t)s, 'shop-main', 'web', '1001', '4711', '8812', 'gold', 'picked', false,
            '2026-01-05 08:00Z', '2026-01-12 18:00Z')
        """,
        order,
    )
    dbt.execute(
        """
        insert into canonical.order_lines (thread_id, order_id, order_line_id, line_number, sku, ordered_qty,
            shipped_qty, delivered_qty)
        values (%(t)s, %(t)s, %(t)s || '#1', '1', 'SKU-1', 10, 4, 0)
        """,
        order,
    )
    dbt.execute(
        """
        insert into canonical.shipments (thread_id, order_id, shipment_id, delivery_ref, warehouse_code, carrier_code,
            tracking_number, shipment_status_code, estimated_delivery_at)
        values (%(t)s, %(t)s, %(d)s, '80001234', 'W1', 'UPS', '1Z999AA10123456784', 'in_transit', '2026-01-12 10:00Z')
        """,
        order,
    )
    for at, known, role, who, status, until in [
        ("2026-01-05 08:00Z", "2026-01-05 08:01Z", "shop", "shop-main", "accepted", None),
        ("2026-01-05 09:00Z", "2026-01-05 09:05Z", "erp", "sap-main", "released", "2026-01-08 10:00Z"),
        ("2026-01-08 10:00Z", "2026-01-08 10:03Z", "erp", "sap-main", "picked", None),
    ]:
        dbt.execute(
            """
            insert into canonical.status_beliefs (thread_id, order_id, subject_id, attribute_code, believed_by,
                role_code, status_code, valid_at, known_at, superseded_at, stated_in)
            values (%s, %s, %s, 'fulfillment', %s, %s, %s, %s, %s, %s, 'x')
            """,
            [THREAD, THREAD, THREAD, who, role, status, at, known, until],
        )
    dbt.execute(
        """
        insert into canonical.shipment_events (thread_id, order_id, shipment_id, event_id, reported_by, event_code,
            occurred_at, known_at, location_code)
        values (%(t)s, %(t)s, %(d)s, 'e1', 'wms-main', 'picked', '2026-01-08 09:55Z', '2026-01-08 09:56Z', 'W1')
        """,
        order,
    )
    for identifier in IDENTIFIERS.values():
        add_identifier(dbt, THREAD, identifier)
    dbt.execute(
        """
        insert into canonical.edi_documents (thread_id, order_id, edi_document_id, partner_id, direction, document_type,
            interchange_control_number, envelope_verdict, syntax_verdict, business_verdict, occurred_at, known_at)
        values (%(t)s, %(t)s, 'acme-edi/edi_set/9', 'acme-edi', 'in', '850', '000000009', 'accepted', 'accepted',
            'accepted', '2026-01-05 07:59Z', '2026-01-05 08:00Z')
        """,
        order,
    )
    dbt.execute(
        """
        insert into canonical.edi_acknowledgements (thread_id, order_id, edi_document_id, partner_id, ack_type,
            ack_status, expected_at, acknowledged_at, reason)
        values (%(t)s, %(t)s, 'acme-edi/edi_out/3', 'acme-edi', '997', 'rejected', '2026-01-06 08:00Z',
            '2026-01-06 07:00Z', 'segment missing')
        """,
        order,
    )


def add_identifier(dbt: psycopg.Connection, thread: str, identifier: str) -> None:
    namespace, _, value = identifier.rpartition("/")
    dbt.execute(
        "insert into canonical.identifiers (thread_id, identifier, namespace, value, depth) values (%s, %s, %s, %s, 1)",
        [thread, identifier, namespace, value],
    )


def _record(app: psycopg.Connection) -> None:
    """The shop's order as it landed, with the customer's name, linked to the thread."""
    feed_id = app.execute(
        """
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
        values ('shop-main', 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll') returning feed_id
        """
    ).fetchone()[0]
    document_id = app.execute(
        """
        insert into raw.documents (feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id)
        values (%s, 'x', 'x', 'application/json', 1, 'orders.json', 'corr-1') returning document_id
        """,
        [feed_id],
    ).fetchone()[0]
    payload = {"name": "#1001", "shipping_address": {"name": NAME}}
    app.execute(
        """
        insert into raw.records (feed_id, native_id, payload_hash, payload, document_id, ordinal, changed_at)
        values (%s, '5550001001', 'x', %s, %s, 0, '2026-01-05 08:00Z')
        """,
        [feed_id, Jsonb(payload), document_id],
    )
    app.execute(
        """
        insert into canonical.identifier_links (feed_id, native_id, link_number, child, parent)
        values (%s, '5550001001', 1, %s, null)
        """,
        [feed_id, THREAD],
    )


def add_case(story: Story, queue: str = "warehouse", **given: object) -> int:
    """An open case with one detection; keywords replace columns of ops.cases, `evidence` the detection's."""
    evidence = given.pop("evidence", {"delivery_qty": 10, "picked_qty": 4, "sku": "SKU-1"})
    columns = {
        "lead_code": "inventory_short_pick", "subject_id": f"{DELIVERY}#{len(story.cases)}", "thread_id": THREAD,
        "order_id": THREAD, "title": "4 of 10 SKU-1 picked", "severity": "high", "owner_queue": queue,
        "next_action": "Choose a repair", "next_actor": "crossdock", "since_at": "2026-01-08 10:00Z",
        "sla_due_at": "2026-01-10 18:00Z", "opened_as_of": "2026-01-08 12:00Z", "warehouse_code": "W1",
    } | given  # fmt: skip
    with story.connect() as app:
        names = ", ".join(columns)
        case_id = app.execute(
            f"insert into ops.cases ({names}) values ({', '.join(['%s'] * len(columns))}) returning case_id",
            list(columns.values()),
        ).fetchone()[0]
        detection_id = app.execute(
            """
            insert into ops.detections (exception_code, subject_id, thread_id, order_id, since_at, due_at, evidence,
                detected_as_of, detected_by)
            values (%s, %s, %s, %s, %s, '2026-01-08 12:00Z', %s, '2026-01-08 12:00Z', 'fast') returning detection_id
            """,
            [*(columns[c] for c in ("lead_code", "subject_id", "thread_id", "order_id", "since_at")), Jsonb(evidence)],
        ).fetchone()[0]
        app.execute(
            "insert into ops.case_symptoms (detection_id, case_id, evidence_mark) values (%s, %s, '')",
            [detection_id, case_id],
        )
    story.cases.append(case_id)
    return case_id


def move(story: Story, case_id: int, *events: str, kind: str = "system") -> None:
    """Lead a case along the table of states, each time for the same reason."""
    with story.connect() as app:
        for event in events:
            app.execute("select ops.move_case(%s, %s, 'crossdock', %s, 'for the story')", [case_id, event, kind])


CANDIDATES = [
    {
        "name": "from_other_warehouse", "cost": 12.5, "score": 0.9, "excluded_by": [],
        "plan": [
            {"command": "sap_s4.set_delivery_quantity", "partner_id": "sap-main", "payload": {"delivery": "80001234",
             "item": "10", "quantity": "4"}, "target": [], "compensation": None},
        ],
    },
    {
        "name": "split_later", "cost": 20, "score": 0.5, "excluded_by": [],
        "plan": [
            {"command": "sap_s4.set_promise", "partner_id": "sap-main", "payload": {"order": "4711",
             "date": "2026-01-20"}, "target": [], "compensation": None},
        ],
    },
    {"name": "backorder", "cost": 5, "score": 0.2, "excluded_by": ["the promise would be broken"], "plan": []},
]  # fmt: skip


def ask_approval(story: Story, case_id: int, may_answer: list[str], proposed_by: str = "crossdock") -> int:
    """Lead an open case to a waiting question, with its decision and proposed step."""
    move(story, case_id, "triage")
    with story.connect() as app:
        app.execute(
            """
            insert into ops.policies (policy_id, version, mode, content, content_hash, loaded_by)
            values ('short_pick', 3, 'active', '{}', 'x', 'test') on conflict do nothing
            """
        )
        decision_id = app.execute(
            """
            insert into ops.decisions (case_id, attempt, policy_id, policy_version, mode, playbook, outcome, chosen,
                candidates, inputs, reason, decided_as_of)
            values (%s, 1, 'short_pick', 3, 'active', 'reallocate_stock', 'approval', 'from_other_warehouse', %s, %s,
                'Above the limit of 500 EUR', '2026-01-10 11:00Z') returning decision_id
            """,
            [case_id, Jsonb(CANDIDATES), Jsonb({"missing_qty": 6, "order_value": "812.00"})],
        ).fetchone()[0]
        step = CANDIDATES[0]["plan"][0]
        app.execute(
            """
            insert into ops.actions (case_id, decision_id, attempt, step, command, partner_id, payload, idempotency_key,
                correlation_id)
            values (%s, %s, 1, 1, %s, %s, %s, %s, 'corr-1')
            """,
            [
                case_id,
                decision_id,
                step["command"],
                step["partner_id"],
                Jsonb(step["payload"]),
                f"case-{case_id}/1/1/x",
            ],
        )
        approval_id = app.execute(
            """
            insert into ops.approvals (case_id, decision_id, attempt, question, proposed_by, may_answer, expires_as_of)
            values (%s, %s, 1, 'Deliver the missing 6 from W2?', %s, %s, '2026-01-10 16:00Z') returning approval_id
            """,
            [case_id, decision_id, proposed_by, may_answer],
        ).fetchone()[0]
    move(story, case_id, "ask")
    return approval_id
