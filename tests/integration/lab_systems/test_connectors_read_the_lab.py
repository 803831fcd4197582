"""The product's connectors read every object of every system of the lab, page by page, over the wire."""

from __future__ import annotations

import pytest

from crossdock.connectors.base import connector_for
from crossdock.core.connections import Connection
from crossdock_lab.systems.sap import service as sap

FEEDS = [
    ("sap_main", "sap_s4", "sales_orders", 5),
    ("sap_main", "sap_s4", "deliveries", 5),
    ("sap_main", "sap_s4", "material_stock", 1),
    ("wms_main", "epcis", "events", 10),
    ("easypost", "easypost", "trackers", 5),
    ("shop_main", "shopify", "orders", 5),
    ("shop_main", "shopify", "fulfillments", 5),
    ("shop_main", "shopify", "inventory_levels", 1),
    ("zendesk", "zendesk", "tickets", 1),
]


def given(lab, conn_id: str) -> Connection:
    said = lab.conn[conn_id]
    return Connection(
        conn_id, said["conn_type"], said["host"], None, said["login"], said["password"], "", said["extra"]
    )


@pytest.mark.parametrize(("conn_id", "system_type", "feed", "count"), FEEDS, ids=lambda value: str(value))
def test_every_object_is_read(
    lab, monkeypatch: pytest.MonkeyPatch, conn_id: str, system_type: str, feed: str, count: int
) -> None:
    """As many records as the lab has objects, each once, over small pages; the lab's time is the horizon."""
    monkeypatch.setattr(sap, "PAGE", 2)
    settings = {"partner_id": "p"} | ({} if system_type in ("sap_s4", "shopify") else {"page_size": 2})
    connector = connector_for(system_type, given(lab, conn_id), settings)
    pages = list(connector.pages(feed, {}, None))
    read = [record.native_id for page in pages for record in connector.records(feed, page.content)]
    assert len(read) == len(set(read)) == count
    assert pages[0].server_at.isoformat() == "2026-03-06T09:30:00+00:00"
