"""Canonical rows before and after: one connection is inside the batch, the other sees what is committed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import psycopg

from crossdock.lanes.dbt import Model

KEYS = """
    select c.relname, array_agg(a.attname::text order by k.place)
    from pg_index as i
    join pg_class as c on c.oid = i.indrelid
    cross join unnest(i.indkey) with ordinality as k (attnum, place)
    join pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
    where i.indisprimary and c.relnamespace = 'canonical'::regnamespace
    group by c.relname
"""


class Canonical:
    """The canonical tables, each with its primary key."""

    def __init__(self, connection: psycopg.Connection, models: Sequence[Model]) -> None:
        self.models = models
        self.keys: dict[str, list[str]] = dict(connection.execute(KEYS).fetchall())

    def changes(
        self, after: psycopg.Connection, before: psycopg.Connection, threads: list[str], objects: list[tuple[int, str]]
    ) -> Iterator[dict]:
        """Every row of these threads and objects that is other on `after` than on `before`."""
        for model in self.models:
            values = {"threads": threads} if model.keyed_by == ("thread_id",) else _columns(objects)
            for key in sorted(self._changed(model, after, before, values)):
                yield from self._told(model, _rows(model, after, [key]), _rows(model, before, [key]))

    def _changed(self, model: Model, after, before, values: dict) -> set[tuple]:
        """The threads, or objects, of which the table says something else."""
        now, then = (set(c.execute(_hashes(model), values).fetchall()) for c in (after, before))
        return {row[:-1] for row in now ^ then}

    def _told(self, model: Model, now: list[dict], then: list[dict]) -> Iterator[dict]:
        key = self.keys[model.name]

        def by_key(rows: list[dict]) -> dict[tuple, dict]:
            return {tuple(str(row[column]) for column in key): row for row in rows}

        after, before = by_key(now), by_key(then)
        for name in sorted(after.keys() | before.keys()):
            new, old = after.get(name, {}), before.get(name, {})
            columns = {c: [old.get(c), new.get(c)] for c in (new or old) if old.get(c) != new.get(c)}
            if columns:
                change = "changed" if new and old else "added" if new else "removed"
                order = (new or old).get("order_id") or (new or old).get("thread_id")
                yield {"model": model.name, "order": order, "key": list(name), "change": change, "columns": columns}


def _columns(objects: list[tuple[int, str]]) -> dict:
    return {"feeds": [feed_id for feed_id, _ in objects], "natives": [native_id for _, native_id in objects]}


def _chosen(model: Model) -> str:
    if model.keyed_by == ("thread_id",):
        return f"{model.relation} as t where t.thread_id = any(%(threads)s)"
    return (
        f"{model.relation} as t join unnest(%(feeds)s::integer[], %(natives)s::text[]) as o (feed_id, native_id) "
        "using (feed_id, native_id)"
    )


def _hashes(model: Model) -> str:
    """A row for each thread, or object, with a hash of all that the table says of it."""
    keys = ", ".join(f"t.{column}" for column in model.keyed_by)
    return f"select {keys}, md5(string_agg(t::text, chr(10) order by t::text)) from {_chosen(model)} group by {keys}"


def _rows(model: Model, connection: psycopg.Connection, keys: list[tuple]) -> list[dict]:
    values = {"threads": [k[0] for k in keys]} if model.keyed_by == ("thread_id",) else _columns(keys)
    found = connection.execute(f"select to_jsonb(t)::text from {_chosen(model)}", values).fetchall()
    return [json.loads(text, parse_float=str) for (text,) in found]
