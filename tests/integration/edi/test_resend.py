"""One of our documents sent again: in the place of the first, once, and only while it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from crossdock.core import clock
from crossdock.core.errors import CrossdockError, Refused, Retriable
from crossdock.edi import api
from crossdock.edi.commands import EdiCommands
from crossdock.edi.documents import documents
from crossdock.lanes import models
from crossdock.lanes.batch import batch_build
from crossdock.lanes.lane import Lane
from edi_samples import ORDER, interchange, purchase_order

HOUR = timedelta(hours=1)
DOCUMENTS = """
    select outbound_document_id, state, replaces_outbound_document_id from ops.outbound_documents
    where document_type = '855' order by 1
"""
OPEN = """
    select exception_code, split_part(split_part(subject_id, '/edi_out/', 2), '/', 1)::integer
    from ops.detections where cleared_at is null and exception_code like 'edi_ack%%' order by 1, 2
"""


@pytest.fixture
def database(modelled: dict[str, str]) -> dict[str, str]:
    """The desk of these tests has every model built: what the partner said is read from them."""
    return modelled


@pytest.fixture
def lane(desk, database) -> Iterator[Lane]:
    """The fast lane of the desk, whose order was answered and the answer sent; business time stands at that."""
    clock.follow(desk.connection, desk.rows("select now()")[0][0], 0)
    with psycopg.connect(database["app"], autocommit=True, options="-c TimeZone=UTC") as connection:
        lane = Lane(connection, models.load(conninfo=database["dbt"]))
        desk.receive(order=purchase_order())
        lane.drain()
        api.send_ready("acme-edi", conninfo=desk.dsn)
        lane.drain()
        yield lane


def later(desk, lane: Lane, hours: float) -> None:
    """Time goes by, the mailbox is read, the lane looks."""
    clock.follow(desk.connection, desk.rows("select ref.as_of()")[0][0] + hours * HOUR, 0)
    desk.receive()
    lane.drain()
    lane.due()


def answer(desk, lane: Lane, outbound_document_id: int, verdict: str) -> None:
    """The partner's 997 to a document of ours arrives and goes through the lane."""
    desk.receive(**{f"ack{outbound_document_id}": nine_nine_seven(desk, outbound_document_id, verdict)})
    lane.drain()


def nine_nine_seven(desk, outbound_document_id: int, verdict: str) -> bytes:
    ((group,),) = desk.rows(
        "select group_control_number from ops.outbound_documents where outbound_document_id = %s", outbound_document_id
    )
    body = (f"AK1*PR*{group}", "AK2*855*0001", f"AK5*{verdict}", f"AK9*{verdict}*1*1*{int(verdict == 'A')}")
    return interchange(("997", body), group="FA", number=f"{900 + outbound_document_id:09d}")


def first_855(desk) -> int:
    return desk.rows(DOCUMENTS)[0][0]


def content(desk, outbound_document_id: int) -> bytes:
    query = "select content from ops.outbound_documents where outbound_document_id = %s"
    return bytes(desk.rows(query, outbound_document_id)[0][0])


def set_body(of: bytes) -> list[list[str]]:
    """What a document says, without envelope and control numbers."""
    (document,) = documents(of)
    assert document.verdict == "accepted"
    return document.sets[0].segments[1:-1] if document.sets else list(document.interchange.reports)


def test_an_overdue_855_is_sent_again_and_only_the_second_counts(desk, lane, database):
    """Overdue; sent again: no longer; overdue anew from the second's own time; its acknowledgement clears it."""
    first = first_855(desk)
    later(desk, lane, 25)
    assert desk.rows(OPEN) == [("edi_ack_overdue", first)]
    commands = EdiCommands(desk.dsn)
    reply = commands.do("resend", {"outbound_document_id": first}, idempotency_key="case-1/1/1/x12.resend")
    second = reply["outbound_document_id"]
    assert desk.rows(DOCUMENTS) == [(first, "sent", None), (second, "sent", first)]
    assert set_body(content(desk, second)) == set_body(content(desk, first))
    lane.drain()
    assert desk.rows(OPEN) == []
    later(desk, lane, 23)
    assert desk.rows(OPEN) == []
    later(desk, lane, 2)
    assert desk.rows(OPEN) == [("edi_ack_overdue", second)]
    assert commands.read("outbound_document", str(second))["acknowledged"] is None
    answer(desk, lane, second, "A")
    assert desk.rows(OPEN) == []
    shown = commands.read("outbound_document", str(second))
    assert (shown["state"], shown["acknowledged"], shown["replaced_by"]) == ("sent", "accepted", None)
    assert commands.read("outbound_document", str(first))["replaced_by"] == second
    assert commands.read("outbound_document", "999999") is None
    batch_build(full=True, conninfo=database["dbt"])
    assert desk.rows("select model, missing_count, extra_count from ops.lane_drift") == []
    assert desk.rows(
        "select right(edi_document_id, 1)::integer, is_replaced from canonical.edi_acknowledgements order by 1"
    ) == [(first, True), (second, False)]


