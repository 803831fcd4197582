"""`crossdock land`: one poll of one feed, by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

Window = Annotated[
    datetime | None, typer.Option(help="ISO time; with both, the past is read again and the cursor stays.")
]


def register(app: typer.Typer) -> None:
    """Add `crossdock land`."""
    app.command()(land)


def land(
    feed: Annotated[str, typer.Argument(help="<partner>/<feed>, as in shop-main/orders")],
    once: Annotated[bool, typer.Option("--once", help="Read what there is now, then stop.")] = True,
    window_from: Window = None,
    window_to: Window = None,
) -> None:
    """Read one feed of one partner and keep what is new."""
    from crossdock.landing.ingest import ingest

    partner_id, _, name = feed.partition("/")
    print(json.dumps(asdict(ingest(partner_id, name, window_from=window_from, window_to=window_to, trigger="command"))))
