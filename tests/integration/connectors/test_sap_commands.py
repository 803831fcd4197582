"""What SAP is told: one effect whatever is repeated, read back, refused where the business says no."""

from __future__ import annotations

import json

import pytest

from crossdock.connectors.base import command_kinds
from crossdock.core.errors import Conflict, Misconfigured, Missing, PartnerDown, Refused

pytestmark = pytest.mark.usefixtures("fresh_order")
ORDER, DELIVERY = "1", "82000001"
"""The fresh order 2000001 and its delivery, of which nothing has been picked."""
SHIPPED_ORDER, SHIPPED = "17", "81000017"
NUMBER = "2000001"
NEW = {
    "order": ORDER,
    "warehouse_plant": "1720",
    "items": [{"order_item": "10", "quantity": 1}],
    "reference": "case-1/1/2/sap_s4.create_delivery",
}


@pytest.fixture
def sap(lab):
    made = lab.commands("sap_s4")
    yield made
    made.close()


def say(lab, kind: str, object_id: str = "", **fields: object) -> None:
    """SAP says this of one object of a kind, or of all."""
    lab.sql(
        "update lab.objects set body = body || %s::jsonb where kind = %s and %s in ('', object_id)",
        json.dumps(fields), kind, object_id and object_id.zfill(10),
    )  # fmt: skip


def picked(lab) -> None:
    """The warehouse has picked and packed it."""
    say(lab, "deliveries", DELIVERY, OverallPickingStatus="C", OverallPackingStatus="C")


def credit_blocked(lab) -> None:
    say(lab, "sales_orders", ORDER, TotalCreditCheckStatus="B")


def short(sap) -> None:
    """One of item 10 is open for another delivery."""
    sap.do("set_delivery_quantity", {"delivery": DELIVERY, "item": "10", "quantity": 1}, idempotency_key="short")


CHANGES = [
    ("set_promise", {"order": ORDER, "date": "2026-03-12"}, "2026-03-07",
     ("sales_order", ORDER, "requested_delivery_date", "2026-03-12"),
     ("promise", {"promised_at": "2026-03-12T00:00:00+00:00"})),
    ("set_delivery_block", {"order": ORDER, "code": "04"}, "",
     ("sales_order", ORDER, "delivery_block", "04"), ("block", {"code": "04"})),
    ("set_billing_block", {"order": ORDER, "code": "ZP"}, "",
     ("sales_order", ORDER, "billing_block", "ZP"), ("billing_block", {"code": "ZP"})),
    ("set_item_price", {"order": ORDER, "item": "20", "rate": "15.10"}, "15.633333333",
     ("sales_order", ORDER, "items.1.rate", "15.10"), ("price", {"line": 20, "rate": "15.10"})),
    ("set_delivery_quantity", {"delivery": DELIVERY, "item": "20", "quantity": 2}, 3,
     ("delivery", DELIVERY, "items.1.quantity", 2),
     ("delivery_qty", {"delivery": "0082000001", "line": 20, "qty": 2})),
]  # fmt: skip


def at(shown: object, path: str) -> object:
    for part in path.split("."):
        shown = shown[int(part)] if part.isdecimal() else shown[part]
    return shown


@pytest.mark.parametrize(("command", "payload", "before", "reads", "told"), CHANGES, ids=lambda given: str(given)[:24])
def test_a_change_is_made_once_and_can_be_taken_back(lab, sap, command, payload, before, reads, told):
    """The same key, another key: the state is there, so nothing is written; the undo restores what was."""
    kind, object_id, path, wanted = reads
    assert at(sap.read(kind, object_id), path) != wanted
    first = sap.do(command, payload, idempotency_key="k1")
    assert first["previous"] == before
    assert at(sap.read(kind, object_id), path) == wanted
    for key in ("k1", "k2"):
        assert sap.do(command, payload | {"previous": before}, idempotency_key=key) == first
    assert len(lab.taken()) == 1
    assert lab.interventions() == [(NUMBER, *told)]
    field = {
        "set_promise": "date", "set_delivery_block": "code", "set_billing_block": "code", "set_item_price": "rate",
    }.get(command, "quantity")  # fmt: skip
    assert command_kinds("sap_s4")[command].undo == command
    sap.do(command, payload | {field: first["previous"]}, idempotency_key="undo")
    assert at(sap.read(kind, object_id), path) == before


