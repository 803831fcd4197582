"""What an advance of the world leaves in the lab's database, written in batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import psycopg
from psycopg.types.json import Jsonb

from crossdock_lab.world.payloads import FILES, OBJECTS
from crossdock_lab.world.plan import Amend
from crossdock_lab.world.show import Change, Drop

UPSERT = """
insert into lab.objects as o (system, kind, object_id, version, body, order_id, created_at, changed_at)
select system, kind, object_id, version, body, order_id, created_at, changed_at from pg_temp.shown
order by changed_at, position
on conflict (system, kind, object_id) do update set
    version = o.version + excluded.version,
    body = o.body || excluded.body || case when o.body ? 'shipment_id'
        then jsonb_build_object('shipment_id', o.body -> 'shipment_id') else '{}' end,
    overlay = case when o.overlay = '{}' then o.overlay else o.overlay - array(
        select name from jsonb_object_keys(o.overlay) as name
        where o.body ? name and excluded.body -> name is distinct from o.body -> name) end,
    order_id = coalesce(o.order_id, excluded.order_id),
    changed_at = excluded.changed_at,
    seq = nextval('lab.object_seq')
"""
"""The last word counts: what was written from outside holds until the world says something else of it. A tracker stays
with the shipment that its label was bought for."""
AMEND = """
update lab.objects set body = body || %(changes)s, overlay = overlay - %(names)s::text[], version = version + 1,
    changed_at = greatest(changed_at, %(at)s), seq = nextval('lab.object_seq')
where system = %(system)s and kind = %(kind)s and object_id = %(object_id)s
"""
OVERLAYS = """
select system, kind, object_id, overlay
from unnest(%s::text[], %s::text[], %s::text[]) as pushed (system, kind, object_id)
join lab.objects using (system, kind, object_id) where overlay <> '{}'
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


@dataclass(frozen=True, slots=True)
class Push:
    """A webhook about the object `key`."""

    key: tuple[str, str, str]
    topic: str
    body: dict
    due_at: datetime
    copies: int


@dataclass(slots=True)
class Batch:
    """Everything one advance shows."""

    objects: dict[tuple[str, str, str], Shown] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    amends: list[Amend] = field(default_factory=list)
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
            key = (change.system, change.kind, change.object_id)
            body = OBJECTS[key[:2]](change.belief)
            self.pushes.append(Push(key, change.push, body, change.at + change.push_delay, copies))

    def drop(self, drop: Drop) -> None:
        self.files.append((drop.partner, drop.path, FILES[type(drop.belief)](drop.belief), drop.at))

    def amend(self, amend: Amend) -> None:
        self.amends.append(amend)

    def write(self, connection: psycopg.Connection) -> None:
        """Put it all into the lab's tables, in the present transaction."""
        self._write_pushes(connection)
        self._write_objects(connection)
        with connection.cursor() as cursor:
            cursor.executemany(
                """insert into lab.files (partner, path, content, due_at) values (%s, %s, %s, %s)
                   on conflict (partner, path) do nothing""",
                self.files,
            )
            cursor.executemany(AMEND, [_amended(amend) for amend in self.amends])

    def _write_pushes(self, connection: psycopg.Connection) -> None:
        """What is pushed says what was written from outside, as what is read does."""
        keys = sorted({push.key for push in self.pushes})
        columns = [list(column) for column in zip(*keys, strict=True)] or [[], [], []]
        written = {row[:3]: row[3] for row in connection.execute(OVERLAYS, columns).fetchall()}
        rows = (
            (p.key[0], p.topic, p.key[2], orjson.dumps(p.body | written.get(p.key, {})).decode(), p.due_at, p.copies)
            for p in self.pushes
        )
        copy_rows(connection, "copy lab.pushes (system, topic, object_id, body, due_at, copies) from stdin", rows)

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


def _amended(amend: Amend) -> dict:
    return {
        "changes": Jsonb(amend.changes), "names": list(amend.changes), "at": amend.at,
        "system": amend.system, "kind": amend.kind, "object_id": amend.object_id,
    }  # fmt: skip


def copy_rows(connection: psycopg.Connection, sql: str, rows: Iterable[tuple]) -> None:
    """COPY rows in; nothing happens where there are none."""
    rows = list(rows)
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)
