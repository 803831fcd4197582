"""What the returns system and the warehouse say of what comes back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from crossdock_lab.world import catalogue
from crossdock_lab.world.model import EventQuantity, ReturnLine, WarehouseEvent
from crossdock_lab.world.plan import Plan, Return


def exported(plan: Plan) -> Iterator[tuple[datetime, str, ReturnLine]]:
    """When the returns system exports what of each return, and the name of the file."""
    for back in plan.returns:
        for at in back.moments:
            yield at, f"returns_{at:%Y%m%d%H%M%S}_{number(plan, back)}.csv", _line(plan, back, at)


def received(plan: Plan) -> Iterator[tuple[datetime, WarehouseEvent]]:
    """When the warehouse records what it has received."""
    for back in plan.returns:
        for count, receipt in enumerate(back.receipts):
            yield receipt.known_at, _event(plan, back, count)


def number(plan: Plan, back: Return) -> str:
    """The return's number (RMA)."""
    return f"RMA{plan.order.number}{plan.returns.index(back)}"


def _line(plan: Plan, back: Return, at: datetime) -> ReturnLine:
    """The return as it stands at `at`."""

    def by_then(moment: datetime | None) -> datetime | None:
        return moment if moment and moment <= at else None

    is_reversed = by_then(back.reversed_at) is not None
    return ReturnLine(
        number=number(plan, back),
        order=plan.order,
        line=plan.line(back.line),
        qty=back.qty,
        reason=back.reason,
        status=back.status(at),
        requested_at=back.requested_at,
        authorised_at=by_then(back.authorised_at),
        received_at=by_then(back.received_at),
        refunded_at=None if is_reversed else by_then(back.refunded_at),
        changed_at=at,
    )


def _event(plan: Plan, back: Return, count: int) -> WarehouseEvent:
    receipt = back.receipts[count]
    home = plan.place_of(back.line) or catalogue.WAREHOUSES[0]
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"{number(plan, back)}/receiving/{count}")
    parts = (EventQuantity(back.line, plan.line(back.line).item, receipt.qty),)
    return WarehouseEvent(
        f"urn:uuid:{key}", "receiving", "", home, receipt.at, receipt.known_at, parts,
        return_number=number(plan, back),
    )  # fmt: skip
