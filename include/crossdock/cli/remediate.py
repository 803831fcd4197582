"""`crossdock remediate`: decide, send and verify now, as the DAGs `remediate` and `verify` do."""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("remediate")(remediate)


def remediate(
    seconds: Annotated[float, typer.Option(help="Linger so long for what comes meanwhile.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Decide what waits, send what may be sent, read the systems again. Reaches the outside."""
    from crossdock.remediation import api

    done = Counter(api.act(seconds=seconds))
    done.update(api.verify())
    if as_json:
        print(json.dumps(done))
        return
    for name, count in sorted(done.items()):
        if count:
            print(f"{name.replace('_', ' '):<24} {count}")
