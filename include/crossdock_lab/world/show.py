"""From the plan of an order to what each system comes to show, change by change.

`changes(plan)` is a pure function: the same plan gives the same changes, in order of time. A change holds a belief
(a dataclass of `model`), not yet a payload: only the newest of an advance is built, and each that is pushed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crossdock_lab.world import catalogue
from crossdock_lab.world.model import (
    Delivery,
    DeliveryLine,
    EventQuantity,
    Fulfillment,
    Order,
    PurchaseOrder,
    SalesOrder,
    SalesOrderLine,
    ScheduleLine,
    ShopLine,
    ShopOrder,
    Ticket,
    WarehouseEvent,
)
from crossdock_lab.world.plan import MINUTE, Amend, Leg, Plan
from crossdock_lab.world.returned import exported, received
from crossdock_lab.world.tracked import tracked
from crossdock_lab.world.waste import Harm, waste

SHOP_STATUS = {"in_transit": "in_transit", "out_for_delivery": "out_for_delivery", "delivered": "delivered"}
CORRECTED_FROM = 400_000_000
"""Interchange control numbers of purchase orders sent again: this, and the order's number."""
UNMAPPED_STATUS = "X"
REJECTED = "C"


@dataclass(frozen=True, slots=True)
class Change:
    """At `at`, `belief` becomes what (system, kind, object_id) says. `push` is the webhook's topic, if one is sent."""

    at: datetime
    system: str
    kind: str
    object_id: str
    belief: object
    push: str = ""
    push_delay: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Drop:
    """At `at`, a file appears in the partner's mailbox."""

    at: datetime
    path: str
    belief: object
    partner: str = "acme-edi"


@dataclass(frozen=True, slots=True)
class Move:
    """At `at`, stock of an item changes at a place: on hand in SAP, available in the shop."""

    at: datetime
    sku: str
    warehouse: str
    on_hand: int
    available: int


Step = Change | Drop | Move | Amend | Harm


def changes(plan: Plan) -> list[Step]:
    """Everything that any system will show of this order, by time."""
    steps: list[Step] = []
    for show in (
        _sales_order, _deliveries, _warehouse, _trackers, _shop, _fulfillments, _edi, _returns, _tickets, _stock, waste,
    ):  # fmt: skip
        steps.extend(show(plan))
    steps.sort(key=lambda step: step.at)
    return steps


# SAP ---------------------------------------------------------------------------------------------------------------


def sold_to(order: Order) -> str:
    """The sold-to party: the shop or the EDI partner as a whole, or the customer."""
    known = {"shop": catalogue.SHOP_SOLD_TO, "edi": catalogue.EDI_SOLD_TO}
    return known.get(order.channel, order.customer.customer_id)


def _history(
    first: object, edits: list[tuple[datetime, Callable[[object], object]]]
) -> Iterator[tuple[datetime, object]]:
    """The states that edits, in order of time, make of the first one; edits of one instant are one state."""
    state = first
    edits = sorted(edits, key=lambda edit: edit[0])
    for index, (at, edit) in enumerate(edits):
        state = edit(state)
        if index + 1 == len(edits) or edits[index + 1][0] != at:
            yield at, state


def _sales_order(plan: Plan) -> Iterator[Change]:
    order, created = replace(plan.order, promised_at=plan.promised_at), plan.sap_created_at
    first = SalesOrder(
        order=order,
        lines=tuple(_sales_line(plan, line.number) for line in order.lines),
        sold_to=sold_to(order),
        ship_to=order.customer.customer_id,
        created_at=created,
        changed_at=created,
        total_net_amount=order.total_amount - plan.discount_amount + plan.sap_amount_off,
        credit_status="D" if plan.is_credit_released_at_once else "A",
    )
    edits = [(created, lambda state: state), *_sales_edits(plan)]
    for at, state in _history(first, edits):
        yield Change(at, "sap", "sales_orders", order.sales_order, replace(state, changed_at=at))


def _sales_line(plan: Plan, number: int) -> SalesOrderLine:
    line, promised = plan.line(number), plan.promised_at
    home = plan.place_of(number) or catalogue.WAREHOUSES[0]
    amount = line.net_amount + plan.amounts_off.get(number, 0)
    schedule = (ScheduleLine(1, promised, line.qty, line.qty),)
    if plan.second_schedule == number:
        early = promised - timedelta(days=1)
        schedule = (ScheduleLine(1, early, line.qty, 1), ScheduleLine(2, promised, 0, line.qty - 1))
    return SalesOrderLine(number, line.item, line.item.sap_material, home, line.qty, amount, schedule)


