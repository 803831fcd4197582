"""Labels are quoted, bought once and taken back once; EasyPost itself knows no key."""

from __future__ import annotations

import pytest

from crossdock.core.errors import Missing, PartnerDown, Refused

pytestmark = pytest.mark.usefixtures("fresh_order")
ADDRESS = {"name": "Ana", "street1": "1 Main Street", "city": "Newark", "state": "NJ", "zip": "07114", "country": "US"}
SHIPMENT = {
    "reference": "case-7/1/1/easypost.buy",
    "to_address": ADDRESS,
    "from_address": ADDRESS,
    "parcel": {"weight": 35.2},
}
BUY = SHIPMENT | {"carrier": "UPS", "service": "2ndDayAir"}


@pytest.fixture
def post(lab):
    made = lab.commands("easypost")
    yield made
    made.close()


def labels(lab) -> int:
    return lab.sql("select count(*) from lab.objects where kind = 'shipments' and overlay ? 'fees'")[0][0]


def test_rates_are_quoted_cheapest_first_and_cost_nothing(lab, post):
    offers = post.quote(SHIPMENT)
    assert post.quote(SHIPMENT) == offers
    assert [float(offer["cost"]) for offer in offers] == sorted(float(offer["cost"]) for offer in offers)
    assert {offer["carrier"] for offer in offers} == {"UPS", "FedEx", "USPS"}
    assert {1, 2, 5} <= {offer["days"] for offer in offers}
    assert set(offers[0]) == {"carrier", "service", "cost", "currency", "days"}
    assert lab.sql("select count(*) from lab.objects where kind = 'shipments'") == [(1,)]
    assert labels(lab) == 0


def test_a_label_is_bought_once_and_its_tracker_is_there(lab, post):
    first = post.do("buy", BUY, idempotency_key="k1")
    assert [post.do("buy", BUY, idempotency_key=key) for key in ("k1", "k2")] == [first, first]
    assert (first["carrier"], first["service"], first["currency"]) == ("UPS", "2ndDayAir", "USD")
    assert first["est_delivery"] == "2026-03-08T09:30:00Z"
    assert labels(lab) == 1
    for wanted in (first["shipment_id"], BUY["reference"]):
        assert post.read("shipment", wanted)["tracking_number"] == first["tracking_number"]
    tracker = post.read("tracker", first["tracking_number"])
    assert (tracker["status"], tracker["shipment_id"]) == ("pre_transit", first["shipment_id"])
    assert post.read("tracker", tracker["tracker_id"]) == tracker
    assert lab.sql("select topic from lab.pushes where object_id = %s", tracker["tracker_id"]) == [("tracker.created",)]


def test_one_reference_has_one_label(post):
    post.do("buy", BUY, idempotency_key="k1")
    with pytest.raises(Refused, match="has a label of UPS 2ndDayAir"):
        post.do("buy", BUY | {"service": "NextDayAir"}, idempotency_key="k2")


def test_a_label_is_taken_back_once(lab, post):
    bought = post.do("buy", BUY, idempotency_key="k1")
    for key in ("r1", "r1", "r2"):
        reply = post.do("refund", {"shipment_id": bought["shipment_id"]}, idempotency_key=key)
        assert reply == {"refund_status": "submitted"}
    assert post.read("shipment", bought["shipment_id"])["refund_status"] == "submitted"
    assert len([1 for (path,) in lab.sql("select path from lab.writes") if path.endswith("/refund")]) == 1


def test_after_a_refund_the_same_reference_gets_another_label(lab, post):
    first = post.do("buy", BUY, idempotency_key="k1")
    post.do("refund", {"shipment_id": first["shipment_id"]}, idempotency_key="r1")
    assert post.read("shipment", first["shipment_id"])["is_refunded"] is True
    second = post.do("buy", BUY | {"service": "NextDayAir"}, idempotency_key="k2")
    assert post.do("buy", BUY | {"service": "NextDayAir"}, idempotency_key="k3") == second
    assert second["tracking_number"] != first["tracking_number"]
    assert (labels(lab), post.read("shipment", f"{BUY['reference']}/2")["is_refunded"]) == (2, False)


