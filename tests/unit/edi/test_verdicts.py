"""The syntax verdict, what sets say, and the answers they get."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from crossdock.connectors.base import connector_for
from crossdock.edi import answers, show
from crossdock.edi.documents import documents
from crossdock.edi.records import interchange_record, set_record
from edi_samples import ISA, ORDER, interchange, purchase_order

NOW = datetime(2024, 1, 6, 8, 0, tzinfo=UTC)


def judged(content: bytes):
    """The only document of a file."""
    (document,) = documents(content)
    return document


def order_with(old: str, new: str) -> bytes:
    """The sample order with one segment replaced by none, one or more."""
    assert old in ORDER
    body = [line for each in ORDER for line in (new.split("~") if each == old else [each]) if line]
    return purchase_order(*body)


@pytest.mark.parametrize(
    ("old", "new", "expected", "verdict"),
    [
        (ORDER[0], "", ("BEG", "3"), "rejected"),
        (ORDER[0], "BEG*00*NE***20240105", ("BEG03", "1"), "rejected"),
        (ORDER[0], "BEG*00*NE*PO778**20241305", ("BEG05", "8"), "rejected"),
        (ORDER[0], "BEG*0*NE*PO778**20240105", ("BEG01", "4"), "rejected"),
        (ORDER[0], "BEG*99*NE*PO778**20240105", ("BEG01", "7"), "rejected"),
        (ORDER[2], "REF*DP", ("REF02", "2"), "accepted_with_errors"),
        (ORDER[2], "XYZ*DP", ("XYZ", "6"), "rejected"),
        (ORDER[2], "xyz*DP", ("xyz", "1"), "rejected"),
        (ORDER[2], "CTT*2", ("PO1", "2"), "rejected"),
        (ORDER[3], "DTM*002*20240115*2561", ("DTM03", "9"), "accepted_with_errors"),
        (ORDER[3], "DTM*002*20240115\nPO1*9*9*EA", ("DTM02", "6"), "rejected"),
        (ORDER[3], "DTM*002*20240115***a*b*c*d", ("DTM07", "3"), "rejected"),
        (ORDER[6], "N4*Reno*Nevada*89501", ("N402", "5"), "accepted_with_errors"),
        (ORDER[7], "PO1*1*twelve*EA*9.25**VP*VP4001", ("PO102", "6"), "rejected"),
        (ORDER[7], "PO1*1*12*EA*9.25**VP", ("PO107", "2"), "rejected"),
        (ORDER[7], "BEG*00*NE*PO779**20240105", ("BEG", "5"), "rejected"),
    ],
)  # fmt: skip
def test_syntax_faults_have_their_place_and_code(old: str, new: str, expected: tuple[str, str], verdict: str):
    """What a 997 says of each fault; what changes the order rejects, what decorates it is accepted with errors."""
    (one,) = judged(order_with(old, new)).sets
    assert expected in [(fault.place, fault.code) for fault in one.faults]
    assert one.verdict == verdict


def test_an_order_says_everything_by_name():
    """Numbers, dates, parties, lines, ids; what has no name stays under `others`."""
    (one,) = judged(order_with(ORDER[3], "DTM*002*20240115*1200~TD5*****UPS")).sets
    order = set_record(one.set, one, sku_qualifiers=("VP",))["order"]
    assert (order["po_number"], order["order_date"], order["currency_code"]) == ("PO778", "2024-01-05", "USD")
    assert order["dates"] == [{"qualifier": "002", "date": "20240115", "time": "1200"}]
    assert order["parties"][0]["address"] == ["1 Dock Road"]
    assert (order["parties"][0]["state"], order["parties"][0]["id"]) == ("NV", "0012")
    assert order["others"] == [["TD5", "", "", "", "", "UPS"]]
    assert order["lines"][1] == {
        "line_number": "2", "quantity": "6", "uom": "CA", "unit_price": "110.5", "price_basis": "",
        "ids": {"VP": "VP4002"}, "descriptions": ["Big widget"], "partner_sku": "VP4002",
    }  # fmt: skip
    assert order["totals"] == {"lines_count": "2"}


def test_a_lost_line_is_a_business_fault():
    """CTT01 counts the lines: one fewer than it says is nothing the standard forbids, and no order to ship by."""
    (one,) = judged(order_with(ORDER[9], "")).sets
    record = set_record(one.set, one)
    assert (record["syntax"]["verdict"], record["business"]["verdict"]) == ("accepted", "rejected")
    assert record["fault"] == "CTT01: says 2 lines where 1 are: one may have been lost"


@pytest.mark.parametrize(
    ("old", "new", "envelope", "syntax", "said"),
    [
        ("", "", "accepted", "accepted", ["TA1 A 000", "997 A · 855 AD"]),
        ("IEA*1*000000123", "IEA*1*000000999", "rejected", "accepted", ["TA1 R 001", ""]),
        ("SE*14*", "SE*99*", "accepted", "rejected", ["TA1 A 000", "997 R"]),
        ("*NV*", "*Nevada*", "accepted", "accepted_with_errors", ["TA1 A 000", "997 E · 855 AD"]),
        ("CTT*2", "CTT*3", "accepted", "accepted", ["TA1 A 000", "997 A · 855 RD"]),
    ],
)  # fmt: skip
def test_three_verdicts_are_kept_apart(old: str, new: str, envelope: str, syntax: str, said: list[str]):
    """Envelope, syntax and business each have their own answer."""
    rows = show.verdicts(purchase_order().replace(old.encode(), new.encode()))
    assert (rows[0]["envelope"], rows[1]["syntax"]) == (envelope, syntax)
    assert [row["answers"] for row in rows] == said


def test_our_answers_are_right_x12_themselves():
    """What we write is read by our own reader without a fault, and says what it should."""
    written = b"".join(show.answers_to(order_with(ORDER[6], "N4*Reno*Nevada*89501"), 41, NOW))
    ta1, functional, response = documents(written)
    assert [d.verdict for d in (ta1, functional, response)] == ["accepted"] * 3
    assert [one.faults for d in (functional, response) for one in d.sets] == [[], []]
    assert ta1.interchange.reports == (["TA1", "000000123", "240105", "0930", "A", "000"],)
    assert (ta1.interchange.sender, ta1.interchange.receiver) == ("SELLER", "BUYER")
    said = set_record(functional.sets[0].set, functional.sets[0])["acknowledgement"]
    assert (said["group_control_number"], said["status"]) == ("77", "accepted_with_errors")
    assert said["sets"][0]["errors"] == [
        {"segment": "N4", "position": "8", "codes": ["8"]},
        {"element": "2", "reference": "156", "code": "5", "value": "Nevada"},
    ]
    answer = set_record(response.sets[0].set, response.sets[0])["response"]
    assert (answer["po_number"], answer["status_code"]) == ("PO778", "AD")
    assert [line["acknowledgements"][0]["status_code"] for line in answer["lines"]] == ["IA", "IA"]


def test_the_envelope_of_an_answer_is_106_bytes():
    """Also to a partner who named us with a letter of two bytes: others read ISA by place."""
    named = purchase_order(header=ISA.replace("SELLER         ", "Käufer’s Händler"[:15]))
    for written in show.answers_to(named, 1, NOW):
        assert written[:106].isascii()
        assert written[105:107] == b"~\n"
        assert written[35:50] == b"K?ufer?s H?ndle"


def test_a_refused_line_is_refused_by_line():
    """BAK02 and ACK01 say what we take: all, some, none."""
    (one,) = judged(purchase_order()).sets
    record = set_record(one.set, one)
    for refused, status, lines in (((), "AD", ["IA", "IA"]), ((2,), "AC", ["IA", "IR"]), ((1, 2), "RD", ["IR", "IR"])):
        segments = answers.response_855(record, refused, day="20240106")
        assert segments[0][2] == status
        assert [segment[1] for segment in segments if segment[0] == "ACK"] == lines


def test_acknowledgements_are_never_acknowledged():
    """A 997 in a group FA gets no 997, and an interchange of TA1s no TA1."""
    content = interchange(("997", ("AK1*PR*5", "AK9*A*1*1*1")), group="FA")
    assert list(show.answers_to(content, 1, NOW))[1:] == []
    (row,) = show.verdicts(next(show.answers_to(purchase_order(), 1, NOW)))
    assert (row["envelope"], row["answers"]) == ("accepted", "")
    document = judged(content)
    record = interchange_record(document.interchange, document)
    assert not answers.wants_997(record, record["groups"][0])


def test_the_same_bytes_are_the_same_record_and_other_bytes_another():
    """The digest in the native id tells a repeated document from a reused control number."""
    connector = connector_for("x12")
    first, again, other = (
        [record.native_id for record in connector.records("interchanges", content)]
        for content in (purchase_order(), b"\n" + purchase_order(), order_with(ORDER[2], "REF*DP*039"))
    )
    assert first == again
    assert not set(first) & set(other)
    assert [native_id.rsplit(":", 1)[0] for native_id in first] == [native_id.rsplit(":", 1)[0] for native_id in other]


def test_records_carry_the_time_and_the_fault():
    """changed_at is ISA09 and ISA10 in the partner's zone; the one fault stands where the contract looks for it."""
    content = purchase_order().replace(b"IEA*1*000000123", b"IEA*1*000000124")
    whole, one = connector_for("x12", None, {"time_zone": "America/New_York"}).records("interchanges", content)
    assert whole.changed_at == one.changed_at == datetime(2024, 1, 5, 14, 30, tzinfo=UTC)
    payload = orjson.loads(one.payload)
    assert payload["fault"] == "IEA02 (segment 18): control number 000000124 does not match ISA13 000000123"
    assert payload["fault_place"] == {"segment": "IEA", "element": 2, "level": "interchange", "code": "001"}
    assert "fault" not in orjson.loads(whole.payload)
