"""What of a decision's inputs could have been different: each figure, time or word that a choice may turn on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from crossdock.remediation.facts.values import moment, number, plain

FARTHEST = 4096
"""How far a figure is changed at most while one looks for the point where the choice turns, in its own steps."""
NOT_BILLED = "not_billed"


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing of the inputs that could have been different. `put` writes a value into a copy of the facts."""

    name: str
    now: object
    put: Callable[[dict, object], None]
    values: tuple = ()
    """What else it could be, where it is a word or a yes."""
    step: Decimal | timedelta | None = None
    """The least change, where it is a figure or a time."""
    most: Decimal | None = None
    """What the figure can be at most; it is never below 0."""

    def reach(self, sign: int) -> int:
        """How many steps it can go up (1) or down (-1)."""
        if not isinstance(self.now, Decimal):
            return FARTHEST
        room = self.now if sign < 0 else FARTHEST * self.step if self.most is None else self.most - self.now
        return min(int(room / self.step), FARTHEST)


def levers(facts: dict) -> Iterator[Lever]:
    """What could have been different: stock, promise, tier, goods issue and invoice, what was picked, rates."""
    yield from _stock(facts)
    yield from _order(facts)
    yield from _progress(facts)
    yield from _missing(facts)
    yield from _rates(facts)


def _stock(facts: dict) -> Iterator[Lever]:
    sku = (facts.get("line") or {}).get("sku")
    for place, position in enumerate(facts["stock"]):
        if position["sku"] == sku:

            def put(changed: dict, value: Decimal, place: int = place) -> None:
                changed["stock"][place]["available_qty"] = plain(value)

            name = f"stock of {sku} at {position['warehouse_code']}"
            yield Lever(name, number(position["available_qty"]), put, step=Decimal(1))


def _order(facts: dict) -> Iterator[Lever]:
    order = facts.get("order")
    if not order:
        return
    if order["promised_at"]:

        def promise(changed: dict, value: object) -> None:
            changed["order"]["promised_at"] = value.isoformat()
            if (changed.get("shipment") or {}).get("promised_at"):
                changed["shipment"]["promised_at"] = value.isoformat()

        yield Lever("the promise", moment(order["promised_at"]), promise, step=timedelta(days=1))

    def tier(changed: dict, value: object) -> None:
        changed["order"]["customer_tier"] = value

    others = tuple(one for one in facts.get("tiers", ()) if one != order["customer_tier"])
    yield Lever("the customer's tier", order["customer_tier"], tier, values=others)

    def regulated(changed: dict, value: object) -> None:
        changed["order"]["is_regulated"] = value

    yield Lever("regulated goods", order["is_regulated"], regulated, values=(not order["is_regulated"],))


def _progress(facts: dict) -> Iterator[Lever]:
    """How far the ERP is: what is posted and billed cannot be changed any more."""
    billed, delivery = (facts.get("order") or {}).get("billing_status_code"), facts.get("shipment") or {}
    if billed not in (None, NOT_BILLED):

        def billing(changed: dict, value: object) -> None:
            changed["order"]["billing_status_code"] = value

        yield Lever("the order's billing status", billed, billing, values=(NOT_BILLED,))
    if delivery.get("erp_status") == "shipped":

        def status(changed: dict, value: object) -> None:
            changed["shipment"]["erp_status"] = value

        yield Lever("the delivery's status in the ERP", "shipped", status, values=("packed",))
    if not facts.get("shipment_line") and number((facts.get("line") or {}).get("allocated_qty")) > 0:

        def allocated(changed: dict, value: Decimal) -> None:
            changed["line"]["allocated_qty"] = plain(value)

        on_delivery = number(facts["line"]["allocated_qty"])
        yield Lever("what is on a delivery already", on_delivery, allocated, step=Decimal(1), most=on_delivery)


def _missing(facts: dict) -> Iterator[Lever]:
    at = facts.get("shipment_line")
    if at:

        def picked(changed: dict, value: Decimal) -> None:
            changed["shipment_line"]["picked_qty"] = plain(value)

        most = number(at["delivery_qty"])
        yield Lever("what was picked", number(at["picked_qty"]), picked, step=Decimal(1), most=most)


def _rates(facts: dict) -> Iterator[Lever]:
    quotes = facts.get("quotes")
    for place, rate in enumerate(quotes if isinstance(quotes, list) else []):
        name = f"{rate['carrier']} {rate['service']}"

        def cost(changed: dict, value: Decimal, place: int = place) -> None:
            changed["quotes"][place]["cost"] = f"{value:.2f}"

        yield Lever(f"the price of {name}", number(rate["cost"]), cost, step=Decimal("0.01"))
        if rate["days"] is not None:

            def days(changed: dict, value: Decimal, place: int = place) -> None:
                changed["quotes"][place]["days"] = int(value)

            yield Lever(f"the days of {name}", Decimal(rate["days"]), days, step=Decimal(1))
