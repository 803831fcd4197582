"""The EDI partner's desk: reads what we send it, and decides what to answer to each 855."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from crossdock_lab.truth import ledger
from crossdock_lab.truth.oracle import ACK_GRACE, Expectation
from crossdock_lab.world.model import Acknowledgement
from crossdock_lab.world.plan import Plan
from crossdock_lab.world.show import Drop

FIRST_CONTROL_NUMBER = 500_000_000
"""Of the partner's 997s; its 850s carry their order's number."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One 855 of ours, as its envelope and BAK name it."""

    purchase_order: str
    functional_id: str
    group: str
    set_number: str
    says: str  # BAK02: AD as ordered, AC with changes, RJ rejected

    @property
    def control(self) -> str:
        """What tells one sending of it from another."""
        return f"{self.group}/{self.set_number}"


Resent = Callable[[str, str, datetime, int], Plan]


def confirmations(content: bytes) -> list[Confirmation]:
    """The 855s in an interchange. What cannot be read holds none: that partner throws it away, too."""
    text = content.decode("latin-1").lstrip()
    if not text.startswith("ISA") or len(text) < 106:
        return []
    element, segment = text[3], text[105]
    found, group, functional, kind, number = [], "", "", "", ""
    for raw in text.split(segment):
        parts = raw.strip().split(element)
        if parts[0] == "GS" and len(parts) > 6:
            functional, group = parts[1], parts[6]
        elif parts[0] == "ST" and len(parts) > 2:
            kind, number = parts[1], parts[2]
        elif parts[0] == "BAK" and kind == "855" and len(parts) > 3:
            found.append(Confirmation(parts[3], functional, group, number, parts[2]))
    return found


class EdiPartner:
    """Answers from the plan of the order; `plan_of` gives it by the order's number, or None.

    `resent` is told (number, control numbers, received at, write) of an 855 that came again under other control
    numbers, and gives the plan with that in it.
    """

    def __init__(self, connection: psycopg.Connection, plan_of: Callable[[str], Plan | None], resent: Resent) -> None:
        self.connection, self.plan_of, self.resent = connection, plan_of, resent

    def read_mail(self, now: datetime) -> list[Drop]:
        """Read what came in since, decide, and give the files to be dropped, now or later."""
        rows = self.connection.execute(
            """select write_id, content, received_at from lab.writes
               where system = 'x12' and answered_at is null and content is not null order by write_id"""
        ).fetchall()
        drops: list[Drop] = []
        for write_id, content, received_at in rows:
            for index, said in enumerate(confirmations(bytes(content))):
                drops += self._answer(write_id, index, said, received_at)
            self.connection.execute("update lab.writes set answered_at = %s where write_id = %s", [now, write_id])
        return drops

    def _answer(self, write_id: int, index: int, said: Confirmation, received_at: datetime) -> list[Drop]:
        plan = self.plan_of(said.purchase_order.removeprefix("PO"))
        if plan is None:
            return []
        if self._is_resent(plan, said):
            self._compare(plan, said, received_at, write_id)
            plan = self.resent(plan.order.number, said.control, received_at, write_id)
        due_at = received_at + plan.reply.after if plan.reply.after is not None else None
        self._decide(plan, said, write_id, received_at, due_at)
        if due_at is None:
            return []
        number = FIRST_CONTROL_NUMBER + write_id * 100 + index
        belief = Acknowledgement(
            said.functional_id, said.group, "855", said.set_number, plan.reply.verdict, number, due_at
        )
        return [Drop(due_at, f"out/997_{plan.order.number}_{number}.edi", belief)]

    def _is_resent(self, plan: Plan, said: Confirmation) -> bool:
        """Whether we have had another 855 for this order; a purchase order that was corrected has its own."""
        row = self.connection.execute(
            "select control from lab.acknowledgements where number = %s", [plan.order.number]
        ).fetchone()
        corrected = plan.wrong_sku is not None and plan.wrong_sku.released_at is not None
        return row is not None and row[0] != said.control and not corrected

    def _compare(self, plan: Plan, said: Confirmation, received_at: datetime, write_id: int) -> None:
        """An order that is confirmed twice, and not in the same way, is confirmed wrongly once."""
        row = self.connection.execute(
            "select content from lab.acknowledgements join lab.writes using (write_id) where number = %s",
            [plan.order.number],
        ).fetchone()
        earlier = {one.says for one in confirmations(bytes(row[0])) if one.purchase_order == said.purchase_order}
        if earlier and said.says not in earlier:
            why = f"the 855 of {said.purchase_order} said {', '.join(earlier)}, and now says {said.says}"
            ledger.wrong(self.connection, plan.order.number, "duplicate_effect", why, received_at, write_id)

    def _decide(
        self, plan: Plan, said: Confirmation, write_id: int, received_at: datetime, due_at: datetime | None
    ) -> None:
        """Keep what is answered to an 855, and what that makes true; the same 855 once more changes nothing."""
        decided = self.connection.execute(
            """insert into lab.acknowledgements as a (number, write_id, due_at, verdict, control)
               values (%s, %s, %s, %s, %s)
               on conflict (number) do update
               set write_id = excluded.write_id, due_at = excluded.due_at, verdict = excluded.verdict,
                   control = excluded.control
               where a.control <> excluded.control
               returning xmax = 0""",
            [plan.order.number, write_id, due_at, plan.reply.verdict, said.control],
        ).fetchone()
        if not decided or not plan.fault:
            return
        if decided[0]:
            ledger.expect(self.connection, plan.fault_id, list(_expected(plan, received_at, due_at)))
        elif due_at:
            ledger.settle(self.connection, plan.fault_id, ("edi_ack_overdue", "edi_ack_rejected"), due_at)


def _expected(plan: Plan, received_at: datetime, due_at: datetime | None) -> list[Expectation]:
    """What our findings must be, now that it is known when our 855 arrived."""
    found: list[Expectation] = []
    overdue = received_at + ACK_GRACE
    if due_at is None or due_at > overdue:
        why = f"the 855 of {plan.order.purchase_order} is not acknowledged within a day"
        found.append(Expectation("edi_ack_overdue", plan.order.order_id, "deadline", overdue, due_at, why))
    if due_at and plan.reply.verdict == "R":
        why = f"the 997 to the 855 of {plan.order.purchase_order} says R"
        found.append(Expectation("edi_ack_rejected", plan.order.order_id, "file", due_at, None, why))
    return found
