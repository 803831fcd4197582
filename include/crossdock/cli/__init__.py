"""`crossdock`: every module of this package adds its own commands; the lab adds its by entry point.

A module with `register(app)` is all it takes: no list is edited. Errors of ours are printed as what happened and
what to do, without a traceback; exit status 1 means no, 2 means the call or the set-up was wrong.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from importlib.metadata import entry_points

import typer

from crossdock.core import log
from crossdock.core.errors import CrossdockError, Misconfigured
from crossdock.core.settings import settings


def build(command: str | None = None) -> typer.Typer:
    """The whole command line, or as much of it as `command` needs.

    Where a module is named as the command is, no other is imported: a poll should not pay for what it does not use.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if command in names:
        app.callback()(_nothing)  # keeps the command's name where it is the only one
        importlib.import_module(f"{__name__}.{command}").register(app)
        return app
    for name in names:
        importlib.import_module(f"{__name__}.{name}").register(app)
    for point in entry_points(group="crossdock.commands"):
        point.load()(app)
    return app


def _nothing() -> None:
    """Typer asks for a callback."""


def _adopt_installation() -> None:
    """Without CROSSDOCK_DSN, a command works on the installation of this machine, where `crossdock up` made one."""
    if not settings().dsn and (settings().home_dir / "state.json").exists():
        from crossdock.stack.environment import adopt

        adopt()


def main() -> None:
    """The console script."""
    log.configure()
    try:
        _adopt_installation()
        build(sys.argv[1] if len(sys.argv) > 1 else None)()
    except CrossdockError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        if error.hint:
            print(f"  what to do: {error.hint}", file=sys.stderr)
        sys.exit(2 if isinstance(error, Misconfigured) else 1)
