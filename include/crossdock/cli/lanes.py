"""Commands of the lanes."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add `crossdock init-models`."""
    app.command("init-models")(init_models)


def init_models() -> None:
    """Make the relations of dbt that are missing, and compile the models of the fast lane."""
    from crossdock.lanes import models

    models.build()
