"""X12 against mock-edi: what it writes we read, and what we write it reads without a finding."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import orjson
import pytest

from crossdock.edi import show
from crossdock.edi.documents import documents
from crossdock.edi.records import lines
from crossdock.edi.x12.reader import read
from edi_samples import ISA, ORDER, interchange, purchase_order

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TO_THEM = ISA.replace("BUYER          ", "ACME           ").replace("SELLER         ", "MOCKEDI        ")
NUMBERS = itertools.count(901)
OURS = itertools.count(5001, 10)
"""First control numbers of answers; neither side may use one twice."""
ASKED = (
    "BEG*00*NE*{po}**20261121", "CUR*BY*USD", "N1*ST*Acme Store 12*92*0012", "N3*1 Dock Road", "N4*Reno*NV*89501*US",
    "PO1*1*100*EA*12.50**VP*WIDGET-001", "PO1*2*100*EA*13.75**VP*WIDGET-002", "CTT*2",
)  # fmt: skip
READ = {"997": "acknowledgement", "855": "response", "856": "segments", "810": "segments"}


def order(number: int) -> bytes:
    """An 850 of ACME's to them, under its own control number; its purchase order is PO-<number>."""
    body = tuple(segment.format(po=f"PO-{number}") for segment in ASKED)
    content = interchange(("850", body), number=f"{number:09d}", header=TO_THEM)
    return content.replace(b"BUYER*SELLER", b"ACME*MOCKEDI")


def answered(partner, behaviour: str) -> tuple[int, dict[str, bytes]]:
    """The control number of an order to a partner that behaves so, and its answers by set type."""
    partner.behave(behaviour, "ACME")
    partner.collect()
    number = next(NUMBERS)
    partner.send(order(number))
    return number, partner.collect()


def records(content: bytes) -> list[dict]:
    """As `crossdock edi read` prints them; what it prints must add up."""
    told = list(lines(read(content)))
    assert all(is_right for _, is_right in told)
    return [orjson.loads(line) for line, _ in told]


def said(content: bytes) -> dict:
    """What the only set of an interchange says."""
    record, whole = records(content)
    assert whole["envelope"] == {"verdict": "accepted", "faults": []}
    return record[READ[record["set"]["type"]]]


def verdict(content: bytes) -> tuple[str, str, str]:
    """Envelope of an interchange, syntax of its only set, and what we answer to it."""
    whole, row = show.verdicts(content)
    return whole["envelope"], row["syntax"], row["answers"]


@pytest.mark.parametrize(
    ("behaviour", "types", "status", "acknowledged"),
    [
        ("accept", "TA1 997 855 856 810", "AD", [("IA", "100"), ("IA", "100")]),
        ("reject-all", "TA1 997 855", "RD", [("IR", "0"), ("IR", "0")]),
        ("reject-line", "TA1 997 855 856 810", "AC", [("IA", "100"), ("IR", "0")]),
        ("short-ship", "TA1 997 855 856 810", "AC", [("IQ", "80"), ("IQ", "80")]),
    ],
)
def test_its_answers_are_read_whole(partner, behaviour, types, status, acknowledged):
    """997 and 855 into named fields, 856 and 810 by segment; envelope, counts and control numbers add up."""
    number, answers = answered(partner, behaviour)
    assert set(answers) == set(types.split())
    functional = said(answers["997"])
    assert (functional["functional_code"], functional["group_control_number"]) == ("PO", "77")
    assert (functional["status"], functional["sets"][0]["status"]) == ("accepted", "accepted")
    response = said(answers["855"])
    assert (response["po_number"], response["status_code"]) == (f"PO-{number}", status)
    told = [line["acknowledgements"][0] for line in response["lines"]]
    assert [(each["status_code"], each.get("quantity", "0")) for each in told] == acknowledged
    for kind in {"856", "810"} & set(answers):
        segments = said(answers[kind])
        assert (segments[0][:2], segments[-1][0]) == (["ST", kind], "SE")
        assert any(f"PO-{number}" in segment for segment in segments)


def test_its_answers_get_the_verdicts_that_they_deserve(partner):
    """A 997 gets none, an 855 a 997 A, what we do not read a 997 R by name."""
    _, answers = answered(partner, "accept")
    assert verdict(answers["997"]) == ("accepted", "accepted", "")
    assert verdict(answers["855"]) == ("accepted", "accepted", "997 A")
    assert verdict(answers["856"]) == verdict(answers["810"]) == ("accepted", "rejected", "997 R")
    (document,) = documents(answers["856"])
    assert str(document.sets[0].fault) == "ST01 (segment 1): transaction set 856 is not one that we read"


