"""What DAGs call: every contract's full Great Expectations check over what has come in since the last one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from crossdock.contracts.load import load
from crossdock.contracts.model import Contract, SchemaObject
from crossdock.contracts.verdict import projection_sql, rules
from crossdock.core.errors import CrossdockError
from crossdock.core.settings import settings
from crossdock.db.connect import connect

CHUNK = 50_000
"""Records a round: what a frame of some hundred megabytes holds."""
SHOWN = 1_000
"""Records that are checked again where nothing is new, so that Data Docs show every contract."""


class Disagreement(CrossdockError):
    """Great Expectations and the row verdicts judge the same row differently: one of them is wrong."""


def check_batch(conninfo: str | None = None, site: Path | None = None) -> list[dict]:
    """Check what is new of every active feed, write Data Docs to `site`, and compare with the row verdicts.

    Returns a row per contract and object: rows, failed rules, disagreements. A bad record is no error here; it is in
    quarantine. Raises Disagreement, once all is written, where a verdict differs: that is our bug.
    """
    from crossdock.contracts.gx import Checker

    done: list[dict] = []
    with connect("contracts check", conninfo=conninfo) as connection:
        checker = Checker(site or settings().home_dir / "data_docs")
        for contract, feed_ids in _active(connection):
            for schema in contract.schema_:
                done += _check_object(connection, checker, contract, schema, feed_ids)
            connection.commit()
        checker.finish()
    wrong = [row for row in done if row["disagreements"]]
    if wrong:
        raise Disagreement(
            f"{sum(row['disagreements'] for row in wrong)} rows of {', '.join(row['contract'] for row in wrong)} are "
            f"judged differently by Great Expectations and by the row verdicts, as {wrong[0]['example']}",
            hint="see ops.contract_checks.disagreements; a rule is compiled wrong",
        )
    return done


def _active(connection: psycopg.Connection) -> Iterator[tuple[Contract, list[int]]]:
    rows = connection.execute(
        "select contract, array_agg(feed_id order by feed_id) from ref.feeds where is_active group by 1 order by 1"
    ).fetchall()
    return ((load(ref), feed_ids) for ref, feed_ids in rows)


def _check_object(connection, checker, contract: Contract, schema: SchemaObject, feed_ids: list[int]) -> list[dict]:
    """Rounds of CHUNK records from the watermark to what is judged now."""
    found = connection.execute(
        "select coalesce(max(through_record_id), 0) from ops.contract_checks where contract = %s and object = %s",
        [contract.ref, schema.name],
    ).fetchone()[0]
    done = []
    while True:
        start, through = _round(connection, feed_ids, found)
        if through is None or (done and through <= found):
            return done
        done.append(_check_round(connection, checker, contract, schema, feed_ids, start, through, len(done)))
        if through <= found:
            return done
        found = through


def _round(connection, feed_ids: list[int], after: int) -> tuple[int, int | None]:
    """(after which record, through which) of the next round; the newest again where nothing is new."""
    new = "select record_id from raw.records where feed_id = any(%s) and record_id > %s order by record_id limit %s"
    through = connection.execute(f"select max(record_id) from ({new}) as r", [feed_ids, after, CHUNK]).fetchone()[0]
    if through is not None:
        return after, through
    last = "select record_id from raw.records where feed_id = any(%s) order by record_id desc limit %s"
    low, high = connection.execute(
        f"select min(record_id) - 1, max(record_id) from ({last}) as r",
        [feed_ids, SHOWN],
    ).fetchone()
    return low or 0, high


def _check_round(connection, checker, contract, schema, feed_ids, start: int, through: int, number: int) -> dict:
    from crossdock.contracts.gx import frame, suite

    source = (
        "(select r.record_id, r.feed_id from raw.records as r "
        "where r.feed_id = any(%(feeds)s) and r.record_id > %(start)s and r.record_id <= %(through)s "
        "and not exists (select from raw.pending_records as p where p.record_id = r.record_id))"
    )
    marker = "(select * from claimed_here)"
    statement = projection_sql(contract, schema, marker).replace("%", "%%").replace(marker, source)
    cursor = connection.execute(statement, {"feeds": feed_ids, "start": start, "through": through})
    data = frame(schema, [column.name for column in cursor.description], cursor.fetchall())
    made = suite(contract, schema, rules(contract, schema))
    made.name = f"{made.name}.{number}" if number else made.name
    counts, broken = checker.check(made, data) if len(data) else ({}, set())
    differences = _differences(connection, contract, schema, data, broken)
    _write(connection, contract, schema, start, through, len(data), counts, differences)
    return {
        "contract": contract.ref, "object": schema.name, "rows": len(data), "failed": counts,
        "disagreements": len(differences), "example": differences[0] if differences else None,
    }  # fmt: skip


def _differences(connection, contract: Contract, schema: SchemaObject, data, broken: set[tuple]) -> list[tuple]:
    """What only one of both says. A code that has been mapped since is no difference: its records wait to be judged."""
    ids = [int(record_id) for record_id in data["_record_id"].unique()]
    rows = connection.execute(
        "select record_id, part, rule, field, state from ops.quarantine where contract = %s and record_id = any(%s)",
        [contract.ref, ids],
    ).fetchall()
    is_ours = (lambda part: part == "") if schema.is_record else (lambda part: part.startswith(f"{schema.name}/"))
    said = {row[:4] for row in rows if is_ours(row[1])}
    still = {row[:4] for row in rows if is_ours(row[1]) and row[4] == "open" and row[2] != "mapped"}
    return sorted(broken - said) + sorted(still - broken)


def _write(connection, contract, schema, start: int, through: int, count: int, failed: dict, differences: list) -> None:
    connection.execute(
        "insert into ops.contract_checks (contract, object, from_record_id, through_record_id, rows_count, failed, "
        "disagreements_count, disagreements) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [contract.ref, schema.name, start, through, count, Jsonb(failed), len(differences), Jsonb(differences[:100])],
    )