def _sales_edits(plan: Plan) -> Iterator[tuple[datetime, Callable]]:
    """What happens to the sales order after it was created, and when."""
    if plan.credit:
        yield plan.credit.opened_at, lambda state: replace(state, credit_status="B")
        if plan.credit.released_at:
            yield plan.credit.released_at, lambda state: replace(state, credit_status="D")
    if plan.block:
        yield plan.block.opened_at, lambda state: replace(state, delivery_block=plan.block_code)
        if plan.block.released_at:
            yield plan.block.released_at, lambda state: replace(state, delivery_block="")
    if plan.billing:
        yield plan.billing.opened_at, lambda state: replace(state, billing_block=plan.billing_code)
        if plan.billing.released_at:
            yield plan.billing.released_at, lambda state: replace(state, billing_block="")
    if plan.shortfall:
        yield plan.shortfall.opened_at, lambda state: _confirmed(state, plan.shortfall_line, plan.shortfall_qty)
        if plan.shortfall.released_at:
            yield plan.shortfall.released_at, lambda state: _confirmed(state, plan.shortfall_line, None)
    if plan.no_lines:
        yield plan.no_lines.opened_at, lambda state: replace(state, lines=())
        if plan.no_lines.released_at:
            whole = tuple(_sales_line(plan, line.number) for line in plan.order.lines)
            yield plan.no_lines.released_at, lambda state: replace(state, lines=whole)
    for leg in plan.legs:
        if leg.goods_issued_at:
            yield leg.goods_issued_at, lambda state, leg=leg: _issued(state, leg)
    yield from _sales_ends(plan)
    if plan.wrong_status:
        yield plan.wrong_status.opened_at, lambda state: replace(state, delivery_status=UNMAPPED_STATUS)
        if plan.wrong_status.released_at:
            yield plan.wrong_status.released_at, lambda state: replace(state, delivery_status=_derived(state))


def _sales_ends(plan: Plan) -> Iterator[tuple[datetime, Callable]]:
    if plan.billed_at and not plan.cancelled_at:
        yield plan.billed_at, lambda state: replace(state, billing_status="C", process_status="C")
    if plan.cancelled_at:
        yield plan.cancelled_at, _rejected


def _derived(state: SalesOrder) -> str:
    """The overall delivery status, from the lines."""
    said = {line.delivery_status for line in state.lines}
    return said.pop() if len(said) == 1 else "B"


def _confirmed(state: SalesOrder, number: int, qty: int | None) -> SalesOrder:
    """Stock check confirms `qty` of a line; None: all of it."""
    lines = tuple(
        replace(line, schedule=(replace(line.schedule[0], confirmed_qty=line.ordered_qty if qty is None else qty),))
        if line.number == number
        else line
        for line in state.lines
    )
    return replace(state, lines=lines)


def _issued(state: SalesOrder, leg: Leg) -> SalesOrder:
    """Goods issue of a delivery: what is in it is delivered, as far as SAP is concerned."""
    lines = tuple(
        _delivered(line, leg.lines[line.number]) if line.number in leg.lines else line for line in state.lines
    )
    changed = replace(state, lines=lines)
    status = UNMAPPED_STATUS if state.delivery_status == UNMAPPED_STATUS else _derived(changed)
    return replace(changed, delivery_status=status, process_status="B")


def _delivered(line: SalesOrderLine, qty: int) -> SalesOrderLine:
    whole = min(line.ordered_qty, line.delivered_qty + qty)
    return replace(line, delivered_qty=whole, delivery_status="C" if whole == line.ordered_qty else "B")


def _rejected(state: SalesOrder) -> SalesOrder:
    lines = tuple(replace(line, rejection_reason="10") for line in state.lines)
    return replace(state, lines=lines, rejection_status=REJECTED, process_status="C")


def _deliveries(plan: Plan) -> Iterator[Change]:
    for leg in plan.legs:
        first = Delivery(
            number=leg.number,
            order=plan.order,
            warehouse=leg.warehouse,
            carrier=leg.carrier,
            lines=tuple(_delivery_line(plan, leg, n, line) for n, line in enumerate(leg.lines, start=1)),
            created_at=leg.created_at,
            changed_at=leg.created_at,
            planned_handover_at=leg.planned_handover_at,
            promised_at=plan.promised_at,
        )
        for at, state in _history(first, [(leg.created_at, lambda state: state), *_delivery_edits(leg)]):
            yield Change(at, "sap", "deliveries", leg.number, replace(state, changed_at=at))


def _delivery_line(plan: Plan, leg: Leg, index: int, number: int) -> DeliveryLine:
    return DeliveryLine(
        index * 10, number, plan.line(number).item, leg.lines[number], (leg.first_lines or leg.lines)[number]
    )


