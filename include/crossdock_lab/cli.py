"""Commands of the lab, added to `crossdock` by entry point."""

from __future__ import annotations

import typer

from crossdock_lab.systems.commands import register_faces


def register(app: typer.Typer) -> None:
    """Add `crossdock lab …` and `crossdock scorecard`."""
    app.add_typer(lab, name="lab", help="Run a simulated distributor with seeded faults.")


lab = typer.Typer(no_args_is_help=True)
register_faces(lab)


@lab.callback()
def _lab() -> None:
    """Run a simulated distributor with seeded faults."""
