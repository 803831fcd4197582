"""A shop is told another promise and another parcel: once, whatever is repeated, and its subscribers hear of it."""

from __future__ import annotations

import pytest

from crossdock.core.errors import Misconfigured, Missing, PartnerDown, Refused

ORDER, FULFILLMENT, NUMBER = "451000017", "256000017", "1000017"
BEFORE, AFTER = "2026-03-07T00:00:00+00:00", "2026-03-12T00:00:00+00:00"
PARCEL = {"tracking_number": "1ZNEW", "company": "FedEx"}
OLD = {"tracking_number": "1Z1000017", "company": "UPS"}


@pytest.fixture
def shop(lab):
    made = lab.commands("shopify")
    yield made
    made.close()


def test_a_promise_is_made_once_and_taken_back(lab, shop):
    lab.sql(
        """update lab.objects set overlay = jsonb_build_object('note_attributes', body -> 'note_attributes'
               || '[{"name": "gift", "value": "yes"}]') where object_id = %s""",
        ORDER,
    )
    promise = {"order": ORDER, "promised_at": "2026-03-12T01:00:00+01:00"}
    assert shop.do("set_promise", promise, idempotency_key="k1") == {"previous": BEFORE}
    assert shop.read("order", ORDER)["promised_at"] == AFTER
    for key in ("k1", "k2"):
        assert shop.do("set_promise", promise | {"previous": BEFORE}, idempotency_key=key) == {"previous": BEFORE}
    assert len(lab.taken()) == 1
    assert lab.interventions() == [(NUMBER, "promise", {"promised_at": AFTER})]
    attributes = lab.sql("select overlay -> 'note_attributes' from lab.objects where object_id = %s", ORDER)[0][0]
    assert [each["name"] for each in attributes] == ["gift", "promised_delivery"]
    assert lab.sql("select topic, object_id from lab.pushes") == [("orders/updated", ORDER)]
    shop.do("set_promise", {"order": ORDER, "promised_at": BEFORE}, idempotency_key="undo")
    assert shop.read("order", ORDER)["promised_at"] == BEFORE


@pytest.mark.parametrize("order", [{"order": ORDER}, {}], ids=["in its order", "searched"])
def test_a_parcel_is_changed_once_and_changed_back(lab, shop, order):
    told = {"fulfillment": FULFILLMENT, "notify": True, **PARCEL, **order}
    assert shop.do("update_tracking", told, idempotency_key="k1") == {"previous": OLD}
    for key in ("k1", "k2"):
        assert shop.do("update_tracking", told | {"previous": OLD}, idempotency_key=key) == {"previous": OLD}
    assert len(lab.taken()) == 1
    for wanted in (FULFILLMENT, f"{ORDER}/{FULFILLMENT}"):
        shown = shop.read("fulfillment", wanted)
        assert {name: shown[name] for name in PARCEL} == PARCEL
    assert shop.read("order", ORDER)["fulfillments"][0] == shown
    assert lab.sql("select topic, body ->> 'tracking_number' from lab.pushes") == [("fulfillments/update", "1ZNEW")]
    shop.do("update_tracking", told | OLD, idempotency_key="undo")
    assert shop.read("fulfillment", FULFILLMENT)["tracking_number"] == OLD["tracking_number"]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_answer_that_never_came_is_settled_by_reading(lab, shop, method):
    command, payload, before = {
        "PUT": ("set_promise", {"order": ORDER, "promised_at": AFTER}, BEFORE),
        "POST": ("update_tracking", {"fulfillment": FULFILLMENT, "order": ORDER, **PARCEL}, OLD),
    }[method]
    lab.misbehave("shop", "unanswered", times=1, seconds=0.1, method=method)
    with pytest.raises(PartnerDown):
        shop.do(command, payload, idempotency_key="k1")
    assert shop.do(command, payload | {"previous": before}, idempotency_key="k2") == {"previous": before}
    assert len(lab.taken()) == 1


def test_noes(lab, shop):
    with pytest.raises(Missing):
        shop.do("set_promise", {"order": "1", "promised_at": AFTER}, idempotency_key="k1")
    with pytest.raises(Missing):
        shop.do("update_tracking", {"fulfillment": "1", **PARCEL}, idempotency_key="k1")
    with pytest.raises(Misconfigured):
        shop.do("set_promise", {"order": ORDER, "promised_at": "soon"}, idempotency_key="k1")
    lab.sql("""update lab.objects set body = body || '{"status": "cancelled"}' where kind = 'fulfillments'""")
    with pytest.raises(Refused, match="cancelled"):
        shop.do("update_tracking", {"fulfillment": FULFILLMENT, "order": ORDER, **PARCEL}, idempotency_key="k1")
    assert (shop.read("order", "1"), shop.read("fulfillment", "1")) == (None, None)
    assert (lab.taken(), lab.interventions()) == ([], [])
