"""What an advance of the world leaves in the lab's database, written in batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import psycopg

from crossdock_lab.world.payloads import FILES, OBJECTS
from crossdock_lab.world.show import Change, Drop

UPSERT = """
insert into lab.objects as o (system, kind, object_id, version, body, order_id, created_at, changed_at)
select system, kind, object_id, version, body, order_id, created_at, changed_at from pg_temp.shown
order by changed_at, position
on conflict (system, kind, object_id) do update set
    version = o.version + excluded.version,
    body = excluded.body,
    changed_at = excluded.changed_at,
    seq = nextval('lab.object_seq')
"""
SHOWN = """
create temp table if not exists shown (
    position integer, system text, kind text, object_id text, version integer, body jsonb, order_id text,
    created_at timestamptz, changed_at timestamptz
) on commit delete rows
"""


@dataclass(slots=True)
class Shown:
    """The newest belief about one object in this advance, and how many there were."""

    belief: object
    order_id: str | None
    created_at: datetime
    changed_at: datetime
    versions: int = 1


@dataclass(slots=True)
class Batch:
    """Everything one advance shows."""

    objects: dict[tuple[str, str, str], Shown] = field(default_factory=dict)
    pushes: list[tuple[str, str, str, bytes, datetime, int]] = field(default_factory=list)
    files: list[tuple[str, str, bytes, datetime]] = field(default_factory=list)

    def show(
        self, at: datetime, key: tuple[str, str, str], belief: object, order_id: str | None = None, versions: int = 1
    ) -> None:
        """`key` says `belief` from `at` on, after so many changes."""
        known = self.objects.get(key)
        if known is None:
            self.objects[key] = Shown(belief, order_id, at, at, versions)
        else:
            known.belief, known.changed_at, known.versions = belief, at, known.versions + versions

    def change(self, change: Change, order_id: str, copies: int) -> None:
        """Show it, and push it where its system pushes."""
        self.show(change.at, (change.system, change.kind, change.object_id), change.belief, order_id)
        if change.push:
            body = orjson.dumps(OBJECTS[change.system, change.kind](change.belief))
            due_at = change.at + change.push_delay
            self.pushes.append((change.system, change.push, change.object_id, body, due_at, copies))

    def drop(self, drop: Drop) -> None:
        self.files.append(("acme-edi", drop.path, FILES[type(drop.belief)](drop.belief), drop.at))

    def write(self, connection: psycopg.Connection) -> None:
        """Put it all into the lab's tables, in the present transaction."""
        self._write_objects(connection)
        columns = "system, topic, object_id, body, due_at, copies"
        copy_rows(
            connection,
            f"copy lab.pushes ({columns}) from stdin",
            ((*p[:3], p[3].decode(), *p[4:]) for p in self.pushes),
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                """insert into lab.files (partner, path, content, due_at) values (%s, %s, %s, %s)
                   on conflict (partner, path) do nothing""",
                self.files,
            )

    def _write_objects(self, connection: psycopg.Connection) -> None:
        if not self.objects:
            return
        connection.execute(SHOWN)
        rows = (
            (
                n,
                *key,
                s.versions,
                orjson.dumps(OBJECTS[key[:2]](s.belief)).decode(),
                s.order_id,
                s.created_at,
                s.changed_at,
            )
            for n, (key, s) in enumerate(self.objects.items())
        )
        copy_rows(connection, "copy pg_temp.shown from stdin", rows)
        connection.execute(UPSERT)


def copy_rows(connection: psycopg.Connection, sql: str, rows: Iterable[tuple]) -> None:
    """COPY rows in; nothing happens where there are none."""
    rows = list(rows)
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)
