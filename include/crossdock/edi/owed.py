"""What we owe for what was received: TA1, 997 and 855, as far as the agreement wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from crossdock.core.ids import idempotency_key
from crossdock.edi import answers
from crossdock.edi.agreement import Agreement, agreement
from crossdock.edi.verdict import REJECTED
from crossdock.edi.x12.write import Segments

SQL = Path(__file__).parent / "sql"
RESPONSE = "PR"


@dataclass(frozen=True, slots=True)
class Received:
    """A record that was received, with what became of it."""

    record_id: int
    native_id: str
    document_id: int
    payload: dict
    partner_id: str
    time_zone: str
    settings: dict
    is_set_aside: bool
    is_duplicate: bool
    refused_lines: list[int]

    @property
    def agreement(self) -> Agreement:
        return agreement(self.partner_id, self.settings)

    def key(self, what: str) -> str:
        """`<uuid of the record>/<what we answer>`: the same for the same record, whenever it is judged."""
        return f"{idempotency_key('x12', self.partner_id, self.native_id)}/{what}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One document that we owe: what it answers is in `key`."""

    document_type: str
    key: str
    functional_code: str = ""
    body: Segments = ()
    order_ref: str | None = None
    group: dict | None = None
    """The group that is answered, where the record is of the whole interchange."""
    replaces: int | None = None
    """The outbound document in whose place this one stands."""


def received(connection: psycopg.Connection, record_ids: Sequence[int]) -> list[Received]:
    """Those of the records that may have to be answered, in order; others than X12 are passed over."""
    rows = connection.execute((SQL / "received.sql").read_text(), {"record_ids": list(record_ids)})
    return [Received(*row) for row in rows]


def owed(connection: psycopg.Connection, given: Received) -> Iterator[Answer]:
    """What we owe for one record, as it is judged now."""
    if given.payload["kind"] == "interchange":
        yield from _for_interchange(connection, given)
    elif given.payload["set"]["type"] == "850" and given.agreement.response == "always":
        yield from _for_order(connection, given)


def _for_interchange(connection: psycopg.Connection, given: Received) -> Iterator[Answer]:
    record, expected = given.payload, given.agreement
    if given.is_duplicate:
        faults = [{**answers.DUPLICATE, "is_fatal": True, "reason": "control number used before"}]
        record = {**record, "envelope": {"verdict": REJECTED, "faults": faults}}
    if answers.wants_ta1(record, expected.ta1):
        yield Answer("TA1", given.key("TA1"), body=[answers.ta1(record)])
    for group in record["groups"] if expected.functional == "always" else ():
        if answers.wants_997(record, group):
            where = {"record_id": given.record_id, "group": str(group["ordinal"])}
            sets = [row[0] for row in connection.execute((SQL / "sets_of.sql").read_text(), where)]
            key, body = given.key(f"997/{group['ordinal']}"), answers.functional_997(group, sets)
            yield Answer("997", key, answers.FUNCTIONAL, body, group=group)


def _for_order(connection: psycopg.Connection, given: Received) -> Iterator[Answer]:
    """An 855, unless envelope or syntax already said no: then the sender has its TA1 or 997 and sends again."""
    if not is_answered(given):
        return
    earlier = connection.execute(
        (SQL / "standing_answer.sql").read_text(), {"keys": given.key("855") + "/%"}
    ).fetchone()[0]
    yield order_answer(connection, given, is_replacing=earlier is not None, replaces=earlier)


def is_answered(given: Received) -> bool:
    """Whether an order is answered by an 855."""
    is_refused_before = given.is_duplicate or not answers.is_accepted(given.payload)
    return not is_refused_before and bool(given.payload["order"]["po_number"].strip())


def order_answer(
    connection: psycopg.Connection, given: Received, *, is_replacing: bool, replaces: int | None
) -> Answer:
    """The 855 to an order as it is judged now; `is_replacing` says so to the partner (BAK01 = 05)."""
    refused = sorted(set(given.refused_lines))
    outcome = "none" if given.is_set_aside else ",".join(map(str, refused))
    day = f"{now(connection).astimezone(ZoneInfo(given.time_zone)):%Y%m%d}"
    body = answers.response_855(given.payload, refused, day=day, is_refused=given.is_set_aside, replaces=is_replacing)
    order_ref = given.payload["order"]["po_number"].strip()
    return Answer("855", given.key(f"855/{outcome}"), RESPONSE, body, order_ref, replaces=replaces)


def now(connection: psycopg.Connection) -> datetime:
    """Business time."""
    return connection.execute("select ref.as_of()").fetchone()[0]
