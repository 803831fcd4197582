"""Compose what is due, send it, settle it. The message is committed before the first try and keeps its key for ever.

Exactly once a message as near as the other side allows: a sender that dies between the server's yes and our commit
leaves a message whose outcome is unknown; it goes out again after its lease with the same Message-ID (or
Idempotency-Key), so that a mailbox or webhook that looks at it shows it once. One that does not shows it twice.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import dict_row

from crossdock.alerts import channels
from crossdock.alerts.compose import Message, compose, render
from crossdock.alerts.events import standing
from crossdock.alerts.plan import channel_of, find_technical, lock, sql
from crossdock.alerts.routes import Routes
from crossdock.core import log
from crossdock.core.errors import CrossdockError, Misconfigured, Retriable, Throttled

logger = log.get("alerts")
ConnectionFactory = Callable[[], AbstractContextManager[psycopg.Connection]]
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MOST_TRIES = 12
"""With pauses that double to an hour: given up after about eight hours."""
UNTIL_MENDED = timedelta(minutes=10)
"""An alert whose template is wrong is composed again after this long."""
A_DIGEST = 20
"""So many alerts a message are looked at in one call; what is due beyond that goes out with the next."""


@dataclass
class Sent:
    """Counts of one call. Messages, but for `suppressed`, which counts alerts that had become moot."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    suppressed: int = 0


def send_due(factory: ConnectionFactory, routes: Routes, limit: int, now: datetime) -> Sent:
    """Send at most `limit` messages that are due at `now`; each is its own transaction, none is open while sending."""
    done = Sent()
    with factory() as connection:
        with connection.transaction():
            _compose_due(connection, routes, limit, now, done)
        for _ in range(limit):
            with connection.transaction():
                message = _claim(connection, now)
            if message is None:
                break
            _try(connection, message, now, done)
    return done


def _compose_due(connection: psycopg.Connection, routes: Routes, limit: int, now: datetime, done: Sent) -> None:
    """Turn due alerts into messages to send; suppress what is moot, put off what no template can say."""
    lock(connection)
    find_technical(connection, routes, now)
    moot = {"now": now, "business": standing("business"), "technical": standing("technical")}
    done.suppressed = connection.execute(sql("suppress_moot"), moot).rowcount
    digests = [name for name, route in routes.routes.items() if not route.digest.is_at_once]
    groups = connection.execute(sql("compose_due"), {"now": now, "limit": limit * A_DIGEST, "digests": digests})
    for alert_ids, name, audience, channel, _level in groups.fetchall():
        route = routes.routes.get(name)
        if route is None:
            _drop(connection, alert_ids, f"route {name} is gone", now)
            continue
        try:
            message = compose(connection, route, alert_ids, now)
        except Misconfigured as error:
            logger.error("alert not composed", route=name, error=str(error))
            _put_off(connection, alert_ids, str(error), now + UNTIL_MENDED)
            done.retried += 1
            continue
        _put(connection, _key(connection, alert_ids), name, audience, channel, message, now, alert_ids)


def _key(connection: psycopg.Connection, alert_ids: list[int]) -> str:
    """The same for the same alerts."""
    keys = connection.execute(
        "select route || '/' || dedupe_key from ops.alerts where alert_id = any(%s) order by alert_id", [alert_ids]
    ).fetchall()
    return hashlib.sha256("\n".join(key for (key,) in keys).encode()).hexdigest()[:40]


def _put(
    connection: psycopg.Connection, key: str, route: str, audience: str, channel: str, message: Message, now: datetime,
    alert_ids: list[int],
) -> None:  # fmt: skip
    position, digest = message.chain or (None, None)
    delivery_id = connection.execute(
        """
        insert into ops.alert_deliveries (
            delivery_key, route, audience, channel, subject, body, severity, next_try_at, composed_at,
            chain_position, chain_hash
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning delivery_id
        """,
        [key, route, audience, channel, message.subject, message.body, message.severity, now, now, position, digest],
    ).fetchone()[0]
    connection.execute("update ops.alerts set delivery_id = %s where alert_id = any(%s)", [delivery_id, alert_ids])


