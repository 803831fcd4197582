"""`crossdock land`: one poll of one feed, by hand."""

from __future__ import annotations

import gc
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from crossdock.core.errors import CrossdockError, Misconfigured

Window = Annotated[
    datetime | None, typer.Option(help="ISO time in UTC; with both, the past is read again and the cursor stays.")
]


def register(app: typer.Typer) -> None:
    """Add `crossdock land`."""
    app.command()(land)


def land(
    feed: Annotated[str, typer.Argument(help="<partner>/<feed>, as in shop-main/orders")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every feed that is read, and not only pushed.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Read what there is now, then stop (it always does).")] = True,
    window_from: Window = None,
    window_to: Window = None,
) -> None:
    """Read one feed of one partner, or all of them, and keep what is new. Exit status 1 when one could not be read."""
    from crossdock.landing import ingest

    gc.freeze()
    gc.set_threshold(100_000)  # pages are large and hold no cycles: looking for some costs a tenth of a load
    if every == bool(feed):
        raise Misconfigured("name one feed, or say --all", hint="crossdock land shop-main/orders --once")
    if feed:
        partner_id, _, name = feed.partition("/")
        window = {"window_from": _utc(window_from), "window_to": _utc(window_to)}
        run = ingest.ingest(partner_id, name, **window, trigger="command")
        print(json.dumps(asdict(run)))
        return
    failed = False
    for chosen, outcome in ingest.ingest_all(trigger="command"):
        failed = failed or isinstance(outcome, CrossdockError)
        said = {"error": str(outcome)} if isinstance(outcome, CrossdockError) else asdict(outcome)
        print(json.dumps({"partner_id": chosen.partner_id, "feed": chosen.feed} | said))
    raise typer.Exit(1 if failed else 0)


def _utc(given: datetime | None) -> datetime | None:
    """A time from the command line, which names no zone."""
    return given and given.replace(tzinfo=UTC)
