"""The plan of one order: what will really happen to it, and when each system will take note.

A plan is drawn whole when the order is placed; faults alter it before anything is shown, repairs from outside
(`world.repairs`) alter what is still to come. From it come the changes that the systems show (`world.show`) and the
truth (`truth.oracle`). Times are lab time, to the second.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_lab.world.model import Carrier, Order, OrderLine, Warehouse

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BILLED_ONCE_RELEASED = 30 * MINUTE


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
class Receipt(Seen):
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
class Proof:
    """What the carrier says of the handing-over, where it is not the customer's name and address to the letter."""

    city: str
    region: str
    postal_code: str
    signed_by: str  # empty: nobody signed
    is_wrong: bool = False  # it contradicts what was asked for
    corrected_at: datetime | None = None  # from then on the carrier says what really happened


@dataclass(slots=True)
class Label:
    """A label that no parcel goes with any more: what the carrier said and would have said of it."""

    tracking_number: str
    carrier: Carrier
    scans: list[Scan]
    left_at: datetime  # when another took its place, or it was bought for nothing
    refunded_at: datetime | None = None


@dataclass(slots=True)
class Amend:
    """At `at`, people change fields of an object that was made from outside."""

    at: datetime
    system: str
    kind: str
    object_id: str
    changes: dict


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
    parcel: int = 0  # counts the deliveries of an order; the shop's fulfillment is named by it
    is_backorder: bool = False  # SAP makes it by itself, once there is stock for what is missing
    is_labelled_first: bool = False  # the label is bought before anything is packed
    first_lines: dict[int, int] | None = None  # what the delivery said before its quantities were changed
    first_picks: list[Pick] | None = None  # what would have been picked then
    first_issue: list[datetime | None] = field(default_factory=list)  # when goods issue was due before it was posted
    unknown_work: Leg | None = None  # its work, until the warehouse is told
    labels: list[Label] = field(default_factory=list)
    lost_scans: list[Scan] = field(default_factory=list)  # the way the parcel would have gone on
    proof: Proof | None = None

    @property
    def delivered_at(self) -> datetime | None:
        return next((scan.at for scan in self.scans if scan.status == "delivered"), None)

    @property
    def first_label(self) -> tuple[str, datetime | None]:
        """The tracking number that SAP was told by itself, and when the label was made: the first of all."""
        labels = [(label.scans[0].at, label.tracking_number) for label in self.labels]
        labels += [(self.scans[0].at, self.tracking_number)] if self.scans else []
        at, number = min(labels, default=(None, ""))
        return number, at

    @property
    def proven_at(self) -> datetime | None:
        """When the carrier's proof of delivery is there and agrees; None while it never does."""
        if self.proof is None or not self.proof.is_wrong or self.delivered_at is None:
            return self.delivered_at
        return self.proof.corrected_at

    def picked_by(self, at: datetime) -> dict[int, int]:
        """What has been picked of each line by then."""
        picked: dict[int, int] = {}
        for pick in self.picks:
            if pick.at <= at:
                picked[pick.line] = picked.get(pick.line, 0) + pick.qty
        return picked


@dataclass(slots=True)
class Reply:
    """What the EDI partner answers to our 855: after how long (None: never) and with which AK9 verdict."""

    after: timedelta | None
    verdict: str = "A"


@dataclass(slots=True)
class Return:
    """A line that the customer sends back, as the returns system has it, and what the warehouse receives of it."""

    line: int
    qty: int
    reason: str
    requested_at: datetime
    authorised_at: datetime | None
    received_at: datetime | None  # the returns system takes it for received
    refunded_at: datetime | None
    closed_at: datetime | None
    reversed_at: datetime | None = None  # the refund is taken back, and the return closed
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def steps(self) -> list[tuple[datetime, str]]:
        """When the returns system gives it which status."""
        said = [
            (self.requested_at, "open"), (self.authorised_at, "approved"), (self.received_at, "received"),
            (self.refunded_at, "refunded"), (self.closed_at, "closed"), (self.reversed_at, "closed"),
        ]  # fmt: skip
        return [(at, status) for at, status in said if at]

    @property
    def moments(self) -> list[datetime]:
        """When it changes."""
        return sorted(at for at, _ in self.steps)

    def status(self, at: datetime) -> str:
        """Its status at `at`, which is not before the request."""
        return max(((then, n, status) for n, (then, status) in enumerate(self.steps) if then <= at))[2]

    @property
    def dropped_at(self) -> datetime | None:
        """When it is closed, and no money goes back or stays back."""
        return self.reversed_at or (self.closed_at if self.refunded_at is None else None)

    @property
    def received_whole_at(self) -> datetime | None:
        """When the warehouse has told of the last of what is claimed; None while it has not."""
        whole = sum(receipt.qty for receipt in self.receipts) >= self.qty
        return max(receipt.known_at for receipt in self.receipts) if whole else None


