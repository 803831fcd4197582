"""The lab's warehouse, carrier gateway, shop and service desk, as a client meets them over HTTP."""

from __future__ import annotations

import re

import httpx

from lab_samples import AT

NEXT = re.compile(r'<([^>]+)>; rel="next"')


def follow(answer: httpx.Response, headers: dict[str, str]) -> list[dict]:
    """All bodies from this page on, by `Link`."""
    bodies = [answer.json()]
    while link := NEXT.search(answer.headers.get("link", "")):
        answer = httpx.get(link[1], headers=headers)
        bodies.append(answer.raise_for_status().json())
    return bodies


def wms(lab) -> dict[str, str]:
    return {"Authorization": f"Bearer {lab.conn['wms_main']['password']}"}


def shop(lab) -> dict[str, str]:
    return {"X-Shopify-Access-Token": lab.conn["shop_main"]["password"]}


def events(body: dict) -> list[dict]:
    return body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]


def test_events_by_time_of_recording(lab) -> None:
    """Every event once over pages of three; a bound on recordTime and a business step narrow; nonsense is 400."""
    first = lab.get("/wms/events", params={"perPage": 3}, headers=wms(lab))
    found = [event["eventID"] for body in follow(first, wms(lab)) for event in events(body)]
    assert len(found) == len(set(found)) == 10
    late = {"GE_recordTime": "2026-03-03T00:00:00Z", "EQ_bizStep": "shipping"}
    assert len(events(lab.get("/wms/events", params=late, headers=wms(lab)).json())) == 5
    assert lab.get("/wms/events", params={"EQ_nothing": 1}, headers=wms(lab)).status_code == 400
    assert lab.get("/wms/events").status_code == 401


def test_trackers_newest_first(lab) -> None:
    """`before_id` goes back in time, `after_id` forward; `start_datetime` is about creation."""
    auth = (lab.conn["easypost"]["login"], "")
    first = lab.get("/easypost/v2/trackers", params={"page_size": 2}, auth=auth).json()
    assert first["has_more"] is True
    ids = [tracker["id"] for tracker in first["trackers"]]
    older = lab.get("/easypost/v2/trackers", params={"before_id": ids[-1], "page_size": 5}, auth=auth).json()
    assert (len(older["trackers"]), older["has_more"]) == (3, False)
    newer = lab.get("/easypost/v2/trackers", params={"after_id": ids[-1]}, auth=auth).json()
    assert [tracker["id"] for tracker in newer["trackers"]] == ids[:1]
    started = older["trackers"][0]["created_at"]
    since = lab.get("/easypost/v2/trackers", params={"start_datetime": started}, auth=auth).json()
    assert len(since["trackers"]) == 3
    assert lab.get("/easypost/v2/trackers/trk_nothing", auth=auth).json()["error"]["code"] == "NOT_FOUND"


def test_rates_buy_and_refund(lab) -> None:
    """A shipment has a rate of each carrier; buying twice with one key buys once; a bought label can be refunded."""
    auth, root = (lab.conn["easypost"]["login"], ""), f"{lab.url}/easypost/v2/shipments"
    body = {"shipment": {"to_address": {"zip": "10001"}, "from_address": {"zip": "07114"}, "parcel": {"weight": 20}}}
    made = httpx.post(root, json=body, auth=auth).raise_for_status().json()
    assert {rate["carrier"] for rate in made["rates"]} == {"UPS", "FedEx", "USPS"}
    buy, rate = f"{root}/{made['id']}/buy", {"rate": {"id": made["rates"][0]["id"]}}
    bought = [httpx.post(buy, json=rate, auth=auth, headers={"Idempotency-Key": "b1"}).json() for _ in range(2)]
    assert bought[0]["tracking_code"] == bought[1]["tracking_code"]
    assert httpx.post(buy, json=rate, auth=auth, headers={"Idempotency-Key": "b2"}).status_code == 422
    refunded = httpx.post(f"{root}/{made['id']}/refund", json={}, auth=auth).json()
    assert refunded["refund_status"] == "submitted"
    outcomes = [row[0].split()[0] for row in lab.rows("select outcome from lab.writes order by write_id")]
    assert outcomes == ["201", "200", "200", "422", "200"]


