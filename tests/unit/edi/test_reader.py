"""The reader: envelopes checked, sets cut out, nothing lost."""

from __future__ import annotations

import pytest

from crossdock.edi.x12.model import Group, Interchange, Outside, TransactionSet
from crossdock.edi.x12.reader import read
from crossdock.edi.x12.segments import segments
from edi_samples import ISA, ORDER, interchange, purchase_order


def events_of(content: bytes, size: int = 0) -> dict[type, list]:
    """Events by their type; `size` cuts the content into blocks."""
    source = [content[at : at + size] for at in range(0, len(content), size)] if size else content
    found: dict[type, list] = {Interchange: [], Group: [], TransactionSet: [], Outside: []}
    for event in read(source):
        found[type(event)].append(event)
    return found


def codes(content: bytes) -> list[tuple[str, str]]:
    """(segment and element, code) of every fault of a file."""
    return [
        (fault.place, fault.code)
        for kind in (Interchange, Group, TransactionSet)
        for event in events_of(content)[kind]
        for fault in event.faults
    ]


def test_a_whole_interchange_has_no_faults():
    """A right file: one interchange, one group, one set, every segment of it."""
    found = events_of(purchase_order())
    assert codes(purchase_order()) == []
    (one,) = found[TransactionSet]
    assert [segment[0] for segment in segments(one)] == ["ST", *(line.split("*")[0] for line in ORDER), "SE"]
    assert (one.set_type, one.control_number, one.segments_count, one.position) == ("850", "0001", len(ORDER) + 2, 3)
    assert (found[Interchange][0].sender, found[Interchange][0].receiver) == ("BUYER", "SELLER")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("IEA*1*000000123", "IEA*1*000000124", ("IEA02", "001")),
        ("IEA*1*", "IEA*2*", ("IEA01", "021")),
        ("IEA*1*000000123", "IEA*1*123", ("IEA02", "018")),
        ("GE*1*77", "GE*1*78", ("GE02", "4")),
        ("GE*1*77", "GE*2*77", ("GE01", "5")),
        ("SE*14*0001", "SE*14*0002", ("SE02", "3")),
        ("SE*14*0001", "SE*15*0001", ("SE01", "4")),
        ("SE*14*0001", "SE*x*0001", ("SE01", "4")),
        ("ST*850*0001", "ST*850", ("ST02", "7")),
        ("IEA*1*000000123~\n", "", ("IEA", "023")),
        ("GE*1*77~\n", "", ("GE", "3")),
        ("SE*14*0001~\n", "", ("SE", "2")),
        ("GS*PO*", "GS*", ("GS", "024")),
        ("*240105*0930*U", "*241305*0930*U", ("ISA09", "014")),
        ("*0930*U*", "*2930*U*", ("ISA10", "015")),
        ("*1*P*>", "*1*X*>", ("ISA15", "020")),
        ("SELLER         *", "SELLER        *", ("ISA08", "008")),
        ("GE*1*77~\n", "GE*1*77~\nN1*ST*LOST~\n", ("N1", "022")),
    ],
)  # fmt: skip
def test_each_damage_is_told_by_its_code(old: str, new: str, expected: tuple[str, str]):
    """Every check of the envelope, with the code of the acknowledgement that tells it."""
    content = purchase_order()
    assert old.encode() in content
    damaged = content.replace(old.encode(), new.encode())
    assert expected in codes(damaged)
    assert len(events_of(damaged)[TransactionSet]) == 1


@pytest.mark.parametrize("terminator", ["~", "~\n", "~\r\n", "\n", "\r\n", "\x1c", "…\n", "'\n  "])
def test_delimiters_come_from_the_isa(terminator: str):
    """Any segment terminator, several bytes long too, with any line ends or indentation after it."""
    content = purchase_order(terminator=terminator)
    assert codes(content) == []
    assert [s[0] for s in segments(events_of(content)[TransactionSet][0])][:3] == ["ST", "BEG", "CUR"]


@pytest.mark.parametrize("size", [1, 7, 64, 105, 106, 107, 1000])
def test_blocks_change_nothing(size: int):
    """The same events whatever the size of the blocks, several interchanges with other delimiters among them."""
    content = purchase_order() + purchase_order(number="000000124", terminator="\n") + b"junk\n" + purchase_order()
    whole, cut = events_of(content), events_of(content, size)
    for kind in whole:
        assert len(whole[kind]) == len(cut[kind])
    assert [s.body for s in whole[TransactionSet]] == [s.body for s in cut[TransactionSet]]
    assert [i.control_number for i in cut[Interchange]] == ["000000123", "000000124", "000000123"]


def test_no_break_spaces_and_byte_order_mark_are_tolerated_and_noted():
    """Padding of no-break spaces in UTF-8 is padding; a byte-order mark before ISA is none of its fields."""
    content = b"\xef\xbb\xbf" + purchase_order().replace(
        b"BUYER          *ZZ", "BUYER \u00a0 \u00a0 \u00a0 \u00a0 \u00a0*ZZ".encode()
    )
    (one,) = events_of(content)[Interchange]
    assert one.sender == "BUYER"
    assert one.faults == ()
    assert one.notes == ("a byte-order mark before ISA", "no-break spaces as padding")


