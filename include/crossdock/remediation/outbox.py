"""The outbox: approved actions go out, each committed as sent before the call, and its outcome after it.

No transaction is open during a call. An outcome that is unknown (a sender died, an answer was lost) is settled by
reading the system, or by the same call under the same idempotency key, which changes nothing where it was done already.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from threading import Lock

import psycopg

from crossdock.core import log
from crossdock.core.errors import BadInput, CrossdockError, Misconfigured, NotPermitted, Refused, Retriable, Throttled
from crossdock.remediation import replies, steps, targets
from crossdock.remediation.outbox_claim import Claimed, claim, release, still_ours
from crossdock.remediation.targets import OpenCommands
from crossdock.transport.gate import CircuitOpen

logger = log.get("outbox")
WORKERS = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard we try. Seconds of the wall clock."""

    tries: int = 12
    """Sent so often without a good answer, an action is dead."""
    lasts: float = 86_400.0
    """So long after it was first sent it is dead too, though it was only ever turned away unread."""
    first_wait: float = 1.0
    longest_wait: float = 60.0
    lease: float = 60.0
    """After so long an action whose sender has gone may be taken over."""

    def wait(self, tries: int) -> float:
        """Exponential, with jitter: between the half and the whole of what `tries` have earned."""
        return min(self.longest_wait, self.first_wait * 2 ** (tries - 1)) * random.uniform(0.5, 1)


@dataclass(slots=True)
class Sent:
    """What one run did. `sent` counts calls; each ends as one of the others, or belongs to somebody else by now."""

    sent: int = 0
    acknowledged: int = 0
    retried: int = 0
    refused: int = 0
    dead: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Sent)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: a reply, or an error."""

    reply: dict | None = None
    error: Exception | None = None
    how: str | None = None


@dataclass
class _Work:
    """The share that the workers of one run have in common."""

    limit: int
    open_commands: OpenCommands
    effort: Effort
    lock: Lock = field(default_factory=Lock)

    def turns(self) -> Iterator[int]:
        """As many turns as there are actions to be sent at most, over all workers."""
        while True:
            with self.lock:
                self.limit -= 1
                if self.limit < 0:
                    return
            yield self.limit

    def commands(self, partner_id: str) -> targets.Commands:
        with self.lock:
            return self.open_commands(partner_id)


def send_ready(
    connection_factory: Callable[[], psycopg.Connection],
    limit: int,
    open_commands: OpenCommands,
    *,
    effort: Effort | None = None,
    workers: int = WORKERS,
) -> Sent:
    """Send what may go out, up to `limit` actions, some at a time; return what came of it.

    `connection_factory` makes a connection for each worker, closed at the end. `open_commands` gives the face of a
    partner's system; it is called by one worker at a time, the faces by several. Errors of systems end in the actions'
    rows; only errors of the database are raised.
    """
    work = _Work(limit, open_commands, effort or Effort())
    with ThreadPoolExecutor(max(1, min(workers, limit))) as pool:
        runs = [pool.submit(_send, connection_factory, work) for _ in range(max(1, min(workers, limit)))]
    return sum((run.result() for run in runs), Sent())


def _send(connection_factory: Callable[[], psycopg.Connection], work: _Work) -> Sent:
    done = Sent()
    with closing(connection_factory()) as connection:
        connection.autocommit = True
        for _ in work.turns():
            claimed = claim(connection, work.effort.lease)
            if claimed is None:
                break
            action = claimed.action
            with log.bound(
                correlation_id=action["correlation_id"],
                case_id=action["case_id"],
                action_id=action["action_id"],
                command=action["command"],
            ):
                outcome = _outcome(claimed, work)
                done.sent += 1
                name = _write(connection, claimed, outcome, work.effort)
                setattr(done, name, getattr(done, name) + 1) if name else None
    return done


def _outcome(claimed: Claimed, work: _Work) -> Outcome:
    """Do it, or find it done. Every error is an outcome: it is written to the action's row."""
    action = claimed.action
    try:
        if claimed.is_unknown and _is_there(claimed, work):
            return Outcome(how="found by reading")
        if claimed.is_unknown and action["tries"] > work.effort.tries:
            return Outcome(error=Misconfigured("every sender of it died", hint="look at the worker's log"))
        payload = replies.resolved(action["payload"], claimed.replies)
        command = action["command"].partition(".")[2]
        return Outcome(
            work.commands(action["partner_id"]).do(command, payload, idempotency_key=action["idempotency_key"])
        )
    except CrossdockError as error:
        if _is_last(action, error, work.effort) and _is_there(claimed, work):
            return Outcome(how="found by reading")
        return Outcome(error=error)
    except Exception as error:
        logger.exception("a mistake of ours in a command")
        return Outcome(error=error)


def _is_there(claimed: Claimed, work: _Work) -> bool:
    """Whether reading alone shows that it was done. Not asked where something needs the reply: only the call has it."""
    target = claimed.action["target"]
    if claimed.needs_reply or not target:
        return False
    try:
        for one in replies.resolved(target, claimed.replies):
            shown = targets.read(work.commands, one)
            if not targets.agrees(one["expect"], targets.seen(one["expect"], shown)):
                return False
    except CrossdockError as error:
        logger.warning("not settled by reading", error=str(error), error_class=type(error).__name__)
        return False
    return True


def _write(connection: psycopg.Connection, claimed: Claimed, outcome: Outcome, effort: Effort) -> str | None:
    """Write the outcome, in one transaction with all that follows from it; return the name it is counted under."""
    with connection.transaction():
        action = still_ours(connection, claimed)
        release(connection, claimed)
        if action is None:
            logger.warning("somebody else took the action over: its outcome is theirs to write")
            return None
        error = outcome.error
        if error is None:
            steps.acknowledged(connection, action, outcome.reply, outcome.how)
            return "acknowledged"
        logger.warning("not done", error=str(error), error_class=type(error).__name__, tries=action["tries"])
        if _is_no(error):
            steps.ended(connection, action, "failed", error)
            return "refused"
        if _is_last(action, error, effort):
            steps.ended(connection, action, "dead", error)
            return "dead"
        _again(connection, action, error, effort)
        return "retried"


def _is_no(error: BaseException) -> bool:
    """Sending it again changes nothing. Wrong credentials are our set-up, and somebody may be mending it."""
    return isinstance(error, Refused | BadInput) and not isinstance(error, NotPermitted)


def _is_unread(error: BaseException) -> bool:
    """It was turned away before anybody looked at it, by our own gate or by the partner's: no try."""
    return isinstance(error, Throttled | CircuitOpen)


def _is_last(action: dict, error: BaseException, effort: Effort) -> bool:
    if _is_no(error):
        return False
    age = (datetime.now(UTC) - action["sent_at"]).total_seconds()
    return age >= effort.lasts or (not _is_unread(error) and action["tries"] >= effort.tries)


def _again(connection: psycopg.Connection, action: dict, error: BaseException, effort: Effort) -> None:
    wait = effort.wait(action["tries"])
    if isinstance(error, CircuitOpen):  # asking again before the circuit's cool-down is over only costs claims
        wait = effort.longest_wait * random.uniform(0.25, 0.5)
    elif isinstance(error, Throttled):
        wait += error.retry_after
    elif not isinstance(error, Retriable):
        wait = effort.longest_wait
    connection.execute(
        """
        update ops.actions
        set state = 'approved', tries = tries - %s, leased_until = null, error = %s, error_class = %s,
            next_try_at = clock_timestamp() + make_interval(secs => %s)
        where action_id = %s
        """,
        [int(_is_unread(error)), str(error), type(error).__name__, wait, action["action_id"]],
    )
