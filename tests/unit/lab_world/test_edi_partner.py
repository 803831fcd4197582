"""The EDI partner reads our 855s, whatever their delimiters."""

from __future__ import annotations

from crossdock_lab.world.edi_partner import confirmations

ISA = "ISA*00*          *00*          *ZZ*CROSSDOCKDC    *ZZ*ACMERETAIL     *260302*0800*U*00401*000000007*0*P*>"


def interchange(*segments: str) -> bytes:
    return "~\n".join([ISA, *segments, "IEA*1*000000007", ""]).encode()


def test_an_855_is_found_with_its_numbers():
    sent = interchange(
        "GS*PR*CROSSDOCKDC*ACMERETAIL*20260302*0800*31*X*004010",
        "ST*855*0004", "BAK*00*AD*PO1000017*20260302", "SE*3*0004", "GE*1*31",
    )  # fmt: skip
    (found,) = confirmations(sent)
    assert (found.purchase_order, found.functional_id, found.group, found.set_number) == (
        "PO1000017",
        "PR",
        "31",
        "0004",
    )


def test_a_997_is_nothing_to_answer():
    sent = interchange("GS*FA*A*B*20260302*0800*32*X*004010", "ST*997*0001", "AK1*PO*1", "AK9*A*1*1*1", "SE*4*0001")
    assert confirmations(sent) == []


def test_other_delimiters_are_read_from_the_envelope():
    text = interchange("GS*PR*A*B*20260302*0800*5*X*004010", "ST*855*0001", "BAK*00*AC*PO1*20260302", "SE*3*0001")
    assert confirmations(text.replace(b"*", b"|").replace(b"~", b"!"))[0].purchase_order == "PO1"


def test_what_is_no_interchange_holds_nothing():
    assert confirmations(b"") == confirmations(b"ISA*00") == confirmations(b"<html>") == []