def test_after_a_rejection_it_is_made_anew_from_the_order_as_it_is_known_now(desk, lane):
    """A line was refused and the 855 rejected; the line is mapped meanwhile: the new 855 takes it."""
    body = tuple(line.replace("VP4002", "VP9999").replace("PO778", "PO900") for line in ORDER)
    desk.receive(other=purchase_order(*body, number="000000555"))
    lane.drain()
    api.send_ready("acme-edi", conninfo=desk.dsn)
    refused = desk.rows(DOCUMENTS)[-1][0]
    answer(desk, lane, refused, "R")
    assert desk.rows(OPEN) == [("edi_ack_rejected", refused)]
    desk.connection.execute("update ops.quarantine set state = 'released'")
    new = EdiCommands(desk.dsn).do("resend", {"outbound_document_id": refused}, idempotency_key="k")
    said = content(desk, new["outbound_document_id"])
    assert b"BAK*00*AC*PO900" in content(desk, refused)
    assert b"BAK*00*AD*PO900" in said
    assert b"ACK*IR" not in said
    lane.drain()
    assert desk.rows(OPEN) == []


@pytest.mark.parametrize("verdict", ["A", "E"])
def test_what_was_accepted_meanwhile_is_not_sent_again(desk, lane, verdict):
    """Refused with the reason, and nothing is written."""
    first = first_855(desk)
    answer(desk, lane, first, verdict)
    with pytest.raises(Refused, match="has been accepted by the partner"):
        EdiCommands(desk.dsn).do("resend", {"outbound_document_id": first}, idempotency_key="k")
    assert desk.rows(DOCUMENTS) == [(first, "sent", None)]


def test_unread_mail_is_looked_at_first(desk, lane):
    """The acknowledgement has landed and not gone through the lane: try again, and then it is accepted."""
    first = first_855(desk)
    desk.receive(ack=nine_nine_seven(desk, first, "A"))
    with pytest.raises(Retriable, match="waits to be looked at"):
        EdiCommands(desk.dsn).do("resend", {"outbound_document_id": first}, idempotency_key="k")
    lane.drain()
    with pytest.raises(Refused, match="accepted"):
        EdiCommands(desk.dsn).do("resend", {"outbound_document_id": first}, idempotency_key="k")


def test_a_crash_between_writing_and_sending_is_finished_by_the_same_call(desk, lane):
    """Written and committed, then we died: the call again sends that one; again, and nothing more happens."""
    first = first_855(desk)
    with psycopg.connect(desk.dsn) as connection:
        written = api.resend(connection, first, idempotency_key="k")
    assert desk.rows(DOCUMENTS) == [(first, "sent", None), (written, "ready", first)]
    commands = EdiCommands(desk.dsn)
    for _ in range(2):
        reply = commands.do("resend", {"outbound_document_id": first}, idempotency_key="k")
        assert reply == {"outbound_document_id": written}
    assert desk.rows(DOCUMENTS) == [(first, "sent", None), (written, "sent", first)]
    assert len([path for path in (desk.mailbox / "inbound").iterdir() if path.name.startswith("855")]) == 2


def test_two_at_once_write_one(desk, lane):
    """Two actions for one document at the same time: one is written, the other is told so."""
    first = first_855(desk)

    def again(key: str) -> int | str:
        with psycopg.connect(desk.dsn) as connection:
            try:
                return api.resend(connection, first, idempotency_key=key)
            except CrossdockError as error:
                return str(error)

    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(again, "abcd"))
    (made,) = [reply for reply in replies if isinstance(reply, int)]
    assert [reply for reply in replies if reply != made] == [
        f"document {first} to acme-edi (855 about PO778) has been replaced by document {made}"
    ] * 3


def test_what_has_not_gone_out_yet_goes_out_once(desk, lane):
    """Replaced before it was sent: the first never goes, the second does."""
    desk.receive(other=purchase_order(*(line.replace("PO778", "PO900") for line in ORDER), number="000000555"))
    lane.drain()
    waiting = desk.rows(DOCUMENTS)[-1][0]
    new = EdiCommands(desk.dsn).do("resend", {"outbound_document_id": waiting}, idempotency_key="k")
    states = dict(row[:2] for row in desk.rows(DOCUMENTS))
    assert (states[waiting], states[new["outbound_document_id"]]) == ("failed", "sent")


def test_an_order_judged_again_replaces_what_was_sent_again(desk, lane):
    """Sent again, then judged otherwise: the new answer stands in the place of the second, not of the first."""
    first = first_855(desk)
    commands = EdiCommands(desk.dsn)
    second = commands.do("resend", {"outbound_document_id": first}, idempotency_key="k")["outbound_document_id"]
    desk.connection.execute("delete from ref.code_map where their_code = 'VP4002'")
    record_ids = [row[0] for row in desk.rows("select record_id from raw.records")]
    desk.connection.execute("insert into raw.pending_records select unnest(%s::bigint[])", [record_ids])
    lane.drain()
    assert [row[2] for row in desk.rows(DOCUMENTS)] == [None, first, second]


@pytest.mark.parametrize("document_type", ["997", "TA1"])
def test_a_997_and_a_ta1_can_be_sent_again(desk, lane, document_type):
    """The same words under new numbers."""
    query = "select outbound_document_id from ops.outbound_documents where document_type = %s"
    first = desk.rows(query, document_type)[0][0]
    new = EdiCommands(desk.dsn).do("resend", {"outbound_document_id": first}, idempotency_key="k")
    one, two = content(desk, first), content(desk, new["outbound_document_id"])
    assert set_body(one) == set_body(two)
    assert one.splitlines()[0] != two.splitlines()[0]
