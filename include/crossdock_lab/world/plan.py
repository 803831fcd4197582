"""The plan of one order: what will really happen to it, and when each system will take note.

A plan is drawn whole when the order is placed; faults alter it before anything is shown. From it come the changes that
the systems show (`world.show`) and the truth (`truth.oracle`). Times are lab time, to the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_lab.world.model import Carrier, Order, OrderLine, Warehouse

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Seen:
    """A thing that happened at `at` and was recorded, and could be known, at `known_at`."""

    at: datetime
    known_at: datetime


@dataclass(slots=True)
class Pick(Seen):
    line: int
    qty: int


@dataclass(slots=True)
class Scan:
    """What the carrier says at `at`; it is known at once. `estimate` is the delivery it promises from then on."""

    at: datetime
    status: str
    message: str
    estimate: datetime | None


@dataclass(slots=True)
class Hold:
    opened_at: datetime
    released_at: datetime | None


@dataclass(slots=True)
class Leg:
    """One delivery: from one warehouse, by one carrier, in one parcel. What never happens is None."""

    number: str
    warehouse: Warehouse
    carrier: Carrier
    lines: dict[int, int]  # order line -> quantity
    tracking_number: str
    created_at: datetime
    planned_handover_at: datetime
    picks: list[Pick] = field(default_factory=list)
    packed: Seen | None = None
    shipped: Seen | None = None
    goods_issued_at: datetime | None = None
    scans: list[Scan] = field(default_factory=list)  # the first is the label: pre_transit
    fulfilled_at: datetime | None = None  # the shop takes note
    shop_follows: timedelta = timedelta(minutes=45)  # how long after a scan the shop shows it

    @property
    def delivered_at(self) -> datetime | None:
        return next((scan.at for scan in self.scans if scan.status == "delivered"), None)


@dataclass(slots=True)
class Reply:
    """What the EDI partner answers to our 855: after how long (None: never) and with which AK9 verdict."""

    after: timedelta | None
    verdict: str = "A"


@dataclass(slots=True)
class Plan:
    """Everything that will become of one order."""

    order: Order
    sap_created_at: datetime
    legs: list[Leg]
    billed_after: timedelta = timedelta(hours=3)
    credit: Hold | None = None
    is_credit_released_at_once: bool = False
    block: Hold | None = None
    block_code: str = ""
    shortfall: Hold | None = None  # until stock comes
    shortfall_line: int = 0
    shortfall_qty: int = 0  # confirmed meanwhile
    second_schedule: int = 0  # a line confirmed in two parts, both in time
    sap_amount_off: Decimal = Decimal("0.00")  # SAP charges so much more than was ordered
    discount_amount: Decimal = Decimal("0.00")  # agreed by the shop and SAP
    cancelled_at: datetime | None = None
    wrong_sku: Hold | None = None  # on the first line, where the order came in
    wrong_status: Hold | None = None  # on SAP's sales order
    no_lines: Hold | None = None  # on SAP's sales order
    reply: Reply = field(default_factory=lambda: Reply(4 * HOUR))
    push_copies: int = 1
    push_delay: dict[str, timedelta] = field(default_factory=dict)  # by the step or status pushed
    tickets: list[tuple[datetime, datetime, str]] = field(default_factory=list)  # opened, solved, subject
    fault: str = ""
    fault_at: datetime | None = None

    @property
    def fault_id(self) -> str:
        """One fault an order: its number and the fault's name."""
        return f"{self.order.number}/{self.fault}"

    @property
    def delivered_at(self) -> datetime | None:
        """When the last parcel arrived; None while one has not, or none was ever sent."""
        arrivals = [leg.delivered_at for leg in self.legs]
        return None if not arrivals or None in arrivals else max(arrivals)

    def line(self, number: int) -> OrderLine:
        return next(line for line in self.order.lines if line.number == number)

    def shift(self, by: timedelta) -> None:
        """Everything from the first delivery on happens `by` later."""
        for leg in self.legs:
            shift(leg, by)

    def drop_legs(self) -> None:
        """Nothing is ever delivered."""
        self.legs = []


def shift(leg: Leg, by: timedelta) -> None:
    """The whole delivery happens `by` later."""
    leg.created_at += by
    leg.planned_handover_at += by
    for pick in leg.picks:
        pick.at += by
        pick.known_at += by
    shift_from_pack(leg, by)


def shift_from_pack(leg: Leg, by: timedelta) -> None:
    """Packing and all that follows happen `by` later."""
    for seen in (leg.packed, leg.shipped):
        if seen:
            seen.at += by
            seen.known_at += by
    if leg.goods_issued_at:
        leg.goods_issued_at += by
    if leg.fulfilled_at:
        leg.fulfilled_at += by
    shift_scans(leg, by, 0)


def shift_scans(leg: Leg, by: timedelta, first: int) -> None:
    """The carrier's scans from number `first` on, and its estimates, come `by` later."""
    for scan in leg.scans[first:]:
        scan.at += by
        if scan.estimate:
            scan.estimate += by


def stop_after(leg: Leg, last: int) -> None:
    """The carrier says nothing after its scan number `last`."""
    del leg.scans[last + 1 :]


def drop_after_release(leg: Leg) -> None:
    """The warehouse never touches it."""
    leg.picks, leg.packed, leg.shipped = [], None, None
    leg.goods_issued_at = leg.fulfilled_at = None
    leg.scans = []
