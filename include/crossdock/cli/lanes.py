"""Commands of the lanes."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `crossdock drain`, `worker` and `init-models`."""
    app.command()(drain)
    app.command()(worker)
    app.command("init-models")(init_models)


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
