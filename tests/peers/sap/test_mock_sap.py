"""The SAP connector against mock-sap, an OData v2 server that nobody here wrote (OAuth2, CSRF, ETag, faults).

It knows neither LastChangeDateTime nor schedule lines, so the delta is proven against the lab; and it never pages.
Install it with `make peers-install`, or put its `mock-sap` on the PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from crossdock.connectors.base import connector_for
from crossdock.connectors.sap_s4.client import http_client
from crossdock.connectors.sap_s4.session import SapSession
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import Conflict, NotPermitted, PartnerDown, Throttled
from crossdock.stack.postgres import free_port
from crossdock.transport.gate import OpenGate

SETTINGS = {
    "sales_order_expand": "to_Item",
    "delivery_service": "API_OUTBOUND_DELIVERY_SRV",
    "http": {"attempts": 2, "first_wait": 0.01},
}


def command() -> str:
    folder = Path(os.environ.get("CROSSDOCK_PEERS", Path.home() / ".cache/crossdock-peers"))
    installed = folder / "mocks/bin/mock-sap"
    found = str(installed) if installed.exists() else shutil.which("mock-sap")
    if not found:
        pytest.skip("mock-sap is not installed: run `make peers-install`")
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    port = free_port()
    arguments = ["--port", str(port), "--oauth", "SAP_CLIENT:s3cret", "--seed", "42", "-q"]
    process = subprocess.Popen([command(), *arguments], stdout=subprocess.DEVNULL)
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 20
    while True:
        try:
            httpx.get(f"{url}/_mock/health").raise_for_status()
            break
        except httpx.HTTPError:
            assert time.monotonic() < until, "mock-sap did not start"
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(10)


def connection(url: str, secret: str = "s3cret") -> Connection:
    extra = {"auth": "oauth2", "token_url": f"{url}/sap/bc/sec/oauth2/token"}
    return Connection("mock_sap", host=url, login="SAP_CLIENT", password=secret, extra=extra)


def read(url: str, feed: str) -> list:
    connector = connector_for("sap_s4", connection(url), SETTINGS)
    return [r for page in connector.pages(feed, {}) for r in connector.records(feed, page.content)]


def test_sales_orders_and_deliveries_are_read_whole(server):
    for feed, path in (
        ("sales_orders", "API_SALES_ORDER_SRV/A_SalesOrder"),
        ("deliveries", "API_OUTBOUND_DELIVERY_SRV/A_OutbDeliveryHeader"),
    ):
        records = read(server, feed)
        proof = httpx.post(
            f"{server}/sap/bc/sec/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=("SAP_CLIENT", "s3cret"),
        ).json()
        counted = httpx.get(
            f"{server}/sap/opu/odata/sap/{path}/$count", headers={"Authorization": f"Bearer {proof['access_token']}"}
        )
        assert len(records) == int(counted.text) > 5
        assert len({record.native_id for record in records}) == len(records)
    items = orjson.loads(read(server, "sales_orders")[0].payload)["to_Item"]["results"]
    assert items[0]["Material"]


def test_a_wrong_secret_is_not_permitted(server):
    connector = connector_for("sap_s4", connection(server, "wrong"), SETTINGS)
    with pytest.raises(NotPermitted, match="token endpoint"):
        list(connector.pages("sales_orders", {}))


def test_an_order_is_patched_under_csrf_and_etag_once(server):
    order = read(server, "sales_orders")[0].native_id
    sap = SapSession(connection(server), SapSettings(), OpenGate(), SETTINGS)
    for is_changed in (True, False):
        found = sap.get("API_SALES_ORDER_SRV", f"A_SalesOrder('{order}')")
        assert sap.change(found, {"PurchaseOrderByCustomer": "crossdock-1"}, "k1") is is_changed
    again = next(record for record in read(server, "sales_orders") if record.native_id == order)
    assert orjson.loads(again.payload)["PurchaseOrderByCustomer"] == "crossdock-1"
    sap.close()


def test_a_stale_etag_is_a_conflict(server):
    client = http_client(connection(server), OpenGate(), SETTINGS)
    root = "sap/opu/odata/sap/API_SALES_ORDER_SRV"
    token = client.get(f"{root}/", headers={"X-CSRF-Token": "Fetch"}).headers["x-csrf-token"]
    order = read(server, "sales_orders")[0].native_id
    with pytest.raises(Conflict):
        client.write(
            "PATCH",
            f"{root}/A_SalesOrder('{order}')",
            json={"PurchaseOrderByCustomer": "x"},
            idempotency_key="k",
            headers={"X-CSRF-Token": token, "If-Match": "W/\"datetime'1999-01-01T00%3A00%3A00'\""},
        )


def test_a_busy_system_asks_us_to_wait_and_a_broken_one_is_an_outage(server):
    client = http_client(connection(server), OpenGate(), SETTINGS | {"http": {"attempts": 1}})
    path = "sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder"
    with pytest.raises(Throttled, match="No dialog work process"):
        client.get(path, headers={"sap-mock-scenario": "busy"})
    with pytest.raises(PartnerDown):
        client.get(path, headers={"sap-mock-scenario": "error"})
