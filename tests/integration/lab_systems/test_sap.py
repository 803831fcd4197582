"""The lab's SAP, as a client meets it over HTTP."""

from __future__ import annotations

import httpx
import pytest

from crossdock_lab.systems.sap import service
from lab_samples import AT

ORDERS = "API_SALES_ORDER_SRV/A_SalesOrder"
DELIVERIES = "API_OUTBOUND_DELIVERY_SRV;v=0002/A_OutbDeliveryHeader"
STOCK = "API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod"
EXPAND = "to_Item,to_Item/to_ScheduleLine"


def results(answer: httpx.Response) -> list[dict]:
    answer.raise_for_status()
    return answer.json()["d"]["results"]


def test_lists_are_paged_by_the_server(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two until there is no `__next`; the count is of all; every order once."""
    monkeypatch.setattr(service, "PAGE", 2)
    answer = lab.sap(ORDERS, **{"$orderby": "SalesOrder", "$inlinecount": "allpages", "$format": "json"})
    assert answer.json()["d"]["__count"] == "5"
    found, pages = results(answer), 1
    while link := answer.json()["d"].get("__next"):
        answer = httpx.get(link, auth=lab.login("sap_main"))
        found, pages = found + results(answer), pages + 1
    assert (pages, len({row["SalesOrder"] for row in found})) == (3, 5)


def test_delta_by_change_time(lab) -> None:
    """Orders changed a second apart: `ge` keeps the edge, `gt` leaves it out."""
    edge = f"datetimeoffset'{AT:%Y-%m-%dT%H:%M}:02Z'"
    assert len(results(lab.sap(ORDERS, **{"$filter": f"LastChangeDateTime ge {edge}"}))) == 3
    assert len(results(lab.sap(ORDERS, **{"$filter": f"LastChangeDateTime gt {edge}"}))) == 2


def test_deliveries_change_by_day(lab) -> None:
    """The day of change is all there is: today's midnight finds it, tomorrow's does not; null asks for none."""
    day = "LastChangeDate ge datetime'2026-03-03T00:00:00'"
    assert len(results(lab.sap(DELIVERIES, **{"$filter": f"{day} and DeliveryDocument gt '0081000019'"}))) == 2
    assert results(lab.sap(DELIVERIES, **{"$filter": "LastChangeDate ge datetime'2026-03-04T00:00:00'"})) == []


def test_expand_select_and_links(lab) -> None:
    """Expanded items come with theirs; what is not asked for is a link; `$select` cuts."""
    row = results(lab.sap(ORDERS, **{"$expand": EXPAND, "$top": "1", "$skip": "1"}))[0]
    lines = row["to_Item"]["results"][0]["to_ScheduleLine"]["results"]
    assert lines[0]["ConfdOrderQtyByMatlAvailCheck"] == "2"
    plain = results(lab.sap(ORDERS, **{"$top": "1", "$select": "SalesOrder"}))[0]
    assert set(plain) == {"__metadata", "SalesOrder"}
    deferred = results(lab.sap(ORDERS, **{"$top": "1"}))[0]["to_Item"]["__deferred"]["uri"]
    assert len(results(httpx.get(deferred, auth=lab.login("sap_main")))) == 2


def test_stock_is_told_without_a_time(lab) -> None:
    """One row a material and place, by its whole key."""
    row = results(lab.sap(STOCK, **{"$filter": "Plant eq '1710'"}))[0]
    assert row["MatlWrhsStkQtyInMatlBaseUnit"] == "340"
    assert not [name for name in row if "Date" in name or "Change" in name]


def test_metadata_and_errors(lab) -> None:
    """The metadata names the sets; nonsense is 400, what is not there 404, a stranger 401, each in SAP's words."""
    assert 'Name="A_SalesOrderScheduleLine"' in lab.sap("API_SALES_ORDER_SRV/$metadata").text
    assert lab.sap(ORDERS, **{"$filter": "Nope eq 1"}).json()["error"]["message"]["value"]
    statuses = [
        lab.sap(ORDERS, **{"$filter": "Nope eq 1"}).status_code,
        lab.sap(f"{ORDERS}('99')").status_code,
        lab.sap("API_SALES_ORDER_SRV/A_Nothing").status_code,
        lab.get(f"/sap/opu/odata/sap/{ORDERS}", auth=("CROSSDOCK", "wrong")).status_code,
    ]
    assert statuses == [400, 404, 404, 401]


def change(lab, body: dict, path: str = f"{ORDERS}('0001000017')", **headers: str) -> httpx.Response:
    url = f"{lab.url}/sap/opu/odata/sap/{path}"
    return httpx.patch(url, json=body, headers=headers, auth=lab.login("sap_main"))


def proof(lab, path: str = f"{ORDERS}('0001000017')") -> dict[str, str]:
    """The CSRF token and the ETag for a change."""
    url = f"{lab.url}/sap/opu/odata/sap/{path}"
    answer = httpx.get(url, auth=lab.login("sap_main"), headers={"X-CSRF-Token": "Fetch"})
    return {"X-CSRF-Token": answer.headers["x-csrf-token"], "If-Match": answer.headers["etag"]}


def order_path(lab) -> str:
    number = lab.rows("select object_id from lab.objects where kind = 'sales_orders' order by 1 limit 1")[0][0]
    return f"{ORDERS}('{number}')"


def test_a_change_needs_token_and_etag(lab) -> None:
    """Without a token 403, without a condition 428, with a stale one 412: and nothing is changed."""
    path = order_path(lab)
    good = proof(lab, path)
    body = {"DeliveryBlockReason": "04"}
    refused = [
        change(lab, body, path, **{"If-Match": good["If-Match"]}),
        change(lab, body, path, **{"X-CSRF-Token": good["X-CSRF-Token"]}),
        change(lab, body, path, **good | {"If-Match": "W/\"'OLD'\""}),
        change(lab, {"Nope": 1}, path, **good),
    ]
    assert [answer.status_code for answer in refused] == [403, 428, 412, 400]
    assert refused[0].headers["x-csrf-token"] == "Required"
    assert lab.sap(path).json()["d"]["DeliveryBlockReason"] == ""


def test_a_change_is_recorded_and_shows(lab) -> None:
    """A header and an item change show, with the time of change; both stand in lab.writes with their key."""
    path = order_path(lab)
    before = lab.sap(path).json()["d"]
    assert (
        change(lab, {"DeliveryBlockReason": "04"}, path, **proof(lab, path), **{"Idempotency-Key": "k1"}).status_code
        == 204
    )
    item = path.replace("A_SalesOrder(", "A_SalesOrderItem(SalesOrder=").replace(")", ",SalesOrderItem='10')")
    assert (
        change(lab, {"DeliveryPriority": "01"}, item, **proof(lab, item), **{"Idempotency-Key": "k2"}).status_code
        == 204
    )
    after = lab.sap(path, **{"$expand": "to_Item"}).json()["d"]
    assert after["DeliveryBlockReason"] == "04"
    assert [line["DeliveryPriority"] for line in after["to_Item"]["results"]] == ["01", "02"]
    assert after["LastChangeDateTime"] > before["LastChangeDateTime"]
    written = lab.rows(
        "select idempotency_key, outcome, body ->> 'DeliveryBlockReason' from lab.writes order by write_id"
    )
    assert [row[0] for row in written] == ["k1", "k2"]
    assert all(row[1].startswith("200 updated sales_orders/") for row in written)


def test_a_repeated_change_has_one_effect(lab) -> None:
    """The same key twice, with the condition of the first time: answered alike, recorded as a repeat."""
    path = order_path(lab)
    good = proof(lab, path) | {"Idempotency-Key": "k1"}
    assert [change(lab, {"DeliveryBlockReason": "04"}, path, **good).status_code for _ in range(2)] == [204, 204]
    outcomes = [row[0].split()[1] for row in lab.rows("select outcome from lab.writes order by write_id")]
    assert outcomes == ["updated", "repeated:"]
    assert lab.rows("select version from lab.objects where overlay <> '{}'") == [(2,)]


def test_the_world_goes_on_under_a_change(lab) -> None:
    """What the world says later of another field shows; what was written stays."""
    path = order_path(lab)
    change(lab, {"DeliveryBlockReason": "04"}, path, **proof(lab, path))
    lab.execute(
        """update lab.objects set body = body || '{"OverallDeliveryStatus": "C"}' where kind = 'sales_orders'"""
    )
    row = lab.sap(path).json()["d"]
    assert (row["DeliveryBlockReason"], row["OverallDeliveryStatus"]) == ("04", "C")
