"""A small system that takes commands: objects in a SQLite file, faults ordered beforehand, its own books.

It keeps what a real partner would know: every call, every effect, and the reply it gave under each idempotency key.
Many processes may use one file.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

from crossdock.core.errors import Misconfigured, PartnerDown, Refused, Throttled


class Crash(BaseException):
    """Whoever called is gone: nothing of its code goes on."""


SCHEMA = """
create table if not exists objects (id text primary key, value text);
create table if not exists effects (n integer primary key, key text unique, command text, object text, reply text);
create table if not exists calls (n integer primary key, key text, command text, began real, ended real);
create table if not exists faults (n integer primary key, command text, kind text);
create table if not exists state (name text primary key, value text);
"""


class Ledger:
    """Commands: `set` {id, value} → {previous}; `make` {reference} → {made}; `drop` {id}. Read kind: `object`."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._one_at_a_time = threading.Lock()  # threads share the connection, and with it a transaction
        self._db.executescript("pragma journal_mode = wal; pragma synchronous = off;" + SCHEMA)

    def close(self) -> None:
        """The file is shared: it stays open for the books."""

    def do(self, command: str, payload: dict, *, idempotency_key: str) -> dict:
        number = self._db.execute(
            "insert into calls (key, command, began) values (?, ?, ?)", [idempotency_key, command, time.time()]
        ).lastrowid
        fault = self._fault(command)
        try:
            self._before(fault)
            reply = self._take(command, payload, idempotency_key)
            self._after(fault)
            return reply
        finally:
            self._db.execute("update calls set ended = ? where n = ?", [time.time(), number])

    def read(self, kind: str, object_id: str) -> dict | None:
        self._before(self._fault("read"))
        row = self._db.execute("select value from objects where id = ?", [object_id]).fetchone()
        return {"id": object_id, "value": json.loads(row[0])} if row else None

    def order(self, command: str, *kinds: str) -> None:
        """The next calls of `command` meet these faults, in turn."""
        self._db.executemany("insert into faults (command, kind) values (?, ?)", [(command, kind) for kind in kinds])

    def put(self, object_id: str, value: object) -> None:
        """Somebody else changes an object."""
        self._db.execute("insert or replace into objects values (?, ?)", [object_id, json.dumps(value)])

    def value(self, object_id: str) -> object:
        row = self._db.execute("select value from objects where id = ?", [object_id]).fetchone()
        return json.loads(row[0]) if row else None

    def effects(self) -> list[tuple[str, str]]:
        """(command, object) of all that was ever done, in order."""
        return self._db.execute("select command, object from effects order by n").fetchall()

    def keys(self) -> list[str]:
        """The idempotency keys of all effects."""
        return [row[0] for row in self._db.execute("select key from effects order by n")]

    def calls(self, command: str | None = None) -> int:
        return self._db.execute("select count(*) from calls where ? in (command, '')", [command or ""]).fetchone()[0]

    def overlapping(self) -> int:
        """Pairs of calls under one key that were under way at the same time; a call that never ended was killed."""
        return self._db.execute(
            "select count(*) from calls a join calls b on a.key = b.key and a.n < b.n and a.ended > b.began"
        ).fetchone()[0]

    def waits(self, name: str, seconds: float = 30) -> bool:
        """Whether a call came to the point `name` within so many seconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._db.execute("select 1 from state where name = ?", [name]).fetchone():
                return True
            time.sleep(0.01)
        return False

    def _fault(self, command: str) -> str:
        with self._one_at_a_time:
            row = self._db.execute(
                "delete from faults where n = (select min(n) from faults where command = ?) returning kind", [command]
            ).fetchone()
        return row[0] if row else ""

    def _before(self, fault: str) -> None:
        if fault == "down":
            raise PartnerDown("the ledger is down")
        if fault == "busy":
            raise Throttled("the ledger is busy", retry_after=0.5)
        if fault == "no":
            raise Refused("the ledger says no")
        if fault == "wrong":
            raise Misconfigured("the ledger is not set up")
        if fault == "bug":
            raise KeyError("a mistake of ours")
        self._die(fault, "before")

    def _after(self, fault: str) -> None:
        if fault == "lost":
            raise PartnerDown("the ledger's answer was lost")
        self._die(fault, "after")

    def _die(self, fault: str, point: str) -> None:
        if fault == f"crash {point}":
            raise Crash(fault)
        if fault == f"kill {point}":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == f"hang {point}":
            self._db.execute("insert or replace into state values (?, '')", [f"hangs {point}"])
            time.sleep(600)
        if fault == f"slow {point}":
            time.sleep(1.5)

    def _take(self, command: str, payload: dict, key: str) -> dict:
        with self._one_at_a_time:
            self._db.execute("begin immediate")
            try:
                known = self._db.execute("select reply from effects where key = ?", [key]).fetchone()
                if known:
                    return json.loads(known[0])
                object_id, reply = self._change(command, payload)
                self._db.execute(
                    "insert into effects (key, command, object, reply) values (?, ?, ?, ?)",
                    [key, command, object_id, json.dumps(reply)],
                )
                return reply
            finally:
                self._db.execute("commit")

    def _change(self, command: str, payload: dict) -> tuple[str, dict]:
        if command == "set":
            previous = self.value(payload["id"])
            self.put(payload["id"], payload["value"])
            return payload["id"], {"previous": previous}
        if command == "make":
            made = f"made-{payload['reference']}"
            self.put(made, "made")
            return made, {"made": made}
        if command == "drop":
            self._db.execute("delete from objects where id = ?", [payload["id"]])
            return payload["id"], {}
        raise Refused(f"the ledger cannot {command}")