def test_a_wrong_count_of_its_own_is_refused(partner):
    """It sends SE01 one too high when asked to; our 997 names the place, and it understands."""
    _, answers = answered(partner, "corrupt")
    assert verdict(answers["855"]) == ("accepted", "rejected", "997 R")
    *_, ours = show.answers_to(answers["855"], next(OURS), NOW)
    assert b"AK5*R*4~" in ours
    (known,) = partner.send(ours)["acknowledged"]
    assert (known["code"], known["status"], known["matched"]) == ("855", "rejected", True)


def test_a_refusal_of_everything_is_read(partner):
    _, answers = answered(partner, "reject-ack")
    functional = said(answers["997"])
    assert set(answers) == {"TA1", "997"}
    assert (functional["status"], functional["sets"][0]["status"]) == ("rejected", "rejected")


def test_a_used_control_number_comes_back_as_a_ta1(partner):
    """Ours, sent twice: R 025, about that interchange; and no TA1 answers a TA1."""
    number, _ = answered(partner, "accept")
    partner.send(order(number))
    (ta1,) = partner.collect().values()
    (whole,) = records(ta1)
    (report,) = whole["reports"]
    assert (report["interchange_control_number"], report["status"], report["note_code"]) == (
        f"{number:09d}", "rejected", "025",
    )  # fmt: skip
    (row,) = show.verdicts(ta1)
    assert (row["envelope"], row["answers"]) == ("accepted", "")


FAULTS = {
    "none": ("", ""), "a segment of no set": ("PID*F****Small widget", "ZZZ*F"), "no BEG": ("BEG*", "BGX*"),
    "a code": ("BEG*00", "BEG*99"), "a date": ("20240115", "20241315"), "a number": ("*12*EA", "*x*EA"),
    "a long text": ("Small widget", "x" * 90), "a long state": ("*NV*", "*Nevada*"), "CTT01": ("CTT*2", "CTT*3"),
    "SE01": ("SE*14*", "SE*15*"), "GE01": ("GE*1*77", "GE*2*77"), "IEA02": ("IEA*1*000000123", "IEA*1*000000999"),
    "a long order number": ("PO778", "P" * 40), "our delimiters": ("VP4001", "VP>40^1"), "ISA15": ("*P*>", "*X*>"),
    "another kind of group": ("GS*PO", "GS*IN"), "version 5010": ("004010~", "005010~"),
    "a name of two bytes": ("SELLER         *240105", "SÉLLER         *240105"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_it_finds_nothing_wrong_with_our_answers(partner, fault):
    """TA1, 997 with AK3 and AK4, and 855, to orders with all kinds of faults."""
    old, new = FAULTS[fault]
    given = purchase_order().decode()
    assert old in given
    written = list(show.answers_to(given.replace(old, new).encode(), 1, NOW))
    assert written
    assert [partner.judge(content) for content in written] == [[] for _ in written]


def test_it_finds_nothing_wrong_with_answers_to_many_sets(partner):
    """One group, two orders and a set that we do not read: one 997, two 855s."""
    second = tuple(segment.replace("PO778", "PO779") for segment in ORDER)
    given = interchange(("850", ORDER), ("850", second), ("810", ("BIG*20240101*1",)))
    written = list(show.answers_to(given, 1, NOW))
    assert len(written) == 4
    assert [partner.judge(content) for content in written] == [[], [], [], []]


def test_an_order_of_its_own_is_confirmed_to_it(partner):
    """It buys from us: our 997 takes its 850, our 855 is filed with the order, nothing disagrees."""
    partner.behave("accept")
    partner.collect()
    po_number = partner.buy(("WIDGET-001", 100, "12.50"), ("SEAL-KIT", 3, "22.30"))
    asked = partner.collect()["850"]
    assert verdict(asked) == ("accepted", "accepted", "997 A · 855 AD")
    ta1, functional, response = show.answers_to(asked, next(OURS), NOW)
    assert partner.judge(ta1) == []
    (known,) = partner.send(functional)["acknowledged"]
    assert (known["code"], known["reference"], known["status"]) == ("850", po_number, "accepted")
    took = partner.send(response)
    assert [(each["code"], each["order"]) for each in took["filed"]] == [("855", po_number)]
    assert took["disagreements"] == []
    assert said(partner.collect()["997"])["status"] == "accepted"
