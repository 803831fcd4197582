"""The ERP charges another amount than the channel sold for: the item whose price makes the sum right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.facts.values import money, number, written
from crossdock.remediation.policies.model import Knobs

RATE = Decimal("0.000000001")
"""What the ERP keeps of a rate."""
BLAMED, ANY = Decimal("0.95"), Decimal("0.75")


def generate(facts: dict, knobs: Knobs) -> list[Candidate]:
    """One candidate an item: its rate such that the order comes to what was ordered."""
    off = number(facts["case"]["evidence"].get("difference_amount"))
    items = [item for line in facts["lines"] for item in line["erp_items"]]
    return [_candidate(facts, item, off) for item in sorted(items, key=lambda one: int(one["item"]))]


def _candidate(facts: dict, item: dict, off: Decimal) -> Candidate:
    qty, net = number(item["ordered_qty"]), number(item["net_amount"])
    rate = ((net - off) / qty).quantize(RATE) if qty else Decimal(0)
    is_blamed = _alone_is_wrong(facts, item)
    choice = {
        "kind": "rate",
        "order": item["order"],
        "item": item["item"],
        "rate": money(rate),
        "previous_rate": money((net / qty).quantize(RATE)) if qty else None,
        "difference_amount": money(off),
        "new_amount": money(net - off),
    }
    return Candidate(
        f"item {item['item']} at {money(rate)}", "rate", choice, abs(off), 0, BLAMED if is_blamed else ANY,
        tuple(_excluded(item, qty, net, off, rate)),
    )  # fmt: skip


def _alone_is_wrong(facts: dict, item: dict) -> bool:
    """Whether this is the only item that charges another amount than its line of the channel."""
    wrong = [
        one["item"]
        for line in facts["lines"]
        for one in line["erp_items"]
        if number(one["net_amount"]) != number(line["unit_price_amount"]) * number(one["ordered_qty"])
    ]
    return wrong == [item["item"]]


def _excluded(item: dict, qty: Decimal, net: Decimal, off: Decimal, rate: Decimal) -> Iterator[str]:
    if item["net_amount"] is None or qty <= 0:
        yield f"the ERP does not say what it charges for item {item['item']}"
    elif rate <= 0:
        yield f"item {item['item']} would cost nothing"
    elif (rate * qty).quantize(Decimal("0.01")) != net - off:
        yield f"no rate of item {item['item']} makes up {money(off)} for {written(qty)} pieces"
