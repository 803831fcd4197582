"""`crossdock inbox`: the webhook front door, as a process of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from crossdock.core.settings import settings


def register(app: typer.Typer) -> None:
    """Add `crossdock inbox`."""
    app.command()(inbox)


def inbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; default: CROSSDOCK_INBOX_PORT.")] = None,
) -> None:
    """Receive webhooks until stopped."""
    import uvicorn

    from crossdock.inbox.app import build

    uvicorn.run(build(), host=host, port=port or int(settings().inbox_port), log_level="warning", access_log=False)
