"""From a file in a mailbox to our answers in it: exactly once, by three verdicts."""

from __future__ import annotations

import pytest

from crossdock.core.errors import Refused
from crossdock.edi import api
from crossdock.edi.documents import documents
from crossdock.edi.records import set_record
from crossdock.transport.sftp import Mailbox
from edi_samples import ORDER, interchange, purchase_order

WRITTEN = "select document_type, order_ref, state from ops.outbound_documents order by outbound_document_id"
NEWEST_855 = """
    select content from ops.outbound_documents where document_type = '855' order by outbound_document_id desc limit 1
"""
SET_ASIDE = "select part, rule, reason from ops.quarantine where state = 'open' order by quarantine_id"


def sent(desk) -> dict[str, bytes]:
    """Files in the partner's inbound folder by name."""
    return {path.name: path.read_bytes() for path in sorted((desk.mailbox / "inbound").iterdir())}


def test_an_order_gets_its_three_answers_once(desk):
    """TA1, 997 and 855 are written, sent, marked, and the order looked at again; a second time adds nothing."""
    assert desk.receive(order=purchase_order()) == 2
    assert desk.judge() == 3
    assert desk.rows(WRITTEN) == [("TA1", None, "ready"), ("997", None, "ready"), ("855", "PO778", "ready")]
    assert api.send_ready("acme-edi", conninfo=desk.dsn) == 3
    first = sent(desk)
    assert [name.split("_")[0] for name in first] == ["855", "997", "TA1"]
    assert desk.receive(again=purchase_order(), touched=b"\n" + purchase_order()) == 0
    ids = [row[0] for row in desk.rows("select record_id from raw.records")]
    assert api.acknowledge(desk.connection, ids) == 0
    assert api.send_ready("acme-edi", conninfo=desk.dsn) == 0
    assert sent(desk) == first
    late = "select ack_expected_at - sent_as_of = interval '24 hours' from ops.outbound_documents where order_ref <> ''"
    assert desk.rows(late) == [(True,)]
    assert desk.rows("select thread_id from ops.pending_threads") == [("acme-edi/order/PO778",)]


def test_control_numbers_of_our_own_count_up(desk):
    """Every answer has an interchange and a group number of its own."""
    desk.receive(one=purchase_order(), two=purchase_order(number="000000124"))
    assert desk.judge() == 6
    numbers = desk.rows(
        "select interchange_control_number, group_control_number from ops.outbound_documents order by 1"
    )
    assert [row[0] for row in numbers] == [f"{number:09d}" for number in range(1, 7)]
    assert {row[1] for row in numbers if row[1]} <= {str(number) for number in range(1, 7)}


def test_an_unknown_item_is_accepted_by_syntax_and_refused_by_business(desk):
    """997 A, 855 AC with the line refused; the mapping mended and judged again, another 855 replaces it."""
    body = tuple(line.replace("VP4002", "VP9999") for line in ORDER)
    desk.receive(order=purchase_order(*body))
    assert desk.judge() == 3
    ((part, rule, reason),) = desk.rows(SET_ASIDE)
    assert (part, rule) == ("lines/2", "mapped")
    assert "VP9999" in reason
    assert response(desk) == ("AC", ["IA", "IR"])
    desk.connection.execute("update ops.quarantine set state = 'released'")
    ids = [row[0] for row in desk.rows("select record_id from raw.records")]
    assert api.acknowledge(desk.connection, ids) == 1
    assert response(desk) == ("AD", ["IA", "IA"])
    assert b"BAK*05*AD*PO778" in bytes(desk.rows(NEWEST_855)[0][0])


def response(desk) -> tuple[str, list[str]]:
    """BAK02 and every ACK01 of the newest 855."""
    (document,) = documents(bytes(desk.rows(NEWEST_855)[0][0]))
    said = set_record(document.sets[0].set, document.sets[0])["response"]
    return said["status_code"], [line["acknowledgements"][0]["status_code"] for line in said["lines"]]


@pytest.mark.parametrize(
    ("old", "new", "types", "reason"),
    [
        (b"IEA*1*000000123", b"IEA*1*000000999", ["TA1"], "IEA02 (segment 18)"),
        (b"SE*14*", b"SE*15*", ["TA1", "997"], "SE01 (segment 14)"),
        (b"CTT*2", b"CTT*3", ["TA1", "997", "855"], "CTT01"),
    ],
)
def test_what_is_rejected_is_set_aside_with_its_place(desk, old: bytes, new: bytes, types: list[str], reason: str):
    """The verdict that says no is the last one to be answered; the set stays, with segment, element and reason."""
    desk.receive(order=purchase_order().replace(old, new))
    desk.judge()
    assert [row[0] for row in desk.rows(WRITTEN)] == types
    ((part, rule, said),) = desk.rows(SET_ASIDE)
    assert (part, rule) == ("", "edi")
    assert reason in said


def test_a_reused_control_number_is_refused_and_kept(desk):
    """The same number with other bytes: TA1 R 025, its sets set aside, the first document untouched."""
    desk.receive(one=purchase_order())
    desk.judge()
    assert desk.receive(two=purchase_order(*(line.replace("PO778", "PO779") for line in ORDER))) == 2
    assert desk.judge() == 1
    reasons = {row[1] for row in desk.rows(SET_ASIDE)}
    assert reasons == {"duplicate_control_number"}
    assert desk.rows("select count(*) from ops.quarantine") == [(2,)]
    newest = "select content from ops.outbound_documents order by outbound_document_id desc limit 1"
    assert b"TA1*000000123*240105*0930*R*025~" in bytes(desk.rows(newest)[0][0])


def test_an_interchange_that_broke_off_uses_no_control_number_up(desk):
    """Half a file is refused (TA1 R 023); the whole of it, later and under the same number, is no reuse of it."""
    desk.connection.execute("""update ref.partners set settings = settings || '{"quiet_seconds": 0}'""")
    whole = purchase_order()
    desk.receive(one=whole[:400])
    desk.judge()
    assert desk.receive(one=whole) == 2
    assert desk.judge() == 3
    assert [row[0] for row in desk.rows(WRITTEN)] == ["TA1", "TA1", "997", "855"]
    assert "duplicate_control_number" not in {row[1] for row in desk.rows(SET_ASIDE)}


def test_the_agreement_says_what_is_owed(desk):
    """A partner that wants no TA1 and no 855 gets none."""
    desk.connection.execute(
        """update ref.partners set settings = settings || '{"expects": {"TA1": "never", "855": "never"}}'"""
    )
    desk.receive(order=purchase_order())
    desk.judge()
    assert [row[0] for row in desk.rows(WRITTEN)] == ["997"]


def test_their_acknowledgements_are_not_acknowledged(desk):
    """A 997 of theirs is landed and answered by nothing."""
    content = interchange(("997", ("AK1*PR*5", "AK9*A*1*1*1")), group="FA").replace(b"*1*P*>", b"*0*P*>")
    assert desk.receive(ack=content) == 2
    assert desk.judge() == 0


def test_a_refused_document_does_not_stop_the_others(desk, monkeypatch):
    """A mailbox that refuses one file: that row failed with the reason, the rest sent."""
    desk.receive(order=purchase_order())
    desk.judge()
    write = Mailbox.write

    def refuse(self, path: str, content: bytes) -> None:
        if "997" in path:
            raise Refused("no room for 997s")
        write(self, path, content)

    monkeypatch.setattr(Mailbox, "write", refuse)
    assert api.send_ready("acme-edi", conninfo=desk.dsn) == 2
    assert [row[2] for row in desk.rows(WRITTEN)] == ["sent", "failed", "sent"]
