"""The lab misbehaves when it is told to, as real systems do."""

from __future__ import annotations

import httpx
import pytest

ORDERS = "API_SALES_ORDER_SRV/A_SalesOrder"


@pytest.mark.parametrize(
    ("behaviour", "status", "header"),
    [("throttle", 429, "retry-after"), ("down", 503, "retry-after"), ("error", 500, ""), ("timeout", 504, "")],
)
def test_answers_that_fail(lab, behaviour: str, status: int, header: str) -> None:
    """As often as asked, and only there; then all is well."""
    lab.misbehave(system="sap", behaviour=behaviour, params={"times": 1, "seconds": 0.1, "path": "A_SalesOrder"})
    answer = lab.sap(ORDERS)
    assert answer.status_code == status
    assert not header or header in answer.headers
    assert lab.sap(ORDERS).status_code == 200


def test_silence_outlasts_the_caller(lab) -> None:
    """A caller with less patience than the system's silence sees a time-out."""
    lab.misbehave(system="sap", behaviour="timeout", params={"times": 1, "seconds": 3})
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{lab.url}/sap/opu/odata/sap/{ORDERS}", auth=lab.login("sap_main"), timeout=0.2)


def test_a_truncated_body_is_no_json(lab) -> None:
    """Status 200, half a document."""
    lab.misbehave(system="sap", behaviour="truncate", params={"times": 1})
    whole = lab.sap(ORDERS).content
    assert not whole.endswith(b"}")
    assert lab.sap(ORDERS).content.endswith(b"}")


def test_a_drifting_schema_renames_a_field(lab) -> None:
    """In every object, until it is ended."""
    lab.misbehave(system="sap", behaviour="drift", params={"field": "SoldToParty", "to": "SoldTo"})
    row = lab.sap(ORDERS).json()["d"]["results"][0]
    assert "SoldTo" in row
    assert "SoldToParty" not in row
    assert httpx.delete(f"{lab.url}/lab/misbehave", params={"system": "sap"}).json()["ended"]
    assert "SoldToParty" in lab.sap(ORDERS).json()["d"]["results"][0]


def test_a_shifting_page_makes_offsets_skip(lab) -> None:
    """After the first page its first order changes: a reader by offset misses one, a reader by key does not."""
    query = {"$orderby": "LastChangeDateTime", "$top": "2", "$select": "SalesOrder"}
    everything = [row["SalesOrder"] for row in lab.sap(ORDERS).json()["d"]["results"]]
    lab.misbehave(system="sap", behaviour="shift", params={"times": 1})
    by_offset = []
    for skip in ("0", "2", "4"):
        by_offset += [row["SalesOrder"] for row in lab.sap(ORDERS, **query, **{"$skip": skip}).json()["d"]["results"]]
    assert set(everything) - set(by_offset) == {sorted(everything)[2]}
    by_key = lab.sap(ORDERS, **{"$orderby": "SalesOrder", "$filter": f"SalesOrder gt '{min(everything)}'"})
    assert len(by_key.json()["d"]["results"]) == 4


def test_rules_last_for_lab_time_and_can_be_listed(lab) -> None:
    """Nonsense is refused; a rule in force is shown with how often it struck."""
    assert httpx.post(f"{lab.url}/lab/misbehave", json={"behaviour": "explode"}).status_code == 400
    lab.misbehave(system="shop", behaviour="error", seconds=3600)
    lab.get("/shop/admin/api/2024-10/locations.json")
    rules = lab.get("/lab/misbehave").json()["rules"]
    assert [(rule["system"], rule["struck"]) for rule in rules] == [("shop", 1)]