def test_orders_by_cursor(lab) -> None:
    """Pages by `page_info`; an order is as new as its fulfillment, which stands in it; the bucket is told."""
    first = lab.get("/shop/admin/api/2024-10/orders.json", params={"status": "any", "limit": 2}, headers=shop(lab))
    orders = [order for body in follow(first, shop(lab)) for order in body["orders"]]
    assert len({order["id"] for order in orders}) == 5
    assert orders[0]["updated_at"] == orders[0]["fulfillments"][0]["updated_at"]
    assert first.headers["x-shopify-shop-api-call-limit"].endswith("/40")
    late = {"status": "any", "updated_at_min": "2026-03-03T06:00:00Z", "fields": "id,fulfillments"}
    newer = lab.get("/shop/admin/api/2024-10/orders.json", params=late, headers=shop(lab)).json()["orders"]
    assert [set(order) for order in newer] == [{"id", "fulfillments"}] * 5
    mixed = lab.get(NEXT.search(first.headers["link"])[1].removeprefix(lab.url) + "&status=any", headers=shop(lab))
    assert mixed.status_code == 400


def test_fulfillments_levels_locations(lab) -> None:
    """An order's fulfillments; levels need a location or an item; four locations."""
    root, headers = "/shop/admin/api/2024-10", shop(lab)
    order = lab.rows("select object_id from lab.objects where system = 'shop' and kind = 'orders' limit 1")[0][0]
    assert len(lab.get(f"{root}/orders/{order}/fulfillments.json", headers=headers).json()["fulfillments"]) == 1
    ids = [str(place["id"]) for place in lab.get(f"{root}/locations.json", headers=headers).json()["locations"]]
    levels = lab.get(f"{root}/inventory_levels.json", params={"location_ids": ",".join(ids)}, headers=headers).json()
    assert [level["available"] for level in levels["inventory_levels"]] == [338]
    assert lab.get(f"{root}/inventory_levels.json", headers=headers).status_code == 422


def test_a_full_bucket_says_when_to_come_back(lab) -> None:
    """Sixty calls at once spill over: 429 with Retry-After, and it goes on later."""
    with httpx.Client(headers=shop(lab)) as client:
        statuses = [client.get(f"{lab.url}/shop/admin/api/2024-10/locations.json") for _ in range(150)]
    refused = [answer for answer in statuses if answer.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "2.0"


def test_tickets_by_cursor_and_by_hand(lab) -> None:
    """The export ends, and its cursor finds what came after; a repeated creation makes one ticket."""
    auth, root = lab.login("zendesk"), f"{lab.url}/zendesk/api/v2"
    export = f"{root}/incremental/tickets/cursor.json"
    first = httpx.get(export, params={"start_time": int(AT.timestamp())}, auth=auth).json()
    assert ([ticket["id"] for ticket in first["tickets"]], first["end_of_stream"]) == ([9001], True)
    body = {
        "ticket": {"subject": "Short pick", "comment": {"body": "2 of 3"}, "external_id": "shop-main/order/1000017"}
    }
    made = [
        httpx.post(f"{root}/tickets.json", json=body, auth=auth, headers={"Idempotency-Key": "t1"}) for _ in range(2)
    ]
    assert [answer.headers["x-idempotency-lookup"] for answer in made] == ["miss", "hit"]
    assert made[0].json() == made[1].json()
    ticket = made[0].json()["ticket"]["id"]
    httpx.put(f"{root}/tickets/{ticket}.json", json={"ticket": {"status": "solved"}}, auth=auth).raise_for_status()
    after = httpx.get(export, params={"cursor": first["after_cursor"]}, auth=auth).json()
    assert [(found["id"], found["status"]) for found in after["tickets"]] == [(ticket, "solved")]
    assert httpx.get(export, params={"cursor": "nonsense"}, auth=auth).status_code == 400


def test_every_answer_says_the_labs_time(lab) -> None:
    """Also a refusal, and with the caller's correlation id."""
    for path in ("/wms/events", "/shop/admin/api/2024-10/orders.json", "/lab/health"):
        answer = lab.get(path, headers={"X-Correlation-ID": "c1"})
        assert answer.headers["x-server-time"] == "2026-03-06T09:30:00+00:00"
        assert answer.headers["x-correlation-id"] == "c1"