def test_a_file_wrapped_at_eighty_characters_reads_the_same():
    """Line ends within the ISA mean that the file is wrapped: they are dropped everywhere."""
    flat = purchase_order(terminator="~")
    wrapped = b"\r\n".join(flat[at : at + 80] for at in range(0, len(flat), 80))
    assert codes(wrapped) == []
    assert events_of(wrapped)[TransactionSet][0].body == events_of(flat)[TransactionSet][0].body


def test_a_missing_component_separator_is_seen_through():
    """Where ISA16 is left out the terminator is the character that ends the lines, not the line end."""
    content = purchase_order(header=ISA[:-1])
    (one,) = events_of(content)[Interchange]
    assert [fault.place for fault in one.faults] == ["ISA16"]
    assert one.delimiters.segment == "~"


def test_a_lost_terminator_before_an_isa_costs_only_its_own_segment():
    """An interchange cut off in the middle does not swallow the next one."""
    content = purchase_order()[:300] + purchase_order(number="000000124")
    found = events_of(content)
    assert [i.control_number for i in found[Interchange]] == ["000000123", "000000124"]
    assert [bool(i.faults) for i in found[Interchange]] == [True, False]


def test_ta1_outside_of_a_group_is_a_report():
    """TA1 stands between ISA and IEA without a group."""
    content = (ISA.format(number="000000001") + "~\nTA1*000000777*240105*0930*R*001~\nIEA*0*000000001~\n").encode()
    (one,) = events_of(content)[Interchange]
    assert one.faults == ()
    assert one.reports == (["TA1", "000000777", "240105", "0930", "R", "001"],)


def test_binary_data_may_hold_anything():
    """The stated length of BIN decides, not terminators nor an ISA within the data."""
    data = "~IEA*1*9~" + ISA.format(number="000000009") + "~"
    content = interchange(("841", ("SPI*00", f"BIN*{len(data)}*{data}", "REF*ZZ*1")), group="SP")
    for size in (0, 50):
        found = events_of(content, size)
        assert [len(found[kind]) for kind in (Interchange, TransactionSet, Outside)] == [1, 1, 0]
        assert found[TransactionSet][0].faults == ()
        assert segments(found[TransactionSet][0])[2] == ["BIN", str(len(data)), data]


def test_bytes_that_belong_to_nothing_are_reported():
    """What stands outside of interchanges is counted and shown."""
    content = b"hello\n" + purchase_order() + b"ISA is not a header\n"
    outside = events_of(content)[Outside]
    assert [(o.offset, o.sample.strip()) for o in outside] == [(0, "hello"), (len(content) - 20, "ISA is not a header")]


def test_a_set_number_used_twice_is_a_fault_of_the_second():
    """Two sets of a group under one number cannot be told apart by a 997."""
    content = interchange(("850", ORDER), ("850", ORDER)).replace(b"*0002~", b"*0001~")
    assert [s.faults[0].code if s.faults else "" for s in events_of(content)[TransactionSet]] == ["", "23"]


def test_segments_outside_of_sets_are_kept():
    """A stray segment is a fault of the interchange, and its elements stay."""
    content = purchase_order().replace(b"ST*850", b"N1*ST*LOST~\nST*850")
    assert events_of(content)[Interchange][0].strays == (["N1", "ST", "LOST"],)


def test_of_interchanges_in_a_row_only_the_wrong_one_has_faults():
    """Plain interchanges of one set are looked at all at once: each trailer and header is compared all the same."""
    for old, new, where in (
        (b"SE*14*0001~\nGE*1*77~\nIEA*1*", b"SE*15*0001~\nGE*1*77~\nIEA*1*", [0, 0, 1]),
        (b"GE*1*77~", b"GE*1*78~", [0, 1, 0]),
        (b"IEA*1*", b"IEA*2*", [1, 0, 0]),
        (b"*P*>~", b"*X*>~", [1, 0, 0]),
        (b"~\nGE*1*77", b"~\n\n \nGE*1*77", [0, 0, 0]),
    ):
        whole = [purchase_order(number=f"{number:09d}") for number in range(1, 8)]
        assert old in whole[3]
        whole[3] = whole[3].replace(old, new)
        found = events_of(b"".join(whole))
        wrong = [[len(event.faults) for event in found[kind]] for kind in (Interchange, Group, TransactionSet)]
        assert wrong == [[0, 0, 0, count, 0, 0, 0] for count in where]


@pytest.mark.parametrize(("terminator", "expected"), [("~\n", True), ("~\r\n", False), ("~", False), ("~\n ", False)])
def test_a_set_knows_whether_line_feeds_stand_between_its_segments(terminator: str, expected: bool):
    """Only where nothing else does, not even in one place."""
    content = purchase_order(terminator=terminator) * 2
    assert [one.is_lined for one in events_of(content)[TransactionSet]] == [expected] * 2
    assert not any(one.is_lined for one in events_of(content.replace(b"CUR", b"~\nCUR"))[TransactionSet])