def gone(delivery: str) -> dict:
    """What deleting it replies: the object of the feed that is no more, as its number may be written."""
    return {"gone": [{"feed": "deliveries", "native_id": text} for text in (delivery, delivery.zfill(10))]}


def test_a_delivery_is_made_from_another_plant_once_and_deleted_again(lab, sap):
    """It reads back at once; the reference finds it, whatever the key; deleting what is gone is done."""
    short(sap)
    made = sap.do("create_delivery", NEW, idempotency_key="k1")
    assert [sap.do("create_delivery", NEW, idempotency_key=key) for key in ("k1", "k2")] == [made, made]
    shown = sap.read("delivery", made["delivery"])
    said = {name: shown[name] for name in ("order", "plant", "shipping_point", "tracking_number", "created_by")}
    assert said == {
        "order": ORDER, "plant": "1720", "shipping_point": "1720", "tracking_number": "", "created_by": "CROSSDOCK"
    }  # fmt: skip
    assert [(line["order_item"], line["quantity"]) for line in shown["items"]] == [("10", 1)]
    delivery = made["delivery"].zfill(10)
    params = {"delivery": delivery, "warehouse": "DC-WEST", "lines": {"10": 1}}
    assert lab.interventions()[1:] == [(NUMBER, "delivery", params)]
    for key in ("d1", "d2"):
        assert sap.do("delete_delivery", made, idempotency_key=key) == gone(made["delivery"])
    assert sap.read("delivery", made["delivery"]) is None
    assert lab.interventions()[2:] == [(NUMBER, "delete_delivery", {"delivery": delivery})]


def test_a_delivery_whose_reference_was_never_written_is_found_by_its_lines(lab, sap):
    """A crash between making it and marking it: the next call, under another key, marks that one."""
    short(sap)
    made = sap.do("create_delivery", NEW, idempotency_key="k1")
    lab.sql(
        "update lab.objects set overlay = overlay - 'DeliveryDocumentBySupplier' where object_id = %s",
        made["delivery"].zfill(10),
    )
    assert sap.do("create_delivery", NEW, idempotency_key="k2") == made
    assert sap.read("delivery", made["delivery"])["reference"].startswith("case-1/1/2")
    assert len([kind for _, kind, _ in lab.interventions() if kind == "delivery"]) == 1


def test_another_reference_is_another_delivery_if_so_much_is_open(lab, sap):
    short(sap)
    sap.do("create_delivery", NEW, idempotency_key="k1")
    with pytest.raises(Refused, match="Only 0 of item 10 is open"):
        sap.do("create_delivery", NEW | {"reference": "case-2/1/1"}, idempotency_key="k2")


def test_a_plant_is_changed_only_before_there_is_a_delivery(lab, sap):
    with pytest.raises(Refused, match="in a delivery already"):
        sap.do("set_item_plant", {"order": ORDER, "item": "10", "plant": "1720"}, idempotency_key="k1")
    sap.do("delete_delivery", {"delivery": DELIVERY}, idempotency_key="d")
    changed = sap.do("set_item_plant", {"order": ORDER, "item": "10", "plant": "1720"}, idempotency_key="k2")
    assert changed == {"previous": "1710"}
    item = sap.read("sales_order", ORDER)["items"][0]
    assert (item["plant"], item["shipping_point"]) == ("1720", "1720")
    assert lab.interventions()[1:] == [(NUMBER, "plant", {"line": 10, "warehouse": "DC-WEST"})]


def test_goods_issue_is_posted_once_and_reversed(lab, sap):
    picked(lab)
    issue = {"delivery": DELIVERY}
    for key in ("k1", "k1", "k2"):
        assert sap.do("post_goods_issue", issue, idempotency_key=key) == {}
    shown = sap.read("delivery", DELIVERY)
    assert (shown["goods_movement_status"], shown["goods_issued_on"]) == ("C", "2026-03-06")
    assert {line["goods_movement_status"] for line in shown["items"]} == {"C"}
    for key in ("r1", "r2"):
        sap.do("reverse_goods_issue", issue, idempotency_key=key)
    shown = sap.read("delivery", DELIVERY)
    assert (shown["goods_movement_status"], shown["goods_issued_on"]) == ("A", None)
    told = {"delivery": DELIVERY.zfill(10)}
    assert lab.interventions() == [(NUMBER, "goods_issue", told), (NUMBER, "reverse_goods_issue", told)]


