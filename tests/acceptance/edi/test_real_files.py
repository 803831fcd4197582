"""X12 files that nobody here wrote: each interchange gets its verdicts and answers, each set is kept; none disappears.

Nothing is fitted to particular files: what is asserted of all of them holds for any folder of X12 files
(CROSSDOCK_REAL_DATA). The table in docs/reference/edi.md is compared where the files are those it was made from.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from crossdock.connectors.base import connector_for
from crossdock.core.errors import Unparsable
from crossdock.core.settings import settings
from crossdock.edi import show
from crossdock.edi.documents import Document, documents
from crossdock.edi.records import dump, lines, set_record
from crossdock.edi.x12.model import TransactionSet
from crossdock.edi.x12.reader import read
from crossdock.edi.x12.segments import segments

pytestmark = pytest.mark.real_data
THEIRS = {"AK102", "AK201", "AK202"}
"""Control numbers and types that we repeat as they were given, wrong or not."""
PAGE = settings().project_dir / "docs" / "reference" / "edi.md"
ISA = re.compile(rb"(?:^|[\r\n~'\xbf])\s*ISA([^A-Za-z0-9\s])")
ORDER_SET = re.compile(rb"ST(.)850\1")


@pytest.fixture
def files(real_data: Path) -> dict[str, bytes]:
    """Every X12 file below the folder by its relative path; definitions and other formats are none."""
    root = real_data / "x12"
    if not root.is_dir():
        pytest.skip(f"no X12 files at {root}")
    found = {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "_definitions" not in path.parts and path.suffix.lower() not in (".json", ".xml")
    }
    return {name: content for name, content in found.items() if ISA.search(content)}


def test_every_interchange_and_every_set_is_accounted_for(files: dict[str, bytes]):
    """As many interchanges as ISA segments, as many sets as ST segments."""
    for name, content in files.items():
        found = [document for document in documents(content) if isinstance(document, Document)]
        assert len(found) == len(ISA.findall(content)), name
        counted = 0
        for document in found:
            signs = document.interchange.delimiters
            header = re.escape(signs.segment.encode()) + rb"\s*ST" + re.escape(signs.element.encode())
            counted += len(re.findall(header, content[document.interchange.offset : document.interchange.end]))
        assert sum(len(document.sets) for document in found) == counted, name


def test_every_document_has_its_verdicts_and_a_reason_where_it_says_no(files: dict[str, bytes]):
    """Records: one an interchange, one a set; a set that may not flow names segment, element and reason."""
    for name, content in files.items():
        for record in connector_for("x12").records("interchanges", content):
            payload = orjson.loads(record.payload)
            assert payload["envelope"]["verdict"] in ("accepted", "accepted_with_errors", "rejected"), name
            if payload["kind"] != "transaction_set":
                continue
            said_no = "rejected" in (payload[each]["verdict"] for each in ("envelope", "syntax", "business"))
            assert ("fault" in payload) or not said_no, name
            assert payload["fault_place"]["segment"] if "fault" in payload else True, name
            if payload["set"]["type"] == "850" and "fault" not in payload:
                assert payload["order"]["po_number"], name
                assert payload["order"]["lines"], name
                assert all(line["quantity"] and line["ids"] for line in payload["order"]["lines"]), name


def test_every_element_of_an_order_is_in_its_record(files: dict[str, bytes]):
    """Reading an 850 drops no element: each value of each segment is somewhere in the record."""
    for name, content in files.items():
        payloads = [orjson.loads(record.payload) for record in records_of(content)]
        for document in documents(content):
            for judged in document.sets if isinstance(document, Document) else ():
                (payload,) = [
                    p
                    for p in payloads
                    if p["kind"] == "transaction_set" and p["set"]["ordinal"] == judged.set.ordinal
                    and p["interchange"]["control_number"] == document.interchange.control_number
                ]  # fmt: skip
                kept = set(_texts(payload))
                for segment in segments(judged.set)[1:-1]:
                    is_free_text = segment[:5] == ["PID", "F", "", "", ""]  # the field's name says so much
                    missing = [e for e in segment[5 if is_free_text else 1 :] if e and e not in kept]
                    assert not missing, (name, segment)


def test_a_stream_of_sets_says_what_each_set_says(files: dict[str, bytes]):
    """`edi read` fills orders of one shape into JSON: the same, byte for byte, as each set read by itself."""
    for name, content in files.items():
        sets = [event for event in read(content) if isinstance(event, TransactionSet)]
        printed = [line for line, _ in lines(read(content)) if line.startswith(b'{"kind":"transaction_set"')]
        assert printed == [dump(set_record(each)) + b"\n" for each in sets], name


def records_of(content: bytes) -> list:
    """The records of a file; none where it holds no interchange."""
    return list(connector_for("x12").records("interchanges", content))


def _texts(value: object):
    if isinstance(value, dict):
        for key, each in value.items():
            yield key.split("#")[0]
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def test_every_answer_is_right_x12(files: dict[str, bytes]):
    """What we answer to any of them is read without a fault by the reader itself."""
    for name, content in files.items():
        for answer in show.answers_to(content, 1, datetime(2024, 1, 5, tzinfo=UTC)):
            (document,) = documents(answer)
            assert [f for f in document.interchange.faults if f.is_fatal] == [], name
            faults = [fault for judged in document.sets for fault in judged.faults if fault.is_fatal]
            assert [str(fault) for fault in faults if fault.place not in THEIRS] == [], name


def test_what_is_no_x12_is_unparsable(real_data: Path):
    """A file without an ISA is set aside as a whole document."""
    for path in sorted((real_data / "x12").rglob("*.edi")):
        content = path.read_bytes()
        if not ISA.search(content):
            with pytest.raises(Unparsable):
                list(connector_for("x12").records("interchanges", content))


def test_the_table_of_orders_is_what_the_files_give(files: dict[str, bytes]):
    """docs/reference/edi.md lists each file with an 850; checked for the files that it was made from."""
    lines = PAGE.read_text().splitlines()
    listed = {line.split("|")[1].strip().strip("`"): line for line in lines if line.startswith("| `")}
    made_from = {name: content for name, content in files.items() if ORDER_SET.search(content)}
    same = {name: content for name, content in made_from.items() if f"`{digest(content)}`" in listed.get(name, "")}
    for name, content in same.items():
        rows = [line for line in lines if line.startswith(f"| `{name}` ")]
        assert rows == table_rows(name, content)


def digest(content: bytes) -> str:
    """Eight digits that say whether a file is the one the table speaks of."""
    return hashlib.sha256(content).hexdigest()[:8]


def table_rows(name: str, content: bytes) -> list[str]:
    """The rows of the page's table for one file."""
    rows = []
    for row in show.verdicts(content):
        cells = [f"`{name}`", f"`{digest(content)}`", *(row[column] for column in show.COLUMNS)]
        rows.append("| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |")
    return rows
