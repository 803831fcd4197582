"""Goods that are missing: from one other warehouse, from several, later from the same, or when new stock comes.

A short pick lacks a part of a delivery: what was picked goes, the rest gets deliveries of its own. A shortfall is a
line that the ERP could not confirm: it is one item there with one plant, so the whole line moves or waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.facts.values import days_past, moment, number, plain, promise, written
from crossdock.remediation.policies.model import Knobs

SURE, UNSURE, DOUBTFUL = Decimal("0.95"), Decimal("0.75"), Decimal("0.5")
LESS_SURE_EACH = Decimal("0.05")
BACKORDER = Decimal("0.9")


def generate(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Every way to get the missing goods to the customer."""
    need = _Need(facts, knobs)
    others = sorted(code for code in facts["places"] if code != need.home)
    made = [need.candidate("one_warehouse", code, {code: need.missing}) for code in others]
    for size in range(2, knobs.split_at_most + 1):
        made += [_split(need, codes) for codes in combinations(others, size)]
    made.append(need.later("same_later", f"later from {need.home}", {need.home: need.missing}, knobs.later_days))
    made.append(need.backorder())
    return made


def _split(need: _Need, codes: tuple[str, ...]) -> Candidate:
    """The fullest of these warehouses gives what it has, then the next."""
    left, shares = need.missing, {}
    for code in sorted(codes, key=lambda code: (-need.available(code), code)):
        shares[code] = min(left, max(need.available(code), Decimal(0)))
        left -= shares[code]
    return need.candidate("several_warehouses", " + ".join(codes), shares, left)


class _Need:
    """What is missing, where, and what every warehouse has of it."""

    def __init__(self, facts: dict, knobs: Knobs) -> None:
        self.facts, self.knobs = facts, knobs
        self.line, self.at_delivery = facts["line"] or {}, facts.get("shipment_line") or {}
        self.is_short_pick = bool(self.at_delivery)
        self.sku = self.at_delivery.get("sku") or self.line.get("sku")
        self.home = self.at_delivery.get("warehouse_code") or self.line.get("warehouse_code")
        self.missing = self._missing()
        self.now = moment(facts["now"])
        self.owed = moment(facts["order"]["promised_at"])

    def _missing(self) -> Decimal:
        wanted = number(self.line.get("ordered_qty")) - number(self.line.get("cancelled_qty"))
        if not self.is_short_pick:
            return wanted
        lacking = number(self.at_delivery["delivery_qty"]) - number(self.at_delivery["picked_qty"])
        return lacking or wanted - number(self.line.get("allocated_qty"))

    def available(self, code: str) -> Decimal:
        """What the least hopeful system has there, less what other decisions have promised."""
        for position in self.facts["stock"]:
            if position["sku"] == self.sku and position["warehouse_code"] == code:
                return number(position["available_qty"]) - number(position["promised_qty"])
        return Decimal(0)

    def candidate(self, kind: str, name: str, shares: dict, left: Decimal = Decimal(0)) -> Candidate:
        at = self.now + timedelta(hours=self.knobs.handling_hours + self.knobs.transit_hours)
        excluded = tuple(self._excluded(kind, shares, left))
        return self._made(kind, name, shares, at, self._confidence(shares), excluded)

    def later(self, kind: str, name: str, shares: dict, days: int) -> Candidate:
        at = self.now + timedelta(days=days, hours=self.knobs.handling_hours + self.knobs.transit_hours)
        excluded = tuple(self._excluded(kind, shares, Decimal(0)))
        return self._made(kind, name, shares, at, BACKORDER if kind == "backorder" else DOUBTFUL, excluded)

    def backorder(self) -> Candidate:
        """What is missing stays open in the ERP, which delivers it once there is stock: until then the repair waits."""
        waits = self.later("backorder", "backorder", {}, self.knobs.restock_days)
        within = timedelta(days=self.knobs.restock_days, hours=self.knobs.handling_hours)
        return replace(waits, choice=waits.choice | {"delivered_within": f"{within // timedelta(hours=1)} hours"})

    def _made(
        self, kind: str, name: str, shares: dict, at: datetime, sure: Decimal, excluded: tuple[str, ...]
    ) -> Candidate:
        late = days_past(at, self.owed)
        choice = {
            "kind": kind,
            "missing_qty": plain(self.missing),
            "sources": [self._source(code, qty) for code, qty in shares.items() if qty > 0],
            "arrives_at": at.isoformat(),
            "new_promise": promise(at, self.facts["partners"]["erp"]["time_zone"]) if late else None,
        }
        return Candidate(name, kind, choice, self.knobs.parcel_cost * max(len(shares), 1), late, sure, excluded)

    def _source(self, code: str, qty: Decimal) -> dict:
        place = self.facts["places"].get(code, {})
        return {
            "warehouse_code": code,
            "sku": self.sku,
            "quantity": plain(qty),
            "plant": place.get("plant"),
            "shipping_point": place.get("shipping_point"),
            "sgln": place.get("sgln"),
            "epc_class": self.facts["epc_classes"].get(self.sku),
        }

    def _confidence(self, shares: dict) -> Decimal:
        kept = [self.available(code) - qty for code, qty in shares.items() if qty > 0]
        sure = SURE if kept and min(kept) >= self.knobs.buffer_qty else UNSURE
        return sure - LESS_SURE_EACH * max(len(kept) - 1, 0)

    def _excluded(self, kind: str, shares: dict, left: Decimal) -> Iterator[str]:
        if self.missing <= 0:
            yield "nothing of it is missing any more"
        if self.is_short_pick and self._is_settled():
            yield "its goods issue is posted and the order is billed: what was not sent can only be credited"
        if not self.is_short_pick and kind != "backorder" and number(self.line["allocated_qty"]) > 0:
            yield "a part of the item is on a delivery already: its plant cannot be changed"
        if kind == "backorder" and "backorder" in self.facts["case"].get("chosen_before", ()):
            yield "it was waited for stock once and none came: whether the customer waits on is to be asked"
        if kind == "several_warehouses" and not self.is_short_pick:
            yield "an item of the ERP's order has one plant: it cannot be split before it is delivered"
        if kind == "several_warehouses" and (left > 0 or not all(shares.values())):
            yield self._too_little(shares) if left > 0 else "fewer of these warehouses are enough"
        for code, qty in shares.items():
            yield from self._place_excluded(code)
            if kind != "several_warehouses" and self.available(code) < qty:
                yield self._too_little({code: qty})

    def _is_settled(self) -> bool:
        is_billed = self.facts["order"]["billing_status_code"] not in (None, "not_billed")
        return is_billed and self.facts["shipment"]["erp_status"] == "shipped"

    def _too_little(self, shares: dict) -> str:
        held = ", ".join(f"{code} has {written(self.available(code))}" for code in sorted(shares))
        return f"{held} of {self.sku}, and {written(self.missing)} are missing"

    def _place_excluded(self, code: str) -> Iterator[str]:
        if code in self.knobs.excluded_warehouses:
            yield f"the policy takes nothing from {code}"
        if self.facts["order"]["is_regulated"] and code in self.knobs.not_for_regulated:
            yield f"{code} may not send regulated goods"
        if "plant" not in self.facts["places"].get(code, {}):
            yield f"the ERP has no plant for {code}"