def _delivery_edits(leg: Leg) -> Iterator[tuple[datetime, Callable]]:
    """SAP hears of picking and packing from the warehouse some minutes later, and posts goods issue itself."""
    if leg.packed and leg.picks:
        told = max(leg.packed.known_at, max(pick.known_at for pick in leg.picks)) + 3 * MINUTE
        yield told, _packed
    number, labelled_at = leg.first_label
    if labelled_at:
        yield labelled_at + MINUTE, lambda state: replace(state, tracking_number=number)
    if leg.goods_issued_at:
        yield leg.goods_issued_at, lambda state: _goods_issued(state, leg.goods_issued_at)


def _packed(state: Delivery) -> Delivery:
    lines = tuple(replace(line, picking_status="C") for line in state.lines)
    return replace(state, picking_status="C", packing_status="C", lines=lines)


def _goods_issued(state: Delivery, at: datetime) -> Delivery:
    lines = tuple(replace(line, goods_movement_status="C") for line in state.lines)
    return replace(state, goods_issued_at=at, goods_movement_status="C", process_status="C", lines=lines)


# Warehouse ---------------------------------------------------------------------------------------------------------


def _warehouse(plan: Plan) -> Iterator[Change]:
    for leg in plan.legs:
        positions = {number: (index + 1) * 10 for index, number in enumerate(leg.lines)}
        picked: dict[int, int] = {}
        for pick in leg.picks:
            part = (EventQuantity(positions[pick.line], plan.line(pick.line).item, pick.qty),)
            picked[pick.line] = picked.get(pick.line, 0) + pick.qty
            yield _event(plan, leg, f"picking/{pick.line}/{pick.at}", "picking", pick, part)
        whole = tuple(EventQuantity(positions[n], plan.line(n).item, qty) for n, qty in picked.items())
        for step, seen in (("packing", leg.packed), ("shipping", leg.shipped)):
            if seen:
                number = "" if step == "packing" and leg.is_labelled_first else leg.tracking_number
                yield _event(plan, leg, step, step, seen, whole, number)


def _event(plan: Plan, leg: Leg, key: str, step: str, seen, parts, tracking_number: str = "") -> Change:
    event_id = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{leg.number}/{key}')}"
    belief = WarehouseEvent(event_id, step, leg.number, leg.warehouse, seen.at, seen.known_at, parts, tracking_number)
    delay = plan.push_delay.get(step, timedelta(0))
    return Change(seen.known_at, "wms", "events", event_id, belief, "epcis.events", delay)


# Carrier -----------------------------------------------------------------------------------------------------------


def _trackers(plan: Plan) -> Iterator[Change]:
    for at, belief, is_first in tracked(plan):
        delay = plan.push_delay.get(belief.status, timedelta(0))
        topic = "tracker.created" if is_first else "tracker.updated"
        yield Change(at, "easypost", "trackers", belief.tracker_id, belief, topic, delay)


# Shop --------------------------------------------------------------------------------------------------------------


def _shop(plan: Plan) -> Iterator[Change]:
    order = plan.order
    if order.channel != "shop":
        return
    lines = tuple(_shop_line(plan, index) for index in range(len(order.lines)))
    first = ShopOrder(
        order, lines, order.ordered_at, order.ordered_at, order.total_amount - plan.discount_amount,
        order.freight_amount, plan.discount_amount,
    )  # fmt: skip
    for count, (at, state) in enumerate(_history(first, [(order.ordered_at, lambda state: state), *_shop_edits(plan)])):
        topic = "orders/updated" if count else "orders/create"
        delay = plan.push_delay.get("order", timedelta(0))
        yield Change(at, "shop", "orders", str(order.shop_order_id), replace(state, updated_at=at), topic, delay)


def _shop_line(plan: Plan, index: int) -> ShopLine:
    line = plan.order.lines[index]
    sku = catalogue.UNMAPPED if plan.wrong_sku and index == 0 else line.item.shop_sku
    return ShopLine(
        plan.order.shop_order_id * 10 + index, line.item, sku, line.qty, line.unit_price, line.discount_amount
    )


def _shop_edits(plan: Plan) -> Iterator[tuple[datetime, Callable]]:
    if plan.wrong_sku and plan.wrong_sku.released_at:
        yield plan.wrong_sku.released_at, _corrected
    for leg in plan.legs:
        if leg.fulfilled_at and not (plan.cancelled_at and plan.cancelled_at <= leg.fulfilled_at):
            yield leg.fulfilled_at, lambda state, leg=leg: _fulfilled(plan, state, leg)
    if plan.cancelled_at:
        yield (
            plan.cancelled_at,
            lambda state: replace(
                state, cancelled_at=plan.cancelled_at, cancel_reason="customer", financial_status="refunded"
            ),
        )


