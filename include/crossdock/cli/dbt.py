"""`crossdock dbt …`: dbt itself, pointed at the product's database."""

from __future__ import annotations

import typer

from crossdock.lanes import dbt


def register(app: typer.Typer) -> None:
    """Add `crossdock dbt`."""
    app.command("dbt", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run)


def run(context: typer.Context) -> None:
    """Run a dbt command on the product's models, as in `crossdock dbt build --select marts`."""
    dbt.invoke(list(context.args), quiet=False)