def _drop(connection: psycopg.Connection, alert_ids: list[int], reason: str, now: datetime) -> None:
    connection.execute(
        """
        update ops.alerts
        set state = 'suppressed', state_reason = %s, settled_at = %s, settled_as_of = ref.as_of()
        where alert_id = any(%s)
        """,
        [reason, now, alert_ids],
    )


def _put_off(connection: psycopg.Connection, alert_ids: list[int], reason: str, until: datetime) -> None:
    connection.execute(
        "update ops.alerts set state_reason = %s, due_at = %s where alert_id = any(%s)", [reason, until, alert_ids]
    )


def _claim(connection: psycopg.Connection, now: datetime, key: str | None = None) -> dict | None:
    """The next message to try, leased; `key`: only the message with this key."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql("claim"), {"now": now, "lease": LEASE, "key": key}).fetchone()


def _try(connection: psycopg.Connection, message: dict, now: datetime, done: Sent) -> None:
    """One try, with its outcome written down."""
    values = {
        "delivery_id": message["delivery_id"],
        "now": now,
        "service": None,
        "next_try_at": None,
        "error_class": None,
    }
    try:
        values["service"] = channels.send(
            message["channel"], message["delivery_key"], message["subject"], message["body"], message["severity"],
            message["composed_at"],
        )  # fmt: skip
        values |= {"state": "sent", "outcome": f"taken by {values['service']}"}
        done.sent += 1
    except CrossdockError as error:
        is_last = not isinstance(error, Retriable) or message["tries"] >= MOST_TRIES
        values |= {
            "outcome": str(error),
            "error_class": type(error).__name__,
            "state": "failed" if is_last else "sending",
        }
        if is_last:
            done.failed += 1
        else:
            values["next_try_at"] = now + _pause(message["tries"], error)
            done.retried += 1
        logger.warning(
            "alert not sent", delivery_id=message["delivery_id"], channel=message["channel"], error=str(error),
            error_class=type(error).__name__, gives_up=is_last,
        )  # fmt: skip
    with connection.transaction():
        connection.execute(sql("settle"), values)


def _pause(tries: int, error: Retriable) -> timedelta:
    pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    return max(pause, timedelta(seconds=error.retry_after)) if isinstance(error, Throttled) else pause


def again(connection: psycopg.Connection, now: datetime) -> int:
    """Let messages that were given up be tried again, as after a connection was mended; return how many."""
    with connection.transaction():
        connection.execute(
            """
            update ops.alerts set state = 'pending', state_reason = 'to be tried again', settled_at = null,
                settled_as_of = null
            where state = 'failed'
            """
        )
        return connection.execute(
            "update ops.alert_deliveries set state = 'sending', tries = 0, next_try_at = %s where state = 'failed'",
            [now],
        ).rowcount


def send_test(factory: ConnectionFactory, routes: Routes, name: str, now: datetime) -> Sent:
    """Send a message by route `name` that says it is a test; recorded like any other. Raises Misconfigured."""
    if name not in routes.routes:
        raise Misconfigured(f"there is no route {name!r}", hint=f"known: {', '.join(routes.routes)}")
    route = routes.routes[name]
    text = render(route.language, "test.j2", route=name, audience=str(route.audience))
    subject, _, body = text.strip().partition("\n")
    done = Sent()
    with factory() as connection:
        key = f"test-{uuid.uuid4().hex}"
        with connection.transaction():
            message = Message(subject, body.strip() + "\n", "low")
            channel = channel_of(routes, route, str(route.audience))
            _put(connection, key, name, str(route.audience), channel, message, now, [])
            claimed = _claim(connection, now, key)
        _try(connection, claimed | {"tries": MOST_TRIES}, now, done)
    return done
