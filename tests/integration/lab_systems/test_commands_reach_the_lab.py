"""The product's write commands do in the lab what they say, once, and every one of them is on record there."""

from __future__ import annotations

from crossdock.connectors.easypost.commands import EasyPostCommands
from crossdock.connectors.sap_s4.commands import SapCommands
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.connectors.shopify.commands import ShopifyCommands
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.connectors.zendesk.commands import ZendeskCommands
from crossdock.core.connections import Connection
from crossdock.transport.gate import OpenGate


def given(lab, conn_id: str) -> Connection:
    said = lab.conn[conn_id]
    return Connection(
        conn_id, said["conn_type"], said["host"], None, said["login"], said["password"], "", said["extra"]
    )


def object_id(lab, kind: str) -> str:
    return lab.rows(f"select object_id from lab.objects where kind = '{kind}' order by 1 limit 1")[0][0]


def outcomes(lab) -> list[str]:
    return [row[0].split("/")[0] for row in lab.rows("select outcome from lab.writes order by write_id")]


def test_sap_takes_numbers_without_their_zeros(lab) -> None:
    """Header, item and delivery; what is so already is not written again."""
    sap = SapCommands(given(lab, "sap_main"), SapSettings(), OpenGate())
    order, delivery = (object_id(lab, kind).lstrip("0") for kind in ("sales_orders", "deliveries"))
    for expected in (True, False):
        assert sap.patch_sales_order(order, {"DeliveryBlockReason": "05"}, idempotency_key="a") is expected
        assert (
            sap.patch_sales_order_item(order, "20", {"SalesDocumentRjcnReason": "01"}, idempotency_key="b") is expected
        )
        assert sap.patch_delivery(delivery, {"DeliveryBlockReason": "01"}, idempotency_key="c") is expected
    assert outcomes(lab) == ["200 updated sales_orders", "200 updated sales_orders", "200 updated deliveries"]


def test_the_shop_takes_notes_and_tracking(lab) -> None:
    """A tag on the order, another tracking number on its fulfillment, which is then newer."""
    shop = ShopifyCommands(given(lab, "shop_main"), ShopifySettings(), OpenGate())
    order = shop.annotate_order(object_id(lab, "orders"), add_tag="late", idempotency_key="a")
    assert "late" in order["tags"]
    sent = shop.update_tracking(
        object_id(lab, "fulfillments"), number="1ZNEW", company="FedEx", notify=False, idempotency_key="b"
    )
    assert (sent["tracking_number"], sent["tracking_company"]) == ("1ZNEW", "FedEx")
    assert outcomes(lab) == ["200 updated orders", "200 updated fulfillments"]


def test_the_carrier_gateway_sells_once(lab) -> None:
    """Create, buy, buy again, refund: one label."""
    gateway = EasyPostCommands(given(lab, "easypost"), OpenGate())
    made = gateway.create_shipment(
        to_address={"zip": "1"}, from_address={"zip": "2"}, parcel={"weight": 9}, reference="r", idempotency_key="a"
    )
    bought = [gateway.buy(made["id"], made["rates"][0]["id"], idempotency_key=key) for key in ("b", "c")]
    assert bought[0]["tracking_code"] == bought[1]["tracking_code"]
    assert gateway.refund(made["id"], idempotency_key="d")["refund_status"] == "submitted"


def test_the_desk_opens_one_ticket(lab) -> None:
    """Twice with one key: one ticket, which can then be solved."""
    desk = ZendeskCommands(given(lab, "zendesk"), OpenGate())
    about = {"subject": "s", "body": "b", "external_id": "shop-main/order/1", "priority": "high", "tags": ["x"]}
    made = [desk.create_ticket(**about, idempotency_key="a")["id"] for _ in range(2)]
    assert made[0] == made[1]
    assert desk.update_ticket(str(made[0]), {"status": "solved"}, idempotency_key="b")["status"] == "solved"
    assert outcomes(lab) == ["201 created tickets", "200 repeated: 201 created tickets", "200 updated tickets"]
