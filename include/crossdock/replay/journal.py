"""Replays in ops.replays: begun before the first batch, counted in each batch's own transaction, ended with a word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crossdock.core.errors import Refused
from crossdock.replay.batch import Done

SQL = Path(__file__).parent / "sql"
ONE = "select pg_try_advisory_lock(hashtextextended('crossdock replay', 0))"
DIED = """
    update ops.replays set state = 'interrupted', state_reason = 'its process ended', finished_at = clock_timestamp()
    where state = 'running'
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One replay's row, on the connection that carries it out."""

    connection: psycopg.Connection
    replay_id: int
    by: str
    acts: bool

    def add(self, done: Done, counts: dict[str, int]) -> None:
        """Note a batch, and the replay in every case that it touched, before the batch is committed.

        `counts` are those of all batches so far.
        """
        held = [] if self.acts else done.woken
        for case_id in done.touched:
            is_held = case_id in held
            data = {"replay_id": self.replay_id} | ({"is_replay": True} if is_held else {})
            reason = "Held: a replay found it." if is_held else "A replay made its order anew."
            self.connection.execute(
                (SQL / "note_case.sql").read_text(),
                {"case_id": case_id, "is_held": is_held, "by": self.by, "reason": reason, "data": Jsonb(data)},
            )
        self.connection.execute(
            (SQL / "add_batch.sql").read_text(),
            {
                "replay_id": self.replay_id,
                "counts": Jsonb(counts),
                "cases": held,
                "documents": [] if self.acts else done.new_documents,
            },
        )

    def end(self, state: str, effects: str, longest: float, reason: str | None = None) -> None:
        """Say how it ended; `effects` names what it did, as a plan does."""
        self.connection.execute(
            """
            update ops.replays
            set state = %s, effects = %s, longest_hold_seconds = %s, state_reason = %s, finished_at = clock_timestamp()
            where replay_id = %s
            """,
            [state, effects, longest, reason, self.replay_id],
        )


def begin(connection: psycopg.Connection, by: str, filters: dict, source: str, size: dict, **given: object) -> Entry:
    """Write a replay down; one runs at a time. `given`: acts, plan. Raises Refused while another one runs."""
    if not connection.execute(ONE).fetchone()[0]:
        raise Refused("another replay is running", hint="see `crossdock replay list`; begin when it is done")
    connection.execute(DIED)
    replay_id = connection.execute(
        """
        insert into ops.replays (requested_by, filters, source, acts, plan, records_count, batches_count)
        values (%(by)s, %(filters)s, %(source)s, %(acts)s, %(plan)s, %(records)s, %(batches)s) returning replay_id
        """,
        {"by": by, "filters": Jsonb(filters), "source": source} | size | given,
    ).fetchone()[0]
    return Entry(connection, replay_id, by, bool(given["acts"]))


def found(connection: psycopg.Connection, limit: int = 50) -> list[dict]:
    """The newest replays, whole, newest first."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute("select * from ops.replays order by replay_id desc limit %s", [limit]).fetchall()


def let_go(connection: psycopg.Connection, replay_id: int, by: str) -> dict[str, int]:
    """Let what a replay held go its way: its cases are decided, its documents are sent. Returns how many of each.

    In one transaction. Raises Refused where there is no such replay, or it holds nothing any more.
    """
    with connection.transaction():
        row = connection.execute(
            "select held_cases, held_documents, released_by from ops.replays where replay_id = %s for update",
            [replay_id],
        ).fetchone()
        if row is None:
            raise Refused(f"there is no replay {replay_id}", hint="see `crossdock replay list`")
        if row[2] is not None or not (row[0] or row[1]):
            raise Refused(f"replay {replay_id} holds nothing{f', {row[2]} let it go' if row[2] else ''}")
        values = {"replay_id": replay_id, "by": by, "cases": row[0], "documents": row[1]}
        names = ("release_cases", "release_documents", "release_replay")
        cases, documents, _ = (connection.execute((SQL / f"{name}.sql").read_text(), values).rowcount for name in names)
    return {"cases": cases, "documents": documents}
