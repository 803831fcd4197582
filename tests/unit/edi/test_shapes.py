"""Orders that are filled in are, byte for byte, what reading them the long way gives."""

from __future__ import annotations

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crossdock.edi.business.order import read_order
from crossdock.edi.business.shapes import Shapes
from crossdock.edi.records import lines, set_record
from crossdock.edi.x12.model import TransactionSet
from crossdock.edi.x12.reader import read
from crossdock.edi.x12.segments import segments
from edi_samples import ORDER, interchange, purchase_order

ELEMENT = st.sampled_from(
    ["", "1", "12", "EA", "VP", "UP", "ACME", "F", "20240105", "240105", "PID", "PO1", "a b", " x", "x ", 'say "x"',
     "b\\c", "é", "\n", "\t", "%", "%s", "@1@", "@12@", "{}", "1900-01-01", "19000101", "lines", "BIN"]
)  # fmt: skip
NAME = st.sampled_from(
    ["PO1", "PO1", "PO1", "PID", "REF", "DTM", "N1", "N2", "N3", "N4", "PER", "CUR", "AMT", "SAC", "CTT", "BEG", "BIN"]
)
SEGMENT = st.tuples(NAME, st.lists(ELEMENT, max_size=9)).map(lambda s: "*".join((s[0], *s[1])))
PLAIN = st.text("ABC123 .-%", max_size=5)
LINE = st.lists(PLAIN, min_size=9, max_size=9)
ENDING = st.sampled_from(["~\n", "~", "~\r\n"])


def sets(content: bytes) -> list[TransactionSet]:
    return [event for event in read(content) if isinstance(event, TransactionSet)]


def poured(shapes: Shapes, content: bytes) -> list[bool]:
    """Which of the sets are filled in; each that is has the bytes of the long way, its lines known or not."""
    found = []
    for each in sets(content):
        delimiters, count = each.interchange.delimiters, each.segments_count if each.is_lined else 0
        jsons = {shapes.order(each.body, delimiters, lines_count=known) for known in (count, 0)}
        found.append(None not in jsons)
        assert jsons <= {orjson.dumps(read_order(segments(each))), None}
        assert len(jsons) == 1
    return found


@settings(max_examples=400, deadline=None)
@example([["CTT", "PO1"]], "~\n")
@example([[*["PO1******12**1*"] * 3, "PO1", "PO1*****12**1*"]], "~\n")
@example([["PO1*1*2*3*4*5", "BEG", "PO1*1*2*3*4*5", "BEG"]], "~\n")
@example([["PO1*1*2*3*4*5", "CTT*1", "CTT*2"]], "~\n")
@example([["N1*ST", "PO1*1*2*3*4*5*@1@*x", "N2*%s"]] * 2, "~")
@given(st.lists(st.lists(SEGMENT, max_size=8), min_size=1, max_size=5), ENDING)
def test_whatever_is_filled_in_is_right(bodies, ending):
    """Any segments in any order with awkward elements, several orders after another through the same shapes."""
    made = [("850", ("BEG*00*NE*PO1**20240105", *body)) for body in bodies]
    poured(Shapes(), interchange(*made, terminator=ending))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(LINE, min_size=1, max_size=6), min_size=2, max_size=6), ENDING)
def test_orders_that_look_alike_are_right(orders, ending):
    """Lines of one shape whose elements are sometimes empty, with qualifiers that repeat now and then."""
    made = []
    for order in orders:
        body = ["BEG*00*NE*PO1**20240105", "N1*ST*A*92*7", "N4*Reno*NV"]
        for line in order:
            body += ["PO1*" + "*".join(line), "PID*F****Widget", f"DTM*002*{line[0]}"]
        made.append(("850", (*body, f"CTT*{len(order)}")))
    poured(Shapes(), interchange(*made, terminator=ending))


def test_alike_orders_are_filled_in():
    """The usual order is, whatever its number of lines; a shape is learnt at the first."""
    body = ("BEG*00*NE*PO778**20240105", "CUR*BY*USD", "N1*ST*Acme*92*1", "N4*Reno*NV*89501*US")
    made = []
    for count in range(1, 9):
        listed = [f"PO1*{n}*{n}*EA*9.25**VP*V{n}*UP*{n}" for n in range(count)]
        made.append(("850", (*body, *(part for line in listed for part in (line, "PID*F****A thing")), f"CTT*{count}")))
    assert poured(Shapes(), interchange(*made)) == [True] * 8


def test_orders_of_several_shapes_in_turn_are_filled_in():
    """With a reference and without, with descriptions and without, one after the other; the shapes are kept."""
    head = ("BEG*00*NE*PO778**20240105", "N1*ST*Acme*92*1")
    made = []
    for n in range(1, 40):
        line = (f"PO1*{n}*{n}*EA*9.25**VP*V{n}", *(("PID*F****A thing",) if n % 2 else ()))
        made.append(("850", (*head, *(("REF*DP*1",) if n % 3 else ()), *line * (1 + n % 4), f"CTT*{1 + n % 4}")))
    assert poured(Shapes(), interchange(*made)) == [True] * len(made)


def test_what_is_unlike_is_left_alone():
    """An id that repeats in a line, a contact, an element that needs an escape, a short date."""
    for change in (
        ("**VP*VP4002", "**VP*VP4002*VP*2"),
        ("REF*DP*038", "PER*BD*Ann*TE*555"),
        ("Acme", 'A "cme"'),
        ("20240105", "240105"),
    ):
        body = tuple(line.replace(*change) for line in ORDER)
        assert body != ORDER
        assert poured(Shapes(), purchase_order(*body)) == [False]
    assert poured(Shapes(), purchase_order()) == [True]


def test_a_line_of_json_is_the_set_record():
    """Printed as a stream, a set is what it is by itself, filled in or not."""
    awkward = tuple(line.replace("Acme", "Café") for line in ORDER)
    content = interchange(("850", ORDER), ("850", awkward), ("850", ORDER), ("997", ("AK1*PO*1", "AK9*A*1*1*1")))
    printed = [orjson.loads(line) for line, _ in lines(read(content))]
    assert printed[:4] == [set_record(each) for each in sets(content)]
