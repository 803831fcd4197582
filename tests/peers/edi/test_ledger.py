"""What a real partner says of our 855s, in the ledger of acknowledgements: matched, seen, sent again."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from crossdock.core import clock
from crossdock.edi import api
from crossdock.edi.commands import EdiCommands
from crossdock.lanes import models
from crossdock.lanes.lane import Lane
from edi_desk import PARTNER

NEWEST_855 = "select max(outbound_document_id) from ops.outbound_documents where document_type = '855'"
OPEN = "select exception_code from ops.detections where cleared_at is null and exception_code like 'edi_ack%%'"


@pytest.fixture
def trade(start_trade, modelled) -> Iterator:
    """With every model: what they say of a document is matched to it, and what is wrong is an exception."""
    with (
        start_trade(modelled["app"]) as made,
        psycopg.connect(modelled["app"], options="-c TimeZone=UTC", autocommit=True) as connection,
    ):
        # An hour ahead: what they say is dated by the machine's clock, and must not lie in the future.
        clock.follow(made.desk.connection, made.desk.rows("select now() + interval '1 hour'")[0][0], 0)
        lane = Lane(connection, models.load(conninfo=modelled["dbt"]))
        made.judge = lambda: (lane.drain(), lane.due())
        yield made


def newest_855(trade) -> tuple[int, str | None]:
    """Our newest 855, and what they said of it."""
    ((document_id,),) = trade.desk.rows(NEWEST_855)
    return document_id, EdiCommands(trade.desk.dsn).read("outbound_document", str(document_id))["acknowledged"]


def test_a_copy_that_they_refuse_as_one_is_no_refusal_of_the_first(trade):
    """We died between writing an 855 and marking it: it goes again, they say TA1 R 025, and have had it all along."""
    trade.partner.buy(("WIDGET-001", 100, "12.50"))
    trade.step()
    trade.step()
    first, said = newest_855(trade)
    assert said == "accepted"
    trade.desk.connection.execute(
        "update ops.outbound_documents set state = 'ready' where outbound_document_id = %s", [first]
    )
    trade.step()
    trade.step()
    reports = "select payload -> 'reports' -> 0 ->> 'note_code' from raw.records where payload -> 'reports' <> '[]'"
    assert trade.desk.rows(reports) == [("025",)]
    assert newest_855(trade) == (first, "accepted")
    assert trade.desk.rows(OPEN) == []


def test_what_they_reject_is_an_exception_until_it_is_sent_again_and_taken(trade):
    """Their translator refuses everything for a while: rejected, seen, sent again under new numbers, accepted."""
    trade.partner.buy(("WIDGET-001", 100, "12.50"))
    trade.desk.receive()
    trade.judge()
    trade.partner.behave("reject-ack")
    api.send_ready(PARTNER, conninfo=trade.desk.dsn)
    trade.partner.ask("POST", "/_mock/drop/scan")
    trade.step()
    first, said = newest_855(trade)
    assert said == "rejected"
    assert trade.desk.rows(OPEN) == [("edi_ack_rejected",)]
    trade.partner.behave("accept")
    EdiCommands(trade.desk.dsn).do("resend", {"outbound_document_id": first}, idempotency_key="case-1/1/1/x12.resend")
    trade.partner.ask("POST", "/_mock/drop/scan")
    trade.step()
    second, said = newest_855(trade)
    assert (second > first, said) == (True, "accepted")
    assert trade.desk.rows(OPEN) == []