def test_credit_is_released_once(lab, sap):
    credit_blocked(lab)
    for key in ("k1", "k2"):
        assert sap.do("release_credit", {"order": ORDER}, idempotency_key=key) == {}
    assert sap.read("sales_order", ORDER)["credit_status"] == "D"
    assert lab.interventions() == [(NUMBER, "credit_release", {})]


def test_tracking_is_set_and_the_world_books_the_label_that_was_bought(lab, sap):
    """A number that the gateway sold is a new booking; any other is only a number."""
    post, place = lab.commands("easypost"), {"zip": "07114", "country": "US"}
    wanted = {"reference": "r1", "to_address": place, "from_address": place, "parcel": {"weight": 9},
              "carrier": "FedEx", "service": "FEDEX_2_DAY"}  # fmt: skip
    bought = post.do("buy", wanted, idempotency_key="b1")
    post.close()
    told = {"delivery": DELIVERY, "tracking_number": bought["tracking_number"], "carrier": "TR0002"}
    first = sap.do("set_tracking", told, idempotency_key="k1")
    assert first == {"previous": "", "previous_carrier": "TR0001"}
    assert sap.do("set_tracking", told | {"previous": ""}, idempotency_key="k2")["previous"] == ""
    shown = sap.read("delivery", DELIVERY)
    assert (shown["tracking_number"], shown["carrier"]) == (bought["tracking_number"], "TR0002")
    params = {"delivery": DELIVERY.zfill(10), "carrier": "FedEx", "service": "FEDEX_2_DAY",
              "tracking_number": bought["tracking_number"], "days": 2}  # fmt: skip
    assert lab.interventions() == [(NUMBER, "rebook", params)]
    sap.do("set_tracking", {"delivery": DELIVERY, "tracking_number": "1ZOLD"}, idempotency_key="k3")
    assert len(lab.interventions()) == 1


NOES = [
    ("create_delivery", NEW, "Only 0 of item 10 is open"),
    ("create_delivery", NEW | {"order": "4711"}, "does not exist"),
    ("create_delivery", NEW | {"warehouse_plant": "9999"}, "Shipping point 9999 does not exist"),
    ("delete_delivery", {"delivery": SHIPPED}, "has been picked"),
    ("set_delivery_quantity", {"delivery": DELIVERY, "item": "10", "quantity": 3}, "only 2 can be delivered"),
    ("set_delivery_quantity", {"delivery": SHIPPED, "item": "10", "quantity": 1}, "can no longer be changed"),
    ("post_goods_issue", {"delivery": DELIVERY}, "not picked and packed"),
    ("set_item_plant", {"order": ORDER, "item": "10", "plant": "9999"}, "does not exist"),
]


@pytest.mark.parametrize(("command", "payload", "why"), NOES, ids=[f"{n}-{c}" for n, (c, _, _) in enumerate(NOES)])
def test_a_business_no_is_refused_and_changes_nothing(lab, sap, command, payload, why):
    with pytest.raises(Refused, match=why):
        sap.do(command, payload, idempotency_key="k1")
    assert lab.taken() == []
    assert lab.interventions() == []


def test_what_is_blocked_or_not_in_stock_is_not_delivered(lab, sap):
    short(sap)
    credit_blocked(lab)
    with pytest.raises(Refused, match="blocked for credit"):
        sap.do("create_delivery", NEW, idempotency_key="k1")
    sap.do("release_credit", {"order": ORDER}, idempotency_key="c")
    say(lab, "material_stock", MatlWrhsStkQtyInMatlBaseUnit="0")
    with pytest.raises(Refused, match="is available in 1720"):
        sap.do("create_delivery", NEW, idempotency_key="k1")


