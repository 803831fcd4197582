"""The lab's own controls under /lab: health, clock, steps, misbehaviour. For loopback only."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock.core.errors import Misconfigured
from crossdock_lab.systems import misbehave
from crossdock_lab.systems.http import Handler, Lab, Refusal, answering, json_response


def routes(lab: Lab) -> list[Route]:
    """The routes under /lab."""
    control = Control(lab)
    paths = [
        ("/health", control.health, ["GET"]),
        ("/clock", control.clock, ["GET"]),
        ("/step", control.step, ["POST"]),
        ("/misbehave", control.misbehave, ["POST"]),
        ("/misbehave", control.behave, ["DELETE"]),
        ("/misbehave", control.rules, ["GET"]),
    ]
    return [Route(path, answering(control.near(handler)), methods=methods) for path, handler, methods in paths]


class Control:
    """The endpoints."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def near(self, handler: Handler) -> Handler:
        """Refuse callers that are not on this machine; say what to do where there is no world yet."""

        async def serve(request: Request) -> Response:
            host = request.client.host if request.client else ""
            if host not in ("127.0.0.1", "::1"):
                raise Refusal(403, "not on this machine", {"error": "the lab is controlled from its own machine only"})
            try:
                return await handler(request)
            except Misconfigured as error:
                raise Refusal(409, str(error), {"error": str(error), "hint": error.hint}) from None

        return serve

    async def health(self, request: Request) -> Response:
        """200 when the database answers and there is a world."""
        counts = await self.lab.store.rows("select system, kind, count(*) from lab.objects group by 1, 2 order by 1, 2")
        return json_response({"status": "ok", "objects": {f"{system}/{kind}": count for system, kind, count in counts}})

    async def clock(self, request: Request) -> Response:
        reading = await self.lab.world.reading()
        times = {"now": reading.now.isoformat(), "started_at": reading.started_at.isoformat()}
        return json_response(times | {"speed": reading.speed})

    async def step(self, request: Request) -> Response:
        """Advance the world: `{"until": "<ISO>"}`, or `{"seconds": n}` from where it is."""
        given = await request.json()
        reading = await self.lab.world.reading()
        until = datetime.fromisoformat(given["until"]) if "until" in given else reading.now
        until += timedelta(seconds=float(given.get("seconds", 0)))
        await self._look()
        await self.lab.world.advance(until)
        await self._look()
        return json_response({"now": (await self.lab.now()).isoformat()})

    async def misbehave(self, request: Request) -> Response:
        """Add a rule: `system`, `behaviour`, `params`, for how many `seconds` of lab time (absent: until DELETE)."""
        given = await request.json()
        behaviour, params = given.get("behaviour", ""), given.get("params") or {}
        try:
            misbehave.checked(behaviour, params)
        except ValueError as error:
            raise Refusal(400, str(error), {"error": str(error)}) from None
        rows = await self.lab.store.rows(
            """
            insert into lab.misbehaviours (system, behaviour, params, from_at, until_at)
            select %s, %s, %s, processed_through, processed_through + make_interval(secs => %s) from lab.clock
            returning misbehaviour_id
            """,
            [given.get("system", "*"), behaviour, Jsonb(params), given.get("seconds")],
        )
        await self._refresh()
        return json_response({"misbehaviour_id": rows[0][0]}, 201)

    async def behave(self, request: Request) -> Response:
        """End the rules of `?system=`, or all of them."""
        system = request.query_params.get("system", "*")
        rows = await self.lab.store.rows(
            """
            update lab.misbehaviours set until_at = processed_through from lab.clock
            where (until_at is null or until_at > processed_through) and %s in ('*', system) returning misbehaviour_id
            """,
            [system],
        )
        await self._refresh()
        return json_response({"ended": [row[0] for row in rows]})

    async def rules(self, request: Request) -> Response:
        rules = self.lab.rules
        listed = [
            {"misbehaviour_id": rule.rule_id, "system": rule.system, "behaviour": rule.behaviour, "params": rule.params,
             "struck": rules.struck.get(rule.rule_id, 0)}
            for rule in rules.rules
        ]  # fmt: skip
        return json_response({"rules": listed})

    async def _look(self) -> None:
        for look in self.lab.looks:
            await look()

    async def _refresh(self) -> None:
        self.lab.rules.replace(await self.lab.store.rows(misbehave.SELECT))