@dataclass(slots=True)
class Plan:
    """Everything that will become of one order."""

    order: Order
    sap_created_at: datetime
    legs: list[Leg]
    dropped: list[Leg] = field(default_factory=list)  # deliveries that wait for something; they were due from:
    dropped_from: datetime | None = None
    promises: list[tuple[datetime, datetime]] = field(default_factory=list)  # (told at, promised for), after the first
    places: dict[int, Warehouse] = field(default_factory=dict)  # line -> where SAP was told to take it from
    billed_after: timedelta = timedelta(hours=3)
    credit: Hold | None = None
    is_credit_released_at_once: bool = False
    block: Hold | None = None
    block_code: str = ""
    billing: Hold | None = None  # SAP bills nothing until it is released
    billing_code: str = ""
    shortfall: Hold | None = None  # until stock comes
    shortfall_line: int = 0
    shortfall_qty: int = 0  # confirmed meanwhile
    second_schedule: int = 0  # a line confirmed in two parts, both in time
    amounts_off: dict[int, Decimal] = field(default_factory=dict)  # line -> SAP charges so much more than was ordered
    discount_amount: Decimal = Decimal("0.00")  # agreed by the shop and SAP
    cancelled_at: datetime | None = None
    wrong_sku: Hold | None = None  # on the first line, where the order came in
    wrong_status: Hold | None = None  # on SAP's sales order
    no_lines: Hold | None = None  # on SAP's sales order
    reply: Reply = field(default_factory=lambda: Reply(4 * HOUR))
    push_copies: int = 1
    push_delay: dict[str, timedelta] = field(default_factory=dict)  # by the step or status pushed
    returns: list[Return] = field(default_factory=list)
    tickets: list[tuple[datetime, datetime, str]] = field(default_factory=list)  # opened, solved, subject
    amends: list[Amend] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)  # what came of each intervention
    fault: str = ""
    fault_at: datetime | None = None

    @property
    def fault_id(self) -> str:
        """One fault an order: its number and the fault's name."""
        return f"{self.order.number}/{self.fault}"

    @property
    def sap_amount_off(self) -> Decimal:
        """How much more SAP charges than was ordered."""
        return sum(self.amounts_off.values(), Decimal("0.00"))

    @property
    def promised_at(self) -> datetime:
        """The promise as SAP has it in the end."""
        return self.promises[-1][1] if self.promises else self.order.promised_at

    def promised_when(self, at: datetime) -> datetime:
        """The promise that held at `at`."""
        return next((promised for told, promised in reversed(self.promises) if told <= at), self.order.promised_at)

    @property
    def delivered_at(self) -> datetime | None:
        """When the last parcel arrived; None while one has not, or not everything was ever sent."""
        arrivals = [leg.delivered_at for leg in self.legs]
        return None if not self.is_covered or None in arrivals else max(arrivals)

    @property
    def proven_at(self) -> datetime | None:
        """When the last parcel's proof of delivery agrees; None while one does not."""
        proofs = [leg.proven_at for leg in self.legs]
        return None if not self.is_covered or None in proofs else max(proofs)

    @property
    def billed_at(self) -> datetime | None:
        """When SAP bills the order: some time after the last goods issue, and not while billing is blocked."""
        issues = [leg.goods_issued_at for leg in self.legs]
        if not issues or None in issues:
            return None
        due_at, hold = max(issues) + self.billed_after, self.billing
        if hold is None or hold.opened_at > due_at or (hold.released_at and hold.released_at <= due_at):
            return due_at
        return hold.released_at and hold.released_at + BILLED_ONCE_RELEASED

    def shipped_at(self, number: int) -> datetime | None:
        """When the warehouse has told that the last of a line has left; None while it has not."""
        told = [leg.shipped and leg.shipped.known_at for leg in self.legs if number in leg.lines]
        return max(told) if told and None not in told else None

    @property
    def is_covered(self) -> bool:
        """Whether everything ordered is in some delivery."""
        return all(sum(leg.lines.get(line.number, 0) for leg in self.legs) >= line.qty for line in self.order.lines)

    def leg(self, number: str) -> Leg | None:
        """The delivery of this number, with or without leading zeros."""
        return next((leg for leg in self.legs if leg.number.lstrip("0") == number.lstrip("0")), None)

    def place_of(self, number: int) -> Warehouse | None:
        """Where a line is to come from; None where nothing was ever planned for it."""
        legs = (leg.warehouse for leg in [*self.legs, *self.dropped] if number in leg.lines)
        return self.places.get(number) or next(legs, None)

    def line(self, number: int) -> OrderLine:
        return next(line for line in self.order.lines if line.number == number)

    def shift(self, by: timedelta) -> None:
        """Everything from the first delivery on happens `by` later."""
        for leg in self.legs:
            shift(leg, by)

    def drop_legs(self) -> None:
        """Nothing is ever delivered."""
        self.dropped, self.legs, self.dropped_from = self.legs, [], self.sap_created_at

    def hold_back(self, at: datetime) -> None:
        """The deliveries that were not made by then wait until they are brought back."""
        waiting = [leg for leg in self.legs if leg.created_at > at]
        if waiting and self.dropped_from is None:
            self.legs = [leg for leg in self.legs if leg.created_at <= at]
            self.dropped, self.dropped_from = waiting, at

    def bring_back(self, at: datetime) -> None:
        """The deliveries that waited come after all, as long after `at` as they would have come."""
        if self.dropped_from is None:
            return
        for leg in self.dropped:
            shift(leg, at - self.dropped_from)
        self.legs += self.dropped
        self.dropped, self.dropped_from = [], None


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
    leg.lost_scans = leg.scans[last + 1 :]
    del leg.scans[last + 1 :]


def drop_after_release(leg: Leg) -> None:
    """The warehouse never touches it."""
    leg.picks, leg.packed, leg.shipped = [], None, None
    leg.goods_issued_at = leg.fulfilled_at = None
    leg.scans = []


def keep_from_warehouse(leg: Leg) -> None:
    """Nothing happens to the delivery until the warehouse is told of it."""
    leg.unknown_work = deepcopy(leg)
    drop_after_release(leg)


def tell_warehouse(leg: Leg, at: datetime) -> None:
    """The warehouse hears of the delivery at `at`: the work that waited begins."""
    work, leg.unknown_work = leg.unknown_work, None
    shift(work, at - work.created_at)
    leg.picks, leg.packed, leg.shipped, leg.scans = work.picks, work.packed, work.shipped, work.scans
    leg.goods_issued_at, leg.fulfilled_at = work.goods_issued_at, work.fulfilled_at