def test_what_is_billed_is_neither_reversed_nor_repriced(lab, sap):
    picked(lab)
    sap.do("post_goods_issue", {"delivery": DELIVERY}, idempotency_key="k1")
    lab.sql(
        """update lab.objects set body = body || '{"OverallOrdReltdBillgStatus": "C"}' where kind = 'sales_orders'"""
    )
    with pytest.raises(Refused, match="is billed"):
        sap.do("reverse_goods_issue", {"delivery": DELIVERY}, idempotency_key="k2")
    with pytest.raises(Refused, match="is billed"):
        sap.do("set_item_price", {"order": ORDER, "item": "10", "rate": "1.00"}, idempotency_key="k3")


LOST = [
    ("set_promise", {"order": ORDER, "date": "2026-03-12", "previous": "2026-03-07"}, "PATCH", "promise"),
    ("post_goods_issue", {"delivery": DELIVERY}, "POST", "goods_issue"),
    ("delete_delivery", {"delivery": DELIVERY}, "DELETE", "delete_delivery"),
]


@pytest.mark.parametrize(("command", "payload", "method", "kind"), LOST, ids=[each[0] for each in LOST])
def test_an_answer_that_never_came_is_settled_by_reading(lab, sap, command, payload, method, kind):
    """The effect is there and we do not know it: the same call, even under another key, finds it and does nothing."""
    if command == "post_goods_issue":
        picked(lab)
    lab.misbehave("sap", "unanswered", times=1, seconds=0.1, method=method)
    with pytest.raises(PartnerDown):
        sap.do(command, payload, idempotency_key="k1")
    assert len(lab.taken()) == 1
    told = {"previous": payload["previous"]} if "previous" in payload else {}
    told |= gone(DELIVERY) if command == "delete_delivery" else {}
    assert [sap.do(command, payload, idempotency_key=key) for key in ("k1", "k2")] == [told, told]
    assert len(lab.taken()) == 1
    assert [each[1] for each in lab.interventions()] == [kind]


def test_a_delivery_whose_making_was_never_answered_is_found(lab, sap):
    short(sap)
    lab.misbehave("sap", "unanswered", times=1, seconds=0.1, method="POST")
    with pytest.raises(PartnerDown):
        sap.do("create_delivery", NEW, idempotency_key="k1")
    made = sap.do("create_delivery", NEW, idempotency_key="k2")
    assert sap.read("delivery", made["delivery"])["order"] == ORDER
    assert [each[1] for each in lab.interventions()].count("delivery") == 1


def test_somebody_elses_change_in_between_is_a_conflict_and_nothing_is_written(lab, sap, monkeypatch):
    find = sap.session.find

    def slow_find(*path):
        found = find(*path)
        say(lab, "sales_orders", IncotermsLocation1="Elsewhere")
        return found

    monkeypatch.setattr(sap.session, "find", slow_find)
    with pytest.raises(Conflict, match="412"):
        sap.do("set_delivery_block", {"order": ORDER, "code": "01"}, idempotency_key="k1")
    assert lab.taken() == []


def test_a_csrf_token_that_has_died_is_fetched_anew(lab, sap):
    sap.session._tokens["API_SALES_ORDER_SRV"] = "dead"
    sap.do("set_delivery_block", {"order": ORDER, "code": "01"}, idempotency_key="k1")
    assert len(lab.taken()) == 1


def test_what_is_not_there_is_missing_and_a_wrong_payload_is_ours(lab, sap):
    for command, payload in (
        ("set_promise", {"order": "4711", "date": "2026-03-12"}),
        ("set_item_plant", {"order": ORDER, "item": "77", "plant": "1720"}),
        ("post_goods_issue", {"delivery": "4711"}),
    ):
        with pytest.raises(Missing):
            sap.do(command, payload, idempotency_key="k1")
    for command, payload in (
        ("set_promise", {"order": ORDER}),
        ("set_promise", {"order": ORDER, "date": "soon"}),
        ("set_promise", {"order": ORDER, "date": "2026-03-12", "colour": "red"}),
        ("paint", {}),
    ):
        with pytest.raises(Misconfigured):
            sap.do(command, payload, idempotency_key="k1")
    with pytest.raises(Misconfigured, match="no 'invoice' to read"):
        sap.read("invoice", "1")
    assert sap.read("sales_order", "4711") is None
    assert lab.sql("select count(*) from lab.writes") == [(0,)]
