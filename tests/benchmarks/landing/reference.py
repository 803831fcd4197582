"""The least that could be called landing: `python reference.py first|rescan|nothing BASE_URL`, DSN in CROSSDOCK_DSN.

first: read page, orjson, COPY each record to jsonb; no key, no hash, no document. rescan: read page, sha256 of each
record, look the page's hashes up, COPY only what differs. nothing: imports and a connection, to take off the others.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator

import httpx
import orjson
import psycopg

NEXT = re.compile(r'<([^>]+)>; rel="next"')


def pages(client: httpx.Client, url: str | None) -> Iterator[list[dict]]:
    while url:
        answer = client.get(url)
        link = NEXT.search(answer.headers.get("link", ""))
        url = link[1] if link else None
        yield orjson.loads(answer.content)["orders"]


def first(connection: psycopg.Connection, client: httpx.Client, url: str) -> int:
    connection.execute("create table if not exists reference (native_id text, payload jsonb)")
    count = 0
    for orders in pages(client, url):
        with connection.cursor().copy("copy reference (native_id, payload) from stdin") as copy:
            for order in orders:
                copy.write_row((str(order["id"]), orjson.dumps(order).decode()))
        connection.commit()
        count += len(orders)
    return count


def prepare(connection: psycopg.Connection, client: httpx.Client, url: str) -> int:
    """What a re-scan compares with; its cost is not counted."""
    connection.execute("create table if not exists known (native_id text primary key, hash bytea, payload jsonb)")
    for orders in pages(client, url):
        rows = [(str(o["id"]), orjson.dumps(o)) for o in orders]
        with connection.cursor().copy("copy known from stdin") as copy:
            for native_id, body in rows:
                copy.write_row((native_id, hashlib.sha256(body).digest(), body.decode()))
        connection.commit()
    connection.execute("vacuum analyze known") if connection.autocommit else None
    return 0


def rescan(connection: psycopg.Connection, client: httpx.Client, url: str) -> int:
    changed = 0
    connection.execute("create temp table fresh (native_id text, hash bytea, payload jsonb)")
    for orders in pages(client, url):
        rows = {str(o["id"]): (hashlib.sha256(body).digest(), body) for o in orders if (body := orjson.dumps(o))}
        known = dict(
            connection.cursor(binary=True)
            .execute("select native_id, hash from known where native_id = any(%s)", [list(rows)])
            .fetchall()
        )
        differing = {k: v for k, v in rows.items() if known.get(k) != v[0]}
        if differing:
            with connection.cursor().copy("copy fresh from stdin") as copy:
                for native_id, (digest, body) in differing.items():
                    copy.write_row((native_id, digest, body.decode()))
        connection.commit()
        changed += len(differing)
    return changed


def nothing(connection: psycopg.Connection, client: httpx.Client, url: str) -> int:
    return connection.execute("select 0").fetchone()[0]


if __name__ == "__main__":
    with psycopg.connect(os.environ["CROSSDOCK_DSN"]) as db, httpx.Client() as http:
        print(globals()[sys.argv[1]](db, http, sys.argv[2]))
