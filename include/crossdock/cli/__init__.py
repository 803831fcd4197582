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


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        importlib.import_module(f"{__name__}.{module.name}").register(app)
    for point in entry_points(group="crossdock.commands"):
        point.load()(app)
    return app


def main() -> None:
    """The console script."""
    log.configure()
    try:
        build()()
    except CrossdockError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        if error.hint:
            print(f"  what to do: {error.hint}", file=sys.stderr)
        sys.exit(2 if isinstance(error, Misconfigured) else 1)
