"""A warehouse is told to reserve goods, once; what we captured comes back by the feed as an event like any other."""

from __future__ import annotations

import json

import httpx
import jsonschema
import pytest

from crossdock.core.errors import Misconfigured, PartnerDown, Refused

pytestmark = pytest.mark.usefixtures("fresh_order")
DELIVERY, NUMBER = "82000001", "2000001"
SHIPPED = "81000017"
PLACE = "urn:epc:id:sgln:0614141.00101.0"
OURS = {"business_transactions": "urn:epcglobal:cbv:bt:0614141000005:"}
LINES = [{"epc_class": "urn:epc:idpat:sgtin:0614141.012001.*", "sku": "SKU-1001", "quantity": 2, "uom": "EA"}]
RESERVE = {"delivery": DELIVERY, "order": "1", "warehouse": PLACE, "lines": LINES}


@pytest.fixture
def wms(lab):
    made = lab.commands("epcis", **OURS)
    yield made
    made.close()


def captured(lab) -> list[dict]:
    return [body for (body,) in lab.sql("select body from lab.objects where body ->> 'bizStep' = 'reserving'")]


def test_goods_are_reserved_once_and_given_back(lab, wms):
    assert wms.read("reservation", DELIVERY) is None
    first = wms.do("reserve", RESERVE, idempotency_key="k1")
    assert [wms.do("reserve", RESERVE, idempotency_key=key) for key in ("k1", "k2")] == [first, first]
    shown = wms.read("reservation", DELIVERY)
    assert (shown["reserved"], shown["warehouse"], shown["event_id"]) == (True, PLACE, first["event_id"])
    assert shown["lines"] == [{"epc_class": LINES[0]["epc_class"], "quantity": 2}]
    back = wms.do("unreserve", RESERVE, idempotency_key="u1")
    assert wms.do("unreserve", {"delivery": DELIVERY}, idempotency_key="u2") == back
    assert wms.read("reservation", DELIVERY)["reserved"] is False
    told = {"delivery": DELIVERY.zfill(10)}
    assert lab.interventions() == [(NUMBER, "reserve", told), (NUMBER, "unreserve", told)]
    assert wms.do("reserve", RESERVE, idempotency_key="k3")["event_id"] != first["event_id"]
    assert wms.read("reservation", DELIVERY)["reserved"] is True


def test_the_event_has_the_warehouses_time_and_comes_back_by_poll_and_push(lab, wms):
    reserved = wms.do("reserve", RESERVE, idempotency_key="k1")
    (event,) = captured(lab)
    assert (event["eventTime"], event["recordTime"]) == ("2026-03-06T09:30:00.000Z",) * 2
    connector = lab.connector("epcis")
    polled = [r for page in connector.pages("events", {}) for r in connector.records("events", page.content)]
    assert json.loads(next(r.payload for r in polled if r.native_id == reserved["event_id"])) == event
    assert lab.sql("select topic, body from lab.pushes") == [("epcis.events", event)]


@pytest.mark.real_data
def test_the_document_passes_the_standards_schema(lab, wms, real_data):
    wms.do("reserve", RESERVE, idempotency_key="k1")
    wms.do("unreserve", RESERVE, idempotency_key="u1")
    schema = json.loads((real_data / "api" / "gs1_epcis" / "EPCIS-JSON-Schema.json").read_text())
    sent = [body for (body,) in lab.sql("select body from lab.writes")]
    assert [event["action"] for body in sent for event in body["epcisBody"]["eventList"]] == ["ADD", "DELETE"]
    for body in sent:
        assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(body)] == []


NOES = [
    (RESERVE | {"delivery": "4711"}, "nothing can be reserved for it"),
    (RESERVE | {"warehouse": "urn:epc:id:sgln:0614141.00102.0"}, "is not for urn"),
    (RESERVE | {"lines": [LINES[0] | {"quantity": "two"}]}, "Not a valid EPCISDocument"),
]


@pytest.mark.parametrize(("payload", "why"), NOES, ids=["delivery", "place", "schema"])
def test_a_business_no_is_refused_and_changes_nothing(lab, wms, payload, why):
    with pytest.raises(Refused, match=why):
        wms.do("reserve", payload, idempotency_key="k1")
    assert (captured(lab), lab.interventions(), lab.taken()) == ([], [], [])


def test_other_quantities_and_picked_goods_are_left_alone(lab, wms):
    wms.do("reserve", RESERVE, idempotency_key="k1")
    with pytest.raises(Refused, match="reserved with other quantities"):
        wms.do("reserve", RESERVE | {"lines": [LINES[0] | {"quantity": 1}]}, idempotency_key="k2")
    both = [*LINES, {"epc_class": "urn:epc:idpat:sgtin:0614141.112026.*", "quantity": 3}]
    wms.do("reserve", RESERVE | {"delivery": SHIPPED, "lines": both}, idempotency_key="k3")
    with pytest.raises(Refused, match="being picked"):
        wms.do("unreserve", {"delivery": SHIPPED}, idempotency_key="u1")


def test_an_answer_that_never_came_is_settled_by_reading(lab, wms):
    lab.misbehave("wms", "unanswered", times=1, seconds=0.1, method="POST")
    with pytest.raises(PartnerDown):
        wms.do("reserve", RESERVE, idempotency_key="k1")
    wms.do("reserve", RESERVE, idempotency_key="k2")
    assert (len(captured(lab)), [kind for _, kind, _ in lab.interventions()]) == (1, ["reserve"])


def test_a_capture_job_can_be_looked_up_and_an_event_is_kept_once(lab, wms):
    wms.do("reserve", RESERVE, idempotency_key="k1")
    headers = {"Authorization": f"Bearer {lab.connection('epcis').password}"}
    body = lab.sql("select body from lab.writes")[0][0]
    again = httpx.post(f"{lab.base}/wms/capture", json=body, headers=headers | {"Idempotency-Key": "another"})
    assert again.status_code == 202
    job = httpx.get(again.headers["location"], headers=headers).json()
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    assert len(captured(lab)) == 1
    assert httpx.get(f"{lab.base}/wms/capture/none", headers=headers).status_code == 404
    assert httpx.post(f"{lab.base}/wms/capture", json=body).status_code == 401


def test_how_documents_are_named_must_be_known(lab):
    wms = lab.commands("epcis")
    with pytest.raises(Misconfigured, match="names documents"):
        wms.do("reserve", RESERVE, idempotency_key="k1")
    wms.close()
