"""The ways in which the lab's systems misbehave, on request or by seed.

A rule names a system (`sap`, `epcis`, `easypost`, `shopify`, `zendesk`, `x12`) or `*`, a part of the path or `*`, and
how often it strikes: the next `count` times, or each time with `probability` (from `seed`, so that a run can be had
again), until `until` of lab time.

| behaviour | what happens |
|---|---|
| throttle | 429 with Retry-After (`seconds`) |
| error | 500 with an HTML body, as proxies send |
| unavailable | 503 with Retry-After (`seconds`) |
| timeout | silence for `seconds`, then 504 |
| slow | the true answer after `seconds` |
| truncated | 200 with the first half of the body |
| shift | the true page, and then its first object changes: it moves in the list while the list is being read |
| drift | `field` is renamed to `to`, or removed, in every object of the answer |
| duplicate | a webhook is sent twice |
| reorder | webhooks of one batch are sent in reverse |
| lose | a webhook is never sent |
| late | a webhook waits `seconds` of lab time |
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWERS = frozenset({"throttle", "error", "unavailable", "timeout", "slow", "truncated", "shift", "drift"})
PUSHES = frozenset({"duplicate", "reorder", "lose", "late"})


@dataclass
class Rule:
    """One misbehaviour and how often it still strikes."""

    behaviour: str
    system: str = "*"
    path: str = "*"
    count: int | None = None
    probability: float | None = None
    seed: int = 1
    seconds: float = 2.0
    field: str = ""
    to: str = ""
    until: datetime | None = None
    struck: int = 0
    dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.behaviour not in ANSWERS | PUSHES:
            raise ValueError(f"no behaviour {self.behaviour!r}: one of {', '.join(sorted(ANSWERS | PUSHES))}")
        if self.behaviour == "drift" and not self.field:
            raise ValueError("drift needs `field`")
        self.dice = random.Random(self.seed)  # noqa: S311 - a repeatable lab, no secret

    def meant(self, system: str, path: str, now: datetime) -> bool:
        """Whether it concerns this system and path and has not run out."""
        if self.system not in ("*", system) or (self.path != "*" and self.path not in path):
            return False
        return (self.until is None or now < self.until) and (self.count is None or self.struck < self.count)

    def strikes(self) -> bool:
        """Throw the dice; count the hit."""
        hit = self.probability is None or self.dice.random() < self.probability
        self.struck += hit
        return hit

    def shown(self) -> dict:
        """For the control endpoint."""
        return {name: value for name, value in asdict(self).items() if name != "dice"}


class Rules:
    """The rules in force; `now` gives lab time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        self.rules.append(rule)

    def clear(self, system: str = "*") -> None:
        """Behave again: one system, or all."""
        self.rules = [rule for rule in self.rules if system not in ("*", rule.system)]

    def pick(self, system: str, path: str, among: frozenset[str]) -> Rule | None:
        """The first rule that strikes here and now."""
        now = self.now()
        for rule in self.rules:
            if rule.behaviour in among and rule.meant(system, path, now) and rule.strikes():
                return rule
        return None


class Misbehaving:
    """ASGI wrapper of one system's app: obeys the rules before, during or after the true answer."""

    def __init__(self, app: ASGIApp, system: str, rules: Rules) -> None:
        self.app, self.system, self.rules = app, system, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = self.rules.pick(self.system, scope.get("path", ""), ANSWERS) if scope["type"] == "http" else None
        if rule is None:
            await self.app(scope, receive, send)
        elif rule.behaviour in INSTEAD:
            answer = await INSTEAD[rule.behaviour](rule)
            await answer(scope, receive, send)
        elif rule.behaviour in CHANGED:
            await self._changed(rule, scope, receive, send)
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


async def _throttle(rule: Rule) -> Response:
    return JSONResponse({"errors": "Exceeded 2 calls per second"}, 429, {"Retry-After": f"{rule.seconds:g}"})


async def _error(rule: Rule) -> Response:
    return Response("<html><body><h1>Internal Server Error</h1></body></html>", 500, media_type="text/html")


async def _unavailable(rule: Rule) -> Response:
    return Response("Service Unavailable", 503, {"Retry-After": f"{rule.seconds:g}"}, "text/plain")


async def _timeout(rule: Rule) -> Response:
    await asyncio.sleep(rule.seconds)
    return Response("Gateway Timeout", 504, media_type="text/plain")


def _truncated(rule: Rule, body: bytes) -> bytes:
    return body[: len(body) // 2]


def _drifted(rule: Rule, body: bytes) -> bytes:
    try:
        return orjson.dumps(_renamed(orjson.loads(body), rule.field, rule.to))
    except orjson.JSONDecodeError:
        return body


def _renamed(value: object, name: str, to: str) -> object:
    if isinstance(value, list):
        return [_renamed(item, name, to) for item in value]
    if not isinstance(value, dict):
        return value
    return {(to if k == name else k): _renamed(v, name, to) for k, v in value.items() if k != name or to}


INSTEAD = {"throttle": _throttle, "error": _error, "unavailable": _unavailable, "timeout": _timeout}
CHANGED = {"truncated": _truncated, "drift": _drifted}