def _corrected(state: ShopOrder) -> ShopOrder:
    return replace(state, lines=tuple(replace(line, sku=line.item.shop_sku) for line in state.lines))


def _fulfilled(plan: Plan, state: ShopOrder, leg: Leg) -> ShopOrder:
    numbers = [line.number for line in plan.order.lines]
    lines = tuple(
        replace(line, fulfilled_qty=min(line.qty, line.fulfilled_qty + leg.lines.get(number, 0)))
        for number, line in zip(numbers, state.lines, strict=True)
    )
    whole = all(line.fulfilled_qty == line.qty for line in lines)
    return replace(state, lines=lines, fulfillment_status="fulfilled" if whole else "partial")


def _fulfillments(plan: Plan) -> Iterator[Change]:
    order = plan.order
    for leg in plan.legs:
        if order.channel != "shop" or not leg.fulfilled_at:
            continue
        number = order.shop_order_id * 10 + leg.parcel
        lines = tuple(
            replace(_shop_line(plan, n), sku=line.item.shop_sku, fulfilled_qty=leg.lines[line.number])
            for n, line in enumerate(order.lines)
            if line.number in leg.lines
        )
        name, at = f"#{order.number}.{leg.parcel + 1}", leg.fulfilled_at
        first = Fulfillment(number, order, name, leg.warehouse, leg.carrier, leg.tracking_number, lines, at, at)
        edits = [(leg.fulfilled_at, lambda state: state), *_followed(leg)]
        for count, (at, state) in enumerate(_history(first, edits)):
            topic = "fulfillments/update" if count else "fulfillments/create"
            yield Change(at, "shop", "fulfillments", str(number), replace(state, updated_at=at), topic)


def _followed(leg: Leg) -> Iterator[tuple[datetime, Callable]]:
    """The shop follows the carrier's word, some time after it, and says a thing once."""
    said = None
    for scan in leg.scans:
        status = SHOP_STATUS.get(scan.status)
        if status and status != said:
            said = status
            at = max(scan.at, leg.fulfilled_at) + leg.shop_follows
            yield at, lambda state, status=status: replace(state, shipment_status=status)


# EDI, returns, service desk, stock -----------------------------------------------------------------------------------


def _edi(plan: Plan) -> Iterator[Drop]:
    order = plan.order
    if order.channel != "edi":
        return
    parts = [line.item.edi_part for line in order.lines]
    if plan.wrong_sku:
        parts[0] = catalogue.UNMAPPED
    prices = tuple(line.unit_price for line in order.lines)
    belief = PurchaseOrder(order, tuple(parts), prices, int(order.number), order.ordered_at)
    yield Drop(order.ordered_at, f"out/850_{order.number}.edi", belief)
    if plan.wrong_sku and plan.wrong_sku.released_at:
        at, number = plan.wrong_sku.released_at, CORRECTED_FROM + int(order.number)
        right = tuple(line.item.edi_part for line in order.lines)
        again = PurchaseOrder(order, right, prices, number, at)
        yield Drop(at, f"out/850_{order.number}_{number}.edi", again)


def _returns(plan: Plan) -> Iterator[Drop | Change]:
    for at, path, line in exported(plan):
        yield Drop(at, path, line, "returns-main")
    for at, event in received(plan):
        yield Change(at, "wms", "events", event.event_id, event, "epcis.events")


def _tickets(plan: Plan) -> Iterator[Change | Amend]:
    yield from plan.amends
    for index, (opened, solved, subject) in enumerate(plan.tickets):
        number = (int(plan.order.number) - 1_000_000) * 10 + index + 35_000
        text = f"The customer of order {plan.order.purchase_order} asks: {subject}"
        first = Ticket(number, plan.order, subject, text, "open", "normal", opened, opened)
        yield Change(opened, "zendesk", "tickets", str(number), first)
        solved_belief = replace(first, status="solved", updated_at=solved)
        yield Change(solved, "zendesk", "tickets", str(number), solved_belief)


def _stock(plan: Plan) -> Iterator[Move]:
    """Available falls when SAP takes the order, on hand when goods are issued."""
    for leg in plan.legs:
        for number, qty in leg.lines.items():
            sku, place = plan.line(number).item.sku, leg.warehouse.code
            yield Move(plan.sap_created_at, sku, place, 0, -qty)
            if leg.goods_issued_at:
                yield Move(leg.goods_issued_at, sku, place, -qty, 0)
