"""Whatever is written is read again; whatever is damaged is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.connectors.base import connector_for
from crossdock.core.errors import Unparsable
from crossdock.edi.documents import Document, documents
from crossdock.edi.x12.model import Interchange, Outside, TransactionSet
from crossdock.edi.x12.reader import read
from crossdock.edi.x12.segments import segments
from crossdock.edi.x12.write import Envelope, interchange
from edi_samples import ORDER, purchase_order
from edi_samples import interchange as sample

ELEMENT = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="*~>^\x7f\u00a0\u00ad"),
    min_size=1,
    max_size=12,
)
NAME = st.sampled_from(["BEG", "N1", "PO1", "REF", "PID", "ZZ9"])
SEGMENT = st.tuples(NAME, st.lists(ELEMENT, min_size=1, max_size=8)).map(lambda pair: [pair[0], *pair[1]])
SETS = st.lists(st.lists(SEGMENT, min_size=1, max_size=12), min_size=1, max_size=5)
WHOLE = sample(("850", ORDER), ("850", ORDER)) + purchase_order(number="000000124", terminator="\n")

RUN = settings(deadline=None, max_examples=80)


@RUN
@given(SETS, st.integers(1, 999_999_999), st.sampled_from([0, 33]))
def test_what_is_written_is_read_again(sets: list[list[list[str]]], number: int, size: int):
    """Every element of every set comes back, and the envelope adds up."""
    envelope = Envelope(("ZZ", "BUYER"), ("01", "SELLER"), "BUYER", "SELLER", number, datetime(2024, 1, 5, tzinfo=UTC))
    content = interchange(envelope, "PO", [("850", body) for body in sets])
    events = list(read([content[at : at + size] for at in range(0, len(content), size)] if size else content))
    assert [fault for event in events for fault in event.faults] == []
    assert [segments(event)[1:-1] for event in events if isinstance(event, TransactionSet)] == sets


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A whole file with some bytes cut out, doubled, overwritten or moved."""
    content = WHOLE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 60)))
        piece = draw(
            st.one_of(
                st.just(b""), st.binary(max_size=8), st.just(content[start:end] * 2), st.just(b"ISA*"), st.just(b"~")
            )
        )
        content = content[:start] + piece + content[end:]
    return content


@RUN
@given(damaged(), st.sampled_from([0, 20, 333]))
def test_damage_never_crashes_and_every_byte_is_accounted_for(content: bytes, size: int):
    """Interchanges and what stands outside of them cover the file, but for blanks and terminators that end nothing;
    sets lie within interchanges.
    """
    events = list(read([content[at : at + size] for at in range(0, len(content), size)] if size else content))
    spans = sorted(
        (e.offset, e.end if isinstance(e, Interchange) else e.offset + e.length)
        for e in events
        if isinstance(e, Interchange | Outside)
    )
    at = 0
    for start, end in spans:
        assert start >= at
        assert not content[at:start].strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xc2\xa0~")
        at = end
    assert not content[at:].strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xc2\xa0~")
    for event in events:
        if isinstance(event, TransactionSet):
            segments(event)
            assert event.interchange.offset <= event.offset <= event.offset + len(event.body) <= event.interchange.end


@RUN
@given(damaged())
def test_every_set_of_a_damaged_file_is_a_record(content: bytes):
    """As many records as interchanges and sets, under native ids of their own; the same bytes give the same records."""
    try:
        records = list(connector_for("x12").records("interchanges", content))
    except Unparsable:
        assert not any(isinstance(document, Document) for document in documents(content))
        return
    found = list(documents(content))
    assert len(records) == sum(1 + len(d.sets) if isinstance(d, Document) else 1 for d in found)
    assert len({record.native_id for record in records}) == len(records)
    assert records == list(connector_for("x12").records("interchanges", content))


@RUN
@given(st.binary(max_size=400))
def test_any_bytes_whatever(content: bytes):
    """No bytes make the reader fail."""
    for event in read(content):
        assert isinstance(event, Interchange | Outside | TransactionSet) or event.interchange
