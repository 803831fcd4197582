"""A real HTTP server on loopback that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answer = Callable[[Request, bytes], Response]


@dataclass
class Partner:
    """Answers each call with the next of `answers`; the last one stays."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[Request, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def will(self, *answers: Answer | Response) -> None:
        self.answers[:] = [a if callable(a) and not isinstance(a, Response) else _always(a) for a in answers]

    async def serve(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append((request, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request, body)


def _always(response: Response) -> Answer:
    return lambda request, body: response


@pytest.fixture
def partner() -> Iterator[Partner]:
    """A server of this test alone."""
    made = Partner()
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", made.serve, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    made.port = server.servers[0].sockets[0].getsockname()[1]
    yield made
    server.should_exit = True
    thread.join(10)


@dataclass
class Watch:
    """A gate that lets everybody through and writes down what it was told."""

    told: list[tuple] = field(default_factory=list)

    def enter(self) -> None:
        self.told.append(("enter",))

    def succeeded(self) -> None:
        self.told.append(("succeeded",))

    def throttled(self, retry_after: float) -> None:
        self.told.append(("throttled", retry_after))

    def failed(self, error: str) -> None:
        self.told.append(("failed", error))


@pytest.fixture
def watch() -> Watch:
    return Watch()
