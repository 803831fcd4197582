"""Code maps: add, close, list, find what is missing; a change re-queues only the records that use the code.

Maps are effective-dated: nothing is overwritten. A change closes the old row at the business time of the change and
adds a new one, so that what was derived yesterday can be derived again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from crossdock.contracts.load import load
from crossdock.contracts.model import Contract, SchemaObject
from crossdock.contracts.projection import documents, layers
from crossdock.contracts.text import literal, name
from crossdock.core.errors import Refused

COLUMNS = (
    "system_type, partner_id, kind, their_code, our_code, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity')"
)


@dataclass(frozen=True, slots=True)
class Code:
    """One mapping. `partner_id` '*' holds for every partner of the system type; a time of None is for ever."""

    system_type: str
    partner_id: str
    kind: str
    their_code: str
    our_code: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def says_the_same(self, other: Code) -> bool:
        """Whether the other row maps the same code to the same; an open start or end of `other` fits any of ours."""
        mine = (self.system_type, self.partner_id, self.kind, self.their_code, self.our_code)
        theirs = (other.system_type, other.partner_id, other.kind, other.their_code, other.our_code)
        return mine == theirs and all(
            None in pair or pair[0] == pair[1]
            for pair in ((self.valid_from, other.valid_from), (self.valid_to, other.valid_to))
        )


def of_source(connection: psycopg.Connection, partner_id: str, approved_by: str) -> dict[int, Code]:
    """The open rows of a partner that this approver wrote, by id."""
    rows = connection.execute(
        f"select code_map_id, {COLUMNS} from ref.code_map "
        "where partner_id = %s and approved_by = %s and valid_to > ref.as_of()",
        [partner_id, approved_by],
    )
    return {row[0]: Code(*row[1:]) for row in rows}


def add(connection: psycopg.Connection, code: Code, *, approved_by: str, note: str | None = None) -> None:
    """Write a mapping. A code that was mapped before begins at the business time, one that was not holds for ever.

    Raises Refused when the code is mapped at that time already: close the old row first; and for a tier of customers
    that is not on the one list of them.
    """
    _must_be_a_tier(connection, code)
    connection.execute("savepoint code_map_row")
    try:
        connection.execute(
            """
            insert into ref.code_map
                (system_type, partner_id, kind, their_code, our_code, valid_from, valid_to, approved_by, note)
            values (%(s)s, %(p)s, %(k)s, %(t)s, %(o)s, coalesce(%(from)s::timestamptz, (
                select max(m.valid_to) from ref.code_map as m
                where m.system_type = %(s)s and m.partner_id = %(p)s and m.kind = %(k)s and m.their_code = %(t)s
                    and m.valid_to < 'infinity'
            ), '-infinity'), coalesce(%(to)s::timestamptz, 'infinity'), %(by)s, %(note)s)
            """,
            {
                "s": code.system_type, "p": code.partner_id, "k": code.kind, "t": code.their_code, "o": code.our_code,
                "from": code.valid_from, "to": code.valid_to, "by": approved_by, "note": note,
            },
        )  # fmt: skip
    except (psycopg.errors.ExclusionViolation, psycopg.errors.CheckViolation):
        connection.execute("rollback to savepoint code_map_row")
        raise Refused(
            f"{code.kind} {code.their_code!r} of {code.partner_id} is mapped at that time already",
            hint="see `crossdock codes list`; add with --replace to close the old mapping now",
        ) from None
    connection.execute("release savepoint code_map_row")


def _must_be_a_tier(connection: psycopg.Connection, code: Code) -> None:
    if code.kind != "customer_tier":
        return
    tiers = [row[0] for row in connection.execute("select customer_tier from ref.customer_tiers order by rank")]
    if code.our_code not in tiers:
        raise Refused(
            f"{code.kind} {code.their_code!r} of {code.partner_id} cannot be {code.our_code!r}: there is no such tier",
            hint=f"use one of {', '.join(tiers)}, or add it to ref.customer_tiers",
        )


def close(connection: psycopg.Connection, code_map_id: int) -> None:
    """End a mapping at the business time; one that has not begun by then is removed."""
    connection.execute("delete from ref.code_map where code_map_id = %s and valid_from >= ref.as_of()", [code_map_id])
    connection.execute(
        "update ref.code_map set valid_to = ref.as_of() where code_map_id = %s and valid_to > ref.as_of()",
        [code_map_id],
    )


def close_like(connection: psycopg.Connection, code: Code) -> int:
    """End whatever maps this code of this partner now; returns how many rows that were."""
    rows = connection.execute(
        "select code_map_id from ref.code_map "
        "where system_type = %s and partner_id = %s and kind = %s and their_code = %s and valid_to > ref.as_of()",
        [code.system_type, code.partner_id, code.kind, code.their_code],
    ).fetchall()
    for (code_map_id,) in rows:
        close(connection, code_map_id)
    return len(rows)


def _uses(contract: Contract, schema: SchemaObject, field: str) -> str:
    """A select of the record ids among `pg_temp.code_feeds` whose `field` holds one of the codes, while it is valid."""
    return f"""
    with documents as ({documents(contract, "pg_temp.code_records")}
    )
    select distinct x._record_id
    from ({layers(contract, schema)}) as x
    join pg_temp.changed_codes as k on k.their_code = x.{name(field)} and k.field = {literal(f"{schema.name}.{field}")}
        and x._at >= k.valid_from and x._at < k.valid_to and k.partner_id in (x._partner_id, '*')"""


def requeue(connection: psycopg.Connection, changed: Iterable[Code]) -> int:
    """Queue again what these codes touch: records set aside for want of them, and records that flowed with them.

    Returns how many records were queued. Looks only into feeds whose contract says that they use such a code.
    """
    by_system: dict[str, list[Code]] = defaultdict(list)
    for code in changed:
        by_system[code.system_type].append(code)
    count = 0
    for system_type, codes in by_system.items():
        feeds: dict[str, list[int]] = defaultdict(list)
        for feed_id, ref in connection.execute(
            "select feed_id, contract from ref.feeds where feed_type like %s and is_active", [f"{system_type}.%"]
        ):
            feeds[ref].append(feed_id)
        for ref, feed_ids in feeds.items():
            count += _requeue_feeds(connection, load(ref), feed_ids, codes)
    return count


def _requeue_feeds(connection: psycopg.Connection, contract: Contract, feed_ids: list[int], codes: list[Code]) -> int:
    connection.execute(
        "create temporary table if not exists code_records (record_id bigint, feed_id integer) on commit drop"
    )
    connection.execute("truncate pg_temp.code_records")
    connection.execute(
        "create temporary table if not exists changed_codes (field text, their_code text, partner_id text, "
        "valid_from timestamptz, valid_to timestamptz) on commit drop"
    )
    connection.execute("truncate pg_temp.changed_codes")
    touched = [(schema, p) for schema in contract.schema_ for p in schema.properties if p.code_map]
    with connection.cursor().copy("copy pg_temp.changed_codes from stdin") as copy:
        for schema, p in touched:
            for code in codes:
                if code.kind == p.code_map:
                    span = (code.valid_from or "-infinity", code.valid_to or "infinity")
                    copy.write_row((f"{schema.name}.{p.name}", code.their_code, code.partner_id, *span))
    if connection.execute("select not exists (select from pg_temp.changed_codes)").fetchone()[0]:
        return 0
    connection.execute(
        "insert into pg_temp.code_records select record_id, feed_id from raw.records where feed_id = any(%s)",
        [feed_ids],
    )
    kinds = {code.kind for code in codes}
    selects = [_uses(contract, schema, p.name) for schema, p in touched if p.code_map in kinds]
    queued = 0
    for select in selects:
        queued += connection.execute(f"insert into raw.pending_records {select} on conflict do nothing").rowcount
    return queued


def missing(connection: psycopg.Connection) -> list[tuple]:
    """Codes that wait for a mapping, most records first.

    Rows: system type, partner, kind, code, records, orders, first seen.
    """
    rows = connection.execute(
        """
        select p.system_type, f.partner_id, q.contract, q.field, q.value, count(distinct q.record_id),
            count(distinct q.order_ref), min(q.quarantined_at)
        from ops.quarantine as q
        join ref.feeds as f using (feed_id)
        join ref.partners as p using (partner_id)
        where q.state = 'open' and q.rule = 'mapped' and q.contract is not null
        group by 1, 2, 3, 4, 5
        """
    ).fetchall()
    totals: dict[tuple, list] = {}
    for system_type, partner_id, ref, field, value, records, orders, since in rows:
        kind = kind_of(load(ref), field)
        key = (system_type, partner_id, kind, value)
        before = totals.get(key)
        totals[key] = (
            [records, orders, since]
            if before is None
            else [before[0] + records, before[1] + orders, min(before[2], since)]
        )
    return sorted(((*key, *value) for key, value in totals.items()), key=lambda row: (-row[4], row[:4]))


def kind_of(contract: Contract, field: str) -> str:
    """The kind of code that a field of a contract holds."""
    return next(p.code_map for schema in contract.schema_ for p in schema.properties if p.name == field and p.code_map)
