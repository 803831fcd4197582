"""Commands of landing and the lanes."""

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
    """Add `crossdock land`, `drain`, `worker` and `init-models`."""
    app.command()(land)
    app.command()(drain)
    app.command()(worker)
    app.command("init-models")(init_models)


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


def drain(seconds: Annotated[float, typer.Option(help="Stop after this long.")] = 50.0) -> None:
    """Run the fast lane until nothing waits."""
    from crossdock.lanes import api

    print(json.dumps(api.drain(seconds=seconds)))


def worker() -> None:
    """Run the fast lane for ever, woken by what arrives."""
    from crossdock.lanes.worker import serve

    serve()


def init_models() -> None:
    """Make the relations of dbt that are missing, and compile the models of the fast lane."""
    from crossdock.lanes import models

    models.build()
