"""A small trading world in raw.records, written by hand, and dbt built over it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from crossdock.core import settings as environment
from crossdock.lanes import dbt
from crossdock.lanes.lane import Lane
from crossdock.stack.postgres import OWNER, Server

PARTNERS = {
    "sap-main": ("sap_s4", "erp", {}, ("sales_orders", "deliveries", "material_stock")),
    "shop-main": ("shopify", "shop", {}, ("orders", "fulfillments", "inventory_levels")),
    "wms-main": ("epcis", "warehouse", {"orders_from": "sap-main", "returns_from": "back"}, ("events",)),
    "easypost": ("easypost", "carrier", {}, ("trackers",)),
    "acme-edi": ("x12", "edi", {}, ("interchanges",)),
    "zendesk": ("zendesk", "service_desk", {"orders_from": "sap-main"}, ("tickets",)),
    "market": ("standard", "other", {}, ("orders", "order_lines", "milestones", "charges")),
    "back": ("standard", "returns", {"orders_from": "sap-main"}, ("returns",)),
}
PASSWORD = "for-tests-only"
CODES = """
sap_s4 sku TG11 SKU-1|sap_s4 sku TG12 SKU-2|sap_s4 uom PCE EA|sap_s4 uom PC EA|sap_s4 warehouse 1710 DC-EAST
sap_s4 carrier TR1 UPS|sap_s4 sold_to_partner 10100001 shop-main|sap_s4 sold_to_partner 10100002 acme-edi
sap_s4 channel 10 direct|sap_s4 customer_tier 01 gold|sap_s4 item_class REGUL regulated
sap_s4 delivery_status A accepted|sap_s4 delivery_status B picked|sap_s4 delivery_status C shipped
sap_s4 billing_status A not_billed|sap_s4 billing_status C invoiced|sap_s4 hold 02 compliance|sap_s4 hold 05 price
sap_s4 credit_status A clear|sap_s4 credit_status B credit|sap_s4 credit_status D clear
sap_s4 picking_status A released|sap_s4 picking_status C picked
sap_s4 packing_status C packed|sap_s4 goods_movement_status A released|sap_s4 goods_movement_status C shipped
epcis biz_step picking picked|epcis biz_step packing packed|epcis biz_step shipping shipped
epcis biz_step receiving received
epcis sku sku:1 SKU-1|epcis sku sku:2 SKU-2|epcis uom EA EA|epcis warehouse sgln:east DC-EAST
easypost carrier UPS UPS|easypost tracker_status pre_transit manifested|easypost tracker_status in_transit in_transit
easypost tracker_status out_for_delivery out_for_delivery|easypost tracker_status delivered delivered
easypost tracker_status failure delivery_failed
shopify sku XD-1 SKU-1|shopify sku XD-2 SKU-2|shopify carrier UPS UPS|shopify warehouse 9001 DC-EAST
shopify inventory_item 71 SKU-1|shopify fulfillment_status unfulfilled accepted
shopify fulfillment_status fulfilled shipped|shopify fulfillment_status partial accepted
shopify financial_status paid paid
shopify financial_status pending not_billed
shopify shipment_status in_transit in_transit|shopify shipment_status delivered delivered
shopify shipment_status success shipped
x12 sku VP1 SKU-1|x12 sku VP2 SKU-2|x12 uom EA EA|zendesk ticket_status open open|zendesk ticket_status solved solved
standard order_status gone shipped
"""


class World:
    """Partners, code maps and records as landing would leave them; `build()` runs dbt over all of it."""

    def __init__(self, dsns: dict[str, str]) -> None:
        self.dsns = dsns
        self.app = psycopg.connect(dsns["app"], autocommit=True, row_factory=dict_row, options="-c TimeZone=UTC")
        self.feeds: dict[tuple[str, str], int] = {}
        for partner, (system, role, settings, feeds) in PARTNERS.items():
            self._partner(partner, system, role, settings, feeds)
        for line in CODES.strip().replace("\n", "|").split("|"):
            self.code(*line.split())

    def _partner(self, partner: str, system: str, role: str, settings: dict, feeds: tuple[str, ...]) -> None:
        self.app.execute(
            "insert into ref.partners (partner_id, name, system_type, role_code, owner, settings) "
            "values (%s, %s, %s, %s, 'us', %s)",
            [partner, partner, system, role, json.dumps(settings)],
        )
        for feed in feeds:
            row = self.app.execute(
                "insert into ref.feeds (partner_id, feed, feed_type, contract, mode) "
                "values (%s, %s, %s, %s, 'poll') returning feed_id",
                [partner, feed, f"{system}.{feed}", f"{system}/{feed}.v1"],
            ).fetchone()
            self.feeds[partner, feed] = row["feed_id"]

    def code(self, system: str, kind: str, theirs: str, ours: str) -> None:
        """Approve one mapping, for ever."""
        self.app.execute(
            "insert into ref.code_map (system_type, kind, their_code, our_code, approved_by) "
            "values (%s, %s, %s, %s, 'me')",
            [system, kind, theirs, ours],
        )

    def record(
        self,
        partner: str,
        feed: str,
        native_id: str,
        payload: dict | str,
        changed_at: str | datetime | None = None,
        *,
        landed_at: str | None = None,
    ) -> int:
        """Land one version of one object; return its record id."""
        feed_id, text = self.feeds[partner, feed], payload if isinstance(payload, str) else json.dumps(payload)
        digest = hashlib.sha256(f"{native_id} {changed_at} {text}".encode()).digest()
        document = self.app.execute(
            "insert into raw.documents "
            "(feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id) "
            "values (%s, %s, %s, 'application/json', %s, 'test', 'test') returning document_id",
            [feed_id, digest, text.encode(), len(text)],
        ).fetchone()["document_id"]
        row = self.app.execute(
            "insert into raw.records "
            "(feed_id, native_id, payload_hash, payload, document_id, ordinal, changed_at, landed_at) "
            "values (%s, %s, %s, %s, %s, 0, %s, coalesce(%s, clock_timestamp())) returning record_id",
            [feed_id, native_id, digest, text, document, changed_at, landed_at],
        ).fetchone()
        return row["record_id"]

    def wait(self, partner: str, feed: str, native_id: str, payload: dict, changed_at: str | datetime | None) -> None:
        """Land one version and leave it to be judged; a version that is here already is not landed again."""
        known = self.app.execute(
            "select 1 from raw.records where feed_id = %s and native_id = %s and payload = %s::jsonb",
            [self.feeds[partner, feed], native_id, json.dumps(payload)],
        ).fetchone()
        if not known:
            record_id = self.record(partner, feed, native_id, payload, changed_at)
            self.app.execute("insert into raw.pending_records values (%s)", [record_id])

    def drain(self, lane: Lane) -> None:
        """Let the fast lane work until nothing waits."""
        while lane.drain().records:
            pass

    def set_aside(self, record_id: int, part: str = "", *, rule: str = "mapped", order_ref: str | None = None) -> None:
        """Quarantine a record, or a part of it."""
        self.app.execute(
            "insert into ops.quarantine (feed_id, record_id, native_id, part, rule, reason, order_ref) "
            "select feed_id, record_id, native_id, %s, %s, 'for the test', %s from raw.records where record_id = %s",
            [part, rule, order_ref, record_id],
        )

    def build(self) -> None:
        """Run every staging and canonical model over everything."""
        dbt.invoke(["run", "--select", "staging", "canonical"], conninfo=self.dsns["dbt"])

    def rows(self, query: str) -> list[dict]:
        """Rows as dictionaries."""
        return self.app.execute(query).fetchall()

    def row(self, query: str) -> dict:
        """The one row."""
        found = self.rows(query)
        assert len(found) == 1, found
        return found[0]


@pytest.fixture(scope="session")
def dbt_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of this test run, so that dbt's compiled SQL is shared between its tests and with nobody else."""
    home = tmp_path_factory.mktemp("dbt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSDOCK_HOME", str(home))
        environment.settings.cache_clear()
        yield home
    environment.settings.cache_clear()


@contextmanager
def new_world(server: Server, template: str) -> Iterator[World]:
    """A trading world in a database of its own, copied from `template`."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(server.superuser, autocommit=True) as admin:
        admin.execute(f'create database "{name}" template "{template}" owner {OWNER}')
    made = World({role: server.dsn(name, f"crossdock_{role}", PASSWORD) for role in ("app", "dbt")})
    yield made
    made.app.close()
    with psycopg.connect(server.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="module")
def world(postgres: Server, template: str, dbt_home: Path) -> Iterator[World]:
    """A trading world for the tests of one file, which play one story; empty to begin with."""
    with new_world(postgres, template) as made:
        yield made


@pytest.fixture
def worlds(postgres: Server, modelled_template: str) -> Iterator[Callable[[], World]]:
    """Makes worlds whose models are built already, as many as a test wants."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(new_world(postgres, modelled_template))
