"""An X12 file to records: one an interchange, one a transaction set; nothing of the file is left out.

The native id of a set is `ISA06:ISA13:GS06:ST02:<type>:<digest>`, where the digest is of the interchange's bytes: the
same document again is the same record, another document under a used control number is another record.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crossdock.connectors.base import Record
from crossdock.connectors.x12.settings import X12Settings
from crossdock.core.errors import Unparsable
from crossdock.edi.documents import Document, documents
from crossdock.edi.records import dump, interchange_record, outside_record, set_record
from crossdock.edi.x12.model import Interchange, Outside


def records(content: bytes, settings: X12Settings) -> Iterator[Record]:
    """Every interchange, set and report of a file. Raises Unparsable when no interchange is in it."""
    found = list(documents(content))
    if not any(isinstance(document, Document) for document in found):
        raise Unparsable(
            "no X12 interchange begins in this file: no ISA segment with its sixteen elements",
            hint="look at its bytes in raw.documents; ask the partner what it is",
        )
    used: Counter[str] = Counter()
    for document in found:
        for native_id, payload, changed_at in _of(document, content, settings):
            used[native_id] += 1
            again = f"#{used[native_id]}" if used[native_id] > 1 else ""
            yield Record(native_id + again, dump(payload), changed_at)


def _of(
    document: Document | Outside, content: bytes, settings: X12Settings
) -> Iterator[tuple[str, dict, datetime | None]]:
    if isinstance(document, Outside):
        digest = hashlib.sha256(document.sample.encode()).hexdigest()[:12]
        yield f"outside:{document.offset}:{document.length}:{digest}", outside_record(document), None
        return
    of = document.interchange
    digest = document.digest(content)
    name = f"{of.sender}:{of.control_number}"
    changed_at = stated_at(of, settings.time_zone)
    record = interchange_record(of, document)
    record["interchange"]["digest"] = digest
    yield f"{name}:{digest}", record, changed_at
    for judged in document.sets:
        given = judged.set
        group = given.group.control_number if given.group else ""
        record = set_record(given, judged, sku_qualifiers=settings.sku_qualifiers)
        record["interchange"]["digest"] = digest
        yield f"{name}:{group}:{given.control_number}:{given.set_type}:{digest}", record, changed_at


def stated_at(of: Interchange, time_zone: str) -> datetime | None:
    """When the sender says that it made the interchange (ISA09, ISA10); None when that is no time."""
    try:
        local = datetime.strptime(of.element(9) + of.element(10), "%y%m%d%H%M").replace(tzinfo=ZoneInfo(time_zone))
    except ValueError:
        return None
    return local.astimezone(UTC)
