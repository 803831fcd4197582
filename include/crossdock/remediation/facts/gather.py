"""Read the facts of many cases with one statement a kind; put them together by case.

A case's facts are JSON: `case, now, tiers, order, lines, shipments, shipment, shipment_line, line, stock, holds,
edi_document, partners, places, carriers, erp_carriers, shop_carriers, erp_holds, customer, parcel`. Quantities are JSON
numbers, amounts text, times ISO text in UTC. `shipment`, `shipment_line` and `line` are those that the case is about,
or null.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from crossdock.core import clock
from crossdock.remediation.facts.values import moment, plain

SQL = Path(__file__).parent / "sql"
KINDS = ("case", "order", "lines", "shipments", "stock", "holds", "edi_document", "partners", "customer")
LISTS = ("lines", "shipments", "stock", "holds")
PRIORITIES = {"critical": "urgent", "high": "high", "medium": "normal", "low": "low"}
"""Of a ticket, by the severity of its case."""
PARCEL_OUNCES = 35
"""Weight of a parcel whose old label does not say."""


@cache
def statement(name: str) -> str:
    """The text of one file under sql/."""
    return (SQL / f"{name}.sql").read_text()


def gather(connection: psycopg.Connection, cases: Collection[int]) -> dict[int, dict]:
    """The facts of each case, as they are now. Promised stock is not in it: see `promised`."""
    found = {kind: dict(_rows(connection, kind, cases)) for kind in KINDS}
    now = clock.read(connection).isoformat()
    tiers = [row[0] for row in connection.execute("select customer_tier from ref.customer_tiers order by rank")]
    facts = {
        case_id: {kind: found[kind].get(case_id, [] if kind in LISTS else None) for kind in KINDS}
        | {"now": now, "tiers": tiers}
        for case_id in found["case"]
    }
    codes = _codes(connection, facts.values())
    for one in facts.values():
        _complete(one, codes)
    return facts


def _rows(connection: psycopg.Connection, kind: str, cases: Collection[int]) -> list[tuple[int, object]]:
    return connection.execute(statement(kind), {"cases": list(cases)}).fetchall()


def _codes(connection: psycopg.Connection, facts: Iterable[dict]) -> list[tuple[str, str, str, str]]:
    """(partner, kind, our code, their code) of warehouses, carriers, holds and the items concerned."""
    facts = list(facts)
    partners = {partner["partner_id"] for one in facts for partner in (one["partners"] or {}).values()}
    skus = {line["sku"] for one in facts for line in one["lines"] if line["sku"]}
    return connection.execute(statement("codes"), {"partners": list(partners), "skus": list(skus)}).fetchall()


def _complete(facts: dict, codes: list[tuple[str, str, str, str]]) -> None:
    """Add what follows from the rest: whom and what the case is about, and what the partners call things."""
    facts["partners"] = facts["partners"] or {}
    facts["customer"] = facts["customer"] or {}
    _about(facts)
    _promised_on(facts)

    def theirs(role: str, kind: str) -> dict[str, str]:
        partner_id = facts["partners"].get(role, {}).get("partner_id")
        chosen = {ours: their for partner, k, ours, their in reversed(codes) if (partner, k) == (partner_id, kind)}
        return dict(sorted(chosen.items()))

    facts["places"] = _places(facts, theirs("erp", "warehouse"), theirs("warehouse", "warehouse"))
    facts["epc_classes"] = _only(theirs("warehouse", "sku"), {line["sku"] for line in facts["lines"]})
    carrier_id = facts["partners"].get("carrier", {}).get("partner_id")
    facts["carriers"] = {their: ours for partner, k, ours, their in codes if (partner, k) == (carrier_id, "carrier")}
    facts["erp_carriers"], facts["shop_carriers"] = theirs("erp", "carrier"), theirs("shop", "carrier")
    facts["erp_holds"] = theirs("erp", "hold")
    facts["parcel"] = _parcel(facts)
    facts["case"]["ticket_priority"] = PRIORITIES[facts["case"]["severity"]]
    facts["case"]["evidence_text"] = "\n".join(f"  {key}: {value}" for key, value in facts["case"]["evidence"].items())


def _promised_on(facts: dict) -> None:
    """The day that the order is promised for, as the ERP writes it."""
    order, erp = facts["order"], facts["partners"].get("erp")
    if order:
        at = moment(order["promised_at"])
        order["promised_date"] = at.astimezone(ZoneInfo(erp["time_zone"])).date().isoformat() if at and erp else None


def _only(codes: dict[str, str], wanted: set[str]) -> dict[str, str]:
    return {ours: their for ours, their in codes.items() if ours in wanted}


def _about(facts: dict) -> None:
    """The shipment, its line and the order's line that the case's subject names."""
    subject, evidence = facts["case"]["subject_id"], facts["case"]["evidence"]
    at, line_at = _shipment_of(facts["shipments"], subject)
    line_id = line_at["order_line_id"] if line_at else evidence.get("order_line_id") or subject
    facts["shipment"], facts["shipment_line"] = at, line_at
    facts["line"] = next((line for line in facts["lines"] if line["order_line_id"] == line_id), None)


def _shipment_of(shipments: list[dict], subject: str) -> tuple[dict | None, dict | None]:
    for shipment in shipments:
        if shipment["shipment_id"] == subject:
            return shipment, None
        for line in shipment["lines"]:
            if line["shipment_line_id"] == subject:
                return shipment, line
    return None, None


def _places(facts: dict, plants: dict[str, str], sglns: dict[str, str]) -> dict[str, dict]:
    """Every warehouse that somebody has a code for: what each system calls it, and where it is."""
    erp, warehouse = (facts["partners"].get(role, {}).get("settings", {}) for role in ("erp", "warehouse"))
    points, addresses = erp.get("shipping_points", {}), warehouse.get("addresses", {})
    codes = sorted({*plants, *sglns})
    places = {
        code: {
            "plant": plants.get(code),
            "shipping_point": points.get(plants.get(code)),
            "sgln": sglns.get(code),
            "address": addresses.get(code),
        }
        for code in codes
    }
    return {code: {name: value for name, value in place.items() if value} for code, place in places.items()}


def _parcel(facts: dict) -> dict | None:
    """What a carrier must know of the shipment to price and book it."""
    shipment, customer = facts["shipment"], facts["customer"]
    if not shipment:
        return None
    label = shipment["label"] or {}
    place = facts["places"].get(shipment["warehouse_code"] or "", {})
    to = {name: value for name, value in customer.items() if name != "email"}
    region = (facts["order"] or {}).get("ship_to_region")
    return {
        "reference": f"{shipment['delivery_ref']}-{facts['case']['case_id']}-{facts['case']['next_attempt']}",
        "to_address": to or {"state": region, "country": "US"},
        "from_address": place.get("address") or {"name": shipment["warehouse_code"], "country": "US"},
        "parcel": {"weight": label.get("ounces") or PARCEL_OUNCES},
        "old_label": label.get("shipment_id"),
    }


def promised(connection: psycopg.Connection, skus: Collection[str]) -> list[tuple[int, str, str, Decimal]]:
    """(case, sku, warehouse, quantity) that decisions have promised and the stock figures do not show yet."""
    return connection.execute(statement("promised"), {"skus": list(skus)}).fetchall()


def with_promised(facts: dict, rows: Iterable[tuple[int, str, str, Decimal]]) -> dict:
    """The same facts, with what other cases were promised taken note of."""
    taken: dict[tuple[str, str], Decimal] = {}
    for case_id, sku, warehouse_code, qty in rows:
        if case_id != facts["case"]["case_id"]:
            taken[sku, warehouse_code] = taken.get((sku, warehouse_code), Decimal(0)) + qty
    stock = [
        position | {"promised_qty": plain(taken.get((position["sku"], position["warehouse_code"]), Decimal(0)))}
        for position in facts["stock"]
    ]
    return facts | {"stock": stock}
