"""Commands of the near-real-time half."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `crossdock drain` and `worker`."""
    app.command()(drain)
    app.command()(worker)


def drain(seconds: Annotated[float, typer.Option(help="Stop after this long.")] = 50.0) -> None:
    """Run the fast lane, and open the cases of what it finds, until nothing waits."""
    from crossdock.worker import api

    print(json.dumps(api.drain(seconds=seconds)))


def worker() -> None:
    """Run the fast lane and open cases for ever, woken by what arrives."""
    from crossdock.worker.loop import serve

    serve()
