"""What is written to the lab's systems: done once, whatever is repeated; somebody else's change is a conflict."""

from __future__ import annotations

import pytest

from crossdock.connectors.easypost.commands import EasyPostCommands
from crossdock.connectors.sap_s4.commands import SapCommands
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.connectors.shopify.commands import ShopifyCommands
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.connectors.zendesk.commands import ZendeskCommands
from crossdock.core.errors import Conflict, Refused
from crossdock.transport.gate import OpenGate

ORDER, DELIVERY = "0000000017", "0081000017"


@pytest.fixture
def sap(lab):
    made = SapCommands(lab.connection("sap_s4"), SapSettings(), OpenGate())
    yield made
    made.close()


def written(lab, system: str) -> list[tuple]:
    return lab.sql(
        "select method, idempotency_key, outcome from lab.writes where system = %s order by write_id", system
    )


def test_a_block_is_set_once_and_a_second_call_finds_it_set(lab, sap):
    assert sap.patch_sales_order(ORDER, {"DeliveryBlockReason": "01"}, idempotency_key="k1") is True
    assert sap.patch_sales_order(ORDER, {"DeliveryBlockReason": "01"}, idempotency_key="k1") is False
    assert len(written(lab, "sap")) == 1
    assert lab.sql("select overlay from lab.objects where object_id = %s", ORDER) == [({"DeliveryBlockReason": "01"},)]


def test_an_item_and_a_delivery_are_patched(lab, sap):
    assert sap.patch_sales_order_item(ORDER, "10", {"RequestedQuantity": "1"}, idempotency_key="k1")
    assert sap.patch_delivery(DELIVERY, {"DeliveryBlockReason": "02"}, idempotency_key="k2")
    assert [key for _, key, _ in written(lab, "sap")] == ["k1", "k2"]


def test_somebody_elses_change_in_between_is_a_conflict_and_nothing_is_written(lab, sap, monkeypatch):
    read = sap._read

    def slow_read(url):
        found = read(url)
        lab.sql('update lab.objects set overlay = \'{"IncotermsLocation1": "Elsewhere"}\' where object_id = %s', ORDER)
        return found

    monkeypatch.setattr(sap, "_read", slow_read)
    with pytest.raises(Conflict, match="412"):
        sap.patch_sales_order(ORDER, {"DeliveryBlockReason": "01"}, idempotency_key="k1")
    assert lab.sql("select overlay ? 'DeliveryBlockReason' from lab.objects where object_id = %s", ORDER) == [(False,)]


def test_a_csrf_token_that_has_died_is_fetched_anew(lab, sap):
    sap._tokens["API_SALES_ORDER_SRV"] = "dead"
    assert sap.patch_sales_order(ORDER, {"DeliveryBlockReason": "01"}, idempotency_key="k1")


def test_a_field_that_sap_does_not_have_is_refused_before_anything_is_sent(lab, sap):
    with pytest.raises(Refused, match="has no Blocked"):
        sap.patch_sales_order(ORDER, {"Blocked": "X"}, idempotency_key="k1")
    with pytest.raises(Refused):
        sap.patch_sales_order("4711", {"DeliveryBlockReason": "01"}, idempotency_key="k1")
    assert written(lab, "sap") == []


def test_a_label_is_rated_bought_once_and_refunded_once(lab):
    post = EasyPostCommands(lab.connection("easypost"), OpenGate())
    address, parcel = {"zip": "07114", "country": "US"}, {"weight": 35.2}
    given = {"to_address": address, "from_address": address, "parcel": parcel, "reference": "sap-main/delivery/1"}
    shipment = post.create_shipment(**given, idempotency_key="s1")
    assert post.create_shipment(**given, idempotency_key="s1")["id"] == shipment["id"]
    cheapest = min(shipment["rates"], key=lambda rate: float(rate["rate"]))
    bought = post.buy(shipment["id"], cheapest["id"], idempotency_key="b1")
    assert bought["selected_rate"]["id"] == cheapest["id"]
    assert post.buy(shipment["id"], cheapest["id"], idempotency_key="b2")["tracking_code"] == bought["tracking_code"]
    assert post.refund(shipment["id"], idempotency_key="r1")["refund_status"] == "submitted"
    assert post.refund(shipment["id"], idempotency_key="r2")["refund_status"] == "submitted"
    assert len([1 for _, key, _ in written(lab, "easypost") if key in ("r1", "r2")]) == 1
    post.close()


def test_a_ticket_is_opened_once_and_updated(lab):
    desk = ZendeskCommands(lab.connection("zendesk"), OpenGate())
    given = {
        "subject": "Late",
        "body": "Order 1001 is late.",
        "external_id": "shop-main/order/1001",
        "priority": "high",
        "tags": ["crossdock"],
    }
    ticket = desk.create_ticket(**given, idempotency_key="t1")
    assert desk.create_ticket(**given, idempotency_key="t1")["id"] == ticket["id"]
    assert ticket["external_id"] == "shop-main/order/1001"
    assert desk.update_ticket(ticket["id"], {"status": "solved"}, idempotency_key="t2")["status"] == "solved"
    assert lab.sql("select count(*) from lab.objects where system = 'zendesk'") == [(2,)]
    desk.close()


def test_an_order_gets_a_note_and_keeps_its_tags(lab):
    shop = ShopifyCommands(lab.connection("shopify"), ShopifySettings(), OpenGate())
    before = shop.annotate_order("451000017", note="Held for address", idempotency_key="n1")
    assert before["note"] == "Held for address"
    once = shop.annotate_order("451000017", add_tag="crossdock-late", idempotency_key="n2")
    twice = shop.annotate_order("451000017", add_tag="crossdock-late", idempotency_key="n3")
    assert once["tags"] == twice["tags"]
    assert [tag.strip() for tag in twice["tags"].split(",")].count("crossdock-late") == 1
    shop.close()
