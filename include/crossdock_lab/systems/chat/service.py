"""A chat with an incoming webhook: POST /hooks/{room}?token=… with any JSON. It keeps every message."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.http import Lab, Refusal, answering, json_response, same

ROOM = "operations"


def routes(lab: Lab) -> list[Route]:
    """The routes under /chat."""

    async def post(request: Request) -> Response:
        if not same(request.query_params.get("token", ""), lab.secrets["chat"]):
            raise Refusal(403, "unknown token", {"error": "unknown token"})
        room = request.path_params["room"]
        async with lab.writing("chat", request) as write:
            await write.insert("messages", lambda number: (f"{room}-{number}", {"room": room} | write.given))
        return json_response({"ok": True})

    return [Route("/hooks/{room}", answering(post), methods=["POST"])]
