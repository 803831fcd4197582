"""A conversation over a real mailbox: mock-edi buys, OpenSSH holds the files, the product answers and hears back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def trade(start_trade, database) -> Iterator:
    """We judge and answer, without the models."""
    with start_trade(database["app"]) as made:
        yield made


def test_an_order_is_confirmed_line_by_line_and_their_997_names_our_855(trade):
    """A known and an unknown item: 997 A, 855 AC; they file both, and take our 855."""
    po_number = trade.partner.buy(("WIDGET-001", 100, "12.50"), ("GEAR-100", 3, "8.90"))
    trade.step()
    told = trade.partner.told(po_number)
    assert "the partner's receipt accepted our 850 0001" in told
    assert any(event.startswith("received 855 0001 (response)") for event in told)
    ours = "select content, group_control_number from ops.outbound_documents where document_type = '855'"
    ((content, group),) = trade.desk.rows(ours)
    assert (content.count(b"ACK*IA*100*EA"), content.count(b"ACK*IR*3*EA")) == (1, 1)
    trade.step()
    theirs = "select payload -> 'acknowledgement' from raw.records where payload -> 'set' ->> 'type' = '997'"
    ((said,),) = trade.desk.rows(theirs)
    assert (said["functional_code"], said["group_control_number"], said["status"]) == ("PR", group, "accepted")


def test_an_order_with_a_wrong_count_is_refused_to_them(trade):
    """Their SE01 is one too high: 997 R and no 855, which they read as such."""
    trade.partner.behave("corrupt")
    po_number = trade.partner.buy(("WIDGET-001", 100, "12.50"))
    trade.step()
    assert trade.desk.rows("select document_type from ops.outbound_documents") == [("997",)]
    assert any("rejected our 850" in event for event in trade.partner.told(po_number))
