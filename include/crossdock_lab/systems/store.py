"""What the faces read and write in the lab's database.

An object is served as `body || overlay`: the world writes `body`, the outside writes `overlay`. What the outside
changed below the top level is kept in the overlay under `@children` and merged here, so that the world can go on
changing everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb, set_json_loads
from psycopg_pool import AsyncConnectionPool

CHILDREN = "@children"
COLUMNS = "object_id, body, overlay, order_id, version, created_at, changed_at, seq"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as it lies in the database."""

    object_id: str
    body: dict
    overlay: dict
    order_id: str | None
    version: int
    created_at: datetime
    changed_at: datetime
    seq: int

    @property
    def payload(self) -> dict:
        """What is served, but for what each face works out itself."""
        return self.body | {name: value for name, value in self.overlay.items() if name != CHILDREN}

    @property
    def children(self) -> dict[str, dict]:
        """Changes from outside to what hangs below: {path: changes}."""
        return self.overlay.get(CHILDREN, {})


class Store:
    """Reads and writes `lab.objects`; a lab has one pool of connections."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self.pool = pool

    async def rows(self, text: str, values: Sequence = ()) -> list[tuple]:
        """The rows of any query of ours."""
        async with self.pool.connection() as connection:
            return await (await connection.execute(text, values)).fetchall()

    async def objects(
        self, system: str, kind: str, where: str = "", values: Sequence = (), tail: str = "order by seq"
    ) -> list[Stored]:
        """The living objects of a kind. `where` and `tail` are SQL of ours, never of a caller outside."""
        extra = f" and {where}" if where else ""
        query = f"select {COLUMNS} from lab.objects where system = %s and kind = %s and not deleted{extra} {tail}"
        async with self.pool.connection() as connection, connection.cursor(row_factory=class_row(Stored)) as cursor:
            await cursor.execute(query, [system, kind, *values])
            return await cursor.fetchall()

    async def get(self, system: str, kind: str, object_id: str) -> Stored | None:
        """One object, or None."""
        found = await self.objects(system, kind, "object_id = %s", [object_id])
        return found[0] if found else None

    async def touch(self, system: str, kind: str, object_id: str, now: datetime) -> None:
        """Change nothing of an object but when it changed: it moves to the end of every list by change."""
        async with self.pool.connection() as connection:
            await overlay(connection, system, kind, object_id, {}, now)


async def overlay(
    connection: AsyncConnection, system: str, kind: str, object_id: str, changes: dict, now: datetime
) -> None:
    """Lay `changes` over an object, in the caller's transaction."""
    await connection.execute(
        """
        update lab.objects set overlay = overlay || %s, version = version + 1, changed_at = greatest(changed_at, %s),
            seq = nextval('lab.object_seq')
        where system = %s and kind = %s and object_id = %s
        """,
        [Jsonb(changes), now, system, kind, object_id],
    )


async def amend(
    connection: AsyncConnection, system: str, kind: str, object_id: str, changes: dict, now: datetime
) -> None:
    """Change the body of an object, which the world replaces when it next has something to say of it."""
    await connection.execute(
        """
        update lab.objects set body = body || %s, version = version + 1, changed_at = greatest(changed_at, %s),
            seq = nextval('lab.object_seq')
        where system = %s and kind = %s and object_id = %s
        """,
        [Jsonb(changes), now, system, kind, object_id],
    )


async def insert(
    connection: AsyncConnection,
    system: str,
    kind: str,
    object_id: str,
    body: dict,
    now: datetime,
    order_id: str | None = None,
) -> None:
    """Make an object that the outside asked for, of an order of the world's or of none."""
    await connection.execute(
        """
        insert into lab.objects (system, kind, object_id, body, created_at, changed_at, order_id)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        [system, kind, object_id, Jsonb(body), now, now, order_id],
    )


async def delete(connection: AsyncConnection, system: str, kind: str, object_id: str, now: datetime) -> None:
    """Take an object out of every list."""
    await connection.execute(
        """
        update lab.objects set deleted = true, version = version + 1, changed_at = greatest(changed_at, %s)
        where system = %s and kind = %s and object_id = %s
        """,
        [now, system, kind, object_id],
    )


async def next_number(connection: AsyncConnection) -> int:
    """A number that no other object from outside has."""
    row = await (await connection.execute("select nextval('lab.object_seq')")).fetchone()
    return row[0]


def merged(rows: Iterable[dict], changes: dict[str, dict], key: str) -> list[dict]:
    """`rows` with the changes that name them by `key`."""
    return [row | changes.get(str(row.get(key)), {}) for row in rows]


set_json_loads(orjson.loads)