def test_an_old_label_is_taken_back_until_its_parcel_is_handed_over(lab, post):
    """Of a label that we did not buy, we know the shipment from its tracker."""
    old = "1Z1000017"
    shipment = post.read("tracker", old)["shipment_id"]
    with pytest.raises(Refused, match="the parcel is in_transit"):
        post.do("refund", {"shipment_id": shipment}, idempotency_key="r1")
    assert lab.interventions() == []
    lab.sql("""update lab.objects set body = body || '{"status": "pre_transit"}' where kind = 'trackers'""")
    assert post.read("shipment", shipment)["tracking_number"] == old
    for key in ("r1", "r2"):
        post.do("refund", {"shipment_id": shipment}, idempotency_key=key)
    assert post.read("shipment", shipment)["refund_status"] == "submitted"
    assert lab.interventions() == [("1000017", "label_refunded", {"tracking_number": old})]


def test_a_new_booking_of_an_order_that_is_taken_back_is_told_to_the_world(lab, post):
    bought = post.do("buy", BUY, idempotency_key="k1")
    sap = lab.commands("sap_s4")
    told = {"delivery": "82000001", "tracking_number": bought["tracking_number"]}
    sap.do("set_tracking", told, idempotency_key="s1")
    sap.close()
    post.do("refund", {"shipment_id": bought["shipment_id"]}, idempotency_key="r1")
    assert [(number, kind) for number, kind, _ in lab.interventions()] == [
        ("2000001", "rebook"),
        ("2000001", "label_refunded"),
    ]


def test_noes(lab, post):
    with pytest.raises(Refused, match="does not carry"):
        post.do("buy", BUY | {"service": "Rocket"}, idempotency_key="k1")
    unbought = post.read("shipment", BUY["reference"])
    assert (unbought["tracking_number"], unbought["carrier"], unbought["cost"]) == ("", "", None)
    with pytest.raises(Refused, match="no label was bought"):
        post.do("refund", {"shipment_id": unbought["shipment_id"]}, idempotency_key="r1")
    with pytest.raises(Missing):
        post.do("refund", {"shipment_id": "shp_nothing"}, idempotency_key="r2")
    assert (post.read("shipment", "shp_nothing"), post.read("tracker", "trk_nothing")) == (None, None)
    assert post.read("tracker", "no such number") is None


@pytest.mark.parametrize("lost", ["/buy", "/v2/shipments"], ids=["buying", "making"])
def test_an_answer_that_never_came_is_settled_by_reading(lab, post, lost):
    lab.misbehave("easypost", "unanswered", times=1, seconds=0.1, method="POST", path=lost)
    with pytest.raises(PartnerDown):
        post.do("buy", BUY, idempotency_key="k1")
    first = post.do("buy", BUY, idempotency_key="k2")
    assert post.do("buy", BUY, idempotency_key="k1") == first
    assert (labels(lab), len(lab.sql("select 1 from lab.objects where kind = 'shipments'"))) == (1, 1)


def test_a_refund_whose_answer_was_cut_in_half_is_asked_for_once(lab, post):
    bought = post.do("buy", BUY, idempotency_key="k1")
    lab.misbehave("easypost", "truncate", times=1, method="POST", path="/refund")
    with pytest.raises(PartnerDown):
        post.do("refund", {"shipment_id": bought["shipment_id"]}, idempotency_key="r1")
    again = post.do("refund", {"shipment_id": bought["shipment_id"]}, idempotency_key="r2")
    assert again == {"refund_status": "submitted"}
    assert len(lab.sql("select 1 from lab.writes where path like '%%/refund'")) == 1
