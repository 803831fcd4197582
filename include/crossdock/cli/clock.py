"""`crossdock clock …`: see and set the business clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from crossdock.core import clock
from crossdock.db.connect import connect

group = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `crossdock clock`."""
    app.add_typer(group, name="clock", help="The business clock that every rule asks.")


@group.command()
def show() -> None:
    """Print business time now."""
    with connect("clock") as connection:
        print(clock.read(connection).isoformat())


@group.command()
def follow(
    business_at: Annotated[datetime, typer.Argument(help="Business time now (ISO; no zone means UTC).")],
    speed: Annotated[float, typer.Option(help="How many times as fast as the wall; 0 stands still.")] = 1.0,
) -> None:
    """Let business time start at a moment and run at a speed."""
    moment = business_at if business_at.tzinfo else business_at.replace(tzinfo=UTC)
    with connect("clock") as connection:
        clock.follow(connection, moment, speed)


@group.command()
def reset() -> None:
    """Follow the wall clock again."""
    with connect("clock") as connection:
        clock.reset(connection)
