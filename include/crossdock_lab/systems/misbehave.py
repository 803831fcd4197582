"""The ways in which the lab's systems misbehave, on request, by the world's plan or by seed.

A rule is a row of `lab.misbehaviours`: a system (`sap`, `wms`, `easypost`, `shop`, `zendesk`, or `*`), a
behaviour, from and until when (lab time), and `params`: `path` (a part of it; absent: everywhere), `method` (absent:
any), `times` (at most so many hits), `probability` with `seed` (so that a run can be had again), and what the
behaviour needs.

| behaviour | what happens |
|---|---|
| throttle | 429 with Retry-After (`retry_after`, seconds) |
| down | 503 with Retry-After |
| error | 500 with an HTML body, as proxies send |
| timeout | silence for `seconds`, then 504 |
| slow | the true answer after `seconds` |
| unanswered | what was asked for is done, but then silence for `seconds`, and 504 |
| truncate | 200 with the first half of the body |
| shift | the true page, and then its first object changes: it moves in the list while the list is being read |
| drift | `field` is renamed to `to`, or removed, in every object of the answer |
| duplicate | a webhook is sent twice |
| reorder | webhooks that are due together are sent in reverse |
| lose | a webhook is never sent |
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWERS = frozenset({"throttle", "down", "error", "timeout", "slow", "unanswered", "truncate", "shift", "drift"})
PUSHES = frozenset({"duplicate", "reorder", "lose"})
SELECT = """
    select misbehaviour_id, system, behaviour, params from lab.misbehaviours, lab.clock
    where from_at <= processed_through and (until_at is null or processed_through < until_at) order by misbehaviour_id
"""


@dataclass(frozen=True)
class Rule:
    """One misbehaviour in force."""

    rule_id: int
    system: str
    behaviour: str
    params: dict = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it waits, or asks to wait."""
        return float(self.params.get("retry_after", self.params.get("seconds", 2)))

    def meant(self, system: str, path: str, method: str = "") -> bool:
        """Whether it concerns this call of this system (`*`: of any)."""
        is_ours = system == "*" or self.system in ("*", system)
        return is_ours and self.params.get("path", "") in path and self.params.get("method", method) == method


def checked(behaviour: str, params: dict) -> None:
    """Raise ValueError, with what to do, for a behaviour that there is not."""
    if behaviour not in ANSWERS | PUSHES:
        raise ValueError(f"no behaviour {behaviour!r}: one of {', '.join(sorted(ANSWERS | PUSHES))}")
    if behaviour == "drift" and not params.get("field"):
        raise ValueError("drift needs params.field, the property to rename or remove")


class Rules:
    """The rules in force, as last read from the database, and how often each has struck."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.struck: dict[int, int] = {}
        self.dice: dict[int, random.Random] = {}

    def replace(self, rows: Iterable[tuple]) -> None:
        """Take the rows of SELECT as the rules from now on."""
        self.rules = [Rule(*row) for row in rows]

    def pick(self, system: str, path: str, among: frozenset[str], method: str = "") -> Rule | None:
        """The first rule that strikes here and now."""
        for rule in self.rules:
            if rule.behaviour in among and rule.meant(system, path, method) and self._strikes(rule):
                return rule
        return None

    def _strikes(self, rule: Rule) -> bool:
        struck, params = self.struck.get(rule.rule_id, 0), rule.params
        if "times" in params and struck >= int(params["times"]):
            return False
        if "probability" in params:
            dice = self.dice.setdefault(rule.rule_id, random.Random(int(params.get("seed", rule.rule_id))))
            if dice.random() >= float(params["probability"]):
                return False
        self.struck[rule.rule_id] = struck + 1
        return True


class Misbehaving:
    """ASGI wrapper of one system's app: obeys the rules before, during or after the true answer."""

    def __init__(self, app: ASGIApp, system: str, rules: Rules) -> None:
        self.app, self.system, self.rules = app, system, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_call, path, method = scope["type"] == "http", scope.get("path", ""), scope.get("method", "")
        rule = self.rules.pick(self.system, path, ANSWERS, method) if is_call else None
        if rule is None:
            await self.app(scope, receive, send)
        elif rule.behaviour in INSTEAD:
            answer = await INSTEAD[rule.behaviour](rule)
            await answer(scope, receive, send)
        elif rule.behaviour in CHANGED:
            await self._changed(rule, scope, receive, send)
        elif rule.behaviour == "unanswered":
            await self.app(scope, receive, _nowhere)
            answer = await _timeout(rule)
            await answer(scope, receive, send)
        else:
            if rule.behaviour == "slow":
                await asyncio.sleep(rule.seconds)
            scope["lab.shift"] = rule.behaviour == "shift"
            await self.app(scope, receive, send)

    async def _changed(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answer back until it is whole, change its body, send it."""
        started: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                changed = CHANGED[rule.behaviour](rule, bytes(body))
                headers = [(k, v) for k, v in started["headers"] if k.lower() != b"content-length"]
                started["headers"] = [*headers, (b"content-length", b"%d" % len(changed))]
                await send(started)
                await send({"type": "http.response.body", "body": changed})

        await self.app(scope, receive, hold)


async def _nowhere(message: Message) -> None:
    """Where an answer goes that nobody gets."""


async def _throttle(rule: Rule) -> Response:
    return JSONResponse({"errors": "Exceeded 2 calls per second"}, 429, {"Retry-After": f"{rule.seconds:g}"})


async def _error(rule: Rule) -> Response:
    return Response("<html><body><h1>Internal Server Error</h1></body></html>", 500, media_type="text/html")


async def _down(rule: Rule) -> Response:
    return Response("Service Unavailable", 503, {"Retry-After": f"{rule.seconds:g}"}, "text/plain")


async def _timeout(rule: Rule) -> Response:
    await asyncio.sleep(rule.seconds)
    return Response("Gateway Timeout", 504, media_type="text/plain")


def _truncate(rule: Rule, body: bytes) -> bytes:
    return body[: len(body) // 2]


def _drift(rule: Rule, body: bytes) -> bytes:
    try:
        return orjson.dumps(_renamed(orjson.loads(body), rule.params["field"], rule.params.get("to", "")))
    except orjson.JSONDecodeError:
        return body


def _renamed(value: object, name: str, to: str) -> object:
    if isinstance(value, list):
        return [_renamed(item, name, to) for item in value]
    if not isinstance(value, dict):
        return value
    return {(to if k == name else k): _renamed(v, name, to) for k, v in value.items() if k != name or to}


INSTEAD = {"throttle": _throttle, "down": _down, "error": _error, "timeout": _timeout}
CHANGED = {"truncate": _truncate, "drift": _drift}
